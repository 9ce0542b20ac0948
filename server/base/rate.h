#ifndef SECTIOND_BUCKET_H
#define SECTIOND_BUCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * How often something may happen: so many times at once, and then once in so long.
 */

typedef struct bucket {
    uint64_t at_once;
    uint64_t every_ms;
    atomic_llong until_ms; /* monotonic: when all that it let through has had its `every_ms` */
} bucket;

/** Lets one through, or says no. Threads: any. */
bool bucket_take(bucket *bucket);

#endif
