#include <stdlib.h>
#include <string.h>

#include "watch/private.h"
#include "watch/view.h"

struct watch_wait {
    watcher watcher;
    watch_hub *hub;
    suspension suspension;
    int64_t deadline_us;
    watch_target target;   /* entry and view with references; no entry: none */
    bool is_in_vain;       /* it ended without news */
    char tag[ETAG_BYTES];  /* of the range's bytes, as the reader knows them */
    section_status status; /* not OK: it could not sleep, `error` says why */
    section_error error;
};

/* Ends the wait of a read of `@NAME` once the name no longer leads to the section. */
static bool is_lost(const watch_wait *wait)
{
    const watched_name *name = names_looked_at(&wait->watcher);
    return wait->target.is_named && name != NULL && name->is_lost;
}

static bool is_over(const watch_wait *wait)
{
    const watcher *self = &wait->watcher;
    return self->range == NULL || is_lost(wait) ||
           (range_is_fresh(self) && strcmp(self->range->current->etag, wait->tag) != 0);
}

/* Where a comparison hangs, whoever watches the range is asked at its time all the same. */
static void note_deadline(const watch_wait *wait)
{
    watch_range *range = wait->watcher.range;
    if (wait->deadline_us < range->deadline_us) {
        range->deadline_us = wait->deadline_us;
    }
}

/*
 * Whoever sleeps again, for what has changed was not what was asked for, looks once in an interval, also beside bytes that
 * change all the time: the range that follows has not looked yet, so it does not rest by itself.
 */
static void rest(watch_wait *wait)
{
    watcher *self = &wait->watcher;
    self->rests_until_us = wait->hub->now_us() + self->interval_us;
    if (self->range != NULL && self->rests_until_us < self->range->rests_until_us) {
        self->rests_until_us = self->range->rests_until_us;
    }
}

static void on_news(watcher *self, int64_t now_us, sleeper **woken)
{
    watch_wait *wait = (watch_wait *)self;
    const bool has_news = is_over(wait);
    if (!has_news && now_us < wait->deadline_us) {
        note_deadline(wait);
        return;
    }
    wait->is_in_vain = !has_news;
    rest(wait);
    hub_leave(wait->hub, self);
    suspension_end(&wait->suspension, woken);
}

watch_wait *watch_wait_new(watch_hub *hub, sleeper *sleeper, int64_t wait_us)
{
    watch_wait *wait = calloc(1, sizeof *wait);
    if (wait != NULL) {
        wait->hub = hub;
        wait->suspension.who = sleeper;
        wait->deadline_us = hub->now_us() + wait_us;
        wait->watcher.on_news = on_news;
        wait->watcher.interval_us = WATCH_INTERVAL_MS * 1000;
        wait->watcher.has_all = sleeper->has_all;
    }
    return wait;
}

/* No other thread can reach the wait by now, but one that cuts it short. */
void watch_wait_let_go(watch_wait *wait)
{
    if (wait->target.entry != NULL) {
        registry_unref_later(wait->target.entry, wait->hub->workers);
        watch_view_unref(wait->target.view);
        wait->target = (watch_target){0};
    }
    snapshot_unref(wait->watcher.last);
    wait->watcher.last = NULL;
}

void watch_wait_free(watch_wait *wait)
{
    if (wait != NULL) {
        watch_wait_let_go(wait);
        free(wait);
    }
}

bool watch_wait_is_late(const watch_wait *wait)
{
    return wait->hub->now_us() >= wait->deadline_us;
}

bool watch_wait_was_in_vain(const watch_wait *wait)
{
    return wait->is_in_vain;
}

section_status watch_wait_aim(watch_wait *wait, const watch_target *target, const char *tag,
                              section_error *ret_error)
{
    if (wait->status != SECTION_OK) {
        *ret_error = wait->error;
        return wait->status;
    }
    watch_wait_let_go(wait);
    wait->is_in_vain = false;
    wait->target = *target;
    registry_ref(target->entry);
    watch_view_ref(target->view);
    memcpy(wait->tag, tag, strlen(tag) + 1);
    return SECTION_OK;
}

void watch_wait_begin(watch_wait *wait)
{
    watch_hub *hub = wait->hub;
    sleeper *woken = NULL;
    pthread_mutex_lock(&hub->lock);
    suspension_assume(&wait->suspension);
    const section_status status = hub_join(hub, &wait->watcher, &wait->target, &wait->error);
    wait->status = status;
    if (status != SECTION_OK) {
        suspension_end(&wait->suspension, &woken); /* to tell it so */
    } else {
        note_deadline(wait);
        hub_note_deadline(hub, wait->watcher.range);
    }
    pthread_mutex_unlock(&hub->lock);
    sleepers_wake(woken);
}

void watch_wait_cut(watch_wait *wait)
{
    watch_hub *hub = wait->hub;
    pthread_mutex_lock(&hub->lock);
    watch_range *range = wait->watcher.range;
    if (range != NULL) {
        wait->deadline_us = INT64_MIN;
        range->deadline_us = INT64_MIN; /* the next pass, which is near, asks all who watch it */
        hub_note_deadline(hub, range);
    }
    pthread_mutex_unlock(&hub->lock);
}
