#ifndef SECTIOND_WATCH_PRIVATE_H
#define SECTIOND_WATCH_PRIVATE_H

#include <pthread.h>

#include "base/waker.h"
#include "watch/range.h"

/**
 * @file
 * The hub, as its streams and waiting reads see it. One lock guards all of it but the bytes of
 * snapshots; nobody holds it while memory is compared or a connection is resumed. The invariants
 * are listed in docs/internals/watch-hub.md.
 */

/* ---- sleepers.c ---- */

/** Whether a connection sleeps on us, and must be resumed exactly once. The hub's lock guards it. */
typedef struct suspension {
    sleeper *who; /* may be gone unless it sleeps */
    bool is_asleep;
} suspension;

/** Puts it to sleep. The lock is held. */
void suspension_begin(suspension *self);

/** The same where its transport has suspended it already. The lock is held. */
void suspension_assume(suspension *self);

/** Adds it to those to wake; nothing where it is awake. The lock is held. */
void suspension_end(suspension *self, sleeper **woken);

/** Resumes all of a list; the lock is not held. */
void sleepers_wake(sleeper *woken);

/* ---- hub.c ---- */

/** The microseconds that the hub goes by. */
typedef int64_t hub_clock(void);

/** Something that is told each HEARTBEAT_US. */
typedef struct heartbeat {
    struct heartbeat *previous;
    struct heartbeat *next;
    int64_t at_us;
    void (*on_beat)(struct heartbeat *self, sleeper **woken);
} heartbeat;

enum {
    HEARTBEAT_US = 15 * 1000000,
    TOUCH_GAP_US = 1000 /* no range is compared more often, whatever is stored through us */
};

/** An object that ranges lie in, whichever ids they came through. */
typedef struct watched_object {
    const void *key; /* as section_object_key has it */
    watch_range *ranges;
    bool
        is_touched; /* something was stored through us, and none of its ranges was compared since */
    struct watched_object *next_touched; /* until the hub's thread has told the ranges */
    UT_hash_handle hh;
} watched_object;

/** A section that ranges are watched of, and that may be orphaned. */
typedef struct watched_name {
    const entry *source; /* the key; its ranges have references */
    watched_object *object;
    unsigned range_count;
    uint64_t looked;    /* the last look at it; 0: none yet */
    bool has_newcomers; /* who wait for a look that begins from now on */
    bool is_orphaned;
    bool is_lost;    /* @NAME does not mean it any more */
    unsigned losses; /* how often it was found orphaned, having been not */
    int64_t at_ms;   /* the last time: wall clock */
    UT_hash_handle hh;
} watched_name;

struct watch_hub {
    pthread_mutex_t lock;
    pthread_t thread;
    bool has_thread;
    waker *waker; /* NULL: there is no thread, who calls hub_step looks at the time */
    hub_clock *now_us;
    registry *registry;
    struct workers *workers;
    struct lanes *lanes;       /* NULL: all is compared by the hub's thread */
    unsigned lane_count;       /* ranges that are compared in lanes */
    pthread_cond_t lanes_done; /* `lane_count` is 0 */
    watch_range *compared;     /* in lanes; the hub's thread publishes them */
    registry_observer observer;
    watch_limits limits;
    watched_object *objects; /* by key */
    watched_object *touched;
    watch_range *ranges;     /* by place */
    watched_name *names;     /* by entry */
    watched_name *next_name; /* to be looked at; NULL: the first */
    uint64_t looks;          /* that have begun */
    int64_t look_at_us;      /* when the next of them are looked at */
    watch_range **queue;     /* a heap of all ranges, the next one due first */
    size_t queue_count;
    size_t queue_capacity;
    heartbeat *first_beat; /* the next one due */
    heartbeat *last_beat;
    uint64_t watcher_count;
    uint64_t watched_bytes;
    uint64_t comparisons;
    uint64_t steps;      /* each of which the thread has woken up for */
    int64_t wakes_at_us; /* INT64_MIN: it is awake */
    bool ending;
    atomic_bool quitting;
};

