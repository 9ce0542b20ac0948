#ifndef SECTIOND_JOB_H
#define SECTIOND_JOB_H

#include <stdint.h>

/**
 * @file
 * One piece of work for a pool of threads (base/workers.h), for a lane (base/lanes.h), or for later
 * (base/timer.h).
 */

/** Kept inside what it works on: submitting needs no memory and cannot fail. */
typedef struct job {
    void (*run)(struct job *job);
    struct job *next;
    uint64_t lane;  /* of base/lanes.h */
    int64_t due_us; /* of base/timer.h */
} job;

#endif
