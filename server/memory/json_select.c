#include "memory/json_select.h"

#include <string.h>

static section_status no_paths(section_error *ret_error)
{
    return section_fail(
        ret_error, SECTION_BAD_JSON,
        "\"select\" must be a text of paths with commas between them, or an array of "
        "paths, at least one");
}

/* How long the joined text is, with its NUL; 0: not all are texts, or there are none. */
static size_t joined_bytes(const cJSON *list)
{
    size_t bytes = 0;
    const cJSON *each;
    cJSON_ArrayForEach(each, list)
    {
        const char *path = cJSON_GetStringValue(each);
        if (path == NULL) {
            return 0;
        }
        bytes += strlen(path) + 1;
    }
    return bytes;
}

section_status select_from_json(const cJSON *json, arena *joined, const char **ret_select,
                                section_error *ret_error)
{
    const cJSON *each;
    *ret_select = cJSON_GetStringValue(json);
    if (*ret_select != NULL || json == NULL || cJSON_IsNull(json)) {
        return SECTION_OK;
    }
    const size_t bytes = cJSON_IsArray(json) ? joined_bytes(json) : 0;
    if (bytes == 0) {
        return no_paths(ret_error);
    }
    char *text = arena_take(joined, bytes);
    if (text == NULL) {
        return section_fail(ret_error, SECTION_BAD_PATH, "the paths are too long");
    }
    *ret_select = text;
    cJSON_ArrayForEach(each, json)
    {
        const size_t length = strlen(each->valuestring);
        memcpy(text, each->valuestring, length);
        text += length;
        *text++ = each->next != NULL ? ',' : '\0';
    }
    return SECTION_OK;
}
