#include <string.h>

#include "held.h"
#include "moment.h"
#include "number.h"
#include "program.h"
#include "reading.h"
#include "words.h"

/*
 * Consistent copies. Each rule reads what it goes by before the copy, and again behind it. Every load ends
 * with an acquiring fence (words.h), so no load of the copy moves out from between the two.
 */

/* A number that others store to, of 1 to 8 bytes. */
typedef struct cell_load {
    uint8_t bytes[8];
    size_t size;
} cell_load;

/* A held_reader. */
static void load(void *context, const uint8_t *bytes)
{
    cell_load *cell = context;
    words_copy(cell->bytes, bytes, cell->size);
}

static section_status load_at(reading *self, uint64_t offset, size_t size, uint8_t ret_bytes[8],
                              section_error *ret_error)
{
    cell_load cell = {.size = size};
    const uint64_t view = section_length(self->section);
    if (offset > view || size > view - offset) {
        return section_fail(ret_error, SECTION_LAYOUT_MISMATCH,
                            "what the consistency goes by is at offset %llu, outside of the view",
                            (unsigned long long)offset);
    }
    section_status status = held_look(self->section, offset, size, load, &cell, ret_error);
    memcpy(ret_bytes, cell.bytes, sizeof cell.bytes);
    return status;
}

static section_status load_cell(reading *self, const program_cell *cell, uint8_t ret_bytes[8],
                                section_error *ret_error)
{
    const size_t size = (size_t)self->layout->fields[cell->field].element_bytes;
    if (((uintptr_t)self->section->view + cell->offset_bytes) % size != 0) {
        /* It is aligned in the layout, but the view begins somewhere. */
        return section_fail(ret_error, SECTION_LAYOUT_MISMATCH,
                            "what the consistency goes by is at offset %llu of a view that begins "
                            "where its %zu bytes are not read in one go",
                            (unsigned long long)cell->offset_bytes, size);
    }
    return load_at(self, cell->offset_bytes, size, ret_bytes, ret_error);
}

static uint64_t number_in(const reading *self, const program_cell *cell, const uint8_t bytes[8])
{
    return number_load(self->layout, &self->layout->fields[cell->field], bytes).unsigned_number;
}

static bool is_free(const reading *self, const uint8_t bytes[8])
{
    const uint64_t mask = self->layout->source->consistency.mask;
    return (number_in(self, &self->layout->check, bytes) & (mask != 0 ? mask : UINT64_MAX)) == 0;
}

/* Before the copy. False: there is no use in making one now. */
static section_status look_before(reading *self, bool *ret_ready, section_error *ret_error)
{
    const section_layout *layout = self->layout;
    section_status status = SECTION_OK;
    *ret_ready = true;
    switch (layout->source->consistency.rule) {
    case SECTION_CONSISTENCY_NONE:
    case SECTION_CONSISTENCY_MUTEX:
        break;
    case SECTION_CONSISTENCY_VERSION_PAIR: /* the end first: a writer sets it last */
        status = load_cell(self, &layout->end, self->before, ret_error);
        break;
    case SECTION_CONSISTENCY_SEQLOCK:
        status = load_cell(self, &layout->check, self->before, ret_error);
        *ret_ready = number_in(self, &layout->check, self->before) % 2 == 0;
        break;
    case SECTION_CONSISTENCY_BUSY_FLAG:
        status = load_cell(self, &layout->check, self->before, ret_error);
        *ret_ready = is_free(self, self->before);
        break;
    case SECTION_CONSISTENCY_UNCHANGED:
        status = load_cell(self, &layout->check, self->before, ret_error);
        break;
    }
    return status;
}

/* Whether all numbers that the newest of several buffers was chosen by are still what was copied. */
static section_status look_at_pin(reading *self, const image_pin *pin, bool *ret_same,
                                  section_error *ret_error)
{
    const size_t size = (size_t)self->layout->fields[pin->field].element_bytes;
    section_status status = SECTION_OK;
    for (uint64_t i = 0; status == SECTION_OK && *ret_same && i < pin->count; i++) {
        const uint64_t offset = pin->offset_bytes + i * pin->stride_bytes;
        const uint8_t *copied;
        uint8_t now[8];
        status = image_charge(self->image, 1, ret_error);
        if (status == SECTION_OK) {
            status = load_at(self, offset, size, now, ret_error);
        }
        if (status == SECTION_OK) {
            status = image_get(self->image, offset, size, &copied, ret_error);
        }
        *ret_same = status == SECTION_OK && memcmp(copied, now, size) == 0;
    }
    return status;
}

