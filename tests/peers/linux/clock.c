#include "../peer.h"

#include <time.h>

uint64_t clock_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void clock_sleep_until_us(uint64_t moment_us)
{
    const struct timespec moment = {.tv_sec = (time_t)(moment_us / 1000000),
                                    .tv_nsec = (long)(moment_us % 1000000) * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL) != 0) {
    }
}
