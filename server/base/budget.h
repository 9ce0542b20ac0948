#ifndef SECTIOND_BUDGET_H
#define SECTIOND_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * One budget for the bytes of all bodies and answers in flight (--max-buffer-bytes).
 *
 * Invariant: `used` is the sum of what was taken and not yet given back, and never over `most`. The
 * last quarter is reserved for the role admin, so that other roles cannot lock it out.
 */
typedef struct budget {
    uint64_t most;
    atomic_uint_least64_t used;
} budget;

/** Takes bytes, all or none. Threads: any. @return false where they are not there. */
bool budget_take(budget *self, bool is_admin, uint64_t bytes);

/** Gives back what was taken. Threads: any. */
void budget_give(budget *self, uint64_t bytes);

#endif
