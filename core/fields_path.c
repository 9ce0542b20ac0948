#include <string.h>

#include "matching.h"
#include "walk.h"

/* What one path of a selection leads to. */

/* Where a path has come to: a field, and how many of its dimensions are behind it. */
typedef struct node {
    uint32_t field;
    const walk_place *place;
    unsigned dimension;
    uint64_t flat;
} node;

static section_status walk_member(walk *self, size_t step, section_error *ret_error);
static section_status walk_node(walk *self, const node *here, size_t step,
                                section_error *ret_error);

static const selection_path *path_of(const walk *self)
{
    return &self->image->selection->paths[self->path_index];
}

static void push(walk *self, walk_trail trail)
{
    self->trail[self->trail_length++] = trail;
}

/* Whether a step of another path takes the same way. */
static section_status is_same_step(walk *self, const selection_step *step, const walk_trail *trail,
                                   bool *ret_same, section_error *ret_error)
{
    *ret_same = false;
    switch (step->kind) {
    case SELECTION_NAME:
        *ret_same = trail->kind == SELECTION_NAME && trail->number == step->field;
        break;
    case SELECTION_BITS:
        *ret_same = trail->kind == SELECTION_BITS && trail->number == step->bits;
        break;
    case SELECTION_ROW: {
        const image_row *row = &self->image->rows[trail->number];
        *ret_same = trail->kind == SELECTION_ROW && row->name_bytes == step->text_bytes &&
                    memcmp(self->image->row_text + row->name, step->text, step->text_bytes) == 0;
        break;
    }
    case SELECTION_INDEX:
        *ret_same = trail->kind == SELECTION_INDEX && trail->number == step->index;
        break;
    case SELECTION_ALL:
        *ret_same = trail->kind == SELECTION_INDEX;
        break;
    case SELECTION_MATCH:
        if (trail->kind == SELECTION_INDEX) {
            return matching_element(self, step, trail->offset_bytes, trail->stride_bytes, ret_same,
                                    ret_error);
        }
        break;
    }
    return SECTION_OK;
}

/* Whether an earlier path has led here, or to what this is a part of. A step of the walk costs as much as some looks. */
static section_status is_shown_already(walk *self, bool *ret_shown, section_error *ret_error)
{
    enum { LOOKS_EACH_STEP = 16 };
    uint64_t looks = 0;
    *ret_shown = false;
    if (self->tasks->repeats || path_of(self)->is_apart) {
        return SECTION_OK;
    }
    for (size_t i = 0; i < self->path_index && !*ret_shown; i++) {
        const selection_path *path = &self->image->selection->paths[i];
        bool is_same = path->step_count <= self->trail_length;
        looks++;
        for (size_t step = 0; is_same && step < path->step_count; step++) {
            looks++;
            section_status status =
                is_same_step(self, &path->steps[step], &self->trail[step], &is_same, ret_error);
            if (status != SECTION_OK) {
                return status;
            }
        }
        *ret_shown = is_same;
    }
    return walk_step(self, looks / LOOKS_EACH_STEP, ret_error);
}

/* The end of the path: all that is here. */
static section_status walk_selected(walk *self, const node *here, section_error *ret_error)
{
    const program_field *field = &self->layout->fields[here->field];
    bool is_shown, is_done = false;
    section_status status = is_shown_already(self, &is_shown, ret_error);
    if (status != SECTION_OK || is_shown) {
        return status;
    }
    if (self->tasks->copies && here->dimension == 0) {
        status = walk_want(self, field, here->place, &is_done, ret_error);
    }
    if (status != SECTION_OK || is_done) {
        return status;
    }
    self->is_selected = true;
    status = walk_from(self, here->field, here->place, here->dimension, here->flat, ret_error);
    self->is_selected = false;
    return status;
}

static uint64_t count_of(const walk *self, const node *here)
{
    return here->dimension == 0 ? here->place->outer_count
                                : self->layout->fields[here->field].counts[here->dimension];
}

