#include "image.h"

#include <string.h>

#include "grow.h"
#include "held.h"
#include "moment.h"

/* What an image keeps besides the bytes, the room for all that it keeps, and for how long others wait for it. */

section_status image_no_memory(section_error *ret_error)
{
    return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the copy");
}

section_status image_no_room(const section_image *self, section_error *ret_error)
{
    return self->is_room_full
               ? section_fail(ret_error, SECTION_QUOTA,
                              "the fields need more than %llu bytes of memory to be read",
                              (unsigned long long)self->room_bytes_max)
               : image_no_memory(ret_error);
}

bool image_may_take(section_image *self, size_t bytes)
{
    const size_t held = section_image_room_bytes(self);
    const size_t most = self->room_bytes_max > 0 ? self->room_bytes_max : SIZE_MAX;
    if (held > most || bytes > most - held) {
        self->is_room_full = true; /* until the next read begins */
        return false;
    }
    return true;
}

void *image_grow(section_image *self, void *items, size_t *capacity, size_t wanted,
                 size_t item_bytes)
{
    const size_t room = grow_capacity(*capacity, wanted, item_bytes);
    if (room > *capacity && !image_may_take(self, (room - *capacity) * item_bytes)) {
        return NULL;
    }
    return grow_items(items, capacity, wanted, item_bytes);
}

section_status image_check_mutex(section_image *self, section_error *ret_error)
{
    if (self->hold_until_ns == 0 || moment_now_ns() <= self->hold_until_ns) {
        return SECTION_OK;
    }
    self->is_held_too_long = true;
    return section_fail(ret_error, SECTION_TORN, "the copy took longer than a mutex is held");
}

/* A thread that has a mutex of others does not wait without end. Amid a sequence nothing is given. */
section_status image_give_turn(section_image *self, section_error *ret_error)
{
    object_lock *lock = self->from->lock;
    self->since_turn_steps = 0;
    lock_give(lock);
    if (self->hold_until_ns == 0) {
        lock_take(lock);
        return SECTION_OK;
    }
    if (!lock_take_until(lock, self->hold_until_ns)) {
        self->is_held_too_long = self->has_lost_lock = true;
        return section_fail(ret_error, SECTION_TORN, "the copy took longer than a mutex is held");
    }
    return SECTION_OK;
}

/*
 * A walk holds no more than a copy does, also where it copies nothing new. SECTION_WHOLE_BYTES of numbers are as many
 * fields and as many elements at most: so what is whole as a copy is not parted here.
 */
static section_status pause_walk(section_image *self, section_error *ret_error)
{
    enum { TURN_STEPS = 2 * SECTION_WHOLE_BYTES };
    const section_pause *pause = self->pause;
    if (pause != NULL && !pause->may_go_on(pause->context)) {
        return section_fail(ret_error, SECTION_STOPPING, "the read was stopped");
    }
    section_status status = image_check_mutex(self, ret_error);
    if (status != SECTION_OK || self->from == NULL || self->since_turn_steps < TURN_STEPS) {
        return status;
    }
    return image_give_turn(self, ret_error);
}

section_status image_charge(section_image *self, uint64_t steps, section_error *ret_error)
{
    if (self->steps_left != NULL && steps > *self->steps_left) {
        *self->steps_left = 0;
        return section_fail(
            ret_error, SECTION_TOO_LARGE,
            "these are more fields and elements than are read at once; select fewer");
    }
    if (self->steps_left != NULL) {
        *self->steps_left -= steps;
    }
    return image_pass(self, steps, ret_error);
}

section_status image_pass(section_image *self, uint64_t steps, section_error *ret_error)
{
    enum { PAUSE_STEPS = 4096 };
    self->since_pause_steps += steps;
    self->since_turn_steps += steps;
    if (self->since_pause_steps < PAUSE_STEPS) {
        return SECTION_OK;
    }
    self->since_pause_steps = 0;
    return pause_walk(self, ret_error);
}

section_status image_pin_down(section_image *self, const image_pin *pin, section_error *ret_error)
{
    const image_pin *last = self->pin_count > 0 ? &self->pins[self->pin_count - 1] : NULL;
    if (last != NULL && last->offset_bytes == pin->offset_bytes && last->field == pin->field) {
        return SECTION_OK; /* the field before goes by the same ones */
    }
    if (self->pin_count == IMAGE_PINS_MAX) {
        return section_fail(ret_error, SECTION_LAYOUT_MISMATCH,
                            "more than %d places are the newest of several", IMAGE_PINS_MAX);
    }
    image_pin *pins =
        image_grow(self, self->pins, &self->pin_capacity, self->pin_count + 1, sizeof *pins);
    if (pins == NULL) {
        return image_no_room(self, ret_error);
    }
    self->pins = pins;
    pins[self->pin_count++] = *pin;
    return SECTION_OK;
}

section_status image_add_newest(section_image *self, const image_range *range,
                                section_error *ret_error)
{
    const image_range *last = self->newest_count > 0 ? &self->newest[self->newest_count - 1] : NULL;
    if (range->length_bytes == 0 || (last != NULL && last->offset_bytes == range->offset_bytes &&
                                     last->length_bytes == range->length_bytes)) {
        return SECTION_OK;
    }
    if (self->newest_count == IMAGE_PINS_MAX) {
        return section_fail(ret_error, SECTION_LAYOUT_MISMATCH,
                            "more than %d places are the newest of several", IMAGE_PINS_MAX);
    }
    image_range *newest = image_grow(self, self->newest, &self->newest_capacity,
                                     self->newest_count + 1, sizeof *newest);
    if (newest == NULL) {
        return image_no_room(self, ret_error);
    }
    self->newest = newest;
    newest[self->newest_count++] = *range;
    return SECTION_OK;
}

section_status image_make_text(section_image *self, size_t length_bytes, section_error *ret_error)
{
    char *text = image_grow(self, self->text, &self->text_capacity, length_bytes, 1);
    if (text == NULL) {
        return image_no_room(self, ret_error);
    }
    self->text = text;
    return SECTION_OK;
}

section_status image_add_row(section_image *self, const image_row *row, section_error *ret_error)
{
    image_row *rows =
        image_grow(self, self->rows, &self->row_capacity, self->row_count + 1, sizeof *rows);
    if (rows == NULL) {
        return image_no_room(self, ret_error);
    }
    self->rows = rows;
    rows[self->row_count++] = *row;
    return SECTION_OK;
}

section_status image_keep_text(section_image *self, const char *text, size_t text_bytes,
                               size_t *ret_offset, section_error *ret_error)
{
    char *texts = image_grow(self, self->row_text, &self->row_text_capacity,
                             self->row_text_bytes + text_bytes + 2, 1);
    if (texts == NULL) {
        return image_no_room(self, ret_error);
    }
    self->row_text = texts;
    if (self->row_text_bytes == 0) {
        texts[self->row_text_bytes++] = '\0'; /* 0 is no text */
    }
    *ret_offset = self->row_text_bytes;
    memcpy(texts + self->row_text_bytes, text, text_bytes);
    self->row_text_bytes += text_bytes;
    texts[self->row_text_bytes++] = '\0';
    return SECTION_OK;
}
