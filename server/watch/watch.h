#ifndef SECTIOND_WATCH_H
#define SECTIOND_WATCH_H

#include <section/values.h>

#include "encode/etag.h"
#include "registry/registry.h"

/**
 * @file
 * Watching. The OS does not notify of stores to shared memory, so one thread compares the watched
 * ranges, each once for all its watchers. Event streams and waiting reads sleep until the hub wakes
 * them, and have no threads of their own.
 */

typedef struct watch_hub watch_hub;

struct watch_format; /* watch/format.h */
struct watch_view;   /* watch/view.h */

/** The limits of all watchers together. A range counts once for each of its watchers. */
typedef struct watch_limits {
    uint64_t watchers;
    uint64_t bytes;
} watch_limits;

enum {
    WATCH_BYTES_MAX = 1024 * 1024, /* of a range */
    WATCH_RANGES_MAX = 64,         /* of a stream */
    WATCH_INTERVAL_MS = 10,        /* where none is given, and for waiting reads */
    WATCH_INTERVAL_MS_MAX = 60000
};

/** Counters of the hub, for /metrics. */
typedef struct watch_counts {
    uint64_t watchers;
    uint64_t bytes;
    uint64_t ranges;
    uint64_t comparisons;
    uint64_t wakeups; /* of its thread */
} watch_counts;

/**
 * A connection that can be put to sleep until the hub has news. Made by the transport.
 *
 * `suspend` is called under the hub's lock by the thread that serves it, `resume` by any thread
 * without a lock, exactly once for each sleep. The hub does not access it while it is awake.
 */
typedef struct sleeper {
    void (*suspend)(struct sleeper *sleeper);
    void (*resume)(struct sleeper *sleeper);
    struct sleeper *next; /* of those to wake: the hub's own, from `suspend` to `resume` */
    bool has_all;         /* of the limits; false: the last quarter is for those who administer */
} sleeper;

/**
 * Starts the hub's thread, which sleeps while nobody watches. NULL where memory or threads run out.
 * @param lanes where memory is compared that may wait for a disk.
 */
watch_hub *watch_hub_start(watch_limits limits, registry *registry, struct workers *workers,
                           struct lanes *lanes);

/**
 * Ends all streams with `gone`, all waiting reads, the hub's thread, and refuses new watchers. On
 * return no watcher sleeps and none is about to be woken, so the transport may stop.
 */
void watch_hub_end(watch_hub *hub);

/** All streams and waiting reads must be closed. NULL is fine. */
void watch_hub_free(watch_hub *hub);

watch_counts watch_hub_count(watch_hub *hub);

/* ---- event streams ---- */

typedef struct watch_stream watch_stream;

/** The form in which the bytes of a range are reported. */
typedef struct watch_values {
    bool typed; /* values instead of base64; lengths are multiples of the type's size */
    section_value_type type;
    section_endian endian;
} watch_values;

/** A range of a view, inside it. The entry is borrowed for the call. */
typedef struct watch_target {
    entry *entry;
    uint64_t offset_bytes;
    size_t length_bytes;
    struct watch_view *view; /* what is watched instead of the bytes; NULL: these. Borrowed, too */
    bool is_named; /* of a waiting read: it asked for what has the name, whatever that is */
} watch_target;

/** The contents of a stream. */
typedef struct watch_order {
    watch_target targets[WATCH_RANGES_MAX];
    watch_values values[WATCH_RANGES_MAX]; /* of each */
    unsigned count;
    const struct watch_format *format; /* NULL: the one that is taken where none is asked for */
    bool names_ranges;                 /* each event says which range it is about */
    uint64_t interval_ms;
    const char *last_event_id; /* NULL: none */
} watch_order;

/**
 * Opens a stream.
 * @return SECTION_QUOTA naming the limit, SECTION_STOPPING, SECTION_NO_MEMORY.
 */
section_status watch_stream_open(watch_hub *hub, const watch_order *order, sleeper *sleeper,
                                 watch_stream **ret_stream, section_error *ret_error);

/**
 * Gives the next bytes of a stream, in its format: how many; 0: there is nothing new, and its
 * sleeper sleeps; -1: the end.
 */
int64_t watch_stream_read(void *stream, void *ret_bytes, size_t capacity);

void watch_stream_close(void *stream);

/* ---- waiting reads ---- */

/** One read that waits, however often it has to look again. */
typedef struct watch_wait watch_wait;

/** NULL where memory runs out. The time runs from now on. */
watch_wait *watch_wait_new(watch_hub *hub, sleeper *sleeper, int64_t wait_us);

/** Frees it; it is awake. NULL is fine. */
void watch_wait_free(watch_wait *wait);

/** It is awake: releases what the last sleep held. */
void watch_wait_let_go(watch_wait *wait);

/** Whether its last sleep was ended by the time or by the client's end, not by news; it is awake. */
bool watch_wait_was_in_vain(const watch_wait *wait);

/** Whether its time is up. */
bool watch_wait_is_late(const watch_wait *wait);

/**
 * Sets the condition to wait for: the bytes of a range have another tag.
 * @return why it could not sleep, the last time that it should.
 */
section_status watch_wait_aim(watch_wait *wait, const watch_target *target, const char *tag,
                              section_error *ret_error);

/** Begins to wait; the connection sleeps already, and is resumed in any case, perhaps at once. */
void watch_wait_begin(watch_wait *wait);

/** Its time is over at once; one that does not sleep is left alone. Any thread; takes the hub's lock. */
void watch_wait_cut(watch_wait *wait);

#endif
