#include "layouts/layout.h"

#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

#include <section/fields.h>

#include "encode/json.h"

section_status layout_check_name(const char *name, section_error *ret_error)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t length = strlen(name);
    if (strspn(name, first) == 0 || strspn(name, all) != length ||
        length > LAYOUT_NAME_CHARACTERS_MAX) {
        return section_fail(ret_error, SECTION_BAD_NAME,
                            "the name of a layout is up to %d of a-z, 0-9, \".\", \"_\" and \"-\", "
                            "and begins with a letter or a digit",
                            LAYOUT_NAME_CHARACTERS_MAX);
    }
    return SECTION_OK;
}

static void free_layout(layout *self)
{
    section_layout_free(self->compiled);
    layout_description_free(&self->description);
    cJSON_free(self->text);
    free(self);
}

layout *layout_ref(layout *self)
{
    atomic_fetch_add(&self->references, 1);
    return self;
}

void layout_unref(layout *self)
{
    if (self != NULL && atomic_fetch_sub(&self->references, 1) == 1) {
        free_layout(self);
    }
}

static cJSON *errors_to_json(const layout_errors *errors)
{
    cJSON *list = errors->count > 0 ? cJSON_CreateArray() : NULL;
    for (size_t i = 0; i < errors->count; i++) {
        cJSON *each = cJSON_CreateObject();
        cJSON_AddStringToObject(each, "detail", errors->list[i].detail);
        cJSON_AddStringToObject(each, "pointer", errors->list[i].pointer);
        cJSON_AddItemToArray(list, each);
    }
    return list;
}

/* The paths of what is exported. */
static section_status check_exports(layout *self, layout_errors *errors, section_error *ret_error)
{
    static const json_place document = {0};
    static const json_place list = {.outer = &document, .key = "export"};
    layout_description *description = &self->description;
    for (size_t i = 0; i < description->export_count; i++) {
        section_error error = {0};
        section_selection *selection = NULL;
        const json_place at = {.outer = &list, .index = i};
        const json_place path = {.outer = &at, .key = "path"};
        if (section_selection_make(self->compiled, &description->exports[i].path, 1, &selection,
                                   &error) != SECTION_OK) {
            layout_errors_add(errors, &description->arena, &path, "%.200s", error.detail);
        }
        section_selection_free(selection);
    }
    return errors->count > 0 ? layout_errors_fail(errors, ret_error) : SECTION_OK;
}

/* What the description's parts are together: fields that follow one another, types within types. */
static section_status compile(layout *self, layout_errors *errors, section_error *ret_error)
{
    layout_description *description = &self->description;
    section_layout_problem items[LAYOUT_ERRORS_MAX];
    section_layout_problems problems = {.items = items, .capacity = LAYOUT_ERRORS_MAX};
    section_status status =
        section_layout_compile(&description->source, &self->compiled, &problems, ret_error);
    for (size_t i = 0; status != SECTION_OK && i < problems.count; i++) {
        layout_json_problem(description, &items[i], &description->arena, errors);
    }
    return status == SECTION_BAD_LAYOUT && errors->count > 0 ? layout_errors_fail(errors, ret_error)
                                                             : status;
}

static section_status print(layout *self, section_error *ret_error)
{
    const layout_description *description = &self->description;
    cJSON *json = layout_to_json(section_layout_description(self->compiled), description);
    self->text = json != NULL ? cJSON_PrintUnformatted(json) : NULL;
    cJSON_Delete(json);
    if (self->text == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the layout");
    }
    self->text_bytes = strlen(self->text);
    /* It is read again at the next start. */
    if (self->text_bytes > LAYOUT_TEXT_BYTES_MAX ||
        json_check_values(self->text, self->text_bytes, NULL) != SECTION_OK) {
        return section_fail(ret_error, SECTION_BAD_LAYOUT,
                            "it is too large: resolved it has %llu bytes, of %d at most",
                            (unsigned long long)self->text_bytes, LAYOUT_TEXT_BYTES_MAX);
    }
    etag_of(self->text, self->text_bytes, ETAG_OF_LAYOUT, self->etag);
    return SECTION_OK;
}

static section_status read_and_check(layout *self, const char *text, size_t text_bytes,
                                     layout_errors *errors, section_error *ret_error)
{
    section_status status =
        layout_from_json(text, text_bytes, &self->description, errors, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = compile(self, errors, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = check_exports(self, errors, ret_error);
    return status == SECTION_OK ? print(self, ret_error) : status;
}

static section_status fill(layout *self, const char *text, size_t text_bytes, cJSON **ret_errors,
                           section_error *ret_error)
{
    layout_errors errors = {0};
    section_status status = read_and_check(self, text, text_bytes, &errors, ret_error);
    *ret_errors = status == SECTION_BAD_LAYOUT ? errors_to_json(&errors) : NULL;
    if (self->description.export_count == 0) {
        layout_description_free(&self->description);
    }
    return status;
}

section_status layout_new(const char *name, const char *text, size_t text_bytes,
                          layout **ret_layout, cJSON **ret_errors, section_error *ret_error)
{
    layout *self = calloc(1, sizeof *self);
    *ret_errors = NULL;
    if (self == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the layout");
    }
    atomic_init(&self->references, 1);
    memcpy(self->name, name, strlen(name));
    section_status status = fill(self, text, text_bytes, ret_errors, ret_error);
    if (status != SECTION_OK) {
        free_layout(self);
        return status;
    }
    *ret_layout = self;
    return SECTION_OK;
}
