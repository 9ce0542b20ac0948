#include "layouts/fields.h"

#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

enum { TIMEOUT_MS = 100 /* where a layout says nothing */ };

section_status fields_find_layout(const call_means *means, const entry *entry, const char *name,
                                  layout **ret_layout, section_error *ret_error)
{
    _cleanup_free_ char *own = name == NULL ? registry_copy_layout(means->registry, entry) : NULL;
    if (name == NULL && own == NULL) {
        return section_fail(ret_error, SECTION_NO_LAYOUT,
                            "say layout=NAME, or PATCH the section to have one; GET "
                            "/v1/sections/%llu/layouts has those that fit",
                            (unsigned long long)entry->id);
    }
    section_status status = name != NULL ? layout_check_name(name, ret_error) : SECTION_OK;
    return status == SECTION_OK
               ? layout_store_get(means->layouts, name != NULL ? name : own, ret_layout, ret_error)
               : status;
}

section_status fields_begin(fields_read *self, const call_means *means, const entry *entry,
                            const char *layout, const char *select, section_error *ret_error)
{
    self->source = entry;
    section_status status = self->layout == NULL
                                ? fields_find_layout(means, entry, layout, &self->layout, ret_error)
                                : SECTION_OK;
    if (status != SECTION_OK) {
        return status;
    }
    if (select != NULL) {
        status = section_selection_parse(self->layout->compiled, select, strlen(select),
                                         &self->selection, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    self->spares = layout_store_images(means->layouts);
    self->image = spare_images_take(self->spares);
    return self->image != NULL
               ? SECTION_OK
               : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the fields");
}

section_status fields_copy(fields_read *self, const call_means *means, entry *entry,
                           bool allow_torn, section_error *ret_error)
{
    const unsigned own_ms =
        section_layout_description(self->layout->compiled)->consistency.timeout_ms;
    const unsigned wanted_ms = own_ms > 0 ? own_ms : TIMEOUT_MS;
    const bool is_cut = self->most_ms > 0 && self->most_ms < wanted_ms;
    const section_fields_options options = {
        .timeout_ms = is_cut ? self->most_ms : 0, .allow_torn = allow_torn, .pause = &means->pause};
    section_status status =
        section_fields_read(entry->section, self->layout->compiled, self->selection, &options,
                            self->image, &self->outcome, ret_error);
    if (status == SECTION_OK) {
        entry_note_read(entry, section_image_bytes(self->image));
    }
    return status;
}

static void feed(void *context, const void *bytes, size_t length)
{
    etag_add(context, bytes, length);
}

section_status fields_tag(fields_read *self, fields_format format, const char *select,
                          char ret_etag[ETAG_BYTES], section_error *ret_error)
{
    etag_maker *maker = etag_begin(ETAG_OF_FIELDS);
    if (maker == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the tag");
    }
    etag_add(maker, self->layout->name, strlen(self->layout->name) + 1);
    etag_add(maker, self->layout->etag, strlen(self->layout->etag) + 1);
    etag_add(maker, &format, sizeof format);
    if (format == FIELDS_PROMETHEUS) { /* which names the section; @NAME may lead to another */
        etag_add(maker, &self->source->id, sizeof self->source->id);
    }
    if (select != NULL) {
        etag_add(maker, select, strlen(select) + 1);
    }
    etag_add(maker, &self->outcome.consistent, sizeof self->outcome.consistent);
    section_status status = section_fields_feed(self->image, feed, maker, ret_error);
    etag_end(maker, ret_etag);
    return status;
}

void fields_end(fields_read *self)
{
    if (self->image != NULL) {
        spare_images_give(self->spares, self->image);
    }
    section_selection_free(self->selection);
    layout_unref(self->layout);
    *self = (fields_read){0};
}
