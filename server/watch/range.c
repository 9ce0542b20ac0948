#include <section/elements.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "watch/private.h"

/* What is stored through us is compared at once, but not more often than this. */
enum { TOUCH_GAP_US = 1000 };

/* ---- snapshots ---- */

snapshot *snapshot_new(size_t length_bytes)
{
    const size_t blocks = (length_bytes + SNAPSHOT_BLOCK_BYTES - 1) / SNAPSHOT_BLOCK_BYTES;
    snapshot *self = malloc(sizeof *self + blocks * sizeof self->changed_pass[0] + length_bytes);
    if (self != NULL) {
        atomic_init(&self->references, 1);
        self->length_bytes = length_bytes;
        self->bytes = (uint8_t *)&self->changed_pass[blocks];
    }
    return self;
}

snapshot *snapshot_ref(snapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_unref(snapshot *snapshot)
{
    if (snapshot != NULL &&
        atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) == 1) {
        free(snapshot);
    }
}

/* ---- joining and leaving ---- */

static section_status check_limits(const watch_hub *hub, size_t length_bytes,
                                   section_error *ret_error)
{
    if (hub->ending) {
        return section_fail(ret_error, SECTION_STOPPING, "ask again when it has started anew");
    }
    if (hub->watcher_count >= hub->limits.watchers) {
        return section_fail(ret_error, SECTION_QUOTA,
                            "there are %llu watchers, as many as --max-watchers allows",
                            (unsigned long long)hub->watcher_count);
    }
    if (hub->watched_bytes > hub->limits.bytes ||
        length_bytes > hub->limits.bytes - hub->watched_bytes) {
        return section_fail(ret_error, SECTION_QUOTA,
                            "%llu bytes are watched, --max-watched-bytes allows %llu in all",
                            (unsigned long long)hub->watched_bytes,
                            (unsigned long long)hub->limits.bytes);
    }
    return SECTION_OK;
}

static watched_object *object_find(watch_hub *hub, const entry *entry)
{
    const void *key = section_object_key(entry->section);
    watched_object *found;
    HASH_FIND(hh, hub->objects, &key, sizeof key, found);
    return found;
}

/* The object of an entry, made where there is none yet; NULL where memory runs out. */
static watched_object *object_get(watch_hub *hub, const entry *entry)
{
    watched_object *object = object_find(hub, entry);
    if (object == NULL) {
        object = calloc(1, sizeof *object);
        if (object != NULL) {
            object->key = section_object_key(entry->section);
            HASH_ADD(hh, hub->objects, key, sizeof object->key, object);
        }
    }
    return object;
}

static watch_range *range_get(watch_hub *hub, const watch_target *target)
{
    watched_object *object = object_get(hub, target->entry);
    if (object == NULL) {
        return NULL;
    }
    for (watch_range *each = object->ranges; each != NULL; each = each->next) {
        if (each->entry == target->entry && each->offset_bytes == target->offset_bytes &&
            each->length_bytes == target->length_bytes) {
            return each;
        }
    }
    watch_range *range = calloc(1, sizeof *range);
    if (range != NULL) {
        range->object = object;
        range->entry = registry_ref(target->entry);
        range->offset_bytes = target->offset_bytes;
        range->length_bytes = target->length_bytes;
        range->interval_us = INT64_MAX;
        range->deadline_us = INT64_MAX;
        range->next = object->ranges;
        object->ranges = range;
        hub->range_count++;
    }
    return range;
}

static void set_due(watch_hub *hub, watch_range *range, int64_t at_us)
{
    if (at_us < range->due_us) {
        range->due_us = at_us;
    }
    hub_disturb(hub, range->due_us);
}

