#include <assert.h>
#include <stdlib.h>

#include "base/lanes.h"
#include "base/workers.h"
#include "watch/private.h"

void hub_disturb(watch_hub *self, int64_t at_us)
{
    if (at_us < self->wakes_at_us) {
        self->wakes_at_us = INT64_MIN;
        if (self->waker != NULL) {
            waker_ring(self->waker);
        }
    }
}

/* Ends a range for all its watchers. */
static void end_range(watch_hub *self, watch_range *range, watch_end end, sleeper **woken)
{
    for (watcher *each = range->watchers, *next; each != NULL; each = next) {
        next = each->next;
        if (range_is_fresh(each)) {
            view_text *text = texts_find(&range->told, each->seen);
            each->last = snapshot_ref(range->current);
            each->last_text = text != NULL ? view_text_ref(text) : NULL;
        }
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
    watched_object *object = hub_find_object(self, source);
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
            hub_bring_forward(self, each, soonest_us > now_us ? soonest_us : now_us);
        }
    }
}

static void look(watch_hub *self, watch_range *range, bool is_short)
{
    hub_room room = {{is_short, hub_resize_room}, self, range};
    const int64_t began_us = self->now_us();
    range_compare(range, &range->found, &room.base);
    range->found.took_us = self->now_us() - began_us;
}

/* So that a view takes a tenth of a thread at most, however short its interval is. */
static void rest(watch_range *range, int64_t now_us)
{
    enum { COSTS_BETWEEN = 10 };
    if (range->view != NULL) {
        range->rests_until_us = now_us + COSTS_BETWEEN * range->found.took_us;
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
    rest(range, now_us);
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
        hub_bring_forward(self, range, range_interval_end(range->interval_us, now_us));
        if (range->is_due_again) {
            hub_bring_forward(self, range, now_us + TOUCH_GAP_US);
        }
    }
    range->is_due_again = false;
    hub_note_deadline(self, range);
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
    look(self, range, false);
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

static bool may_hang(const watch_range *range)
{
    return section_may_wait_for_disk(range->source->section);
}

/* In a lane nobody else waits for a disk that hangs, or for a view: those of memory are one lane. */
static void submit(watch_hub *self, watch_range *range)
{
    range->hub = self;
    range->job.run = compare_in_lane;
    self->lane_count++;
    queue_move(self, range, range->deadline_us);
    lanes_submit(self->lanes, &range->job,
                 may_hang(range) ? entry_lane(range->source) : (uint64_t)(uintptr_t)self);
}

/* Compares a range, letting go of the lock meanwhile; but in a lane where that may be slow. */
static void compare(watch_hub *self, watch_range *range)
{
    const bool has_lanes = self->lanes != NULL;
    range->found = range_begin_comparison(range);
    range->object->is_touched = false;
    queue_move(self, range, INT64_MAX);
    self->comparisons++;
    if (has_lanes && (may_hang(range) || range->is_slow)) {
        submit(self, range);
        return;
    }
    pthread_mutex_unlock(&self->lock);
    look(self, range, has_lanes);
    pthread_mutex_lock(&self->lock);
    if (range->view != NULL && range->found.status == SECTION_TOO_LARGE) {
        range->is_slow = true;
        submit(self, range);
        return;
    }
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

/* Nobody waits for a view that rests: whose time is up is told so. */
static void attend_resting(watch_hub *self, watch_range *range, int64_t now_us)
{
    sleeper *woken = NULL;
    queue_move(self, range, range->rests_until_us);
    if (range->deadline_us <= now_us) {
        range_tell(range, now_us, &woken);
    }
    if (range->deadline_us < range->due_us) {
        queue_move(self, range, range->deadline_us);
    }
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
            hub_drop_range(self, range);
        } else if (began_us < range->rests_until_us) {
            attend_resting(self, range, began_us);
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
