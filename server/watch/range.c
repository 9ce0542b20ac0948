#include "watch/range.h"

#include <assert.h>
#include <stdlib.h>

#include "base/workers.h"
#include "watch/view.h"

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

comparison range_begin_comparison(watch_range *self)
{
    assert(!self->is_compared);
    const comparison begun = {.pass = ++self->passes_begun,
                              .for_newcomers = self->has_newcomers,
                              .is_touched = self->is_touched,
                              .is_closed = atomic_load(&self->source->closed)};
    self->is_compared = true;
    self->has_newcomers = false;
    self->is_touched = false;
    return begun;
}

static void look(watch_range *self, comparison *found)
{
    snapshot *picture = NULL;
    found->status = self->view->look(self->view, self->source->section, self->current, &picture);
    found->changed = picture != NULL;
    if (picture != NULL) {
        picture->pass = found->pass;
        snapshot_unref(self->spare);
        self->spare = picture;
    }
}

void range_compare(watch_range *self, comparison *found)
{
    if (self->view != NULL) {
        look(self, found);
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

watch_end range_publish(watch_range *self, const comparison *found, int64_t now_us, sleeper **woken)
{
    const bool has_failed = found->status == SECTION_NO_MEMORY;
    assert(self->is_compared && found->pass == self->passes_begun);
    self->is_compared = false;
    if (found->changed) {
        snapshot_unref(self->current);
        self->current = self->spare;
        self->spare = NULL;
    }
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
    const bool is_news = found->changed || found->for_newcomers || found->is_touched;
    if ((is_news && !has_failed) || now_us >= self->deadline_us) {
        range_tell(self, now_us, woken);
    }
    refresh_interval(self);
    return WATCH_GOES_ON;
}
