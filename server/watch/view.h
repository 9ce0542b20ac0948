#ifndef SECTIOND_WATCH_VIEW_H
#define SECTIOND_WATCH_VIEW_H

#include "watch/snapshot.h"

/**
 * @file
 * What is watched instead of bytes: what somebody makes of the bytes of a section. Its pictures are
 * snapshots, whose bytes mean something to it alone.
 */

/** What an event of a view says, shared by all whom it is told. */
typedef struct view_text {
    atomic_uint references;
    const char *kind; /* the name of the event, a constant */
    size_t length_bytes;
    char bytes[]; /* members of a JSON object */
} view_text;

/** With a reference; NULL where memory runs out. */
view_text *view_text_new(const char *kind, const char *bytes, size_t length_bytes);

view_text *view_text_ref(view_text *self);

/** The last user frees it. NULL is fine. */
void view_text_unref(view_text *self);

/** What a look may take. */
typedef struct view_room {
    bool
        is_short; /* others wait meanwhile: where there is much to look at, SECTION_TOO_LARGE at once */
    /**
     * Sets how many bytes each watcher of the view counts for; no less than what a target said. To be
     * asked for before they are allocated. False: that is beyond the limit, and nothing has changed.
     */
    bool (*resize)(struct view_room *self, uint64_t bytes);
} view_room;

typedef struct watch_view {
    atomic_uint references;
    uint64_t key[2];  /* of two views with one key, one is enough; not both 0 */
    const char *name; /* what the events call it; as long as it is there */
    /**
     * Makes the picture of now; it neither sleeps nor waits.
     * @param room for this call.
     * @param known the last one; NULL: there is none.
     * @param ret_picture NULL: nothing has changed; else with a reference, and without a `pass`.
     * @return SECTION_NO_MEMORY, and it is asked again; SECTION_TOO_LARGE, and it is asked again where
     *     it may take its time; or why there is nothing to look at any more.
     */
    section_status (*look)(struct watch_view *self, section *source, view_room *room,
                           const snapshot *known, snapshot **ret_picture);
    /**
     * Tells one picture, or what differs from another one, on the same thread.
     * @param from NULL: the reader has seen none.
     * @return with a reference; NULL where memory runs out. No stream has a view without it.
     */
    view_text *(*tell)(const struct watch_view *self, const snapshot *from, const snapshot *to);
    void (*release)(struct watch_view *self);
} watch_view;

/** Another reference. NULL is fine. */
watch_view *watch_view_ref(watch_view *self);

/** Drops a reference; the last one releases it. NULL is fine. */
void watch_view_unref(watch_view *self);

#endif
