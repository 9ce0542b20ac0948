#include "base/rate.h"

#include "base/platform.h"

bool bucket_take(bucket *bucket)
{
    const long long now_ms = platform_monotonic_ms();
    const long long every_ms = (long long)bucket->every_ms;
    const long long room_ms = (long long)bucket->at_once * every_ms;
    long long until_ms = atomic_load(&bucket->until_ms);
    long long next_ms;
    do {
        next_ms = (until_ms > now_ms ? until_ms : now_ms) + every_ms;
        if (next_ms - now_ms > room_ms) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&bucket->until_ms, &until_ms, next_ms));
    return true;
}
