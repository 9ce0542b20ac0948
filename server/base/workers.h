#ifndef SECTIOND_WORKERS_H
#define SECTIOND_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * A small pool of threads for work that would hold up a loop that serves connections.
 */

typedef struct workers workers;

/** One piece of work, kept inside what it works on: submitting needs no memory and cannot fail. */
typedef struct job {
    void (*run)(struct job *job);
    struct job *next;
    uint64_t lane; /* of lanes.h */
} job;

/** Starts `count` threads; NULL where not one can be had. */
workers *workers_start(unsigned count);

/** Queues a job; `job->run` is called once, on some thread of the pool. Threads: any. */
void workers_submit(workers *workers, job *job);

/** Runs what is queued, ends the threads, frees the pool. NULL is fine. */
void workers_stop(workers *workers);

#endif
