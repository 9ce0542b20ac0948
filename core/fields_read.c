#include <section/cleanup.h>
#include <stdio.h>
#include <string.h>

#include "held.h"
#include "moment.h"
#include "reading.h"
#include "texts.h"
#include "walk.h"

/* What is copied: by a walk that wants all that it meets, and looks up places in what it has got. */

static section_status copy_leaf(walk *self, const walk_leaf *leaf, section_error *ret_error)
{
    return image_want(self->image, leaf->offset_bytes, leaf->size_bytes, ret_error);
}

section_status reading_check_size(const reading *self, section_error *ret_error)
{
    const uint64_t least = self->layout->source->whole.size_bytes;
    const uint64_t view = section_length(self->section);
    return view >= least ? SECTION_OK
                         : section_fail(ret_error, SECTION_LAYOUT_MISMATCH,
                                        "the layout has at least %llu bytes, and the view %llu",
                                        (unsigned long long)least, (unsigned long long)view);
}

static section_status refuse_guard(const section_layout_guard *guard, const char *expected,
                                   const char *found, section_error *ret_error)
{
    return section_fail(ret_error, SECTION_LAYOUT_MISMATCH, "%.80s: expected %.80s, found %.80s",
                        guard->field, expected, found);
}

static section_status check_text(section_image *image, const section_layout_guard *guard,
                                 const program_field *field, uint64_t offset,
                                 section_error *ret_error)
{
    const char *text;
    size_t length;
    section_status status =
        texts_decode(image, texts_encoding(field->encoding, field->described->is_ansi), offset,
                     (size_t)field->element_bytes, &text, &length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    return length == strlen(guard->text) && memcmp(text, guard->text, length) == 0
               ? SECTION_OK
               : refuse_guard(guard, guard->text, text, ret_error);
}

enum { NUMBER_TEXT_BYTES = 40 };

static void print(section_value_kind kind, section_value value, char ret_text[NUMBER_TEXT_BYTES])
{
    const unsigned long long number = value.unsigned_number;
    switch (kind) {
    case SECTION_KIND_SIGNED:
        (void)snprintf(ret_text, NUMBER_TEXT_BYTES, "%lld", (long long)value.signed_number);
        break;
    case SECTION_KIND_REAL:
        (void)snprintf(ret_text, NUMBER_TEXT_BYTES, "%.17g", value.real);
        break;
    case SECTION_KIND_UNSIGNED:
    case SECTION_KIND_BOOL:
    case SECTION_KIND_CHARACTER:
        (void)snprintf(ret_text, NUMBER_TEXT_BYTES, "%llu (0x%llx)", number, number);
        break;
    }
}

static double real_of(section_value_kind kind, section_value value)
{
    if (kind == SECTION_KIND_REAL) {
        return value.real;
    }
    return kind == SECTION_KIND_SIGNED ? (double)value.signed_number
                                       : (double)value.unsigned_number;
}

/* Integers exactly, also of different signs; else as reals. */
static bool is_equal(section_value_kind a_kind, section_value a, section_value_kind b_kind,
                     section_value b)
{
    if (a_kind == SECTION_KIND_REAL || b_kind == SECTION_KIND_REAL) {
        return real_of(a_kind, a) == real_of(b_kind, b);
    }
    const bool a_is_negative = a_kind == SECTION_KIND_SIGNED && a.signed_number < 0;
    const bool b_is_negative = b_kind == SECTION_KIND_SIGNED && b.signed_number < 0;
    return a_is_negative == b_is_negative && a.unsigned_number == b.unsigned_number;
}

static section_status check_guard(section_image *image, size_t index, section_error *ret_error)
{
    const section_layout *layout = image->layout;
    const section_layout_guard *guard = &layout->source->guards[index];
    const program_cell *cell = &layout->guards[index];
    const program_field *field = &layout->fields[cell->field];
    const uint64_t size = field->element_bytes;
    const uint8_t *bytes;
    char expected[NUMBER_TEXT_BYTES], found[NUMBER_TEXT_BYTES];
    if (cell->offset_bytes > image->view_bytes || size > image->view_bytes - cell->offset_bytes) {
        return section_fail(ret_error, SECTION_LAYOUT_MISMATCH,
                            "%.80s: it is at offset %llu, outside of the view", guard->field,
                            (unsigned long long)cell->offset_bytes);
    }
    if (guard->text != NULL) {
        return check_text(image, guard, field, cell->offset_bytes, ret_error);
    }
    section_status status = image_get(image, cell->offset_bytes, (size_t)size, &bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const section_value_kind kind = section_value_lookup(field->described->type)->kind;
    const section_value value = number_load(layout, field, bytes);
    if (is_equal(guard->kind, guard->value, kind, value)) {
        return SECTION_OK;
    }
    print(guard->kind, guard->value, expected);
    print(kind, value, found);
    return refuse_guard(guard, expected, found, ret_error);
}

static section_status check_guards(section_image *image, section_error *ret_error)
{
    section_status status = SECTION_OK;
    for (size_t i = 0; status == SECTION_OK && i < image->layout->source->guard_count; i++) {
        status = check_guard(image, i, ret_error);
    }
    return status;
}

static section_status copy_all(reading *self, section_error *ret_error)
{
    static const walk_tasks tasks = {.leaf = copy_leaf, .copies = true};
    section_status status = check_guards(self->image, ret_error);
    if (status != SECTION_OK || self->is_check) {
        return status;
    }
    status = walk_run(self->image, &tasks, NULL, ret_error);
    return status == SECTION_OK && self->also != NULL ? self->also(self->context, ret_error)
                                                      : status;
}

/* The whole copy, under the lock of the object. */
section_status reading_copy(reading *self, section_error *ret_error)
{
    section_image *image = self->image;
    image->room_bytes_max = self->options.room_bytes_max;
    section_status status =
        image_begin(image, self->section, self->layout, self->selection, ret_error);
    self->outcome.tries++;
    image->pause = self->options.pause;
    image->steps_left = self->options.steps_left;
    image->hold_until_ns = self->hold_until_ns;
    if (status == SECTION_OK) {
        status = copy_all(self, ret_error);
    }
    return status == SECTION_OK ? image_flush(image, ret_error) : status;
}

section_status section_fields_read(section *self, const section_layout *layout,
                                   const section_selection *selection,
                                   const section_fields_options *options, section_image *image,
                                   section_fields_outcome *ret_outcome, section_error *ret_error)
{
    reading wanted = {.section = self, .layout = layout, .selection = selection, .image = image};
    if (options != NULL) {
        wanted.options = *options;
    }
    section_status status = reading_run(&wanted, ret_error);
    if (ret_outcome != NULL) {
        *ret_outcome = wanted.outcome;
    }
    return status;
}

static void free_image(section_image **image)
{
    section_image_free(*image);
}

section_status section_fields_check(section *self, const section_layout *layout,
                                    section_error *ret_error)
{
    _cleanup_(free_image) section_image *image = section_image_new();
    reading wanted = {.section = self, .layout = layout, .image = image, .is_check = true};
    if (image == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the copy");
    }
    section_status status = reading_check_size(&wanted, ret_error);
    if (status == SECTION_OK) {
        lock_take(self->lock);
        status = reading_copy(&wanted, ret_error);
        lock_give(self->lock);
        image_end(image);
    }
    return status;
}

section_status section_image_is_current(section_image *image, section *self, bool *ret_same,
                                        section_error *ret_error)
{
    image->pause = NULL; /* it was the reader's */
    image->hold_until_ns = 0;
    lock_take(self->lock);
    section_status status = image_compare(image, self, ret_same, ret_error);
    lock_give(self->lock);
    image_end(image);
    return status;
}