/** A hub without a thread: `hub_step` does its work. NULL where memory runs out. */
watch_hub *hub_new(watch_limits limits, registry *registry, struct workers *workers,
                   hub_clock *now_us);

/**
 * Does all that is due now, on the one thread that may.
 * @return when the next thing is due; WAKER_NEVER: nothing, unless somebody comes or stores.
 */
int64_t hub_step(watch_hub *self);

/* ---- join.c: the lock is held, but for hub_resize_room ---- */

/**
 * Lets a watcher, whose `interval_us` and `on_news` are set, watch a range.
 * @return SECTION_QUOTA, SECTION_STOPPING, SECTION_NO_MEMORY.
 */
section_status hub_join(watch_hub *self, watcher *newcomer, const watch_target *target,
                        section_error *ret_error);

/** The opposite; for one that watches nothing it does nothing. */
void hub_leave(watch_hub *self, watcher *leaver);

/** A watcher of a view waits for a text. */
void hub_want_text(watch_hub *self, watcher *wanting);

/** A range's `deadline_us` has come nearer: one that is compared in a lane, or rests, is not waited for. */
void hub_note_deadline(watch_hub *self, watch_range *range);

/** The object that a section is a view of; NULL: nobody watches it. */
watched_object *hub_find_object(watch_hub *self, const entry *source);

/** Forgets a range that nobody watches. */
void hub_drop_range(watch_hub *self, watch_range *range);

/** It is due at that time, if not before; but a view not before it has rested. */
void hub_bring_forward(watch_hub *self, watch_range *range, int64_t due_us);

/** The room of the view of a range, while it is looked at. */
typedef struct hub_room {
    view_room base;
    watch_hub *hub;
    watch_range *range;
} hub_room;

/** A `resize` of a `view_room`; takes the lock. */
bool hub_resize_room(view_room *room, uint64_t bytes);

/* ---- hub.c ---- */

/** From now on it is told. The lock is held. */
void hub_add_heartbeat(watch_hub *self, heartbeat *beat);
void hub_remove_heartbeat(watch_hub *self, heartbeat *beat);

/** Beats whatever is due; adds to the sleepers that are to be woken once the lock is let go. */
void hub_beat(watch_hub *self, sleeper **woken);

/** Sees to it that the hub's thread looks at `at_us`, if not before. */
void hub_disturb(watch_hub *self, int64_t at_us);

/* ---- names.c: which sections are orphaned; the lock is held ---- */

/** Notes that a range's section is to be looked at, if it can be orphaned; false without memory. */
bool names_join(watch_hub *hub, watch_range *range, watched_object *object);

/** A watcher of the range has come: what was found before is not for it. */
void names_add_watcher(watch_hub *hub, watcher *newcomer);

/** The opposite of names_join; on the hub's thread, but for a range that has just joined. */
void names_leave(watch_hub *hub, watch_range *range);

/** The name of what a watcher watches, looked at since it came; else NULL. */
const watched_name *names_looked_at(const watcher *self);

/**
 * Looks at the next few, where it is time, letting go of the lock meanwhile, and tells the watchers of
 * those that are orphaned now. On the hub's thread.
 */
void names_look(watch_hub *hub, sleeper **woken);

/** When to look again; WAKER_NEVER where there is nothing to look at. */
int64_t names_look_at_us(const watch_hub *hub);

/* ---- queue.c: the ranges by when they are due; the lock is held ---- */

/** false where memory runs out. */
bool queue_add(watch_hub *hub, watch_range *range);

void queue_remove(watch_hub *hub, watch_range *range);

/** Sets when a range is due. */
void queue_move(watch_hub *hub, watch_range *range, int64_t due_us);

/** The one due first, NULL where there is none. */
watch_range *queue_first(const watch_hub *hub);

#endif
