#include "layouts/fields.h"

#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

#include "base/platform.h"

enum { TIMEOUT_MS = 100 /* where a layout says nothing */ };

section_status fields_find_layout(const call_means *means, const entry *of, const char *name,
                                  layout **ret_layout, section_error *ret_error)
{
    _cleanup_free_ char *own = NULL;
    if (name != NULL) {
        section_status status = layout_check_name(name, ret_error);
        return status == SECTION_OK ? layout_store_get(means->layouts, name, ret_layout, ret_error)
                                    : status;
    }
    own = registry_copy_layout(means->registry, of);
    return own != NULL ? layout_store_get(means->layouts, own, ret_layout, ret_error)
                       : section_fail(ret_error, SECTION_NO_LAYOUT,
                                      "say layout=NAME, or PATCH the section to have one; GET "
                                      "/v1/sections/%llu/layouts has those that fit",
                                      (unsigned long long)of->id);
}

section_status fields_begin(fields_read *self, const call_means *means, const entry *source,
                            const char *layout, const char *select, section_error *ret_error)
{
    section_status status = SECTION_OK;
    self->source = source;
    if (self->layout == NULL) {
        status = fields_find_layout(means, source, layout, &self->layout, ret_error);
    }
    if (status == SECTION_OK && select != NULL) {
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

/* ---- tries ---- */

static unsigned timeout_ms(const layout *of)
{
    const unsigned own_ms = section_layout_description(of->compiled)->consistency.timeout_ms;
    return own_ms > 0 ? own_ms : TIMEOUT_MS;
}

void fields_begin_effort(fields_effort *self, const layout *of)
{
    if (self->until_ms == 0) {
        self->until_ms = platform_monotonic_ms() + timeout_ms(of);
    }
}

static bool is_late(const fields_effort *self)
{
    return platform_monotonic_ms() >= self->until_ms;
}

section_status fields_try_again(fields_effort *self, call *call, const layout *of,
                                section_error *ret_error)
{
    enum { NAPS_DOUBLED = 4 }; /* 1, 2, 4, 8, then 16 ms */
    const int64_t rest_ms = self->until_ms - platform_monotonic_ms();
    if (rest_ms <= 0) {
        return section_fail(ret_error, SECTION_TORN,
                            "no consistent copy within %u ms, after %u copies: the writer writes "
                            "all the time, or stopped in the middle",
                            timeout_ms(of), self->tries);
    }
    if (!call->means->pause.may_go_on(call->means->pause.context)) {
        return section_fail(ret_error, SECTION_STOPPING, "ask again when it has started anew");
    }
    const unsigned wanted_ms = 1U << (self->naps < NAPS_DOUBLED ? self->naps : NAPS_DOUBLED);
    self->naps++;
    return call_nap(call, wanted_ms < rest_ms ? wanted_ms : (unsigned)rest_ms);
}

/* A mutex that others hold nearly all the time is had by those who wait for it, and by no look at it. */
static bool is_worth_waiting(const fields_read *self)
{
    const section_layout_source *source = section_layout_description(self->layout->compiled);
    return source->consistency.rule == SECTION_CONSISTENCY_MUTEX && !is_late(self->effort);
}

static section_status try_copy(fields_read *self, call *call, entry *of, bool allow_torn,
                               section_error *ret_error)
{
    const section_fields_options options = {.timeout_ms = FIELDS_TRY_MS,
                                            .once = !is_worth_waiting(self),
                                            .allow_torn = allow_torn,
                                            .pause = &call->means->pause,
                                            .steps_left = self->steps_left};
    section_status status =
        section_fields_read(of->section, self->layout->compiled, self->selection, &options,
                            self->image, &self->outcome, ret_error);
    self->effort->tries += self->outcome.tries;
    self->outcome.tries = self->effort->tries;
    return status;
}

/* Beside a writer that writes all the time many copies find a gap; beside one that stopped none is made. */
static section_status try_copies(fields_read *self, call *call, entry *of, section_error *ret_error)
{
    enum { COPIES_MAX = 50 };
    const int64_t until_ms = platform_monotonic_ms() + FIELDS_TRY_MS;
    section_status status = SECTION_TORN;
    bool goes_on = true;
    for (unsigned i = 0; i < COPIES_MAX && status == SECTION_TORN && goes_on; i++) {
        const unsigned before = self->effort->tries;
        status = try_copy(self, call, of, false, ret_error);
        goes_on = !self->holds_up_others && self->effort->tries > before &&
                  !is_late(self->effort) && platform_monotonic_ms() < until_ms;
    }
    return status;
}

section_status fields_copy(fields_read *self, call *call, entry *of, bool allow_torn,
                           section_error *ret_error)
{
    fields_begin_effort(self->effort, self->layout);
    section_status status = try_copies(self, call, of, ret_error);
    if (status == SECTION_TORN && allow_torn && is_late(self->effort)) {
        status = try_copy(self, call, of, true, ret_error);
    }
    if (status == SECTION_TORN) {
        return fields_try_again(self->effort, call, self->layout, ret_error);
    }
    if (status == SECTION_OK) {
        entry_note_read(of, section_image_bytes(self->image));
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
