#include <stdarg.h>
#include <stdio.h>

#include "walk.h"

/* Places that memory tells. All is checked against the view, and read from the image. */

section_status walk_mismatch(const walk *self, unsigned level, const program_field *field,
                             section_error *ret_error, const char *format, ...)
{
    enum { PATH_SHOWN = 120 };
    char problem[128];
    const size_t bytes = self->frames[level].path_bytes;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(problem, sizeof problem, format, arguments);
    va_end(arguments);
    return section_fail(ret_error, SECTION_LAYOUT_MISMATCH, "%.*s%s%.80s: %s",
                        (int)(bytes < PATH_SHOWN ? bytes : PATH_SHOWN), self->path,
                        bytes > 0 ? "." : "", field->described->name, problem);
}

/* Integers that a place depends on; absent where their field is. */
typedef struct found_number {
    bool is_absent;
    number_wide number;
} found_number;

/* The target in elements of a type, or NULL: a reference has them sorted by their types. */
static const program_target *target_in(const section_layout *layout,
                                       const program_reference *reference, uint32_t type)
{
    uint32_t low = reference->first_target;
    uint32_t high = low + reference->target_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const program_target *target = &layout->targets[middle];
        if (target->type == type) {
            return target;
        }
        if (target->type < type) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* The element that a reference is looked up in, from the innermost outwards. */
static const program_target *find_target(const walk *self, const program_reference *reference,
                                         unsigned level, unsigned *ret_level)
{
    for (unsigned at = level + 1; at-- > 0;) {
        const program_target *target = target_in(self->layout, reference, self->frames[at].type);
        if (target != NULL) {
            *ret_level = at;
            return target;
        }
    }
    return NULL; /* compiling has found one for each way in */
}

section_status walk_read_integer(walk *self, uint32_t field, uint64_t offset,
                                 number_wide *ret_number, section_error *ret_error)
{
    const program_field *program = &self->layout->fields[field];
    const uint8_t *bytes;
    section_status status =
        image_get(self->image, offset, (size_t)program->element_bytes, &bytes, ret_error);
    if (status == SECTION_OK) {
        *ret_number =
            number_of(program->described->type, number_load(self->layout, program, bytes));
    }
    return status;
}

/* The integer of a field that is at `offset` bytes of the view, or outside of it. */
static section_status read_integer(walk *self, unsigned level, uint32_t index, uint64_t offset,
                                   number_wide *ret_number, section_error *ret_error)
{
    const program_field *field = &self->layout->fields[index];
    const uint64_t view = self->image->view_bytes;
    if (offset > view || field->element_bytes > view - offset) {
        return walk_mismatch(self, level, field, ret_error,
                             "it is at offset %llu, outside of the view",
                             (unsigned long long)offset);
    }
    return walk_read_integer(self, index, offset, ret_number, ret_error);
}

static section_status read_reference(walk *self, unsigned level, const program_reference *reference,
                                     found_number *ret_number, section_error *ret_error)
{
    walk_place place;
    unsigned at = level;
    const program_target *target = find_target(self, reference, level, &at);
    section_status status = walk_find_place(self, at, target->field, &place, ret_error);
    const program_field *first = &self->layout->fields[target->field];
    const program_field *final = &self->layout->fields[target->final];
    const uint64_t limit = self->frames[at].limit;
    ret_number->is_absent = true;
    if (status != SECTION_OK || place.is_absent || target->index >= place.count) {
        return status;
    }
    const uint64_t delta_end = target->delta + final->element_bytes;
    const uint64_t offset = place.offset_bytes + target->index * place.stride_bytes + target->delta;
    if ((first->dimensions > 0 && delta_end > place.stride_bytes) ||
        (first->memo == PROGRAM_NONE && limit != UINT64_MAX &&
         offset + final->element_bytes > limit)) {
        return SECTION_OK;
    }
    ret_number->is_absent = false;
    return read_integer(self, at, target->final, offset, &ret_number->number, ret_error);
}

/* A number of a place, from 0 to `most`. */
static section_status read_number(walk *self, unsigned level, const program_field *field,
                                  const program_number *number, const char *what, uint64_t most,
                                  walk_place *place, uint64_t *ret_number, section_error *ret_error)
{
    found_number found;
    *ret_number = number->number;
    if (!program_refers(&number->reference)) {
        return SECTION_OK;
    }
    section_status status = read_reference(self, level, &number->reference, &found, ret_error);
    if (status != SECTION_OK || found.is_absent) {
        place->is_absent = place->is_absent || status == SECTION_OK;
        return status;
    }
    number_wide product;
    if (__builtin_mul_overflow(found.number, (number_wide)number->multiply, &product) ||
        __builtin_add_overflow(product, (number_wide)number->add, &product) || product < 0 ||
        product > (number_wide)most) {
        const bool is_large = found.number > INT64_MAX;
        return walk_mismatch(self, level, field, ret_error,
                             is_large ? "its %s is made of %llu, and goes from 0 to %llu"
                                      : "its %s is made of %lld, and goes from 0 to %llu",
                             what, (long long)found.number, (unsigned long long)most);
    }
    *ret_number = (uint64_t)product;
    return SECTION_OK;
}

static section_status check_since(walk *self, unsigned level, const program_field *field,
                                  walk_place *place, section_error *ret_error)
{
    found_number found;
    if (!program_refers(&field->since.reference)) {
        return SECTION_OK;
    }
    section_status status = read_reference(self, level, &field->since.reference, &found, ret_error);
    place->is_absent =
        status == SECTION_OK && (found.is_absent || found.number < field->described->since_min);
    return status;
}

static section_status find_counts(walk *self, unsigned level, const program_field *field,
                                  walk_place *place, section_error *ret_error)
{
    place->outer_count = place->count = 1;
    place->stride_bytes = 0;
    if (field->dimensions == 0) {
        return SECTION_OK;
    }
    place->outer_count = field->counts[0];
    section_status status = SECTION_OK;
    if (program_refers(&field->count.reference)) {
        status = read_number(self, level, field, &field->count, "count", field->count.max, place,
                             &place->outer_count, ret_error);
    }
    place->count = place->outer_count * field->inner_count;
    if (status == SECTION_OK) {
        status = read_number(self, level, field, &field->stride, "stride", INT64_MAX, place,
                             &place->stride_bytes, ret_error);
    }
    if (status != SECTION_OK || place->is_absent || place->count < 2) {
        return status;
    }
    const uint64_t least = field->structure == PROGRAM_NONE ? field->element_bytes : 1;
    if (place->stride_bytes < least) {
        return walk_mismatch(self, level, field, ret_error,
                             "its stride is %llu, less than %llu of an element",
                             (unsigned long long)place->stride_bytes, (unsigned long long)least);
    }
    return SECTION_OK;
}

/* Offsets are added without overflow. */
static section_status add(const walk *self, unsigned level, const program_field *field,
                          uint64_t offset, uint64_t distance, uint64_t *ret_offset,
                          section_error *ret_error)
{
    if (__builtin_add_overflow(offset, distance, ret_offset) || *ret_offset > INT64_MAX) {
        return walk_mismatch(self, level, field, ret_error,
                             "its place is %llu bytes behind offset %llu",
                             (unsigned long long)distance, (unsigned long long)offset);
    }
    return SECTION_OK;
}

/* Behind all elements, each with the gap behind it; aligned as seen from the structure. */
static section_status find_end_of(walk *self, unsigned level, const program_field *field,
                                  walk_place *place, section_error *ret_error)
{
    walk_place before;
    uint64_t length;
    unsigned at = level;
    const uint64_t base = self->frames[level].base;
    const uint64_t align = field->place.align;
    const program_target *target = find_target(self, &field->place.of, level, &at);
    const program_field *of = &self->layout->fields[target->field];
    section_status status = walk_find_place(self, at, target->field, &before, ret_error);
    if (status != SECTION_OK || before.is_absent) {
        place->is_absent = true;
        return status;
    }
    length = of->advance_bytes;
    if (of->described->kind == SECTION_FIELD_TABLE) {
        length = before.size_bytes;
    } else if (of->dimensions > 0 &&
               __builtin_mul_overflow(before.count, before.stride_bytes, &length)) {
        return walk_mismatch(self, level, field, ret_error, "what is before it has no end");
    }
    status = add(self, level, field, before.offset_bytes, length, &place->offset_bytes, ret_error);
    if (status == SECTION_OK && place->offset_bytes > base) {
        status = add(self, level, field, place->offset_bytes,
                     (align - (place->offset_bytes - base) % align) % align, &place->offset_bytes,
                     ret_error);
    }
    return status;
}

/* All must be the same after the copy. */
static section_status pin_down(walk *self, uint32_t member, const walk_place *array, uint64_t base,
                               uint64_t count, section_error *ret_error)
{
    const image_pin pin = {base + self->layout->fields[member].place.at.number, array->stride_bytes,
                           count, member};
    return image_pin_down(self->image, &pin, ret_error);
}

/* A buffer that is being written has a beginning that is not its end. An older program has no beginnings. */
static section_status look_at_begin(walk *self, unsigned level, const program_field *field,
                                    const walk_place *array, uint64_t chosen, number_wide by,
                                    section_error *ret_error)
{
    const uint32_t member = field->place.begin;
    number_wide begin;
    if (member == PROGRAM_NONE) {
        return SECTION_OK;
    }
    const program_field *program = &self->layout->fields[member];
    if (program->place.at.number + program->element_bytes > array->stride_bytes) {
        return SECTION_OK;
    }
    section_status status =
        read_integer(self, level, member, chosen + program->place.at.number, &begin, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    self->image->is_being_written = self->image->is_being_written || (begin != 0 && begin != by);
    return pin_down(self, member, array, chosen, 1, ret_error);
}

/* The element with the greatest number, the first of them. */
static section_status find_newest(walk *self, unsigned level, const program_field *field,
                                  const walk_place *array, uint64_t *ret_offset,
                                  section_error *ret_error)
{
    const program_field *by = &self->layout->fields[field->place.by];
    number_wide greatest = 0;
    section_status status = walk_step(self, array->count, ret_error);
    *ret_offset = 0;
    for (uint64_t i = 0; status == SECTION_OK && i < array->count; i++) {
        number_wide number;
        const uint64_t offset = array->offset_bytes + i * array->stride_bytes;
        status = read_integer(self, level, field->place.by, offset + by->place.at.number, &number,
                              ret_error);
        if (status == SECTION_OK && (i == 0 || number > greatest)) {
            greatest = number;
            *ret_offset = offset;
        }
    }
    if (status != SECTION_OK || self->image->from == NULL) {
        return status;
    }
    status = pin_down(self, field->place.by, array, array->offset_bytes, array->count, ret_error);
    return status == SECTION_OK
               ? look_at_begin(self, level, field, array, *ret_offset, greatest, ret_error)
               : status;
}

static section_status find_place_of_newest(walk *self, unsigned level, const program_field *field,
                                           walk_place *place, section_error *ret_error)
{
    walk_place array;
    uint64_t chosen;
    number_wide distance;
    unsigned at = level;
    const program_target *target = find_target(self, &field->place.of, level, &at);
    const program_field *by = &self->layout->fields[field->place.by];
    const program_field *offset = &self->layout->fields[field->place.offset];
    section_status status = walk_find_place(self, at, target->field, &array, ret_error);
    if (status != SECTION_OK || array.is_absent || array.count == 0 ||
        by->place.at.number + by->element_bytes > array.stride_bytes ||
        offset->place.at.number + offset->element_bytes > array.stride_bytes) {
        place->is_absent = true;
        return status;
    }
    status = find_newest(self, at, field, &array, &chosen, ret_error);
    if (status == SECTION_OK) {
        status = read_integer(self, at, field->place.offset, chosen + offset->place.at.number,
                              &distance, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    if (distance < 0 || distance > INT64_MAX) {
        return walk_mismatch(self, level, field, ret_error, "the newest one is at offset %lld",
                             (long long)distance);
    }
    const uint64_t base = field->place.from_view ? 0 : self->frames[level].base;
    return add(self, level, field, base, (uint64_t)distance, &place->offset_bytes, ret_error);
}

static section_status find_offset(walk *self, unsigned level, const program_field *field,
                                  walk_place *place, section_error *ret_error)
{
    const uint64_t base = field->place.from_view ? 0 : self->frames[level].base;
    uint64_t distance;
    switch (field->place.rule) {
    case SECTION_PLACE_END_OF:
        return find_end_of(self, level, field, place, ret_error);
    case SECTION_PLACE_NEWEST:
        return find_place_of_newest(self, level, field, place, ret_error);
    case SECTION_PLACE_NEXT:
    case SECTION_PLACE_AT:
        break;
    }
    section_status status = read_number(self, level, field, &field->place.at, "offset", INT64_MAX,
                                        place, &distance, ret_error);
    return status != SECTION_OK || place->is_absent
               ? status
               : add(self, level, field, base, distance, &place->offset_bytes, ret_error);
}

static section_status find_size(walk *self, unsigned level, const program_field *field,
                                walk_place *place, section_error *ret_error)
{
    const uint64_t view = self->image->view_bytes;
    if (field->described->kind != SECTION_FIELD_TABLE) {
        return SECTION_OK;
    }
    section_status status = read_number(self, level, field, &field->size, "size", INT64_MAX, place,
                                        &place->size_bytes, ret_error);
    if (place->size_bytes == 0 && !program_refers(&field->size.reference)) {
        place->size_bytes = view > place->offset_bytes ? view - place->offset_bytes : 0;
    }
    return status;
}

/* From the first byte to the last of those that must be there. */
static bool find_extent(const program_field *field, const walk_place *place, uint64_t *ret_bytes)
{
    *ret_bytes = 0;
    if (field->described->kind == SECTION_FIELD_TABLE) {
        *ret_bytes = place->size_bytes;
        return true;
    }
    if (field->dimensions == 0) { /* of a single structure each field is looked at */
        *ret_bytes = field->structure == PROGRAM_NONE ? field->element_bytes : 0;
        return true;
    }
    if (place->count == 0) {
        return true;
    }
    return !__builtin_mul_overflow(place->count - 1, place->stride_bytes, ret_bytes) &&
           !__builtin_add_overflow(*ret_bytes, walk_element_bytes(field, place), ret_bytes);
}

/* Beyond its element a field is absent; beyond the view nothing may be. */
static section_status check_end(walk *self, unsigned level, const program_field *field,
                                walk_place *place, section_error *ret_error)
{
    const walk_frame *frame = &self->frames[level];
    uint64_t bytes, end;
    if (!find_extent(field, place, &bytes) ||
        __builtin_add_overflow(place->offset_bytes, bytes, &end)) {
        return walk_mismatch(self, level, field, ret_error, "its end is no number of bytes");
    }
    const bool is_in_element = field->place.rule == SECTION_PLACE_AT && !field->place.from_view &&
                               !program_refers(&field->place.at.reference);
    if (is_in_element && (end > frame->limit || place->offset_bytes >= frame->limit)) {
        if (!program_refers(&field->count.reference) || place->offset_bytes >= frame->limit) {
            place->is_absent = true;
            return SECTION_OK;
        }
        return walk_mismatch(self, level, field, ret_error,
                             "its %llu elements do not fit into the structure",
                             (unsigned long long)place->count);
    }
    if (end > self->image->view_bytes) {
        return walk_mismatch(self, level, field, ret_error,
                             "%llu bytes at offset %llu do not lie inside the view of %llu",
                             (unsigned long long)bytes, (unsigned long long)place->offset_bytes,
                             (unsigned long long)self->image->view_bytes);
    }
    return SECTION_OK;
}

/* The rest of a structure whose length memory tells is copied only after its beginning was looked at. */
static section_status note_newest(walk *self, const program_field *field, const walk_place *place,
                                  section_error *ret_error)
{
    image_range range = {.offset_bytes = place->offset_bytes};
    if (field->dimensions == 0 && field->structure != PROGRAM_NONE) {
        range.length_bytes = field->element_bytes;
    } else {
        (void)find_extent(field, place, &range.length_bytes);
    }
    return image_add_newest(self->image, &range, ret_error);
}

typedef section_status find_part(walk *self, unsigned level, const program_field *field,
                                 walk_place *place, section_error *ret_error);

section_status walk_find_place(walk *self, unsigned level, uint32_t index, walk_place *ret_place,
                               section_error *ret_error)
{
    static find_part *const parts[] = {check_since, find_counts, find_offset, find_size, check_end};
    const program_field *field = &self->layout->fields[index];
    walk_memo *memo = field->memo != PROGRAM_NONE ? &self->image->memo[field->memo] : NULL;
    if (memo != NULL && memo->generation == self->frames[level].generation) {
        *ret_place = memo->place;
        return SECTION_OK;
    }
    *ret_place = (walk_place){0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && !ret_place->is_absent; i++) {
        section_status status = parts[i](self, level, field, ret_place, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    if (field->place.rule == SECTION_PLACE_NEWEST && !ret_place->is_absent &&
        self->image->from != NULL) {
        section_status status = note_newest(self, field, ret_place, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    if (memo != NULL) {
        *memo = (walk_memo){self->frames[level].generation, *ret_place};
    }
    return SECTION_OK;
}
