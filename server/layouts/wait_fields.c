#include "layouts/wait_fields.h"

#include <stdlib.h>
#include <string.h>

#include "watch/view.h"
#include "watch/watch.h"

/* A view of the bytes that a read has copied: they are compared with the copy, and nothing is decoded. */

static const char SAME[] = "same";
static const char CHANGED[] = "changed";

typedef struct copy_view {
    watch_view base;
    section_image *image;
} copy_view;

static void release(watch_view *base)
{
    copy_view *self = (copy_view *)base;
    section_image_free(self->image);
    free(self);
}

/* Its pictures are empty. */
static section_status look(watch_view *base, section *source, view_room *room,
                           const snapshot *known, snapshot **ret_picture)
{
    enum { SHORT_BYTES = 65536 };
    copy_view *self = (copy_view *)base;
    section_error why;
    bool is_same = false;
    if (known != NULL && strcmp(known->etag, CHANGED) == 0) {
        return SECTION_OK;
    }
    if (room->is_short && section_image_bytes(self->image) > SHORT_BYTES) {
        return SECTION_TOO_LARGE;
    }
    section_status status = section_image_is_current(self->image, source, &is_same, &why);
    if (status != SECTION_OK || (is_same && known != NULL)) {
        return status;
    }
    const char *tag = is_same ? SAME : CHANGED;
    *ret_picture = snapshot_new(0);
    if (*ret_picture == NULL) {
        return SECTION_NO_MEMORY;
    }
    memcpy((*ret_picture)->etag, tag, strlen(tag) + 1);
    return SECTION_OK;
}

section_status fields_note_origin(fields_read *read, reply *reply, section_error *ret_error)
{
    const uint64_t copied_bytes = section_image_bytes(read->image);
    if (copied_bytes == 0 || copied_bytes > WATCH_BYTES_MAX) {
        return section_fail(
            ret_error, SECTION_BAD_SIZE,
            "wait works where at most %d bytes are copied, and here %llu are; select "
            "other fields",
            WATCH_BYTES_MAX, (unsigned long long)copied_bytes);
    }
    copy_view *view = calloc(1, sizeof *view);
    if (view == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory to wait with");
    }
    view->base = (watch_view){.name = "", .look = look, .release = release}; /* no stream has it */
    atomic_init(&view->base.references, 1);
    view->base.key[0] = (uint64_t)(uintptr_t)view; /* not shared */
    view->base.key[1] = 1;
    view->image = read->image;
    read->image = NULL;
    reply->made_of.view = &view->base;
    reply->made_of.length_bytes = section_image_room_bytes(view->image); /* it counts for that */
    memcpy(reply->made_of.etag, SAME, sizeof SAME);
    return SECTION_OK;
}
