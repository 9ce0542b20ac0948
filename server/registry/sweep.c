#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/platform.h"
#include "registry/private.h"

char *registry_copy_label(registry *registry, const entry *entry)
{
    pthread_mutex_lock(&registry->lock);
    char *label = entry->label != NULL ? strdup(entry->label) : NULL;
    pthread_mutex_unlock(&registry->lock);
    return label;
}

void registry_set_label(registry *registry, entry *entry, char *label)
{
    pthread_mutex_lock(&registry->lock);
    char *old = entry->label;
    entry->label = label;
    pthread_mutex_unlock(&registry->lock);
    free(old);
}

void registry_set_ttl(registry *registry, entry *entry, uint64_t ttl_s)
{
    pthread_mutex_lock(&registry->lock);
    atomic_store(&entry->ttl_s, ttl_s);
    atomic_store(&entry->last_used_at_ms, platform_monotonic_ms());
    pthread_cond_signal(&registry->changed);
    pthread_mutex_unlock(&registry->lock);
}

/* When an entry's time is up; INT64_MAX for never. */
static int64_t expiry_ms(const entry *entry)
{
    const uint64_t ttl_s = atomic_load(&entry->ttl_s);
    return ttl_s == 0 ? INT64_MAX : atomic_load(&entry->last_used_at_ms) + (int64_t)ttl_s * 1000;
}

/* The entry whose time is up first, with a reference once it is; the lock is held. */
static entry *find_expired(const registry *registry, int64_t now_ms, int64_t *ret_next_ms)
{
    *ret_next_ms = INT64_MAX;
    for (entry *each = registry->by_id; each != NULL; each = each->hh.next) {
        int64_t at_ms = expiry_ms(each);
        if (at_ms <= now_ms) {
            if (atomic_load(&each->references) == 1) {
                atomic_fetch_add(&each->references, 1);
                return each;
            }
            at_ms = now_ms + 1000; /* somebody works with it: ask again */
        }
        *ret_next_ms = at_ms < *ret_next_ms ? at_ms : *ret_next_ms;
    }
    return NULL;
}

/* Waits for a change, but no longer than until `next_ms` (monotonic); the lock is held. */
static void wait_until(registry *registry, int64_t now_ms, int64_t next_ms)
{
    if (next_ms == INT64_MAX) {
        pthread_cond_wait(&registry->changed, &registry->lock);
        return;
    }
    /* The wall clock, which the condition waits on, may jump: look again every minute. */
    const int64_t wait_ms = next_ms - now_ms < 60000 ? next_ms - now_ms : 60000;
    const int64_t at_ms = platform_wall_clock_ms() + wait_ms;
    const struct timespec at = {.tv_sec = (time_t)(at_ms / 1000),
                                .tv_nsec = (long)(at_ms % 1000) * 1000000};
    (void)pthread_cond_timedwait(&registry->changed, &registry->lock, &at);
}

/* Takes one expired entry out, the lock not held. */
static void expire(registry *registry, entry *entry)
{
    section_info info;
    if (section_describe(entry->section, &info, NULL) == SECTION_OK && info.protect) {
        atomic_store(&entry->last_used_at_ms, platform_monotonic_ms());
    } else if (registry_remove(registry, entry)) {
        log_write(LOG_INFO, "section %llu closed: not used for its ttl_s",
                  (unsigned long long)entry->id);
    }
    registry_unref(entry);
}

void registry_sweep(registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    while (!registry->stop_sweeping) {
        int64_t next_ms;
        const int64_t now_ms = platform_monotonic_ms();
        entry *expired = find_expired(registry, now_ms, &next_ms);
        if (expired == NULL) {
            wait_until(registry, now_ms, next_ms);
            continue;
        }
        pthread_mutex_unlock(&registry->lock);
        expire(registry, expired);
        pthread_mutex_lock(&registry->lock);
    }
    pthread_mutex_unlock(&registry->lock);
}

void registry_stop_sweeping(registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    registry->stop_sweeping = true;
    pthread_cond_signal(&registry->changed);
    pthread_mutex_unlock(&registry->lock);
}
