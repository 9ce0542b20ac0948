#include "layouts/watch_fields.h"

#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

#include "base/platform.h"
#include "layouts/picture.h"

/* A view of fields: reads them each time that it is asked, by the layout that has the name then. */

enum { TORN_AFTER_MS = 1000 /* so long no consistent copy: it is told */ };

typedef struct fields_view {
    watch_view base;
    layout_store *store;
    char name[LAYOUT_NAME_CHARACTERS_MAX + 1];
    char *select; /* NULL: all */
    fields_read read;
    section_status problem; /* of `read.layout`: the selection does not fit it */
    section_error error;
    int64_t torn_since_ms;        /* monotonic; 0: the last copy was consistent */
    char values_etag[ETAG_BYTES]; /* of the picture that was made last */
} fields_view;

static void release(watch_view *base)
{
    fields_view *self = (fields_view *)base;
    fields_end(&self->read);
    free(self->select);
    free(self);
}

/* ---- looking ---- */

static section_status select_anew(fields_view *self)
{
    section_selection_free(self->read.selection);
    self->read.selection = NULL;
    return self->select == NULL
               ? SECTION_OK
               : section_selection_parse(self->read.layout->compiled, self->select,
                                         strlen(self->select), &self->read.selection, &self->error);
}

/* The layout may have been replaced, or deleted. */
static section_status find_layout(fields_view *self)
{
    layout *found;
    section_status status = layout_store_get(self->store, self->name, &found, &self->error);
    if (status != SECTION_OK) {
        return status;
    }
    if (found == self->read.layout) {
        layout_unref(found);
        return self->problem;
    }
    section_selection_free(self->read.selection);
    self->read.selection = NULL;
    section_image_free(self->read.image); /* remembers the layout */
    layout_unref(self->read.layout);
    self->read.layout = found;
    self->read.image = section_image_new();
    self->values_etag[0] = '\0';
    self->problem = self->read.image == NULL ? SECTION_NO_MEMORY : select_anew(self);
    return self->problem;
}

static section_status copy(fields_view *self, section *source)
{
    const section_fields_options options = {.once = true};
    section_status status =
        section_fields_read(source, self->read.layout->compiled, self->read.selection, &options,
                            self->read.image, &self->read.outcome, &self->error);
    if (status == SECTION_OK && section_image_bytes(self->read.image) > WATCH_BYTES_MAX) {
        return section_fail(&self->error, SECTION_TOO_LARGE,
                            "fields of %d bytes at most can be watched; select fewer",
                            WATCH_BYTES_MAX);
    }
    return status;
}

/* Nothing new is told while a program is writing; only when that does not end. */
static section_status look_at_torn(fields_view *self, const snapshot *known, snapshot **ret_picture)
{
    const int64_t now_ms = platform_monotonic_ms();
    if (self->torn_since_ms == 0) {
        self->torn_since_ms = now_ms;
    }
    if (now_ms - self->torn_since_ms < TORN_AFTER_MS || picture_is_torn(known)) {
        return SECTION_OK;
    }
    self->values_etag[0] = '\0';
    return picture_of_torn(known, ret_picture);
}

static section_status look_at_values(fields_view *self, const snapshot *known,
                                     snapshot **ret_picture)
{
    char etag[ETAG_BYTES];
    self->torn_since_ms = 0;
    section_status status = fields_tag(&self->read, FIELDS_JSON, NULL, etag, &self->error);
    if (status != SECTION_OK) {
        return status;
    }
    if (known != NULL && strcmp(etag, self->values_etag) == 0) {
        return SECTION_OK; /* and nothing was decoded */
    }
    status = picture_of_values(self->read.layout, self->read.image, ret_picture, &self->error);
    if (status == SECTION_OK) {
        memcpy(self->values_etag, etag, sizeof etag);
    }
    return status;
}

/* Whether the section itself is gone, or nothing could be asked: no problem of the layout. */
static bool is_of_section(section_status status)
{
    return status == SECTION_GONE || status == SECTION_NO_MEMORY;
}

static section_status look(watch_view *base, section *source, const snapshot *known,
                           snapshot **ret_picture)
{
    fields_view *self = (fields_view *)base;
    section_status status = find_layout(self);
    if (status == SECTION_OK) {
        status = copy(self, source);
    }
    if (status == SECTION_TORN) {
        return look_at_torn(self, known, ret_picture);
    }
    if (status == SECTION_OK) {
        status = look_at_values(self, known, ret_picture);
    }
    if (status == SECTION_OK || is_of_section(status)) {
        return status;
    }
    self->values_etag[0] = '\0';
    return picture_of_problem(&self->error, known, ret_picture);
}

static char *tell(const watch_view *base, const snapshot *from, const snapshot *to,
                  const char **ret_kind)
{
    (void)base;
    return picture_tell(from, to, ret_kind);
}

/* ---- making one ---- */

static void make_key(const fields_view *self, uint64_t ret_key[2])
{
    char etag[ETAG_BYTES];
    etag_maker *maker = etag_begin(ETAG_OF_FIELDS);
    if (maker == NULL) {
        ret_key[0] = (uint64_t)(uintptr_t)self; /* not shared */
        ret_key[1] = 1;
        return;
    }
    etag_add(maker, self->name, sizeof self->name);
    etag_add(maker, self->select != NULL ? self->select : "",
             self->select != NULL ? strlen(self->select) + 1 : 0);
    etag_end(maker, etag);
    memcpy(ret_key, etag + 1, 2 * sizeof ret_key[0]); /* 16 of its 32 digits */
}

section_status fields_watch(const call_means *means, const entry *entry, const char *layout,
                            const char *select, watch_view **ret_view, section_error *ret_error)
{
    fields_view *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a watcher");
    }
    self->base = (watch_view){.name = self->name, .look = look, .tell = tell, .release = release};
    atomic_init(&self->base.references, 1);
    self->store = means->layouts;
    section_status status = fields_begin(&self->read, means, entry, layout, select, ret_error);
    if (status == SECTION_OK) {
        memcpy(self->name, self->read.layout->name, sizeof self->name);
        self->select = select != NULL ? strdup(select) : NULL;
    }
    if (status == SECTION_OK && select != NULL && self->select == NULL) {
        status = section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a watcher");
    }
    if (status != SECTION_OK) {
        release(&self->base);
        return status;
    }
    make_key(self, self->base.key);
    *ret_view = &self->base;
    return SECTION_OK;
}
