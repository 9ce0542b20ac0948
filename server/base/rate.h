#ifndef SECTIOND_RATE_H
#define SECTIOND_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * A rate limit: a burst of so many events, then one event per interval.
 */

typedef struct rate_limit {
    uint64_t at_once;
    uint64_t every_ms;
    atomic_llong until_ms; /* monotonic: when all that it allowed has had its `every_ms` */
} rate_limit;

/** Whether it may happen once more now; it counts as having happened then. Threads: any. */
bool rate_limit_allows(rate_limit *limit);

#endif
