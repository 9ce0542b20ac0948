#include "layouts/watch_fields.h"

#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

#include "base/platform.h"
#include "layouts/picture.h"
#include "watch/watch.h"

/* A view of fields: reads them each time that it is asked, by the layout that has the name then. */

enum {
    TORN_AFTER_MS = 1000,      /* so long no consistent copy: it is told */
    PICTURES_HELD = 4,         /* by each watcher: the newest, what its reader has, and two texts */
    IMAGE_BYTES_FIRST = 32768, /* with pictures of PICTURE_BYTES_FIRST: FIELDS_WATCHED_BYTES */
    IMAGE_BYTES_MAX = 2 * WATCH_BYTES_MAX,
    PICTURE_BYTES_FIRST = 8192
};
_Static_assert(IMAGE_BYTES_MAX % IMAGE_BYTES_FIRST == 0 &&
                   WATCH_BYTES_MAX % PICTURE_BYTES_FIRST == 0,
               "what doubles comes to its limit");
_Static_assert(IMAGE_BYTES_FIRST + PICTURES_HELD * PICTURE_BYTES_FIRST == FIELDS_WATCHED_BYTES,
               "what a view begins with is what its watchers count for at first");

/* What a view may hold; its watchers count for it. */
typedef struct allowance {
    size_t image_bytes;
    size_t picture_bytes;
} allowance;

typedef struct fields_view {
    watch_view base;
    layout_store *store;
    char name[LAYOUT_NAME_CHARACTERS_MAX + 1];
    char *select;     /* NULL: all */
    fields_read read; /* its image is NULL until it is needed */
    allowance allowed;
    uint64_t steps_left;    /* of the walk that is made */
    section_status problem; /* of `read.layout`: the selection does not fit it */
    section_error error;
    int64_t torn_since_ms;        /* monotonic; 0: the last copy was consistent */
    char values_etag[ETAG_BYTES]; /* of the picture that was made last */
} fields_view;

/* What an attempt to look came to lack. */
typedef enum lack { LACKS_NOTHING, LACKS_IMAGE, LACKS_PICTURE } lack;

static const allowance first_allowance = {IMAGE_BYTES_FIRST, PICTURE_BYTES_FIRST};

static void release(watch_view *base)
{
    fields_view *self = (fields_view *)base;
    fields_end(&self->read);
    free(self->select);
    free(self);
}

/* ---- what it may hold ---- */

static section_status refuse_size(fields_view *self)
{
    return section_fail(&self->error, SECTION_TOO_LARGE,
                        "the values of %d bytes, of %d bytes of memory, can be watched at most; "
                        "select fewer, or GET the fields",
                        WATCH_BYTES_MAX, IMAGE_BYTES_MAX);
}

static section_status refuse_quota(fields_view *self)
{
    return section_fail(&self->error, SECTION_QUOTA,
                        "these fields are beyond what --max-watched-bytes leaves; select fewer, or "
                        "watch less elsewhere");
}

/* Doubles what may be held of one of the two, up to its limit; asked for before it is allocated. */
static section_status allow_more(fields_view *self, view_room *room, lack lacking)
{
    const allowance before = self->allowed;
    const bool is_image = lacking == LACKS_IMAGE;
    size_t *bytes = is_image ? &self->allowed.image_bytes : &self->allowed.picture_bytes;
    if (*bytes >= (is_image ? IMAGE_BYTES_MAX : WATCH_BYTES_MAX)) {
        return refuse_size(self);
    }
    *bytes *= 2;
    if (!room->resize(room, self->allowed.image_bytes +
                                PICTURES_HELD * (uint64_t)self->allowed.picture_bytes)) {
        self->allowed = before;
        return refuse_quota(self);
    }
    return SECTION_OK;
}

/* What is refused holds no memory, and its watchers count for none. */
static void give_room_back(fields_view *self, view_room *room)
{
    section_image_free(self->read.image);
    self->read.image = NULL;
    self->allowed = first_allowance;
    (void)room->resize(room, FIELDS_WATCHED_BYTES);
}

/* ---- looking ---- */

static section_status select_anew(fields_view *self)
{
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
    self->read.image = NULL;
    layout_unref(self->read.layout);
    self->read.layout = found;
    self->values_etag[0] = '\0';
    self->problem = select_anew(self);
    return self->problem;
}