static section_status look_at_pins(reading *self, bool *ret_same, section_error *ret_error)
{
    section_status status = SECTION_OK;
    for (size_t i = 0; status == SECTION_OK && *ret_same && i < self->image->pin_count; i++) {
        status = look_at_pin(self, &self->image->pins[i], ret_same, ret_error);
    }
    return status;
}

/*
 * The numbers are looked at, then what they chose, then the numbers again: some of it may have been copied
 * before its number was, for another field, or from the same line.
 */
static section_status look_at_newest(reading *self, bool *ret_same, section_error *ret_error)
{
    if (self->image->is_being_written) {
        *ret_same = false;
        return SECTION_OK;
    }
    section_status status = look_at_pins(self, ret_same, ret_error);
    if (status == SECTION_OK && *ret_same && self->image->newest_count > 0) {
        status = image_compare_newest(self->image, self->section, ret_same, ret_error);
        if (status == SECTION_OK && *ret_same) {
            status = look_at_pins(self, ret_same, ret_error);
        }
    }
    return status;
}

static section_status look_again_at(reading *self, const program_cell *cell, bool *ret_same,
                                    section_error *ret_error)
{
    uint8_t after[8];
    section_status status = load_cell(self, cell, after, ret_error);
    *ret_same =
        status == SECTION_OK && number_in(self, cell, self->before) == number_in(self, cell, after);
    return status;
}

static section_status look_at_flag(reading *self, bool *ret_free, section_error *ret_error)
{
    uint8_t now[8];
    section_status status = load_cell(self, &self->layout->check, now, ret_error);
    *ret_free = status == SECTION_OK && is_free(self, now);
    return status;
}

/*
 * A whole write may fit between two looks at a flag, so the copy must be the same a second time. The flag is
 * looked at between the two: a write that begins in the first copy and rests until the second is made
 * shows the same half twice.
 */
static section_status look_after_flag(reading *self, bool *ret_same, section_error *ret_error)
{
    section_status status = look_at_flag(self, ret_same, ret_error);
    if (status == SECTION_OK && *ret_same) {
        status = image_compare(self->image, self->section, ret_same, ret_error);
    }
    if (status == SECTION_OK && *ret_same) {
        status = look_at_flag(self, ret_same, ret_error);
    }
    return status;
}

static section_status look_after(reading *self, bool *ret_same, section_error *ret_error)
{
    const section_layout *layout = self->layout;
    section_status status = SECTION_OK;
    *ret_same = true;
    switch (layout->source->consistency.rule) {
    case SECTION_CONSISTENCY_NONE:
    case SECTION_CONSISTENCY_MUTEX:
        break;
    case SECTION_CONSISTENCY_SEQLOCK:
    case SECTION_CONSISTENCY_UNCHANGED:
        status = look_again_at(self, &layout->check, ret_same, ret_error);
        break;
    case SECTION_CONSISTENCY_VERSION_PAIR:
        status = look_again_at(self, &layout->begin, ret_same, ret_error);
        break;
    case SECTION_CONSISTENCY_BUSY_FLAG:
        status = look_after_flag(self, ret_same, ret_error);
        break;
    }
    return status == SECTION_OK && *ret_same ? look_at_newest(self, ret_same, ret_error) : status;
}

/*
 * One try under the object's lock. What is wrong with the bytes counts only where the copy is
 * consistent: else the next try finds out.
 */
