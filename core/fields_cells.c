#include <stdlib.h>

#include "storing.h"

/*
 * Which of the values to be stored lie where the layout itself reads: counts, offsets, guards and the like,
 * under whatever name. Structures in which nothing is read are passed over, and so are elements that no value
 * touches, where all that is read of an element lies in it.
 */

/* The values, by their offsets. */
typedef struct values {
    storing_part **sorted;
    size_t count;
    uint64_t *ends; /* the greatest end of those up to one */
} values;

static uint64_t end_of(const storing_part *part)
{
    return part->offset_bytes + part->field_bytes;
}

/* The first value that may reach beyond an offset; from there on they are looked at one by one. */
static size_t first_beyond(const values *self, uint64_t offset)
{
    size_t low = 0;
    size_t high = self->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (self->ends[middle] > offset) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static bool is_touched(const values *self, uint64_t offset, uint64_t length)
{
    const size_t first = first_beyond(self, offset);
    return first < self->count && self->sorted[first]->offset_bytes < offset + length;
}

bool storing_is_shared(const storing_part *first, const storing_part *other)
{
    const uint64_t distance = other->offset_bytes - first->offset_bytes;
    if (distance >= first->field_bytes || other->field_bytes == 0) {
        return false;
    }
    if (!first->has_mask && !other->has_mask) {
        return true;
    }
    for (uint64_t i = distance; i < first->field_bytes && i - distance < other->field_bytes; i++) {
        const uint8_t one = first->has_mask ? first->mask[i] : UINT8_MAX;
        const uint8_t two = other->has_mask ? other->mask[i - distance] : UINT8_MAX;
        if ((one & two) != 0) {
            return true;
        }
    }
    return false;
}

/* A number or text that the layout reads. */
static section_status look_at_cell(walk *self, const program_field *field, uint64_t offset,
                                   section_error *ret_error)
{
    const values *stored = self->context;
    const walk_leaf leaf = {field, NULL, NULL, offset, field->element_bytes};
    storing_part cell = {0};
    storing_place(self->layout, &leaf, &cell);
    for (size_t i = first_beyond(stored, offset); i < stored->count; i++) {
        storing_part *part = stored->sorted[i];
        if (part->offset_bytes >= end_of(&cell)) {
            break;
        }
        const bool is_first = part->offset_bytes <= offset;
        part->is_read =
            part->is_read || storing_is_shared(is_first ? part : &cell, is_first ? &cell : part);
        section_status status = walk_step(self, 1, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return walk_step(self, 1, ret_error);
}

/* Where memory has no place for a field there is nothing that could be read. */
static section_status find_place(walk *self, uint32_t field, walk_place *ret_place,
                                 section_error *ret_error)
{
    section_error why;
    section_status status = walk_find_place(self, self->level, field, ret_place, &why);
    if (status == SECTION_LAYOUT_MISMATCH && self->steps <= WALK_STEPS_MAX) {
        *ret_place = (walk_place){.is_absent = true};
        return SECTION_OK;
    }
    if (status != SECTION_OK && ret_error != NULL) {
        *ret_error = why;
    }
    return status;
}

static section_status look_at_read(walk *self, const program_target *target,
                                   section_error *ret_error)
{
    const program_field *final = &self->layout->fields[target->final];
    const bool is_of_all = target->index == PROGRAM_ALL;
    walk_place place;
    section_status status = find_place(self, target->field, &place, ret_error);
    if (status != SECTION_OK || place.is_absent) {
        return status;
    }
    if (place.stride_bytes > 0 && target->delta + final->element_bytes > place.stride_bytes) {
        return SECTION_OK; /* beyond a shorter element it is not there, and not read */
    }
    const uint64_t first = is_of_all ? 0 : target->index;
    const uint64_t end = is_of_all || first >= place.count ? place.count : first + 1;
    for (uint64_t i = first; i < end; i++) {
        const uint64_t offset = place.offset_bytes + i * place.stride_bytes + target->delta;
        status = look_at_cell(self, final, offset, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

static section_status look_in(walk *self, section_error *ret_error);

static section_status look_in_elements(walk *self, const program_field *field,
                                       const walk_place *place, section_error *ret_error)
{
    const bool is_all_inside = self->layout->types[field->structure].is_static;
    const uint64_t length = walk_element_bytes(field, place);
    for (uint64_t i = 0; i < place->count; i++) {
        const uint64_t offset = place->offset_bytes + i * place->stride_bytes;
        section_status status = walk_step(self, 1, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        if (is_all_inside && !is_touched(self->context, offset, length)) {
            continue;
        }
        walk_enter(self, field, place, offset);
        status = look_in(self, ret_error);
        walk_leave(self);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

static section_status look_in_field(walk *self, uint32_t index, section_error *ret_error)
{
    const program_field *field = &self->layout->fields[index];
    walk_place place;
    bool is_all;
    section_status status = find_place(self, index, &place, ret_error);
    if (status != SECTION_OK || place.is_absent) {
        return status;
    }
    if (!self->layout->types[field->structure].is_static) {
        /* The places in it are read one by one: all that they are read from comes first. */
        status = walk_want(self, field, &place, &is_all, ret_error);
    }
    return status == SECTION_OK ? look_in_elements(self, field, &place, ret_error) : status;
}

/* In the structure that the walk is in. */
static section_status look_in(walk *self, section_error *ret_error)
{
    const section_layout *layout = self->layout;
    const program_type *type = &layout->types[self->frames[self->level].type];
    for (uint32_t i = type->first_read; i < type->first_read + type->read_count; i++) {
        section_status status = look_at_read(self, &layout->reads[i], ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    for (uint32_t i = type->first_field; i < type->first_field + type->field_count; i++) {
        const uint32_t structure = layout->fields[i].structure;
        if (structure == PROGRAM_NONE || !layout->types[structure].has_reads) {
            continue;
        }
        section_status status = look_in_field(self, i, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

static int compare_parts(const void *a, const void *b)
{
    const storing_part *const *one = a;
    const storing_part *const *other = b;
    return ((*one)->offset_bytes > (*other)->offset_bytes) -
           ((*one)->offset_bytes < (*other)->offset_bytes);
}

section_status storing_find_reads(section_image *image, storing_part *parts, storing_part **sorted,
                                  size_t part_count, section_error *ret_error)
{
    values stored = {.sorted = sorted, .count = part_count};
    walk self;
    stored.ends = calloc(part_count, sizeof *stored.ends);
    if (stored.ends == NULL) {
        return image_no_memory(ret_error);
    }
    for (size_t i = 0; i < part_count; i++) {
        sorted[i] = &parts[i];
    }
    qsort(sorted, part_count, sizeof(storing_part *), compare_parts);
    for (size_t i = 0; i < part_count; i++) {
        const uint64_t end = end_of(sorted[i]);
        stored.ends[i] = i > 0 && stored.ends[i - 1] > end ? stored.ends[i - 1] : end;
    }
    walk_begin(&self, image, NULL, &stored);
    section_status status = look_in(&self, ret_error);
    free(stored.ends);
    return status;
}
