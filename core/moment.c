#include "moment.h"

#include <sched.h>
#include <time.h>

uint64_t moment_now_ns(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void moment_wait(unsigned already)
{
    enum { POLLS = 50, YIELDS = 60, LEAST_NS = 50000, MOST_NS = 200000 };
    if (already < POLLS) {
        return; /* a writer is ready in less time than a system call takes */
    }
    if (already < YIELDS) {
        (void)sched_yield();
    } else {
        const long doubled = already - YIELDS < 2 ? LEAST_NS * (1L << (already - YIELDS)) : MOST_NS;
        const struct timespec duration = {0, doubled};
        (void)nanosleep(&duration, NULL);
    }
}
