#include "base/rate.h"

#include "base/platform.h"

bool rate_limit_allows(rate_limit *limit)
{
    const long long now_ms = platform_monotonic_ms();
    const long long every_ms = (long long)limit->every_ms;
    const long long room_ms = (long long)limit->at_once * every_ms;
    long long until_ms = atomic_load(&limit->until_ms);
    long long next_ms;
    do {
        next_ms = (until_ms > now_ms ? until_ms : now_ms) + every_ms;
        if (next_ms - now_ms > room_ms) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&limit->until_ms, &until_ms, next_ms));
    return true;
}
