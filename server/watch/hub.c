#include <assert.h>
#include <stdlib.h>

#include "base/lanes.h"
#include "base/share.h"
#include "base/workers.h"
#include "watch/private.h"

/* A range is compared at once after a store through us, but not more often than this. */
enum { TOUCH_GAP_US = 1000 };

void hub_disturb(watch_hub *self, int64_t at_us)
{
    if (at_us < self->wakes_at_us) {
        self->wakes_at_us = INT64_MIN;
        if (self->waker != NULL) {
            waker_ring(self->waker);
        }
    }
}

static void bring_forward(watch_hub *self, watch_range *range, int64_t due_us)
{
    if (due_us < range->due_us) {
        queue_move(self, range, due_us);
    }
}

/* ---- ranges and their objects, each found by a table ---- */

static watched_object *object_find(watch_hub *self, const entry *source)
{
    const void *key = section_object_key(source->section);
    watched_object *found;
    HASH_FIND(hh, self->objects, &key, sizeof key, found);
    return found;
}

/* The object of an entry, made where there is none yet; NULL where memory runs out. */
static watched_object *object_get(watch_hub *self, const entry *source)
{
    watched_object *object = object_find(self, source);
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

/* The range of a target, made where there is none yet; NULL where memory runs out. */
static watch_range *range_get(watch_hub *self, const watch_target *target)
{
    const range_place place = range_place_of(target);
    watch_range *range;
    HASH_FIND(hh, self->ranges, &place, sizeof place, range);
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

static void drop_range(watch_hub *self, watch_range *range)
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

static section_status check_limits(const watch_hub *self, size_t length_bytes, bool has_all,
                                   section_error *ret_error)
{
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
    if (self->watched_bytes > most_bytes || length_bytes > most_bytes - self->watched_bytes) {
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
    section_status status = check_limits(self, target->length_bytes, newcomer->has_all, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    watch_range *range = range_get(self, target);
    if (range == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a watcher");
    }
    range_add(range, newcomer);
    names_add_watcher(self, newcomer);
    self->watcher_count++;
    self->watched_bytes += range->place.length_bytes;
    atomic_fetch_add(&self->observer.interest, 1);
    bring_forward(self, range, self->now_us());
    hub_disturb(self, range->due_us);
    return SECTION_OK;
}

void hub_leave(watch_hub *self, watcher *leaver)
{
    watch_range *range = leaver->range;
    if (range == NULL) {
        return;
    }
    assert(self->watcher_count > 0 && self->watched_bytes >= range->place.length_bytes);
    range_remove(range, leaver);
    self->watcher_count--;
    self->watched_bytes -= range->place.length_bytes;
    atomic_fetch_sub(&self->observer.interest, 1);
    if (range->watchers == NULL) {
        queue_move(self, range, INT64_MIN); /* the section shall not be held for longer */
        hub_disturb(self, INT64_MIN + 1);
    }
}

void hub_note_deadline(watch_hub *self, watch_range *range)
{
    if (range->is_compared) {
        bring_forward(self, range, range->deadline_us);
        hub_disturb(self, INT64_MIN + 1);
    }
}

/* Ends a range for all its watchers. */
static void end_range(watch_hub *self, watch_range *range, watch_end end, sleeper **woken)
{
    for (watcher *each = range->watchers, *next; each != NULL; each = next) {
        next = each->next;
        each->last = range_is_fresh(each) ? snapshot_ref(range->current) : NULL;
        each->end = end;
        hub_leave(self, each);
        each->on_news(each, 0, woken);
    }
}

/* ---- what is stored through us ---- */

/* On whatever thread stores, or closes: however many ranges there are, it takes no longer. */
static void on_touch(registry_observer *observer, const entry *source)
{
    watch_hub *self = (watch_hub *)((char *)observer - offsetof(watch_hub, observer));
    pthread_mutex_lock(&self->lock);
    watched_object *object = object_find(self, source);
    if (object != NULL && !object->is_touched) {
        object->is_touched = true;
        object->next_touched = self->touched;
        self->touched = object;
        hub_disturb(self, INT64_MIN + 1);
    }
    pthread_mutex_unlock(&self->lock);
}

static void bring_touched_forward(watch_hub *self)
{
    const int64_t now_us = self->touched != NULL ? self->now_us() : 0;
    for (; self->touched != NULL; self->touched = self->touched->next_touched) {
        for (watch_range *each = self->touched->ranges; each != NULL; each = each->next_of_object) {
            const int64_t soonest_us = each->compared_us + TOUCH_GAP_US;
            each->is_touched = true;
            bring_forward(self, each, soonest_us > now_us ? soonest_us : now_us);
        }
    }
}

/* ---- the hub's thread; the lock is held but where it says so ---- */

static void wake(watch_hub *self, sleeper *woken)
{
    if (woken != NULL) {
        pthread_mutex_unlock(&self->lock);
        sleepers_wake(woken);
        pthread_mutex_lock(&self->lock);
    }
}

/* Publishes the result of a comparison, and wakes the watchers that it concerns. */
static void publish(watch_hub *self, watch_range *range)
{
    sleeper *woken = NULL;
    const int64_t now_us = self->now_us();
    const watch_end end = range_publish(range, &range->found, now_us, &woken);
    if (end != WATCH_GOES_ON) {
        end_range(self, range, end, &woken);
    }
    if (range->watchers == NULL) {
        queue_move(self, range, INT64_MIN);
    } else {
        /*
         * Schedules the next comparison. It is earlier if a watcher came or a store happened
         * meanwhile.
         */
        bring_forward(self, range, range_interval_end(range->interval_us, now_us));
        if (range->is_due_again) {
            bring_forward(self, range, now_us + TOUCH_GAP_US);
        }
    }
    range->is_due_again = false;
    wake(self, woken);
}

/*
 * Compares a range in a lane. The result is left to the hub's thread, which alone publishes results
 * and frees ranges.
 */
static void compare_in_lane(job *job)
{
    watch_range *range = (watch_range *)((char *)job - offsetof(watch_range, job));
    watch_hub *self = range->hub;
    range_compare(range, &range->found);
    pthread_mutex_lock(&self->lock);
    range->next_compared = self->compared;
    self->compared = range;
    hub_disturb(self, INT64_MIN + 1);
    if (--self->lane_count == 0) {
        pthread_cond_signal(&self->lanes_done);
    }
    pthread_mutex_unlock(&self->lock);
}

static void publish_compared(watch_hub *self)
{
    while (self->compared != NULL) {
        watch_range *range = self->compared;
        self->compared = range->next_compared;
        publish(self, range);
    }
}

/*
 * Compares a range, letting go of the lock meanwhile. One whose disk may be slow, or hang, is compared
 * in its lane: nobody else waits for it.
 */
static void compare(watch_hub *self, watch_range *range)
{
    range->found = range_begin_comparison(range);
    range->object->is_touched = false;
    queue_move(self, range, INT64_MAX);
    self->comparisons++;
    if (self->lanes != NULL && section_may_wait_for_disk(range->source->section)) {
        range->hub = self;
        range->job.run = compare_in_lane;
        self->lane_count++;
        queue_move(self, range, range->deadline_us);
        lanes_submit(self->lanes, &range->job, entry_lane(range->source));
        return;
    }
    pthread_mutex_unlock(&self->lock);
    range_compare(range, &range->found);
    pthread_mutex_lock(&self->lock);
    publish(self, range);
}

/*
 * Handles a range that is due while a lane compares it. It is compared again after that. A waiting read
 * whose time is up is told so.
 */
static void attend(watch_hub *self, watch_range *range, int64_t now_us)
{
    sleeper *woken = NULL;
    range->is_due_again = range->is_due_again || range->due_us < range->deadline_us;
    if (range->deadline_us <= now_us) {
        range_tell(range, now_us, &woken);
    }
    queue_move(self, range, range->deadline_us);
    wake(self, woken);
}

/* Ranges are freed only here, so a range stays while it is compared. */
static void compare_due(watch_hub *self)
{
    const int64_t began_us =
        self->now_us(); /* later ones wait for the heartbeats to have their turn */
    for (;;) {
        publish_compared(self);
        bring_touched_forward(self); /* last: the lock stays held from here to the decision */
        watch_range *range = queue_first(self);
        if (range == NULL || range->due_us > began_us) {
            return;
        }
        if (range->is_compared) {
            attend(self, range, began_us);
        } else if (range->watchers == NULL) {
            drop_range(self, range);
        } else {
            compare(self, range);
        }
    }
}

static void look_at_names(watch_hub *self)
{
    sleeper *woken = NULL;
    names_look(self, &woken);
    wake(self, woken);
}

int64_t hub_step(watch_hub *self)
{
    pthread_mutex_lock(&self->lock);
    self->wakes_at_us = INT64_MIN;
    self->steps++;
    sleeper *beaten = NULL;
    hub_beat(self, &beaten);
    wake(self, beaten);
    look_at_names(self);
    compare_due(self);
    const watch_range *range = queue_first(self);
    int64_t next_us = range != NULL ? range->due_us : WAKER_NEVER;
    if (self->first_beat != NULL && self->first_beat->at_us < next_us) {
        next_us = self->first_beat->at_us;
    }
    if (names_look_at_us(self) < next_us) {
        next_us = names_look_at_us(self);
    }
    self->wakes_at_us = next_us;
    pthread_mutex_unlock(&self->lock);
    return next_us;
}

static void *run(void *context)
{
    watch_hub *self = context;
    while (!atomic_load(&self->quitting)) {
        waker_wait(self->waker, hub_step(self));
    }
    (void)hub_step(self); /* frees what nobody watches any more, which is all of it */
    return NULL;
}

/* ---- starting and ending ---- */

watch_hub *hub_new(watch_limits limits, registry *registry, workers *workers, hub_clock *now_us)
{
    watch_hub *self = calloc(1, sizeof *self);
    if (self != NULL) {
        self->limits = limits;
        self->registry = registry;
        self->workers = workers;
        self->now_us = now_us;
        self->wakes_at_us = INT64_MIN;
        self->observer.touched = on_touch;
        pthread_mutex_init(&self->lock, NULL);
        pthread_cond_init(&self->lanes_done, NULL);
        registry_observe(registry, &self->observer);
    }
    return self;
}

watch_hub *watch_hub_start(watch_limits limits, registry *registry, workers *workers, lanes *lanes)
{
    watch_hub *self = hub_new(limits, registry, workers, waker_now_us);
    if (self == NULL) {
        return NULL;
    }
    self->lanes = lanes;
    self->waker = waker_new();
    self->has_thread = self->waker != NULL && pthread_create(&self->thread, NULL, run, self) == 0;
    if (!self->has_thread) {
        watch_hub_free(self);
        return NULL;
    }
    return self;
}

/*
 * The thread is stopped after `ending` is set: no watcher can join any more, so it has nothing left
 * to do.
 */
static void end_thread(watch_hub *self)
{
    atomic_store(&self->quitting, true);
    if (self->has_thread) {
        waker_ring(self->waker);
        pthread_join(self->thread, NULL);
        self->has_thread = false;
    }
}

void watch_hub_end(watch_hub *hub)
{
    sleeper *woken = NULL;
    watch_range *following;
    watch_range *each;
    pthread_mutex_lock(&hub->lock);
    hub->ending = true;
    HASH_ITER(hh, hub->ranges, each, following)
    {
        end_range(hub, each, WATCH_SHUTDOWN, &woken);
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
    pthread_mutex_lock(&hub->lock);
    while (hub->lane_count > 0) {
        pthread_cond_wait(&hub->lanes_done, &hub->lock);
    }
    pthread_mutex_unlock(&hub->lock);
    (void)hub_step(hub);
    assert(hub->ranges == NULL && hub->objects == NULL && hub->watcher_count == 0);
    free(hub->queue);
    pthread_cond_destroy(&hub->lanes_done);
    pthread_mutex_destroy(&hub->lock);
    waker_free(hub->waker);
    free(hub);
}

watch_counts watch_hub_count(watch_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    const watch_counts counts = {hub->watcher_count, hub->watched_bytes, HASH_COUNT(hub->ranges),
                                 hub->comparisons, hub->steps};
    pthread_mutex_unlock(&hub->lock);
    return counts;
}
