#include <section/naming.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/platform.h"
#include "registry/private.h"

/*
 * A heap of the times at which entries may expire. Use of an entry moves its end to later, and does
 * not update the heap. So an entry is examined at the time in the heap, and put back if it was used
 * since.
 */

enum { IN_USE_AGAIN_MS = 1000 /* expired but in use: examined again after this time */ };

bool sweep_reserve(registry *registry)
{
    const size_t entries = HASH_COUNT(registry->by_id);
    if (entries < registry->due_capacity) {
        return true;
    }
    const size_t capacity = registry->due_capacity == 0 ? 16 : 2 * registry->due_capacity;
    if (capacity > SIZE_MAX / sizeof registry->due[0]) {
        return false;
    }
    entry **due = realloc(registry->due, capacity * sizeof due[0]);
    if (due == NULL) {
        return false;
    }
    registry->due = due;
    registry->due_capacity = capacity;
    return true;
}

static void put(registry *registry, size_t at, entry *entry)
{
    registry->due[at] = entry;
    entry->due_at = at + 1;
}

/* Moves what stands at a place to where its time belongs. */
static void settle(registry *registry, size_t at)
{
    entry **due = registry->due;
    entry *moving = due[at];
    while (at > 0 && due[(at - 1) / 2]->due_ms > moving->due_ms) {
        put(registry, at, due[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (size_t child = 2 * at + 1; child < registry->due_count; child = 2 * at + 1) {
        if (child + 1 < registry->due_count && due[child + 1]->due_ms < due[child]->due_ms) {
            child++;
        }
        if (due[child]->due_ms >= moving->due_ms) {
            break;
        }
        put(registry, at, due[child]);
        at = child;
    }
    put(registry, at, moving);
}

void sweep_forget(registry *registry, entry *entry)
{
    if (entry->due_at == 0) {
        return;
    }
    const size_t at = entry->due_at - 1;
    entry->due_at = 0;
    registry->due_count--;
    if (at < registry->due_count) {
        put(registry, at, registry->due[registry->due_count]);
        settle(registry, at);
    }
}

/* When an entry's time is up; INT64_MAX for never. */
static int64_t expiry_ms(const entry *entry)
{
    const uint64_t ttl_s = atomic_load(&entry->ttl_s);
    return ttl_s == 0 ? INT64_MAX : atomic_load(&entry->last_used_at_ms) + (int64_t)ttl_s * 1000;
}

/* Has an entry looked at when it is time; one without a time to live never. */
static void schedule(registry *registry, entry *entry, int64_t due_ms)
{
    if (due_ms == INT64_MAX) {
        sweep_forget(registry, entry);
        return;
    }
    entry->due_ms = due_ms;
    if (entry->due_at == 0) {
        put(registry, registry->due_count++, entry);
    }
    settle(registry, entry->due_at - 1);
}

static void set_ttl(registry *registry, entry *entry, uint64_t ttl_s, bool is_passing)
{
    pthread_mutex_lock(&registry->lock);
    atomic_store(&entry->ttl_s, ttl_s);
    atomic_store(&entry->is_passing, is_passing);
    atomic_store(&entry->last_used_at_ms, platform_monotonic_ms());
    if (entry->same_object != NULL) { /* it is in the tables still */
        schedule(registry, entry, expiry_ms(entry));
    }
    pthread_mutex_unlock(&registry->lock);
    waker_ring(registry->waker);
}

void registry_set_ttl(registry *registry, entry *entry, uint64_t ttl_s)
{
    set_ttl(registry, entry, ttl_s, false);
}

void registry_set_passing(registry *registry, entry *entry, uint64_t ttl_s)
{
    set_ttl(registry, entry, ttl_s, true);
}

/*
 * An entry whose time is up, with a reference; NULL where there is none. Also one that was opened in
 * passing, and used since: that does not count if it is orphaned. The lock is held.
 */
static entry *take_expired(registry *registry, int64_t now_ms)
{
    while (registry->due_count > 0 && registry->due[0]->due_ms <= now_ms) {
        entry *first = registry->due[0];
        const int64_t at_ms = expiry_ms(first);
        const bool is_used = at_ms > now_ms;
        schedule(registry, first, is_used ? at_ms : now_ms + IN_USE_AGAIN_MS);
        if ((!is_used || atomic_load(&first->is_passing)) && atomic_load(&first->references) == 1) {
            return registry_ref(first);
        }
    }
    return NULL;
}

/* Takes one expired entry out, the lock not held. */
static void expire(registry *registry, entry *entry, int64_t now_ms)
{
    section_info info;
    if (expiry_ms(entry) > now_ms && !section_is_orphaned(entry->section)) {
        registry_unref(entry);
        return;
    }
    if (section_describe(entry->section, &info, NULL) == SECTION_OK && info.protect) {
        atomic_store(&entry->last_used_at_ms, platform_monotonic_ms());
    } else if (registry_remove(registry, entry)) {
        log_write(LOG_INFO, "section %llu closed: not used for its ttl_s, or orphaned",
                  (unsigned long long)entry->id);
    }
    registry_unref(entry);
}

int64_t registry_expire(registry *registry, int64_t now_ms)
{
    entry *expired;
    pthread_mutex_lock(&registry->lock);
    while ((expired = take_expired(registry, now_ms)) != NULL) {
        pthread_mutex_unlock(&registry->lock);
        expire(registry, expired, now_ms);
        pthread_mutex_lock(&registry->lock);
    }
    const int64_t next_ms = registry->due_count > 0 ? registry->due[0]->due_ms : INT64_MAX;
    pthread_mutex_unlock(&registry->lock);
    return next_ms;
}

void registry_sweep(registry *registry)
{
    while (!atomic_load(&registry->stop_sweeping)) {
        const int64_t now_ms = platform_monotonic_ms();
        const int64_t next_ms = registry_expire(registry, now_ms);
        /* The two clocks may count from different starts. */
        waker_wait(registry->waker,
                   next_ms == INT64_MAX ? WAKER_NEVER : waker_now_us() + (next_ms - now_ms) * 1000);
    }
}

void registry_stop_sweeping(registry *registry)
{
    atomic_store(&registry->stop_sweeping, true);
    waker_ring(registry->waker);
}
