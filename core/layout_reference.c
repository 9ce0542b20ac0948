#include "compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

/* What fields refer to: paths, found in the same structure, then outwards. */

/* Reads "[N]…" of an array; the flat index of an element. NULL, or what is wrong. */
static const char *read_indexes(const program_field *field, const char **path, uint64_t *ret_index)
{
    const bool is_count_fixed = field->described->counts[0].field == NULL;
    uint64_t flat = 0;
    for (unsigned i = 0; i < field->dimensions; i++) {
        const char *end = **path == '[' ? strchr(*path, ']') : NULL;
        uint64_t index;
        if (end == NULL || !names_index(*path + 1, (size_t)(end - *path - 1), &index)) {
            return "it is an array, of which [N] is one element";
        }
        if ((i > 0 || is_count_fixed) && index >= field->counts[i]) {
            return "there are not so many elements";
        }
        flat = flat * (i == 0 ? 1 : field->counts[i]) + index;
        *path = end + 1;
    }
    *ret_index = flat;
    return flat < SECTION_LAYOUT_ELEMENTS_MAX ? NULL : "there are not so many elements";
}

static bool is_fixed_member(const program_field *field)
{
    const section_layout_field *described = field->described;
    return described->place.rule == SECTION_PLACE_AT && described->place.at.field == NULL &&
           !described->place.from_view && described->since_field == NULL &&
           described->stride.field == NULL;
}

/* One further step of a path. NULL, or what is wrong. */
static const char *step_into(const section_layout *layout, const char **path, compile_way *way)
{
    const uint32_t structure = layout->fields[way->final].structure;
    uint64_t index = 0;
    if (**path != '.') {
        return "it is not NAME, .NAME or [N]";
    }
    const size_t length = names_span(*path + 1, strlen(*path + 1));
    way->final = structure == PROGRAM_NONE ? PROGRAM_NONE
                                           : program_find(layout, structure, *path + 1, length);
    if (way->final == PROGRAM_NONE) {
        return "there is no such field";
    }
    const program_field *field = &layout->fields[way->final];
    *path += 1 + length;
    if (!is_fixed_member(field)) {
        return "only its first field may have a place that depends on memory";
    }
    const char *problem = read_indexes(field, path, &index);
    uint64_t delta;
    if (problem != NULL) {
        return problem;
    }
    if (__builtin_mul_overflow(index, (uint64_t)field->described->stride.number, &delta) ||
        __builtin_add_overflow(delta, (uint64_t)field->described->place.at.number, &delta) ||
        __builtin_add_overflow(delta, way->delta, &way->delta) || way->delta > INT64_MAX / 2) {
        return "it is too far away";
    }
    return NULL;
}

compile_way compile_walk(const compilation *self, uint32_t type, const char *path)
{
    const section_layout *layout = self->layout;
    compile_way way = {PROGRAM_NONE, PROGRAM_NONE, 0, 0, NULL};
    const size_t length = names_span(path, strlen(path));
    way.first = way.final = program_find(layout, type, path, length);
    if (way.first == PROGRAM_NONE) {
        way.problem = "there is no such field";
        return way;
    }
    path += length;
    way.problem = read_indexes(&layout->fields[way.first], &path, &way.index);
    while (way.problem == NULL && *path != '\0') {
        way.problem = step_into(layout, &path, &way);
    }
    return way;
}

static program_number refer_number(compilation *self, uint32_t field, const char *member,
                                   const section_layout_number *number)
{
    program_number made = {.number = (uint64_t)number->number,
                           .add = number->add,
                           .multiply = number->multiply == 0 ? 1 : number->multiply,
                           .max = number->max};
    if (number->field != NULL) {
        made.reference = compile_look_up(self, compile_at(self, field, member), number->field,
                                         COMPILE_WANTED_INTEGER);
    }
    return made;
}

/* A member of the elements of an array, at a fixed place of them. */
static uint32_t find_member(compilation *self, compile_place where, uint32_t array,
                            const char *name)
{
    const section_layout *layout = self->layout;
    const uint32_t found =
        program_find(layout, layout->fields[array].structure, name, strlen(name));
    if (found == PROGRAM_NONE || !is_fixed_member(&layout->fields[found]) ||
        layout->fields[found].dimensions > 0) {
        compile_report(self, where, "the elements of \"%.80s\" have no \"%.80s\" at a fixed place",
                       layout->fields[array].described->name, name);
        return PROGRAM_NONE;
    }
    const uint64_t offset = (uint64_t)layout->fields[found].described->place.at.number;
    compile_note_read(self, (program_target){PROGRAM_WHOLE, array, PROGRAM_ALL, offset, found});
    return found;
}

