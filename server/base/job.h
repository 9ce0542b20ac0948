#ifndef SECTIOND_JOB_H
#define SECTIOND_JOB_H

/**
 * @file
 * One piece of work for a pool of threads (base/workers.h).
 */

/** Kept inside what it works on: submitting needs no memory and cannot fail. */
typedef struct job {
    void (*run)(struct job *job);
    struct job *next;
} job;

#endif
