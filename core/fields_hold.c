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

/* Where there is none, the copy is made without it. False: somebody else has it. */
static bool take_mutex(reading *self, section_error *ret_error)
{
    bool was_abandoned = false;
    if (!names_mutex(self->layout) || self->has_mutex) {
        return true;
    }
    if (lock_is_held(self->section->lock)) {
        return borrow_mutex(self);
    }
    section_status status = os_mutex_take(self->layout->source->consistency.name,
                                          self->options.once ? 0 : rest_ms(self), &self->mutex,
                                          &was_abandoned, ret_error);
    if (status != SECTION_OK) {
        return status != SECTION_TORN;
    }
    self->has_mutex = true;
    self->hold_until_ns = moment_now_ns() + HOLD_NS;
    self->outcome.was_abandoned = self->outcome.was_abandoned || was_abandoned;
    return true;
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

hold_result hold_begin(reading *self, bool forces, section_error *ret_error)
{
    object_lock *lock = self->section->lock;
    const bool is_complete = take_mutex(self, ret_error);
    if (is_complete && self->has_mutex && lock_take_until(lock, self->hold_until_ns)) {
        return HOLD_ALL;
    }
    if (is_complete && !self->has_mutex) {
        lock_take(lock);
        return HOLD_ALL;
    }
    give_mutex(self);
    if (!forces) {
        return HOLD_LATER;
    }
    lock_take(lock);
    return HOLD_LOCK_ONLY;
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
        if (status == SECTION_TORN) {
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