section_status range_join(watch_hub *hub, watcher *watcher, const watch_target *target,
                          section_error *ret_error)
{
    section_status status = check_limits(hub, target->length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    watch_range *range = range_get(hub, target);
    if (range == NULL) {
        hub_disturb(hub, INT64_MIN + 1); /* an object without a range may have been made */
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a watcher");
    }
    watcher->range = range;
    watcher->end = WATCH_GOES_ON;
    watcher->first_pass = range->passes_begun + 1;
    watcher->previous = NULL;
    watcher->next = range->watchers;
    if (range->watchers != NULL) {
        range->watchers->previous = watcher;
    }
    range->watchers = watcher;
    range->has_newcomers = true;
    if (watcher->interval_us < range->interval_us) {
        range->interval_us = watcher->interval_us;
    }
    hub->watcher_count++;
    hub->watched_bytes += range->length_bytes;
    atomic_fetch_add(&range->entry->watchers, 1);
    atomic_fetch_add(&hub->observer.interest, 1);
    set_due(hub, range, waker_now_us());
    return SECTION_OK;
}

void range_leave(watch_hub *hub, watcher *watcher)
{
    watch_range *range = watcher->range;
    if (range == NULL) {
        return;
    }
    if (watcher->previous != NULL) {
        watcher->previous->next = watcher->next;
    } else {
        range->watchers = watcher->next;
    }
    if (watcher->next != NULL) {
        watcher->next->previous = watcher->previous;
    }
    watcher->range = NULL;
    hub->watcher_count--;
    hub->watched_bytes -= range->length_bytes;
    entry_note_use(range->entry);
    atomic_fetch_sub(&range->entry->watchers, 1);
    atomic_fetch_sub(&hub->observer.interest, 1);
    range->interval_stale = true;
    if (range->watchers == NULL) {
        hub_disturb(hub, INT64_MIN + 1); /* the section shall not be held for longer */
    }
}

bool range_is_fresh(const watcher *watcher)
{
    return watcher->range->current != NULL && watcher->range->passes_done >= watcher->first_pass;
}

void range_free(watch_hub *hub, watch_range *range)
{
    watch_range **link = &range->object->ranges;
    while (*link != range) {
        link = &(*link)->next;
    }
    *link = range->next;
    hub->range_count--;
    registry_unref_later(range->entry, hub->workers);
    snapshot_unref(range->current);
    snapshot_unref(range->spare);
    free(range);
}

/* ---- comparing ---- */

/* Whole words where they are aligned, so that no store of another process is seen in half. */
static section_status take(watch_range *range, uint8_t *ret_bytes, section_error *ret_error)
{
    enum { WORD_BYTES = 8 };
    section *section = range->entry->section;
    if (range->offset_bytes % WORD_BYTES != 0 || range->length_bytes % WORD_BYTES != 0) {
        return section_read(section, range->offset_bytes, ret_bytes, range->length_bytes,
                            ret_error);
    }
    const section_elements words = {.offset_bytes = range->offset_bytes,
                                    .element_bytes = WORD_BYTES,
                                    .stride_bytes = WORD_BYTES,
                                    .count = range->length_bytes / WORD_BYTES};
    return section_read_elements(section, &words, ret_bytes, ret_error);
}

/* Marks the blocks that differ; whether any does. */
static bool mark_changes(const snapshot *old, snapshot *new)
{
    bool any = old == NULL;
    for (size_t at = 0, block = 0; at < new->length_bytes; at += SNAPSHOT_BLOCK_BYTES, block++) {
        const size_t rest = new->length_bytes - at;
        const size_t length = rest < SNAPSHOT_BLOCK_BYTES ? rest : SNAPSHOT_BLOCK_BYTES;
        const bool differs = old == NULL || memcmp(old->bytes + at, new->bytes + at, length) != 0;
        new->changed_pass[block] = differs ? new->pass : old->changed_pass[block];
        any = any || differs;
    }
    return any;
}

/* What a comparison is told and finds. */
typedef struct finding {
    uint64_t pass;
    bool for_newcomers;
    bool is_touched; /* for what was stored through us */
    bool is_closed;  /* asked before the bytes are read: what was stored before is told */
    section_status status;
    bool changed; /* the range's spare is another picture than the current one */
} finding;

/* The lock is not held. */
static void compare(watch_range *range, finding *found)
{
    snapshot *taken = range->spare != NULL ? range->spare : snapshot_new(range->length_bytes);
    range->spare = taken;
    found->status = taken != NULL ? take(range, taken->bytes, NULL) : SECTION_NO_MEMORY;
    if (found->status != SECTION_OK) {
        return;
    }
    taken->pass = found->pass;
    found->changed = mark_changes(range->current, taken);
    if (found->changed) {
        taken->at_ms = platform_wall_clock_ms();
        etag_of(taken->bytes, taken->length_bytes, 0, taken->etag);
    }
}

int64_t range_interval_end(int64_t interval_us, int64_t now_us)
{
    return (now_us / interval_us + 1) * interval_us;
}

static void refresh_interval(watch_range *range)
{
    if (range->interval_stale) {
        range->interval_stale = false;
        range->interval_us = INT64_MAX;
        for (const watcher *each = range->watchers; each != NULL; each = each->next) {
            if (each->interval_us < range->interval_us) {
                range->interval_us = each->interval_us;
            }
        }
    }
}

static void notice_all(watch_range *range, int64_t now_us, sleeper **woken)
{
    range->deadline_us = INT64_MAX;
    for (watcher *each = range->watchers, *next; each != NULL; each = next) {
        next = each->next;
        sleeper_add(woken, each->notice(each, now_us));
    }
}

void range_end(watch_hub *hub, watch_range *range, watch_end end, sleeper **woken)
{
    for (watcher *each = range->watchers, *next; each != NULL; each = next) {
        next = each->next;
        each->last = range_is_fresh(each) ? snapshot_ref(range->current) : NULL;
        each->end = end;
        range_leave(hub, each);
        sleeper_add(woken, each->notice(each, 0));
    }
}

/* Tells what a comparison found. The lock is held. */
static void publish(watch_hub *hub, watch_range *range, const finding *found, sleeper **woken)
{
    const int64_t now_us = waker_now_us();
    const bool is_gone = found->status != SECTION_OK && found->status != SECTION_NO_MEMORY;
    if (found->changed) {
        snapshot_unref(range->current);
        range->current = range->spare;
        range->spare = NULL;
    }
    range->compared_us = now_us;
    range->passes_done = found->pass;
    if (found->is_closed || is_gone) {
        range_end(hub, range, found->is_closed ? WATCH_CLOSED : WATCH_SECTION_GONE, woken);
        return;
    }
    if (found->is_touched) {
        range->touched_pass = found->pass;
    }
    if (found->changed || found->for_newcomers || found->is_touched ||
        now_us >= range->deadline_us) {
        notice_all(range, now_us, woken);
    }
    refresh_interval(range);
    if (range->watchers != NULL) {
        /* Sooner where somebody came, or stored, meanwhile. */
        const int64_t due_us = range_interval_end(range->interval_us, now_us);
        range->due_us = due_us < range->due_us ? due_us : range->due_us;
    }
}

void range_pass(watch_hub *hub, watch_range *range)
{
    sleeper *woken = NULL;
    finding found = {.pass = ++range->passes_begun,
                     .for_newcomers = range->has_newcomers,
                     .is_touched = range->is_touched,
                     .is_closed = atomic_load(&range->entry->closed)};
    range->has_newcomers = false;
    range->is_touched = false;
    range->due_us = INT64_MAX;
    hub->comparisons++;
    pthread_mutex_unlock(&hub->lock);
    compare(range, &found);
    pthread_mutex_lock(&hub->lock);
    publish(hub, range, &found, &woken);
    if (woken != NULL) {
        pthread_mutex_unlock(&hub->lock);
        sleepers_wake(woken);
        pthread_mutex_lock(&hub->lock);
    }
}

void ranges_touch(watch_hub *hub, const entry *entry)
{
    pthread_mutex_lock(&hub->lock);
    watched_object *object = object_find(hub, entry);
    if (object != NULL) {
        const int64_t now_us = waker_now_us();
        for (watch_range *each = object->ranges; each != NULL; each = each->next) {
            const int64_t soonest_us = each->compared_us + TOUCH_GAP_US;
            each->is_touched = true;
            set_due(hub, each, soonest_us > now_us ? soonest_us : now_us);
        }
    }
    pthread_mutex_unlock(&hub->lock);
}