static section_status copy(fields_view *self, section *source, bool is_short, lack *ret_lacking)
{
    const section_fields_options options = {
        .once = true, .steps_left = &self->steps_left, .room_bytes_max = self->allowed.image_bytes};
    self->steps_left = is_short ? FIELDS_WATCHED_STEPS_SHORT : FIELDS_WATCHED_STEPS_MAX;
    if (self->read.image == NULL) {
        self->read.image = section_image_new();
    }
    if (self->read.image == NULL) {
        return SECTION_NO_MEMORY;
    }
    section_status status =
        section_fields_read(source, self->read.layout->compiled, self->read.selection, &options,
                            self->read.image, &self->read.outcome, &self->error);
    *ret_lacking = status == SECTION_QUOTA ? LACKS_IMAGE : LACKS_NOTHING;
    return status == SECTION_TOO_LARGE
               ? section_fail(&self->error, SECTION_TOO_LARGE,
                              "%d fields and elements can be watched at most; select fewer, or GET "
                              "the fields",
                              FIELDS_WATCHED_STEPS_MAX)
               : status;
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
                                     snapshot **ret_picture, lack *ret_lacking)
{
    char etag[ETAG_BYTES];
    self->torn_since_ms = 0;
    self->steps_left = FIELDS_WATCHED_STEPS_MAX; /* as many as the copy took, at most */
    section_status status = fields_tag(&self->read, FIELDS_JSON, NULL, etag, &self->error);
    if (status == SECTION_OK && known != NULL && strcmp(etag, self->values_etag) == 0) {
        return SECTION_OK; /* and nothing was decoded */
    }
    if (status == SECTION_OK) {
        self->steps_left = FIELDS_WATCHED_STEPS_MAX;
        status = picture_of_values(self->read.layout, self->read.image, self->allowed.picture_bytes,
                                   ret_picture, &self->error);
    }
    if (status == SECTION_QUOTA) { /* strings need memory to be decoded */
        *ret_lacking = LACKS_IMAGE;
    } else if (status == SECTION_TOO_LARGE) {
        *ret_lacking = LACKS_PICTURE;
    } else if (status == SECTION_OK) {
        memcpy(self->values_etag, etag, sizeof etag);
    }
    return status;
}

static section_status look_once(fields_view *self, section *source, bool is_short,
                                const snapshot *known, snapshot **ret_picture, lack *ret_lacking)
{
    *ret_lacking = LACKS_NOTHING;
    section_status status = find_layout(self);
    if (status == SECTION_OK) {
        status = copy(self, source, is_short, ret_lacking);
    }
    if (status == SECTION_TORN) {
        return look_at_torn(self, known, ret_picture);
    }
    return status == SECTION_OK ? look_at_values(self, known, ret_picture, ret_lacking) : status;
}

/* Whether the section itself is gone, or nothing could be asked: no problem of the layout. */
static bool is_of_section(section_status status)
{
    return status == SECTION_GONE || status == SECTION_NO_MEMORY;
}

static section_status tell_problem(fields_view *self, section_status status, view_room *room,
                                   const snapshot *known, snapshot **ret_picture)
{
    if (status == SECTION_TOO_LARGE || status == SECTION_QUOTA) {
        give_room_back(self, room);
    }
    self->values_etag[0] = '\0';
    return picture_of_problem(self->read.layout, &self->error, known, ret_picture);
}

static section_status look(watch_view *base, section *source, view_room *room,
                           const snapshot *known, snapshot **ret_picture)
{
    fields_view *self = (fields_view *)base;
    section_status status;
    lack lacking;
    do {
        status = look_once(self, source, room->is_short, known, ret_picture, &lacking);
        if (room->is_short && (status == SECTION_TOO_LARGE || lacking != LACKS_NOTHING)) {
            return SECTION_TOO_LARGE;
        }
        if (lacking != LACKS_NOTHING) {
            status = allow_more(self, room, lacking);
        }
    } while (status == SECTION_OK && lacking != LACKS_NOTHING);
    return status == SECTION_OK || is_of_section(status)
               ? status
               : tell_problem(self, status, room, known, ret_picture);
}

static view_text *tell(const watch_view *base, const snapshot *from, const snapshot *to)
{
    (void)base;
    return picture_tell(from, to);
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

/* Each watcher has a view, but only one of those with one key is asked to look: it makes the image. */
static void forget_image(fields_read *read)
{
    spare_images_give(read->spares, read->image);
    read->image = NULL;
}

static section_status begin(fields_view *self, const call_means *means, const entry *entry,
                            const char *layout, const char *select, section_error *ret_error)
{
    section_status status = fields_begin(&self->read, means, entry, layout, select, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    forget_image(&self->read);
    memcpy(self->name, self->read.layout->name, sizeof self->name);
    self->select = select != NULL ? strdup(select) : NULL;
    return select == NULL || self->select != NULL
               ? SECTION_OK
               : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a watcher");
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
    self->allowed = first_allowance;
    section_status status = begin(self, means, entry, layout, select, ret_error);
    if (status != SECTION_OK) {
        release(&self->base);
        return status;
    }
    make_key(self, self->base.key);
    *ret_view = &self->base;
    return SECTION_OK;
}
