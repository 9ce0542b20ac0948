#include "layouts/from_c.h"

#include <string.h>

#include <section/cleanup.h>

#include "layouts/c/c.h"
#include "layouts/json/json.h"

const char *const c_abi_names[] = {
    [C_ABI_WIN64] = "win64",   [C_ABI_WIN32] = "win32", [C_ABI_SYSV64] = "sysv64",
    [C_ABI_SYSV32] = "sysv32", [C_ABI_COUNT] = NULL,
};

static void free_c(c_layout **layout)
{
    c_layout_free(*layout);
}

static cJSON *messages_to_json(const c_message *messages)
{
    cJSON *list = cJSON_CreateArray();
    for (; messages != NULL; messages = messages->next) {
        cJSON *each = cJSON_CreateObject();
        cJSON_AddStringToObject(each, "detail", messages->detail);
        if (messages->line > 0) {
            cJSON_AddNumberToObject(each, "line", messages->line);
            cJSON_AddNumberToObject(each, "column", messages->column);
        }
        cJSON_AddItemToArray(list, each);
    }
    return list;
}

static section_status refuse(const c_message *first, section_error *ret_error)
{
    const char *more = first->next != NULL ? "; \"errors\" has more" : "";
    return first->line > 0
               ? section_fail(ret_error, SECTION_BAD_LAYOUT, "line %u, column %u: %.240s%s",
                              first->line, first->column, first->detail, more)
               : section_fail(ret_error, SECTION_BAD_LAYOUT, "%.240s%s", first->detail, more);
}

section_status layout_from_c(const char *name, const char *text, size_t text_bytes,
                             const char *structure, c_abi abi, layout **ret_layout,
                             cJSON **ret_errors, section_error *ret_error)
{
    _cleanup_(free_c) c_layout *parsed = NULL;
    if (text_bytes > C_LAYOUT_TEXT_BYTES_MAX) {
        return section_fail(ret_error, SECTION_TOO_LARGE, "declarations have at most %d bytes",
                            C_LAYOUT_TEXT_BYTES_MAX);
    }
    section_status status = c_layout_parse(text, text_bytes, structure, abi, &parsed, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (parsed->errors != NULL) {
        *ret_errors = messages_to_json(parsed->errors);
        return refuse(parsed->errors, ret_error);
    }
    /* It goes the way of JSON, so that what is kept can be read again. */
    cJSON *json = layout_to_json(&parsed->source, NULL);
    if (parsed->notes != NULL) {
        cJSON_AddItemToObject(json, "notes", messages_to_json(parsed->notes));
    }
    char *printed = json != NULL ? cJSON_PrintUnformatted(json) : NULL;
    cJSON_Delete(json);
    if (printed == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the layout");
    }
    status = layout_new(name, printed, strlen(printed), ret_layout, ret_errors, ret_error);
    cJSON_free(printed);
    return status;
}
