#ifndef SECTIOND_WATCH_PRIVATE_H
#define SECTIOND_WATCH_PRIVATE_H

#include <pthread.h>

#include "base/waker.h"
#include "watch/watch.h"

/**
 * @file
 * What the files of the hub share. One lock guards all of it but the bytes of snapshots, which
 * never change once they are published; nobody holds it while memory is compared or a connection
 * is resumed.
 */

/** Where changes are looked for first, by the block. */
enum { SNAPSHOT_BLOCK_BYTES = 4096 };

/** A range as it was at one moment, shared by all who saw it so. */
typedef struct snapshot {
    atomic_uint references;
    int64_t at_ms; /* wall clock */
    uint64_t pass; /* of the range, that took it */
    size_t length_bytes;
    char etag[ETAG_BYTES];
    uint8_t *bytes;          /* behind the next */
    uint64_t changed_pass[]; /* of each block: the pass that last found it changed */
} snapshot;

snapshot *snapshot_new(size_t length_bytes);
snapshot *snapshot_ref(snapshot *snapshot);
/** NULL is fine. */
void snapshot_unref(snapshot *snapshot);

/** Why a range is watched no more. */
typedef enum watch_end {
    WATCH_GOES_ON,
    WATCH_CLOSED,
    WATCH_SHUTDOWN,
    WATCH_SECTION_GONE
} watch_end;

struct watch_range;

/** One who watches one range. */
typedef struct watcher {
    struct watch_range *range; /* NULL: not, or no more: `end` says why */
    struct watcher *previous;
    struct watcher *next;
    int64_t interval_us;
    uint64_t first_pass; /* passes before this one began before it came: they are not for it */
    watch_end end;
    snapshot *last; /* a range that ended, as it was seen last; NULL: never */
    /*
     * The range has news or has ended, or it is time. Gives whom to wake, NULL for nobody; may
     * leave the range. The hub's lock is held.
     */
    sleeper *(*notice)(struct watcher *watcher, int64_t now_us);
} watcher;

/** A range that somebody watches. Only the hub's thread takes it away, so that it may walk on. */
typedef struct watch_range {
    struct watched_object *object;
    struct watch_range *next; /* of the same object */
    entry *entry;             /* a reference */
    uint64_t offset_bytes;
    size_t length_bytes;
    watcher *watchers;
    bool has_newcomers;  /* who wait for a pass that begins from now on */
    bool is_touched;     /* something was stored through us: a pass from now on sees it */
    bool interval_stale; /* somebody left */
    int64_t interval_us; /* the smallest of all */
    int64_t due_us;
    int64_t compared_us; /* when it last was */
    int64_t deadline_us; /* the first moment at which somebody's time is up, or comes */
    uint64_t passes_begun;
    uint64_t passes_done;
    uint64_t touched_pass; /* the last one that looked because something was stored through us */
    snapshot *current;     /* NULL before the first pass; replaced by the hub's thread only */
    snapshot *spare;       /* the hub's thread's: to read into */
} watch_range;

/** An object that ranges lie in, whichever ids they came through. */
typedef struct watched_object {
    const void *key; /* as section_object_key has it */
    watch_range *ranges;
    UT_hash_handle hh;
} watched_object;

struct watch_hub {
    pthread_mutex_t lock;
    pthread_t thread;
    waker *waker;
    registry *registry;
    workers *workers;
    registry_observer observer;
    watch_limits limits;
    watched_object *objects;
    uint64_t watcher_count;
    uint64_t watched_bytes;
    uint64_t range_count;
    uint64_t comparisons;
    uint64_t wakeups;
    watch_stream *first_stream; /* whose heartbeat is next */
    watch_stream *last_stream;
    int64_t wakes_at_us; /* INT64_MIN: it is awake */
    bool disturbed;      /* something became due while it was at work */
    bool ending;
    bool quitting;
};

/* ---- watch_range.c; the lock is held ---- */

/**
 * Lets a watcher, whose `interval_us` and `notice` are set, watch a range.
 * @return SECTION_QUOTA, SECTION_STOPPING, SECTION_NO_MEMORY.
 */
section_status range_join(watch_hub *hub, watcher *watcher, const watch_target *target,
                          section_error *ret_error);

/** The opposite; for one that watches nothing it does nothing. */
void range_leave(watch_hub *hub, watcher *watcher);

/** Whether a pass that began after the watcher came has been made. */
bool range_is_fresh(const watcher *watcher);

/** When an interval ends: at its multiples, so that ranges of one interval share their wake-ups. */
int64_t range_interval_end(int64_t interval_us, int64_t now_us);

/** Compares a range, letting go of the lock meanwhile, and wakes whom that concerns. */
void range_pass(watch_hub *hub, watch_range *range);

/** Ends a range for all its watchers; adds whom that wakes to a list. */
void range_end(watch_hub *hub, watch_range *range, watch_end end, sleeper **woken);

/** Frees a range that nobody watches. */
void range_free(watch_hub *hub, watch_range *range);

/** Somebody stored to an object, or closed a section of it: its ranges are due. Takes the lock. */
void ranges_touch(watch_hub *hub, const entry *entry);

/* ---- watch_hub.c ---- */

/** Sees to it that the thread looks at `at_us`, if not before. The lock is held. */
void hub_disturb(watch_hub *hub, int64_t at_us);

/** Adds to a list of those to wake. The lock is held. NULL is fine. */
void sleeper_add(sleeper **list, sleeper *sleeper);

/** Resumes all of a list; the lock is not held. */
void sleepers_wake(sleeper *list);

/* ---- watch_stream.c; the lock is held ---- */

/** Tells the streams whose heartbeat is due; gives when the next one is. */
int64_t streams_beat(watch_hub *hub, int64_t now_us, sleeper **woken);

#endif
