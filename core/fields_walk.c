#include "walk.h"

#include <string.h>

/* All of a field: structures, arrays and numbers in the order in which they are declared. */

section_status walk_step(walk *self, uint64_t steps, section_error *ret_error)
{
    self->steps += steps;
    if (self->steps > WALK_STEPS_MAX) {
        return section_fail(ret_error, SECTION_LAYOUT_MISMATCH,
                            "%.200s: there are more than %d fields and elements to be read",
                            self->path, WALK_STEPS_MAX);
    }
    return image_charge(self->image, steps, ret_error);
}

size_t walk_add_name(walk *self, const char *name, size_t name_bytes)
{
    const size_t before = self->path_bytes;
    if (before > 0) {
        self->path[self->path_bytes++] = '.';
    }
    memcpy(self->path + self->path_bytes, name, name_bytes);
    self->path_bytes += name_bytes;
    self->path[self->path_bytes] = '\0';
    self->name = name;
    self->name_bytes = name_bytes;
    return before;
}

size_t walk_add_index(walk *self, uint64_t index)
{
    enum { DIGITS_MAX = 20 };
    char digits[DIGITS_MAX];
    const size_t before = self->path_bytes;
    size_t count = 0;
    self->name = NULL;
    self->name_bytes = 0;
    self->index = index;
    do {
        digits[count++] = (char)('0' + index % 10);
        index /= 10;
    } while (index > 0);
    self->path[self->path_bytes++] = '[';
    while (count > 0) {
        self->path[self->path_bytes++] = digits[--count];
    }
    self->path[self->path_bytes++] = ']';
    self->path[self->path_bytes] = '\0';
    return before;
}

void walk_cut(walk *self, size_t path_bytes)
{
    self->path_bytes = path_bytes;
    self->path[path_bytes] = '\0';
}

section_field_at walk_at(const walk *self, const program_field *field, uint64_t offset_bytes,
                         uint64_t size_bytes)
{
    return (section_field_at){.path = self->path,
                              .path_bytes = self->path_bytes,
                              .name = self->name,
                              .name_bytes = self->name_bytes,
                              .index = self->index,
                              .field = field != NULL ? field->described : NULL,
                              .type = field != NULL ? field->described->type : SECTION_U8,
                              .is_text =
                                  field != NULL && field->described->kind == SECTION_FIELD_STRING,
                              .offset_bytes = offset_bytes,
                              .size_bytes = size_bytes,
                              .unit = field != NULL ? field->described->unit : NULL,
                              .note = field != NULL ? field->described->note : NULL,
                              .is_selected = self->is_selected};
}

void walk_enter(walk *self, const program_field *field, const walk_place *place, uint64_t offset)
{
    const walk_frame *outer = &self->frames[self->level];
    walk_frame *inner = &self->frames[++self->level];
    *inner = (walk_frame){.type = field->structure,
                          .base = offset,
                          .limit = UINT64_MAX,
                          .generation = ++self->image->generation,
                          .path_bytes = self->path_bytes};
    if (field->dimensions > 0) {
        inner->limit = offset + place->stride_bytes;
    } else if (field->place.rule == SECTION_PLACE_AT && !field->place.from_view &&
               !program_refers(&field->place.at.reference)) {
        inner->limit = outer->limit;
    }
}

void walk_leave(walk *self)
{
    self->level--;
}

bool walk_begin_node(walk *self, const section_field_at *at, section_fields_shape shape)
{
    const bool is_wanted = self->tasks->begin == NULL || self->tasks->begin(self, at, shape);
    self->is_selected = false;
    return is_wanted;
}

void walk_end_node(walk *self, const section_field_at *at, section_fields_shape shape)
{
    if (self->tasks->end != NULL) {
        self->tasks->end(self, at, shape);
    }
}

