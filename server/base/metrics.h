#ifndef SECTIOND_METRICS_H
#define SECTIOND_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * What the daemon has done, for /metrics. Counting is a few relaxed atomics a request.
 */

struct route;

/** The classes 2 to 5, and of each the statuses up to 31. */
enum { METRICS_STATUSES = 4 * 32, METRICS_BUCKETS = 17 };

typedef struct metrics {
    atomic_uint_least64_t received_bytes; /* of bodies, as all of these */
    atomic_uint_least64_t sent_bytes;
    atomic_uint_least64_t duration_us;
    atomic_uint_least64_t durations[METRICS_BUCKETS + 1]; /* the last one is for all longer ones */
    atomic_uint_least64_t connections;                    /* now */
    /* Of each route, and behind them of what led to none. */
    atomic_uint_least64_t requests[][METRICS_STATUSES];
} metrics;

/** NULL where memory runs out. */
metrics *metrics_new(void);
void metrics_free(metrics *metrics);

/** Counts an answered request; `route` is NULL where there was none. */
void metrics_note_request(metrics *metrics, const struct route *route, unsigned http_status);

/** Counts how long an answer took. */
void metrics_note_duration(metrics *metrics, int64_t duration_us);

void metrics_note_received(metrics *metrics, uint64_t bytes);
void metrics_note_sent(metrics *metrics, uint64_t bytes);
void metrics_note_connection(metrics *metrics, bool is_new);

#endif
