#include <assert.h>
#include <stdlib.h>

#include "watch/private.h"

/* A binary heap: no range is due before the one above it. */

static void put(watch_hub *hub, watch_range *range, size_t at)
{
    hub->queue[at] = range;
    range->queue_at = at;
}

static void rise(watch_hub *hub, watch_range *range)
{
    size_t at = range->queue_at;
    while (at > 0 && hub->queue[(at - 1) / 2]->due_us > range->due_us) {
        put(hub, hub->queue[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    put(hub, range, at);
}

static void sink(watch_hub *hub, watch_range *range)
{
    size_t at = range->queue_at;
    for (size_t below = 2 * at + 1; below < hub->queue_count; below = 2 * at + 1) {
        if (below + 1 < hub->queue_count &&
            hub->queue[below + 1]->due_us < hub->queue[below]->due_us) {
            below++;
        }
        if (hub->queue[below]->due_us >= range->due_us) {
            break;
        }
        put(hub, hub->queue[below], at);
        at = below;
    }
    put(hub, range, at);
}

bool queue_add(watch_hub *hub, watch_range *range)
{
    if (hub->queue_count == hub->queue_capacity) {
        const size_t capacity = hub->queue_capacity > 0 ? hub->queue_capacity * 2 : 16;
        watch_range **larger = realloc(hub->queue, capacity * sizeof(watch_range *));
        if (larger == NULL) {
            return false;
        }
        hub->queue = larger;
        hub->queue_capacity = capacity;
    }
    put(hub, range, hub->queue_count++);
    rise(hub, range);
    return true;
}

void queue_remove(watch_hub *hub, watch_range *range)
{
    assert(hub->queue[range->queue_at] == range);
    watch_range *last = hub->queue[--hub->queue_count];
    if (last != range) {
        put(hub, last, range->queue_at);
        rise(hub, last);
        sink(hub, last);
    }
}

void queue_move(watch_hub *hub, watch_range *range, int64_t due_us)
{
    assert(hub->queue[range->queue_at] == range);
    range->due_us = due_us;
    rise(hub, range);
    sink(hub, range);
}

watch_range *queue_first(const watch_hub *hub)
{
    return hub->queue_count > 0 ? hub->queue[0] : NULL;
}
