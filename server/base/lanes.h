#ifndef SECTIOND_LANES_H
#define SECTIOND_LANES_H

#include <stdint.h>

#include "base/job.h"

/**
 * @file
 * Threads for work that may wait for a disk, or for ever for what serves a file. The lane of a job
 * is the disk or file that it may wait for; only a few jobs of one lane run at once. Invariant: a
 * file that hangs blocks only the threads of its own lane.
 */

typedef struct lanes lanes;

enum { LANE_THREADS = 2 }; /* of one lane at once */

/** Starts with one thread, and takes up to `most` as they are needed. NULL where not one can be had. */
lanes *lanes_start(unsigned most);

/**
 * Queues a job; `job->run` is called once, on some thread. Those of one lane begin in their order.
 * @param lane any number that is the same for what waits on the same. Threads: any.
 */
void lanes_submit(lanes *lanes, job *job, uint64_t lane);

/** Runs what is queued, ends the threads, frees it all. NULL is fine. */
void lanes_stop(lanes *lanes);

#endif
