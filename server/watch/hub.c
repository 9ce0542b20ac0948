#include <stdlib.h>

#include "watch/private.h"

void hub_disturb(watch_hub *hub, int64_t at_us)
{
    hub->disturbed = true;
    if (at_us < hub->wakes_at_us) {
        hub->wakes_at_us = INT64_MIN;
        waker_ring(hub->waker);
    }
}

void sleeper_add(sleeper **list, sleeper *sleeper)
{
    if (sleeper != NULL) {
        sleeper->next = *list;
        *list = sleeper;
    }
}

void sleepers_wake(sleeper *list)
{
    while (list != NULL) {
        sleeper *next = list->next; /* it may be gone as soon as it is resumed */
        list->resume(list);
        list = next;
    }
}

/* Does everything that is due; gives when the next thing is. The lock is held. */
static int64_t sweep(watch_hub *hub)
{
    int64_t next_us = WAKER_NEVER;
    int64_t now_us = waker_now_us();
    /* Others only ever add while the lock is let go: what is removed is removed here. */
    for (watched_object *object = hub->objects, *after; object != NULL; object = after) {
        for (watch_range *range = object->ranges, *following; range != NULL; range = following) {
            if (range->watchers != NULL && range->due_us <= now_us) {
                range_pass(hub, range);
                now_us = waker_now_us();
            }
            if (range->watchers != NULL && range->due_us < next_us) {
                next_us = range->due_us;
            }
            following = range->next;
            if (range->watchers == NULL) {
                range_free(hub, range);
            }
        }
        after = object->hh.next;
        if (object->ranges == NULL) {
            HASH_DEL(hub->objects, object);
            free(object);
        }
    }
    return next_us;
}

static void *run(void *context)
{
    watch_hub *hub = context;
    pthread_mutex_lock(&hub->lock);
    while (!hub->quitting) {
        sleeper *woken = NULL;
        hub->disturbed = false;
        const int64_t beat_us = streams_beat(hub, waker_now_us(), &woken);
        if (woken != NULL) {
            pthread_mutex_unlock(&hub->lock);
            sleepers_wake(woken);
            pthread_mutex_lock(&hub->lock);
        }
        const int64_t due_us = sweep(hub);
        if (hub->disturbed) {
            continue;
        }
        hub->wakes_at_us = due_us < beat_us ? due_us : beat_us;
        const int64_t until_us = hub->wakes_at_us;
        pthread_mutex_unlock(&hub->lock);
        waker_wait(hub->waker, until_us);
        pthread_mutex_lock(&hub->lock);
        hub->wakes_at_us = INT64_MIN;
        hub->wakeups++;
    }
    (void)sweep(hub); /* frees what nobody watches any more, which is all of it */
    pthread_mutex_unlock(&hub->lock);
    return NULL;
}

static watch_hub *hub_of(registry_observer *observer)
{
    return (watch_hub *)((char *)observer - offsetof(watch_hub, observer));
}

static void touched(registry_observer *observer, const entry *entry)
{
    ranges_touch(hub_of(observer), entry);
}

watch_hub *watch_hub_start(watch_limits limits, registry *registry, workers *workers)
{
    watch_hub *hub = calloc(1, sizeof *hub);
    if (hub == NULL) {
        return NULL;
    }
    hub->limits = limits;
    hub->registry = registry;
    hub->workers = workers;
    hub->wakes_at_us = INT64_MIN;
    hub->observer.touched = touched;
    hub->waker = waker_new();
    pthread_mutex_init(&hub->lock, NULL);
    if (hub->waker == NULL || pthread_create(&hub->thread, NULL, run, hub) != 0) {
        pthread_mutex_destroy(&hub->lock);
        waker_free(hub->waker);
        free(hub);
        return NULL;
    }
    registry_observe(registry, &hub->observer);
    return hub;
}

/* Once nobody can come any more there is nothing left for it to do. */
static void end_thread(watch_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    const bool has_ended = hub->quitting;
    hub->quitting = true;
    pthread_mutex_unlock(&hub->lock);
    if (!has_ended) {
        waker_ring(hub->waker);
        pthread_join(hub->thread, NULL);
    }
}

void watch_hub_end(watch_hub *hub)
{
    sleeper *woken = NULL;
    pthread_mutex_lock(&hub->lock);
    hub->ending = true;
    for (watched_object *object = hub->objects; object != NULL; object = object->hh.next) {
        for (watch_range *range = object->ranges; range != NULL; range = range->next) {
            range_end(hub, range, WATCH_SHUTDOWN, &woken);
        }
    }
    pthread_mutex_unlock(&hub->lock);
    end_thread(hub); /* which may be about to wake somebody: the transport stops after that only */
    sleepers_wake(woken);
}

void watch_hub_free(watch_hub *hub)
{
    if (hub == NULL) {
        return;
    }
    registry_observe(hub->registry, NULL);
    end_thread(hub);
    pthread_mutex_destroy(&hub->lock);
    waker_free(hub->waker);
    free(hub);
}

watch_counts watch_hub_count(watch_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    const watch_counts counts = {hub->watcher_count, hub->watched_bytes, hub->range_count,
                                 hub->comparisons, hub->wakeups};
    pthread_mutex_unlock(&hub->lock);
    return counts;
}
