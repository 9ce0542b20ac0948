#include <assert.h>
#include <stdlib.h>

#include "base/share.h"
#include "watch/private.h"

/* The ranges of the hub and their objects; who joins, who leaves, and what they count for. */

/* No view is looked at before it has rested, whoever has come or stored meanwhile. */
void hub_bring_forward(watch_hub *self, watch_range *range, int64_t due_us)
{
    const int64_t soonest_us = due_us > range->rests_until_us ? due_us : range->rests_until_us;
    if (soonest_us < range->due_us) {
        queue_move(self, range, soonest_us);
    }
}

/* ---- ranges and their objects, each found by a table ---- */

watched_object *hub_find_object(watch_hub *self, const entry *source)
{
    const void *key = section_object_key(source->section);
    watched_object *found;
    HASH_FIND(hh, self->objects, &key, sizeof key, found);
    return found;
}

/* The object of an entry, made where there is none yet; NULL where memory runs out. */
static watched_object *object_get(watch_hub *self, const entry *source)
{
    watched_object *object = hub_find_object(self, source);
    if (object == NULL) {
        object = calloc(1, sizeof *object);
        if (object != NULL) {
            object->key = section_object_key(source->section);
            HASH_ADD(hh, self->objects, key, sizeof object->key, object);
        }
    }
    return object;
}

static void object_free_unused(watch_hub *self, watched_object *object)
{
    if (object->ranges == NULL) {
        HASH_DEL(self->objects, object);
        free(object);
    }
}

static void link_range(watch_range *range, watched_object *object)
{
    range->object = object;
    range->next_of_object = object->ranges;
    if (object->ranges != NULL) {
        object->ranges->previous_of_object = range;
    }
    object->ranges = range;
}

static void unlink_range(watch_range *range)
{
    if (range->previous_of_object != NULL) {
        range->previous_of_object->next_of_object = range->next_of_object;
    } else {
        range->object->ranges = range->next_of_object;
    }
    if (range->next_of_object != NULL) {
        range->next_of_object->previous_of_object = range->previous_of_object;
    }
}

static watch_range *range_find(const watch_hub *self, const watch_target *target)
{
    const range_place place = range_place_of(target);
    watch_range *found;
    HASH_FIND(hh, self->ranges, &place, sizeof place, found);
    return found;
}

/* The range of a target, made where there is none yet; NULL where memory runs out. */
static watch_range *range_get(watch_hub *self, const watch_target *target)
{
    watch_range *range = range_find(self, target);
    if (range != NULL) {
        return range;
    }
    watched_object *object = object_get(self, target->entry);
    if (object == NULL) {
        return NULL;
    }
    range = range_new(target);
    if (range == NULL || !names_join(self, range, object) || !queue_add(self, range)) {
        if (range != NULL) {
            names_leave(self, range);
            range_free(range, self->workers);
        }
        object_free_unused(self, object);
        return NULL;
    }
    HASH_ADD(hh, self->ranges, place, sizeof range->place, range);
    link_range(range, object);
    return range;
}

void hub_drop_range(watch_hub *self, watch_range *range)
{
    watched_object *object = range->object;
    queue_remove(self, range);
    HASH_DEL(self->ranges, range);
    unlink_range(range);
    names_leave(self, range);
    object_free_unused(self, object);
    range_free(range, self->workers);
}

/* ---- joining and leaving ---- */

static section_status check_limits(const watch_hub *self, const watch_target *target, bool has_all,
                                   section_error *ret_error)
{
    const watch_range *known = range_find(self, target);
    const uint64_t charge_bytes = known != NULL ? known->charged_bytes : target->length_bytes;
    const uint64_t most_bytes = share_most(self->limits.bytes, has_all);
    if (self->ending) {
        return section_fail(ret_error, SECTION_STOPPING, "ask again when it has started anew");
    }
    if (self->watcher_count >= share_most(self->limits.watchers, has_all)) {
        return section_fail(ret_error, SECTION_QUOTA,
                            "there are %llu watchers, as many as --max-watchers allows; its last "
                            "quarter is for the role admin",
                            (unsigned long long)self->watcher_count);
    }
    if (self->watched_bytes > most_bytes || charge_bytes > most_bytes - self->watched_bytes) {
        return section_fail(ret_error, SECTION_QUOTA,
                            "%llu bytes are watched, --max-watched-bytes allows %llu in all; its "
                            "last quarter is for the role admin",
                            (unsigned long long)self->watched_bytes,
                            (unsigned long long)self->limits.bytes);
    }
    return SECTION_OK;
}

section_status hub_join(watch_hub *self, watcher *newcomer, const watch_target *target,
                        section_error *ret_error)
{
    section_status status = check_limits(self, target, newcomer->has_all, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    watch_range *range = range_get(self, target);
    if (range == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a watcher");
    }
    range_add(range, newcomer);
    if (range->view != NULL && range->rests_until_us < newcomer->rests_until_us) {
        range->rests_until_us = newcomer->rests_until_us;
    }
    names_add_watcher(self, newcomer);
    self->watcher_count++;
    self->watched_bytes += range->charged_bytes;
    atomic_fetch_add(&self->observer.interest, 1);
    hub_bring_forward(self, range, self->now_us());
    hub_disturb(self, range->due_us);
    return SECTION_OK;
}

void hub_leave(watch_hub *self, watcher *leaver)
{
    watch_range *range = leaver->range;
    if (range == NULL) {
        return;
    }
    assert(self->watcher_count > 0 && self->watched_bytes >= range->charged_bytes);
    range_remove(range, leaver);
    self->watcher_count--;
    self->watched_bytes -= range->charged_bytes;
    atomic_fetch_sub(&self->observer.interest, 1);
    if (range->watchers == NULL) {
        queue_move(self, range, INT64_MIN); /* the section shall not be held for longer */
        hub_disturb(self, INT64_MIN + 1);
    }
}

void hub_note_deadline(watch_hub *self, watch_range *range)
{
    const bool is_busy = range->is_compared || self->now_us() < range->rests_until_us;
    if (is_busy && range->deadline_us < range->due_us) {
        queue_move(self, range, range->deadline_us);
        hub_disturb(self, range->deadline_us);
    }
}

void hub_want_text(watch_hub *self, watcher *wanting)
{
    watch_range *range = wanting->range;
    wanting->wants_text = true;
    hub_bring_forward(self, range, self->now_us() + TOUCH_GAP_US);
    hub_disturb(self, range->due_us);
}

/* ---- what a view costs ---- */

/* Whoever watches the same holds pictures of its own, so it counts for each. The lock is held. */
static bool charge(watch_hub *self, watch_range *range, uint64_t bytes)
{
    uint64_t count = 0;
    bool has_all = false;
    for (const watcher *each = range->watchers; each != NULL; each = each->next) {
        count++;
        has_all = has_all || each->has_all;
    }
    const uint64_t others = self->watched_bytes - count * range->charged_bytes;
    const uint64_t most = share_most(self->limits.bytes, has_all);
    const bool is_more = bytes > range->charged_bytes;
    if (is_more && count > 0 && (others > most || bytes > (most - others) / count)) {
        return false;
    }
    range->charged_bytes = bytes;
    self->watched_bytes = others + count * bytes;
    return true;
}

bool hub_resize_room(view_room *room, uint64_t bytes)
{
    const hub_room *self = (const hub_room *)room;
    const uint64_t least = self->range->place.length_bytes;
    pthread_mutex_lock(&self->hub->lock);
    const bool is_granted = charge(self->hub, self->range, bytes > least ? bytes : least);
    pthread_mutex_unlock(&self->hub->lock);
    return is_granted;
}
