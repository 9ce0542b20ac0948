#ifndef SECTIOND_METRICS_H
#define SECTIOND_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * Counters of what the daemon has done. Counting is a few relaxed atomics a request; who reads them
 * (daemon/metrics_page.c) reads the members.
 */

/** The classes 2 to 5, and of each the statuses up to 31. */
enum { METRICS_STATUSES = 4 * 32, METRICS_BUCKETS = 17 };

typedef struct metrics {
    atomic_uint_least64_t received_bytes; /* of bodies, as all of these */
    atomic_uint_least64_t sent_bytes;
    atomic_uint_least64_t duration_us;
    atomic_uint_least64_t durations[METRICS_BUCKETS + 1]; /* the last one is for all longer ones */
    atomic_uint_least64_t connections;                    /* now */
    size_t route_count;
    /* Of each route by its index, and behind them of what led to none. */
    atomic_uint_least64_t requests[][METRICS_STATUSES];
} metrics;

/** Upper ends of the buckets of durations. */
extern const int64_t metrics_bucket_ends_us[METRICS_BUCKETS];

/** NULL where memory runs out. */
metrics *metrics_new(size_t route_count);
void metrics_free(metrics *metrics);

/** Counts an answered request. @param route_index `route_count` where it led to no route. */
void metrics_note_request(metrics *metrics, size_t route_index, unsigned http_status);

/** Counts how long an answer took. */
void metrics_note_duration(metrics *metrics, int64_t duration_us);

void metrics_note_received(metrics *metrics, uint64_t bytes);
void metrics_note_sent(metrics *metrics, uint64_t bytes);
void metrics_note_connection(metrics *metrics, bool is_new);

#endif
