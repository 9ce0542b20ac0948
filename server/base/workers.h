#ifndef SECTIOND_WORKERS_H
#define SECTIOND_WORKERS_H

#include "base/job.h"

/**
 * @file
 * A small pool of threads for work that would hold up a loop that serves connections.
 */

typedef struct workers workers;

/** Starts `count` threads; NULL where not one can be had. */
workers *workers_start(unsigned count);

/** Queues a job; `job->run` is called once, on some thread of the pool. Threads: any. */
void workers_submit(workers *workers, job *job);

/** Runs what is queued, ends the threads, frees the pool. NULL is fine. */
void workers_stop(workers *workers);

#endif
