#include "held.h"
#include "moment.h"
#include "program.h"
#include "reading.h"

/*
 * The order of the mutex that a layout names, which is of other programs, and of the lock of an object, which is
 * ours: the mutex first. Waiting for it has an end, and so has waiting for the lock with the mutex in hand.
 */

enum { HOLD_NS = 10 * 1000 * 1000 /* so long others are kept waiting for their mutex */ };

static unsigned rest_ms(const reading *self)
{
    const uint64_t now = moment_now_ns();
    return self->deadline_ns > now ? (unsigned)((self->deadline_ns - now) / 1000000) : 0;
}

static bool names_mutex(const section_layout *layout)
{
    return layout->source->consistency.rule == SECTION_CONSISTENCY_MUTEX;
}

/* Only of these a store is made without it; of what cannot be opened nobody knows whether others hold it. */
static bool is_none(section_status status)
{
    return status == SECTION_NOT_FOUND || status == SECTION_UNSUPPORTED;
}

/* Amid a sequence: it was taken before, or is not. */
static bool borrow_mutex(reading *self)
{
    const section *held = self->section;
    if (!held->has_fields) {
        return false;
    }
    self->borrows_mutex = held->mutex.is_taken;
    self->hold_until_ns = held->mutex.until_ns;
    self->outcome.was_abandoned = held->mutex.was_abandoned;
    return true;
}

/* Where there is none, the copy is made without it. SECTION_TORN: somebody else has it. */
static section_status take_mutex(reading *self, section_error *ret_error)
{
    bool was_abandoned = false;
    if (!names_mutex(self->layout) || self->has_mutex) {
        return SECTION_OK;
    }
    if (lock_is_held(self->section->lock)) {
        return borrow_mutex(self) ? SECTION_OK : SECTION_TORN;
    }
    section_status status = os_mutex_take(self->layout->source->consistency.name,
                                          self->options.once ? 0 : rest_ms(self), &self->mutex,
                                          &was_abandoned, ret_error);
    if (status != SECTION_OK) {
        const bool is_failure = self->keeps_mutex && !is_none(status);
        return status == SECTION_TORN || is_failure ? status : SECTION_OK;
    }
    self->has_mutex = true;
    self->hold_until_ns = moment_now_ns() + HOLD_NS;
    self->outcome.was_abandoned = self->outcome.was_abandoned || was_abandoned;
    return SECTION_OK;
}

/* SECTION_TORN: not now. With the mutex in hand that was a try: others were kept waiting for it. */
static section_status take_all(reading *self, section_error *ret_error)
{
    object_lock *lock = self->section->lock;
    section_status status = take_mutex(self, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (!self->has_mutex) {
        lock_take(lock);
        return SECTION_OK;
    }
    if (lock_take_until(lock, self->hold_until_ns)) {
        return SECTION_OK;
    }
    self->outcome.tries++;
    return SECTION_TORN;
}

static void give_mutex(reading *self)
{
    if (self->has_mutex) {
        os_mutex_give(&self->mutex);
        self->has_mutex = false;
    }
    self->borrows_mutex = false;
    self->hold_until_ns = 0;
}

section_status hold_begin(reading *self, bool forces, hold_result *ret_taken,
                          section_error *ret_error)
{
    section_status status = self->leaves_mutex ? SECTION_TORN : take_all(self, ret_error);
    *ret_taken = HOLD_ALL;
    if (status == SECTION_OK) {
        return SECTION_OK;
    }
    *ret_taken = HOLD_LATER;
    give_mutex(self);
    if (status == SECTION_TORN && forces) {
        lock_take(self->section->lock);
        *ret_taken = HOLD_LOCK_ONLY;
    }
    return status == SECTION_TORN ? SECTION_OK : status;
}

void hold_end(reading *self, section_status status)
{
    if (!self->image->has_lost_lock) {
        lock_give(self->section->lock);
    }
    self->image->has_lost_lock = false;
    if (status != SECTION_OK || !self->keeps_mutex) {
        give_mutex(self);
    }
}

bool hold_sequence(reading *self)
{
    object_lock *lock = self->section->lock;
    if (self->has_mutex) {
        return lock_hold_until(lock, self->hold_until_ns);
    }
    lock_hold(lock);
    return true;
}

/* ---- a sequence of the caller's ---- */

section_status section_fields_hold(section *self, const section_layout *layout, unsigned wait_ms,
                                   section_error *ret_error)
{
    held_mutex mutex = {0};
    if (names_mutex(layout)) {
        section_status status = os_mutex_take(layout->source->consistency.name, wait_ms, &mutex.os,
                                              &mutex.was_abandoned, ret_error);
        if (status != SECTION_OK && !is_none(status)) {
            return status;
        }
        mutex.is_taken = status == SECTION_OK;
    }
    if (!mutex.is_taken) {
        lock_hold(self->lock);
    } else {
        mutex.until_ns = moment_now_ns() + HOLD_NS;
        if (!lock_hold_until(self->lock, mutex.until_ns)) {
            os_mutex_give(&mutex.os);
            return section_fail(ret_error, SECTION_TORN,
                                "others use the memory for longer than its mutex may be held");
        }
    }
    self->mutex = mutex;
    self->has_fields = true;
    return SECTION_OK;
}

void section_fields_release(section *self)
{
    held_mutex mutex = self->mutex;
    self->has_fields = false;
    self->mutex = (held_mutex){0};
    lock_release();
    if (mutex.is_taken) {
        os_mutex_give(&mutex.os);
    }
}
