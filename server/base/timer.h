#ifndef SECTIOND_TIMER_H
#define SECTIOND_TIMER_H

#include "base/job.h"

/**
 * @file
 * One thread for all that waits for a moment: who waits needs no thread of a pool meanwhile.
 */

typedef struct timer timer;

/** NULL where memory, kernel objects or threads run out. */
timer *timer_start(void);

/**
 * Has `job->run` called once, on the timer's thread, at `due_us` of `waker_now_us` or soon after it. It must be
 * short: it hands the work on to a pool. Threads: any.
 */
void timer_submit(timer *self, job *job, int64_t due_us);

/** Runs at once what is not due yet, ends the thread, frees it. NULL is fine. */
void timer_stop(timer *self);

#endif