static section_status walk_members(walk *self, section_error *ret_error)
{
    const program_type *type = &self->layout->types[self->frames[self->level].type];
    for (uint32_t i = 0; i < type->field_count; i++) {
        section_status status = walk_field(self, type->first_field + i, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

static section_status walk_structure(walk *self, const program_field *field,
                                     const walk_place *place, uint64_t offset,
                                     section_error *ret_error)
{
    const section_field_at at = walk_at(self, field, offset, walk_element_bytes(field, place));
    if (!walk_begin_node(self, &at, SECTION_SHAPE_STRUCTURE)) {
        return SECTION_OK;
    }
    walk_enter(self, field, place, offset);
    section_status status = walk_members(self, ret_error);
    walk_leave(self);
    if (status != SECTION_OK) {
        return status;
    }
    walk_end_node(self, &at, SECTION_SHAPE_STRUCTURE);
    return SECTION_OK;
}

static section_status walk_bits(walk *self, const program_field *field, uint64_t offset,
                                section_error *ret_error)
{
    const section_layout_field *described = field->described;
    const section_field_at whole = walk_at(self, field, offset, field->element_bytes);
    if (!walk_begin_node(self, &whole, SECTION_SHAPE_STRUCTURE)) {
        return SECTION_OK;
    }
    for (size_t i = 0; i < described->bits_count; i++) {
        section_status status = walk_step(self, 1, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        const section_layout_bits *bits = &described->bits[i];
        const walk_leaf leaf = {field, NULL, bits, offset, field->element_bytes};
        const size_t before = walk_add_name(self, bits->name, strlen(bits->name));
        status = self->tasks->leaf(self, &leaf, ret_error);
        walk_cut(self, before);
        if (status != SECTION_OK) {
            return status;
        }
    }
    walk_end_node(self, &whole, SECTION_SHAPE_STRUCTURE);
    return SECTION_OK;
}

static section_status walk_element(walk *self, uint32_t index, const walk_place *place,
                                   uint64_t flat, section_error *ret_error)
{
    const program_field *field = &self->layout->fields[index];
    const uint64_t offset = place->offset_bytes + flat * place->stride_bytes;
    const walk_leaf leaf = {field, NULL, NULL, offset, field->element_bytes};
    const bool is_text = field->described->kind == SECTION_FIELD_STRING;
    section_status status = walk_step(self, is_text ? field->steps : 1, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    switch (field->described->kind) {
    case SECTION_FIELD_STRUCTURE:
        return walk_structure(self, field, place, offset, ret_error);
    case SECTION_FIELD_TABLE:
        return walk_table(self, index, place, ret_error);
    case SECTION_FIELD_NUMBER:
        if (field->described->bits_count > 0) {
            return walk_bits(self, field, offset, ret_error);
        }
        break;
    case SECTION_FIELD_STRING:
        break;
    }
    status = self->tasks->leaf(self, &leaf, ret_error);
    self->is_selected = false;
    return status;
}

static section_field_at at_array(const walk *self, const program_field *field,
                                 const walk_place *place, unsigned dimension, uint64_t flat)
{
    uint64_t inner = 1;
    for (unsigned i = dimension + 1; i < field->dimensions; i++) {
        inner *= field->counts[i];
    }
    const uint64_t count = dimension == 0 ? place->outer_count : field->counts[dimension];
    const uint64_t stride = inner * place->stride_bytes;
    const uint64_t first = flat * count * stride;
    section_field_at at = walk_at(self, field, place->offset_bytes + first, 0);
    at.count = count;
    at.stride_bytes = stride;
    at.size_bytes =
        count == 0 ? 0
                   : (count * inner - 1) * place->stride_bytes + walk_element_bytes(field, place);
    return at;
}

static section_status walk_elements(walk *self, uint32_t index, const walk_place *place,
                                    unsigned dimension, uint64_t flat, section_error *ret_error)
{
    const program_field *field = &self->layout->fields[index];
    const uint64_t count = dimension == 0 ? place->outer_count : field->counts[dimension];
    for (uint64_t i = 0; i < count; i++) {
        const size_t before = walk_add_index(self, i);
        section_status status =
            walk_from(self, index, place, dimension + 1, flat * count + i, ret_error);
        walk_cut(self, before);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

section_status walk_from(walk *self, uint32_t index, const walk_place *place, unsigned dimension,
                         uint64_t flat, section_error *ret_error)
{
    const program_field *field = &self->layout->fields[index];
    if (dimension == field->dimensions) {
        return walk_element(self, index, place, flat, ret_error);
    }
    const section_field_at at = at_array(self, field, place, dimension, flat);
    if (!walk_begin_node(self, &at, SECTION_SHAPE_ARRAY)) {
        return SECTION_OK;
    }
    section_status status = walk_elements(self, index, place, dimension, flat, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    walk_end_node(self, &at, SECTION_SHAPE_ARRAY);
    return SECTION_OK;
}

/* Gaps of this size are copied with what is around them. */
enum { GAP_BYTES = 256 };

static section_status want_elements(walk *self, const program_field *field, const walk_place *place,
                                    uint64_t steps_each, section_error *ret_error)
{
    const uint64_t bytes = walk_element_bytes(field, place);
    if (place->count < 2 || place->stride_bytes <= bytes ||
        place->stride_bytes - bytes <= GAP_BYTES) {
        const uint64_t span = (place->count - 1) * place->stride_bytes + bytes;
        section_status status = walk_step(self, place->count * steps_each, ret_error);
        return status == SECTION_OK ? image_want(self->image, place->offset_bytes, span, ret_error)
                                    : status;
    }
    for (uint64_t i = 0; i < place->count; i++) {
        section_status status = steps_each > 0 ? walk_step(self, steps_each, ret_error)
                                               : image_pass(self->image, 1, ret_error);
        if (status == SECTION_OK) {
            status = image_want(self->image, place->offset_bytes + i * place->stride_bytes, bytes,
                                ret_error);
        }
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

section_status walk_want(walk *self, const program_field *field, const walk_place *place,
                         bool *ret_is_all, section_error *ret_error)
{
    *ret_is_all = false;
    if (field->described->kind == SECTION_FIELD_TABLE || place->count == 0) {
        return SECTION_OK;
    }
    if (field->dimensions == 0 && field->structure != PROGRAM_NONE) {
        /* Only an array has been checked against the end of the view, and of its element. */
        const uint64_t view = self->image->view_bytes;
        if (field->element_bytes > view - place->offset_bytes ||
            place->offset_bytes + field->element_bytes > self->frames[self->level].limit) {
            return SECTION_OK;
        }
    }
    *ret_is_all =
        field->structure == PROGRAM_NONE || (self->layout->types[field->structure].is_static);
    /* What is looked at later element by element takes its steps then. */
    return want_elements(self, field, place, *ret_is_all ? field->steps : 0, ret_error);
}

section_status walk_field(walk *self, uint32_t index, section_error *ret_error)
{
    const program_field *field = &self->layout->fields[index];
    walk_place place;
    bool is_done = false;
    section_status status = walk_step(self, 1, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = walk_find_place(self, self->level, index, &place, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (self->tasks->field != NULL) {
        self->tasks->field(self, place.is_absent);
    }
    if (place.is_absent) {
        return SECTION_OK;
    }
    const size_t before = walk_add_name(self, field->described->name, field->name_bytes);
    if (self->tasks->copies) {
        status = walk_want(self, field, &place, &is_done, ret_error);
    }
    if (status == SECTION_OK && !is_done) {
        status = walk_from(self, index, &place, 0, 0, ret_error);
    }
    walk_cut(self, before);
    return status;
}

void walk_begin(walk *self, section_image *image, const walk_tasks *tasks, void *context)
{
    *self = (walk){.layout = image->layout, .image = image, .tasks = tasks, .context = context};
    self->frames[0] =
        (walk_frame){.type = PROGRAM_WHOLE, .limit = UINT64_MAX, .generation = ++image->generation};
}

section_status walk_run(section_image *image, const walk_tasks *tasks, void *context,
                        section_error *ret_error)
{
    walk self;
    walk_begin(&self, image, tasks, context);
    if (image->selection == NULL) {
        return walk_members(&self, ret_error);
    }
    for (size_t i = 0; i < image->selection->path_count; i++) {
        section_status status = walk_path(&self, i, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}
