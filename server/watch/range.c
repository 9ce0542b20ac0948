#include "watch/range.h"

#include <assert.h>
#include <stdlib.h>

#include "base/workers.h"

_Static_assert(sizeof(range_place) == sizeof(void *) + 4 * sizeof(uint64_t),
               "the key of a table has no padding");

range_place range_place_of(const watch_target *target)
{
    range_place place = {target->entry, target->offset_bytes, target->length_bytes, {0, 0}};
    if (target->view != NULL) {
        place.view[0] = target->view->key[0];
        place.view[1] = target->view->key[1];
    }
    return place;
}

watch_range *range_new(const watch_target *target)
{
    watch_range *self = calloc(1, sizeof *self);
    if (self != NULL) {
        self->source = registry_ref(target->entry);
        self->place = range_place_of(target);
        self->view = watch_view_ref(target->view);
        self->charged_bytes = self->place.length_bytes;
        self->rests_until_us = INT64_MIN;
        self->interval_us = INT64_MAX;
        self->deadline_us = INT64_MAX;
    }
    return self;
}

void range_free(watch_range *self, workers *closers)
{
    assert(self->watchers == NULL && !self->is_compared);
    registry_unref_later(self->source, closers);
    snapshot_unref(self->current);
    snapshot_unref(self->spare);
    texts_drop(&self->told);
    watch_view_unref(self->view);
    free(self);
}

/* ---- who watches ---- */

void range_add(watch_range *self, watcher *newcomer)
{
    assert(newcomer->range == NULL && newcomer->interval_us > 0);
    newcomer->range = self;
    newcomer->end = WATCH_GOES_ON;
    newcomer->first_pass = self->passes_begun + 1;
    newcomer->previous = NULL;
    newcomer->next = self->watchers;
    if (self->watchers != NULL) {
        self->watchers->previous = newcomer;
    }
    self->watchers = newcomer;
    self->has_newcomers = true;
    if (newcomer->interval_us < self->interval_us) {
        self->interval_us = newcomer->interval_us;
    }
    atomic_fetch_add(&self->source->watchers, 1);
}

void range_remove(watch_range *self, watcher *leaver)
{
    assert(leaver->range == self);
    if (leaver->previous != NULL) {
        leaver->previous->next = leaver->next;
    } else {
        self->watchers = leaver->next;
    }
    if (leaver->next != NULL) {
        leaver->next->previous = leaver->previous;
    }
    leaver->range = NULL;
    self->interval_stale = true;
    entry_note_use(self->source);
    atomic_fetch_sub(&self->source->watchers, 1);
}

bool range_is_fresh(const watcher *self)
{
    return self->range->current != NULL && self->range->passes_done >= self->first_pass;
}

static void refresh_interval(watch_range *self)
{
    if (self->interval_stale) {
        self->interval_stale = false;
        self->interval_us = INT64_MAX;
        for (const watcher *each = self->watchers; each != NULL; each = each->next) {
            if (each->interval_us < self->interval_us) {
                self->interval_us = each->interval_us;
            }
        }
    }
}

int64_t range_interval_end(int64_t interval_us, int64_t now_us)
{
    return (now_us / interval_us + 1) * interval_us;
}

/* ---- comparing ---- */

/* The texts that somebody waits for; at the end all of them, for it is their last chance. */
static void collect_wanted(const watch_range *self, comparison *begun)
{
    bool is_current_seen = false;
    for (const watcher *each = self->watchers; each != NULL; each = each->next) {
        is_current_seen = is_current_seen || (each->seen != NULL && each->seen == self->current);
        if (each->wants_text || (begun->is_closed && each->seen != NULL)) {
            texts_want(&begun->told, each->seen);
        }
    }
    if (is_current_seen) {
        texts_want_first(&begun->told, self->current);
    }
}

comparison range_begin_comparison(watch_range *self)
{
    assert(!self->is_compared);
    comparison begun = {.pass = ++self->passes_begun,
                        .for_newcomers = self->has_newcomers,
                        .is_touched = self->is_touched,
                        .is_closed = atomic_load(&self->source->closed)};
    self->is_compared = true;
    self->has_newcomers = false;
    self->is_touched = false;
    if (self->view != NULL) {
        collect_wanted(self, &begun);
    }
    return begun;
}

static void look(watch_range *self, comparison *found, view_room *room)
{
    snapshot *picture = NULL;
    found->status =
        self->view->look(self->view, self->source->section, room, self->current, &picture);
    found->changed = picture != NULL;
    if (found->status == SECTION_TOO_LARGE) {
        return; /* it is made elsewhere, and its texts, too */
    }
    if (picture != NULL) {
        picture->pass = found->pass;
        snapshot_unref(self->spare);
        self->spare = picture;
    }
    const snapshot *newest = picture != NULL ? picture : self->current;
    if (newest != NULL) {
        found->told_count = texts_make(&found->told, self->view, newest);
    }
}

void range_compare(watch_range *self, comparison *found, view_room *room)
{
    if (self->view != NULL) {
        look(self, found, room);
        return;
    }
    if (self->spare == NULL) {
        self->spare = snapshot_new((size_t)self->place.length_bytes);
    }
    found->status = self->spare == NULL ? SECTION_NO_MEMORY
                                        : snapshot_read(self->spare, self->source->section,
                                                        self->place.offset_bytes, self->current,
                                                        found->pass, &found->changed);
}

void range_tell(watch_range *self, int64_t now_us, sleeper **woken)
{
    self->deadline_us = INT64_MAX;
    for (watcher *each = self->watchers, *next; each != NULL; each = next) {
        next = each->next;
        each->on_news(each, now_us, woken);
    }
}

watch_end range_publish(watch_range *self, comparison *found, int64_t now_us, sleeper **woken)
{
    const bool has_failed = found->status == SECTION_NO_MEMORY;
    assert(self->is_compared && found->pass == self->passes_begun);
    self->is_compared = false;
    if (found->changed) {
        snapshot_unref(self->current);
        self->current = self->spare;
        self->spare = NULL;
        texts_drop(&self->told);
    }
    texts_move(&self->told, &found->told);
    self->compared_us = now_us;
    if (!has_failed) {
        self->passes_done = found->pass;
    }
    if (found->is_closed) {
        return WATCH_CLOSED;
    }
    if (found->status != SECTION_OK && !has_failed) {
        return WATCH_SECTION_GONE;
    }
    if (has_failed) {
        /* The next pass is for them, too. */
        self->has_newcomers = self->has_newcomers || found->for_newcomers;
        self->is_touched = self->is_touched || found->is_touched;
    } else if (found->is_touched) {
        self->touched_pass = found->pass;
    }
    const bool is_news =
        found->changed || found->for_newcomers || found->is_touched || found->told_count > 0;
    if ((is_news && !has_failed) || now_us >= self->deadline_us) {
        range_tell(self, now_us, woken);
    }
    refresh_interval(self);
    return WATCH_GOES_ON;
}