static section_status try_locked(reading *self, bool forces, bool *ret_consistent,
                                 section_error *ret_error)
{
    bool is_ready;
    section_error why;
    section_status status = look_before(self, &is_ready, ret_error);
    *ret_consistent = false;
    if (status != SECTION_OK || (!is_ready && !forces)) {
        return status;
    }
    const section_status copied = reading_copy(self, &why);
    const bool is_about_bytes =
        copied == SECTION_LAYOUT_MISMATCH || copied == SECTION_TOO_LARGE || copied == SECTION_QUOTA;
    if (copied != SECTION_OK && !is_about_bytes) {
        if (ret_error != NULL) {
            *ret_error = why;
        }
        return copied;
    }
    status = look_after(self, ret_consistent, ret_error);
    *ret_consistent = *ret_consistent && is_ready;
    if (status == SECTION_OK && is_about_bytes && (*ret_consistent || forces)) {
        if (ret_error != NULL) {
            *ret_error = why;
        }
        return copied;
    }
    return status;
}

/*
 * What the outcome of a try says. Without a rule nothing tells whether a write was under way, and neither does a
 * mutex that is not there, or not ours to open.
 */
static section_consistent judge(const reading *self, bool is_consistent, bool has_held)
{
    const section_consistency_rule rule = self->layout->source->consistency.rule;
    if (!is_consistent) {
        return SECTION_CONSISTENT_NO;
    }
    return rule == SECTION_CONSISTENCY_NONE || (rule == SECTION_CONSISTENCY_MUTEX && !has_held)
               ? SECTION_CONSISTENT_UNKNOWN
               : SECTION_CONSISTENT_YES;
}

static section_status try_once(reading *self, bool forces, bool *ret_consistent,
                               section_error *ret_error)
{
    hold_result taken;
    section_status status = hold_begin(self, forces, &taken, ret_error);
    *ret_consistent = false;
    if (taken == HOLD_LATER) {
        return status;
    }
    status = try_locked(self, forces, ret_consistent, ret_error);
    const bool has_held = self->has_mutex || self->borrows_mutex;
    const bool was_too_long = status == SECTION_TORN && self->image->is_held_too_long;
    *ret_consistent = *ret_consistent && taken == HOLD_ALL;
    self->outcome.consistent = judge(self, *ret_consistent, has_held);
    hold_end(self, status);
    image_end(self->image);
    return was_too_long ? SECTION_OK : status; /* perhaps it is faster the next time */
}

/* Whole, though it may be torn: one that was given up for the sake of the mutex is made once more without it. */
static section_status try_torn(reading *self, section_error *ret_error)
{
    bool is_consistent;
    section_status status = try_once(self, true, &is_consistent, ret_error);
    if (status != SECTION_OK || !self->image->is_held_too_long) {
        return status;
    }
    self->leaves_mutex = true;
    return try_once(self, true, &is_consistent, ret_error);
}

static bool may_go_on(const reading *self)
{
    const section_pause *pause = self->options.pause;
    return pause == NULL || pause->may_go_on(pause->context);
}

/* Polls: those that come again soon do not sleep. */
static bool is_over(const reading *self, unsigned polls)
{
    enum { POLLS_ONCE = 50 };
    if (lock_is_held(self->section->lock)) {
        return true; /* everybody else waits for whoever waits here */
    }
    if (self->options.once) {
        return self->outcome.tries > 0 || polls >= POLLS_ONCE;
    }
    return moment_now_ns() >= self->deadline_ns;
}

section_status reading_run(reading *self, section_error *ret_error)
{
    const unsigned of_layout = self->layout->source->consistency.timeout_ms;
    const unsigned given = self->options.timeout_ms > 0 ? self->options.timeout_ms : of_layout;
    const unsigned timeout_ms = given > 0 ? given : SECTION_LAYOUT_TIMEOUT_MS;
    bool is_consistent;
    section_status status = reading_check_size(self, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    self->deadline_ns = moment_now_ns() + (uint64_t)timeout_ms * 1000000;
    for (unsigned polls = 0;; polls++) {
        status = try_once(self, false, &is_consistent, ret_error);
        if (status != SECTION_OK || is_consistent) {
            return status;
        }
        if (is_over(self, polls)) {
            break;
        }
        if (!may_go_on(self)) {
            return section_fail(ret_error, SECTION_STOPPING, "the read was stopped");
        }
        moment_wait(polls);
    }
    if (self->options.allow_torn) {
        return try_torn(self, ret_error);
    }
    return section_fail(
        ret_error, SECTION_TORN,
        "no consistent copy within %u ms, after %u copies: the writer writes all the "
        "time, or stopped in the middle",
        timeout_ms, self->outcome.tries);
}