static section_status walk_index(walk *self, const node *here, uint64_t index, size_t step,
                                 section_error *ret_error)
{
    node inner = *here;
    inner.dimension++;
    inner.flat = here->flat * count_of(self, here) + index;
    const uint64_t offset = here->place->offset_bytes + inner.flat * here->place->stride_bytes;
    section_status status = walk_step(self, 1, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    push(self, (walk_trail){SELECTION_INDEX, index, offset, here->place->stride_bytes});
    const size_t before = walk_add_index(self, index);
    status = walk_node(self, &inner, step + 1, ret_error);
    walk_cut(self, before);
    self->trail_length--;
    return status;
}

static section_status walk_all(walk *self, const node *here, size_t step, section_error *ret_error)
{
    const program_field *field = &self->layout->fields[here->field];
    const uint64_t count = count_of(self, here);
    section_status status = SECTION_OK;
    if (self->tasks->copies && field->structure != PROGRAM_NONE &&
        !self->layout->types[field->structure].is_static) {
        bool is_all; /* the places in it are read one by one: all that they are read from first */
        status = walk_want(self, field, here->place, &is_all, ret_error);
    }
    for (uint64_t i = 0; status == SECTION_OK && i < count; i++) {
        status = walk_index(self, here, i, step, ret_error);
    }
    return status;
}

static section_status walk_matches(walk *self, const node *here, size_t step,
                                   section_error *ret_error)
{
    const selection_step *wanted = &path_of(self)->steps[step];
    const walk_place *place = here->place;
    section_status status = SECTION_OK;
    if (self->tasks->copies) {
        status = matching_want(self, wanted, place, ret_error);
    }
    for (uint64_t i = 0; status == SECTION_OK && i < place->count; i++) {
        bool is_match;
        status = matching_element(self, wanted, place->offset_bytes + i * place->stride_bytes,
                                  place->stride_bytes, &is_match, ret_error);
        if (status == SECTION_OK && is_match) {
            status = walk_index(self, here, i, step, ret_error);
        }
    }
    return status;
}

static section_status walk_one_of_bits(walk *self, const node *here, const selection_step *step,
                                       section_error *ret_error)
{
    const program_field *field = &self->layout->fields[here->field];
    const section_layout_bits *bits = &field->described->bits[step->bits];
    const walk_leaf leaf = {field, NULL, bits,
                            here->place->offset_bytes + here->flat * here->place->stride_bytes,
                            field->element_bytes};
    bool is_shown;
    push(self, (walk_trail){.kind = SELECTION_BITS, .number = step->bits});
    section_status status = is_shown_already(self, &is_shown, ret_error);
    if (status == SECTION_OK && !is_shown) {
        const size_t before = walk_add_name(self, bits->name, strlen(bits->name));
        self->is_selected = true;
        status = self->tasks->leaf(self, &leaf, ret_error);
        self->is_selected = false;
        walk_cut(self, before);
    }
    self->trail_length--;
    return status;
}

static section_status walk_row_values(walk *self, const image_row *row, size_t step,
                                      section_error *ret_error)
{
    const selection_path *path = path_of(self);
    const bool is_end = step == path->step_count;
    const bool has_all = !is_end && path->steps[step].kind == SELECTION_ALL;
    const uint64_t first = is_end || has_all ? 0 : path->steps[step].index;
    const uint64_t end = is_end || has_all ? row->count : first + 1;
    bool is_shown;
    if (!is_end && (row->is_text || row->count == 1)) {
        return SECTION_OK; /* it is no array now */
    }
    section_status status = SECTION_OK;
    for (uint64_t i = first; status == SECTION_OK && i < end && i < row->count; i++) {
        if (!is_end) {
            push(self, (walk_trail){.kind = SELECTION_INDEX, .number = i});
        }
        status = is_shown_already(self, &is_shown, ret_error);
        self->is_selected = true;
        if (status == SECTION_OK && !is_shown) {
            status = is_end ? walk_row(self, row, ret_error) : walk_row_at(self, row, i, ret_error);
        }
        self->is_selected = false;
        self->trail_length -= is_end ? 0 : 1;
        if (is_end) {
            break;
        }
    }
    return status;
}

static section_status walk_named_row(walk *self, const node *here, size_t step,
                                     section_error *ret_error)
{
    const selection_step *wanted = &path_of(self)->steps[step];
    const image_table *table;
    section_status status = walk_find_rows(self, here->field, here->place, &table, ret_error);
    for (uint32_t i = 0; status == SECTION_OK && i < table->row_count; i++) {
        const image_row *row = &self->image->rows[table->first_row + i];
        if (row->name_bytes != wanted->text_bytes ||
            memcmp(self->image->row_text + row->name, wanted->text, wanted->text_bytes) != 0) {
            continue;
        }
        push(self, (walk_trail){.kind = SELECTION_ROW, .number = table->first_row + i});
        const size_t before = walk_add_row(self, row);
        status = walk_row_values(self, row, step + 1, ret_error);
        walk_cut(self, before);
        self->trail_length--;
        break; /* names are unique */
    }
    return status;
}

static section_status walk_into(walk *self, const node *here, size_t step, section_error *ret_error)
{
    const program_field *field = &self->layout->fields[here->field];
    walk_enter(self, field, here->place,
               here->place->offset_bytes + here->flat * here->place->stride_bytes);
    section_status status = walk_member(self, step, ret_error);
    walk_leave(self);
    return status;
}

static section_status walk_node(walk *self, const node *here, size_t step, section_error *ret_error)
{
    const selection_path *path = path_of(self);
    if (step == path->step_count) {
        return walk_selected(self, here, ret_error);
    }
    switch (path->steps[step].kind) {
    case SELECTION_INDEX:
        return path->steps[step].index < count_of(self, here)
                   ? walk_index(self, here, path->steps[step].index, step, ret_error)
                   : SECTION_OK;
    case SELECTION_ALL:
        return walk_all(self, here, step, ret_error);
    case SELECTION_MATCH:
        return walk_matches(self, here, step, ret_error);
    case SELECTION_BITS:
        return walk_one_of_bits(self, here, &path->steps[step], ret_error);
    case SELECTION_ROW:
        return walk_named_row(self, here, step, ret_error);
    case SELECTION_NAME:
        break;
    }
    return walk_into(self, here, step, ret_error);
}

/* The path's next name, in the structure that the walk is in. */
static section_status walk_member(walk *self, size_t step, section_error *ret_error)
{
    const uint32_t index = path_of(self)->steps[step].field;
    const program_field *field = &self->layout->fields[index];
    walk_place place;
    section_status status = walk_step(self, 1, ret_error);
    if (status == SECTION_OK) {
        status = walk_find_place(self, self->level, index, &place, ret_error);
    }
    if (status != SECTION_OK || place.is_absent) {
        return status;
    }
    const node here = {index, &place, 0, 0};
    push(self, (walk_trail){.kind = SELECTION_NAME, .number = index});
    const size_t before = walk_add_name(self, field->described->name, field->name_bytes);
    status = walk_node(self, &here, step + 1, ret_error);
    walk_cut(self, before);
    self->trail_length--;
    return status;
}

section_status walk_path(walk *self, size_t path, section_error *ret_error)
{
    self->path_index = path;
    return walk_member(self, 0, ret_error);
}
