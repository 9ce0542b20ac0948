#ifndef TESTS_UNIT_WATCH_BYTE_VIEW_H
#define TESTS_UNIT_WATCH_BYTE_VIEW_H

#include <stdio.h>
#include <stdlib.h>

#include "watch_hub_fixture.h"

/** @file A view of the first byte of a section, which counts what it is asked for. */

typedef struct byte_view {
    watch_view base; /* first */
    unsigned looks, tells;
    int64_t look_us, tell_us; /* what these take, by the clock of the test */
    size_t text_bytes;        /* of padding in each text */
    uint64_t wanted_bytes;    /* of room; 0: it does not ask */
    bool is_granted;
    unsigned short_looks; /* of these */
    bool is_large;        /* a short look is not enough */
    pthread_t looked_by;
} byte_view;

static section_status look_at_byte(watch_view *base, section *source, view_room *room,
                                   const snapshot *known, snapshot **ret_picture)
{
    byte_view *self = (byte_view *)base;
    uint8_t byte;
    self->looks++;
    self->short_looks += room->is_short ? 1 : 0;
    if (room->is_short && self->is_large) {
        return SECTION_TOO_LARGE;
    }
    self->looked_by = pthread_self();
    now_us += self->look_us;
    if (self->wanted_bytes > 0) {
        self->is_granted = room->resize(room, self->wanted_bytes);
    }
    section_status status = section_read(source, 0, &byte, 1, NULL);
    if (status != SECTION_OK || (known != NULL && known->bytes[0] == byte)) {
        return status;
    }
    *ret_picture = snapshot_new(1);
    assert_non_null(*ret_picture);
    (*ret_picture)->bytes[0] = byte;
    (*ret_picture)->at_ms = 0;
    etag_of(&byte, 1, ETAG_OF_FIELDS, (*ret_picture)->etag);
    return SECTION_OK;
}

static view_text *tell_byte(const watch_view *base, const snapshot *from, const snapshot *to)
{
    byte_view *self = (byte_view *)base;
    const size_t most = 64 + self->text_bytes;
    char *text = malloc(most);
    assert_non_null(text);
    const int length =
        snprintf(text, most, "\"from\":%d,\"to\":%d%*s", from != NULL ? from->bytes[0] : -1,
                 to->bytes[0], (int)self->text_bytes, "");
    view_text *told = view_text_new(from != NULL ? "change" : "snapshot", text, (size_t)length);
    free(text);
    self->tells++;
    now_us += self->tell_us;
    return told;
}

static void release_nothing(watch_view *base)
{
    (void)base;
}

enum { VIEW_BYTES = 100 };

static watch_target watched(const fixture *all, byte_view *view)
{
    watch_target target = RANGE(all->source, 0, VIEW_BYTES);
    view->base = (watch_view){.key = {(uintptr_t)view, 1},
                              .name = "byte",
                              .look = look_at_byte,
                              .tell = tell_byte,
                              .release = release_nothing};
    atomic_init(&view->base.references, 1);
    target.view = &view->base;
    return target;
}

#endif
