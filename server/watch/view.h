#ifndef SECTIOND_WATCH_VIEW_H
#define SECTIOND_WATCH_VIEW_H

#include "watch/snapshot.h"

/**
 * @file
 * What is watched instead of bytes: what somebody makes of the bytes of a section. Its pictures are
 * snapshots, whose bytes mean something to it alone.
 */

typedef struct watch_view {
    atomic_uint references;
    uint64_t key[2];  /* of two views with one key, one is enough; not both 0 */
    const char *name; /* what the events call it; as long as it is there */
    /**
     * Makes the picture of now, on the thread that compares, which it must not hold up.
     * @param known the last one; NULL: there is none.
     * @param ret_picture NULL: nothing has changed; else with a reference, and without a `pass`.
     * @return SECTION_NO_MEMORY, and it is asked again; or why there is nothing to look at any more.
     */
    section_status (*look)(struct watch_view *self, section *source, const snapshot *known,
                           snapshot **ret_picture);
    /**
     * Tells one picture, or what differs from another one, as members of a JSON object.
     * @param from NULL: the reader has seen none.
     * @param ret_kind the name of the event.
     * @return malloc'ed, terminated; NULL where memory runs out.
     */
    char *(*tell)(const struct watch_view *self, const snapshot *from, const snapshot *to,
                  const char **ret_kind);
    void (*release)(struct watch_view *self);
} watch_view;

/** Another reference. NULL is fine. */
watch_view *watch_view_ref(watch_view *self);

/** Drops a reference; the last one releases it. NULL is fine. */
void watch_view_unref(watch_view *self);

#endif
