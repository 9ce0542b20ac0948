#include "compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

/* What fields refer to: paths, found in the same structure, then outwards. */

uint32_t program_find(const section_layout *self, uint32_t type, const char *name,
                      size_t name_bytes)
{
    const program_type *in = &self->types[type];
    uint32_t low = 0;
    uint32_t high = in->field_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const program_field *here = in->by_name[middle];
        const size_t common = name_bytes < here->name_bytes ? name_bytes : here->name_bytes;
        int order = memcmp(name, here->described->name, common);
        if (order == 0) {
            order = (name_bytes > here->name_bytes) - (name_bytes < here->name_bytes);
        }
        if (order == 0) {
            return (uint32_t)(here - self->fields);
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return PROGRAM_NONE;
}

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

/* What a path must lead to. */
typedef enum wanted { WANTED_INTEGER, WANTED_FIELD, WANTED_STRUCTURES } wanted;

typedef struct lookup {
    compilation *compilation;
    compile_place where;
    const char *path;
    size_t first_bytes; /* of its first name */
    wanted wanted;
    bool seen[SECTION_LAYOUT_FIELDS_MAX + 1]; /* types that were looked in */
    bool is_found;
} lookup;

static void report(lookup *self, const char *problem)
{
    compile_report(self->compilation, self->where, "\"%.80s\": %s", self->path, problem);
}

static bool is_integer(const section_layout_field *described)
{
    const section_value_kind kind = section_value_lookup(described->type)->kind;
    return described->kind == SECTION_FIELD_NUMBER &&
           (kind == SECTION_KIND_UNSIGNED || kind == SECTION_KIND_SIGNED);
}

/* Whole fields are named without an index. */
static compile_way find_whole_field(const lookup *self, uint32_t type)
{
    const section_layout *layout = self->compilation->layout;
    compile_way way = {.first = program_find(layout, type, self->path, self->first_bytes)};
    const program_field *field = &layout->fields[way.first];
    way.final = way.first;
    if (self->path[self->first_bytes] != '\0') {
        way.problem = "a single name is needed here";
    } else if (self->wanted == WANTED_STRUCTURES &&
               (field->structure == PROGRAM_NONE || field->dimensions != 1)) {
        way.problem = "an array of structures is needed here";
    }
    return way;
}

static void add_target(lookup *self, uint32_t type)
{
    section_layout *layout = self->compilation->layout;
    compile_way way = self->wanted == WANTED_INTEGER
                          ? compile_walk(self->compilation, type, self->path)
                          : find_whole_field(self, type);
    if (way.problem == NULL && self->wanted == WANTED_INTEGER &&
        !is_integer(layout->fields[way.final].described)) {
        way.problem = "it is not an integer";
    }
    if (way.problem != NULL) {
        report(self, way.problem);
        return;
    }
    program_target *targets =
        realloc(layout->targets, (layout->target_count + 1) * sizeof *targets);
    if (targets == NULL) {
        self->compilation->is_out_of_memory = true;
        return;
    }
    layout->targets = targets;
    targets[layout->target_count++] =
        (program_target){type, way.first, way.index, way.delta, way.final};
    if (self->wanted == WANTED_INTEGER) { /* of other fields only the place matters */
        layout->fields[way.final].is_read = true;
    }
    self->is_found = true;
}

/* In this type, or in those that have elements of it: as deep as there are levels. */
static void look_in(lookup *self, uint32_t type)
{
    const section_layout *layout = self->compilation->layout;
    bool is_used = false;
    if (self->seen[type]) {
        return;
    }
    self->seen[type] = true;
    if (program_find(layout, type, self->path, self->first_bytes) != PROGRAM_NONE) {
        add_target(self, type);
        return;
    }
    for (uint32_t i = 0; i < layout->field_count; i++) {
        if (layout->fields[i].structure == type) {
            is_used = true;
            look_in(self, layout->fields[i].type);
        }
    }
    if (!is_used) {
        report(self, "there is no such field, neither here nor outwards");
    }
}

static program_reference refer(compilation *self, compile_place where, const char *path,
                               wanted wanted)
{
    program_reference reference = {self->layout->target_count, 0};
    lookup lookup = {.compilation = self, .where = where, .path = path, .wanted = wanted};
    lookup.first_bytes = names_span(path, strlen(path));
    look_in(&lookup, where.type);
    reference.target_count = self->layout->target_count - reference.first_target;
    return reference;
}

static program_number refer_number(compilation *self, uint32_t field, const char *member,
                                   const section_layout_number *number)
{
    program_number made = {.number = (uint64_t)number->number,
                           .add = number->add,
                           .multiply = number->multiply == 0 ? 1 : number->multiply,
                           .max = number->max};
    if (number->field != NULL) {
        made.reference =
            refer(self, compile_at(self, field, member), number->field, WANTED_INTEGER);
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
    self->layout->fields[found].is_read = true;
    return found;
}

static uint32_t find_integer(compilation *self, compile_place where, uint32_t array,
                             const char *name)
{
    const uint32_t found = find_member(self, where, array, name);
    if (found != PROGRAM_NONE && !is_integer(self->layout->fields[found].described)) {
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
        place->of = refer(self, where, described->of, WANTED_FIELD);
        break;
    case SECTION_PLACE_NEWEST:
        place->of = refer(self, where, described->of, WANTED_STRUCTURES);
        if (program_refers(&place->of)) {
            const uint32_t array = self->layout->targets[place->of.first_target].field;
            place->by = find_integer(self, where, array, described->by);
            place->offset = find_integer(self, where, array, described->offset);
        }
        break;
    case SECTION_PLACE_NEXT:
    case SECTION_PLACE_AT:
        place->at = refer_number(self, index, "offset", &described->at);
        break;
    }
}

static void find_row_type(compilation *self, uint32_t index)
{
    const section_layout_table *described = self->layout->fields[index].described->table;
    compile_place where = compile_at(self, index, "types");
    for (size_t i = 0; i < described->type_count; i++) {
        for (size_t other = 0; other < i; other++) {
            if (described->types[other].number == described->types[i].number) {
                where.index = i;
                compile_report(self, where, "the number %lld has two types",
                               (long long)described->types[i].number);
            }
        }
    }
}

static void refer_table(compilation *self, uint32_t index)
{
    program_field *field = &self->layout->fields[index];
    const section_layout_table *described = field->described->table;
    const compile_place where = compile_at(self, index, "table");
    program_table *table = &field->table;
    const program_reference of = refer(self, where, described->of, WANTED_STRUCTURES);
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
    find_row_type(self, index);
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
        field->since.reference =
            refer(self, compile_at(self, index, "since"), described->since_field, WANTED_INTEGER);
    }
    if (described->kind == SECTION_FIELD_TABLE) {
        refer_table(self, index);
    }
}

void compile_references(compilation *self)
{
    for (uint32_t field = 0; field < self->layout->field_count; field++) {
        refer_field(self, field);
    }
    if (self->problem_count == 0) {
        compile_chains(self);
    }
}