static uint32_t find_integer(compilation *self, compile_place where, uint32_t array,
                             const char *name)
{
    const uint32_t found = find_member(self, where, array, name);
    if (found != PROGRAM_NONE && !program_is_integer(self->layout->fields[found].described)) {
        compile_report(self, where, "\"%.80s\" is not an integer", name);
        return PROGRAM_NONE;
    }
    return found;
}

static void refer_place(compilation *self, uint32_t index)
{
    program_field *field = &self->layout->fields[index];
    const section_layout_place *described = &field->described->place;
    const compile_place where = compile_at(self, index, "offset");
    program_place *place = &field->place;
    place->rule = described->rule;
    place->from_view = described->from_view;
    place->align = described->align > 0 ? described->align : 1;
    switch (described->rule) {
    case SECTION_PLACE_END_OF:
        place->of = compile_look_up(self, where, described->of, COMPILE_WANTED_FIELD);
        break;
    case SECTION_PLACE_NEWEST:
        place->of = compile_look_up(self, where, described->of, COMPILE_WANTED_STRUCTURES);
        if (program_refers(&place->of)) {
            const uint32_t array = self->layout->targets[place->of.first_target].field;
            place->by = find_integer(self, where, array, described->by);
            place->offset = find_integer(self, where, array, described->offset);
            place->begin = described->begin != NULL
                               ? find_integer(self, where, array, described->begin)
                               : PROGRAM_NONE;
        }
        break;
    case SECTION_PLACE_NEXT:
    case SECTION_PLACE_AT:
        place->at = refer_number(self, index, "offset", &described->at);
        break;
    }
}

static int compare_row_types(const void *a, const void *b)
{
    const struct section_layout_row_type *one = a;
    const struct section_layout_row_type *other = b;
    return (one->number > other->number) - (one->number < other->number);
}

static void sort_row_types(compilation *self, uint32_t index)
{
    program_field *field = &self->layout->fields[index];
    const section_layout_table *described = field->described->table;
    const size_t count = described->type_count;
    struct section_layout_row_type *types =
        section_arena_take(&self->layout->arena, count, sizeof *types);
    if (types == NULL) {
        self->is_out_of_memory = true;
        return;
    }
    memcpy(types, described->types, count * sizeof *types);
    qsort(types, count, sizeof *types, compare_row_types);
    for (size_t i = 1; i < count; i++) {
        if (types[i - 1].number == types[i].number) {
            compile_report(self, compile_at(self, index, "types"), "the number %lld has two types",
                           (long long)types[i].number);
        }
    }
    field->table.types = types;
}

static void refer_table(compilation *self, uint32_t index)
{
    program_field *field = &self->layout->fields[index];
    const section_layout_table *described = field->described->table;
    const compile_place where = compile_at(self, index, "table");
    program_table *table = &field->table;
    const program_reference of =
        compile_look_up(self, where, described->of, COMPILE_WANTED_STRUCTURES);
    if (!program_refers(&of)) {
        return;
    }
    table->of = self->layout->targets[of.first_target].field;
    table->name = find_member(self, where, table->of, described->name);
    table->type = find_integer(self, where, table->of, described->type);
    table->offset = find_integer(self, where, table->of, described->offset);
    table->count = table->unit = table->note = PROGRAM_NONE;
    if (described->count != NULL) {
        table->count = find_integer(self, where, table->of, described->count);
    }
    if (described->unit != NULL) {
        table->unit = find_member(self, where, table->of, described->unit);
    }
    if (described->note != NULL) {
        table->note = find_member(self, where, table->of, described->note);
    }
    const uint32_t texts[] = {table->name, table->unit, table->note};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i] != PROGRAM_NONE &&
            self->layout->fields[texts[i]].described->kind != SECTION_FIELD_STRING) {
            compile_report(self, where, "name, unit and note of a row are strings");
        }
    }
    sort_row_types(self, index);
}

static void refer_field(compilation *self, uint32_t index)
{
    program_field *field = &self->layout->fields[index];
    const section_layout_field *described = field->described;
    refer_place(self, index);
    if (field->dimensions > 0) {
        field->count = refer_number(self, index, "count", &described->counts[0]);
        const uint64_t most = SECTION_LAYOUT_ELEMENTS_MAX / field->inner_count;
        field->count.max = field->count.max > 0 ? field->count.max : most;
    }
    field->stride = refer_number(self, index, "stride", &described->stride);
    field->size = refer_number(self, index, "size", &described->size);
    if (described->since_field != NULL) {
        field->since.reference = compile_look_up(self, compile_at(self, index, "since"),
                                                 described->since_field, COMPILE_WANTED_INTEGER);
    }
    if (described->kind == SECTION_FIELD_TABLE) {
        refer_table(self, index);
    }
}

void compile_references(compilation *self)
{
    compile_begin_lookups(self);
    for (uint32_t field = 0; field < self->layout->field_count; field++) {
        refer_field(self, field);
    }
    if (self->problem_count == 0) {
        compile_chains(self);
    }
}
