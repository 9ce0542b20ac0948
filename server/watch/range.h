#ifndef SECTIOND_WATCH_RANGE_H
#define SECTIOND_WATCH_RANGE_H

#include "watch/texts.h"
#include "watch/watch.h"

/**
 * @file
 * One watched range of one section: who watches it, and its comparison. It knows no hub: the hub
 * calls, holding its lock but for `range_compare`.
 */

/** The reason why the watching of a range ended. */
typedef enum watch_end {
    WATCH_GOES_ON,
    WATCH_CLOSED,
    WATCH_SHUTDOWN,
    WATCH_SECTION_GONE
} watch_end;

struct watch_range;
struct watched_object;
struct watched_name;

/** One who watches one range. */
typedef struct watcher {
    struct watch_range *range; /* NULL: not, or no more: `end` says why */
    struct watcher *previous;
    struct watcher *next;
    int64_t interval_us;
    int64_t rests_until_us; /* of a view: for this one it is not looked at before */
    bool has_all;        /* of the limits; false: what is for those who administer is not for it */
    uint64_t first_pass; /* passes before this one began before it came: they are not for it */
    uint64_t first_look; /* the same for looks at the section's name */
    watch_end end;
    snapshot *seen;       /* the picture that it has, a reference; NULL: none, or it needs none */
    bool wants_text;      /* of a view, from that picture to the newest */
    snapshot *last;       /* a range that ended, as it was seen last; NULL: never */
    view_text *last_text; /* that leads there; NULL: there is none */
    /*
     * The range has news or has ended, or it is time. Adds whom to wake to a list; may leave the
     * range. The hub's lock is held.
     */
    void (*on_news)(struct watcher *self, int64_t now_us, sleeper **woken);
} watcher;

/** The bytes of a range: the key of the hub's table. No padding, as the key is hashed. */
typedef struct range_place {
    const entry *source; /* the range has a reference */
    uint64_t offset_bytes;
    uint64_t length_bytes;
    uint64_t view[2]; /* the view's key; 0: bytes */
} range_place;

/** A comparison under way: its input and its result. */
typedef struct comparison {
    uint64_t pass;
    bool for_newcomers;
    bool is_touched; /* for what was stored through us */
    bool is_closed;  /* asked before the bytes are read: what was stored before is told */
    section_status status;
    bool changed; /* the range's spare is another picture than the current one */
    texts told;   /* of a view: those that are wanted, then those that were made */
    unsigned told_count;
    int64_t took_us; /* of a view, with these */
} comparison;

/** A range that somebody watches. */
typedef struct watch_range {
    range_place place;
    entry *source;           /* a reference */
    struct watch_view *view; /* a reference; NULL: bytes */
    watcher *watchers;
    bool has_newcomers;  /* who wait for a pass that begins from now on */
    bool is_touched;     /* something was stored through us: a pass from now on sees it */
    bool interval_stale; /* somebody left */
    bool is_compared;    /* by the hub's thread, or in a lane, which does not hold the lock */
    int64_t interval_us; /* the smallest of all */
    int64_t compared_us; /* when it last was */
    int64_t deadline_us; /* the first moment at which somebody's time is up, or comes */
    uint64_t passes_begun;
    uint64_t passes_done;
    uint64_t touched_pass;  /* the last one that looked because something was stored through us */
    snapshot *current;      /* NULL before the first pass; replaced by the hub's thread only */
    snapshot *spare;        /* to read into: of whoever compares */
    texts told;             /* of a view: what leads to the current picture */
    uint64_t charged_bytes; /* what each watcher counts for in the limits */
    int64_t rests_until_us; /* of a view: it is not looked at before */
    bool is_slow;           /* of a view: a short look was not enough once, so it has a lane */
    /* The hub's: */
    struct watch_hub *hub; /* of a range that is compared in a lane */
    comparison found;
    job job;                           /* in the lane */
    struct watch_range *next_compared; /* in a lane, of which nobody was told yet */
    bool is_due_again;                 /* it was due while it was compared */
    struct watched_object *object;
    struct watched_name *name; /* NULL: the section cannot be orphaned */
    struct watch_range *previous_of_object;
    struct watch_range *next_of_object;
    int64_t due_us;  /* when it is compared next; INT64_MIN: at once, or freed if nobody watches */
    size_t queue_at; /* its index in the queue */
    UT_hash_handle hh;
} watch_range;

/** The key of a target's range. */
range_place range_place_of(const watch_target *target);

/** NULL where memory runs out. */
watch_range *range_new(const watch_target *target);

/** Frees a range that nobody watches; the section closes on a worker where it was the last user. */
void range_free(watch_range *self, struct workers *closers);

/** Lets a watcher, whose `interval_us` and `on_news` are set, watch a range. */
void range_add(watch_range *self, watcher *newcomer);

/** The opposite; it watches this range. */
void range_remove(watch_range *self, watcher *leaver);

/** Whether a pass that began after the watcher came has been made. */
bool range_is_fresh(const watcher *self);

/** When an interval ends: at its multiples, so that ranges of one interval share their wake-ups. */
int64_t range_interval_end(int64_t interval_us, int64_t now_us);

/** Begins a comparison; one at a time. */
comparison range_begin_comparison(watch_range *self);

/**
 * Compares the bytes, or looks at the view; the lock is not held.
 * @param room of the view.
 */
void range_compare(watch_range *self, comparison *found, view_room *room);

/** Asks all watchers, each of which says in `deadline_us` when it is to be asked again. */
void range_tell(watch_range *self, int64_t now_us, sleeper **woken);

/**
 * Ends a comparison: what it found is what there is, and whoever that concerns is told. Takes the texts
 * that it made.
 * @return WATCH_GOES_ON, and the range has an interval; else why it ends, and nobody was told yet.
 */
watch_end range_publish(watch_range *self, comparison *found, int64_t now_us, sleeper **woken);

#endif
