#include "compile.h"

#include <string.h>

/* The layout's own copy of a description: all that it points to is in the arena. */

static void *zeros(compilation *self, size_t count, size_t size)
{
    void *room = section_arena_take(&self->layout->arena, count, size);
    self->is_out_of_memory = self->is_out_of_memory || room == NULL;
    return room;
}

static const char *text(compilation *self, const char *given)
{
    if (given == NULL) {
        return NULL;
    }
    const char *copy = section_arena_copy(&self->layout->arena, given, strlen(given));
    self->is_out_of_memory = self->is_out_of_memory || copy == NULL;
    return copy;
}

static void *items(compilation *self, const void *given, size_t count, size_t size)
{
    void *copy = count > 0 ? zeros(self, count, size) : NULL;
    if (copy != NULL) {
        memcpy(copy, given, count * size);
    }
    return copy;
}

static void copy_number(compilation *self, section_layout_number *number)
{
    number->field = text(self, number->field);
}

static void copy_table(compilation *self, section_layout_field *field)
{
    section_layout_table *table = items(self, field->table, field->table != NULL, sizeof *table);
    field->table = table;
    if (table == NULL) {
        return;
    }
    const char **const texts[] = {&table->of,    &table->name, &table->type, &table->offset,
                                  &table->count, &table->unit, &table->note};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *texts[i] = text(self, *texts[i]);
    }
    table->types = items(self, table->types, table->type_count, sizeof *table->types);
}

static void copy_lists(compilation *self, section_layout_field *field)
{
    section_layout_label *labels = items(self, field->labels, field->label_count, sizeof *labels);
    section_layout_bits *bits = items(self, field->bits, field->bits_count, sizeof *bits);
    for (size_t i = 0; labels != NULL && i < field->label_count; i++) {
        labels[i].label = text(self, labels[i].label);
    }
    for (size_t i = 0; bits != NULL && i < field->bits_count; i++) {
        bits[i].name = text(self, bits[i].name);
    }
    field->labels = labels;
    field->bits = bits;
}

static void copy_field(compilation *self, section_layout_field *field)
{
    const char **const texts[] = {&field->name,     &field->type_name,    &field->unit,
                                  &field->note,     &field->since_field,  &field->place.of,
                                  &field->place.by, &field->place.offset, &field->place.begin};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *texts[i] = text(self, *texts[i]);
    }
    copy_number(self, &field->place.at);
    copy_number(self, &field->stride);
    copy_number(self, &field->size);
    for (size_t i = 0; i < SECTION_LAYOUT_DIMENSIONS_MAX; i++) {
        copy_number(self, &field->counts[i]);
    }
    copy_lists(self, field);
    copy_table(self, field);
}

static void copy_conditions(compilation *self, section_layout_source *source)
{
    section_layout_consistency *consistency = &source->consistency;
    const char **const texts[] = {&source->title,      &source->source,   &consistency->field,
                                  &consistency->begin, &consistency->end, &consistency->name};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *texts[i] = text(self, *texts[i]);
    }
    const char **names = items(self, source->match_names, source->match_name_count, sizeof *names);
    for (size_t i = 0; names != NULL && i < source->match_name_count; i++) {
        names[i] = text(self, names[i]);
    }
    section_layout_guard *guards = items(self, source->guards, source->guard_count, sizeof *guards);
    for (size_t i = 0; guards != NULL && i < source->guard_count; i++) {
        guards[i].field = text(self, guards[i].field);
        guards[i].text = text(self, guards[i].text);
    }
    source->match_names = names;
    source->guards = guards;
}

/* How many fields there are; SIZE_MAX: more than any layout has. */
static size_t count_fields(const section_layout_source *given)
{
    size_t count = given->whole.field_count;
    for (size_t i = 0; i < given->type_count && count <= SECTION_LAYOUT_FIELDS_MAX; i++) {
        count += given->types[i].field_count <= SECTION_LAYOUT_FIELDS_MAX
                     ? given->types[i].field_count
                     : SECTION_LAYOUT_FIELDS_MAX + 1;
    }
    return count;
}

static void copy_type(compilation *self, uint32_t type, const section_layout_type *given,
                      uint32_t *first_field)
{
    section_layout *layout = self->layout;
    section_layout_type *copy = &layout->source_types[type];
    section_layout_field *fields = layout->source_fields + *first_field;
    *copy = *given;
    copy->name = text(self, given->name);
    copy->fields = fields;
    layout->types[type] = (program_type){.described = copy,
                                         .first_field = *first_field,
                                         .field_count = (uint32_t)given->field_count};
    for (size_t i = 0; i < given->field_count; i++) {
        fields[i] = given->fields[i];
        copy_field(self, &fields[i]);
        layout->fields[*first_field + i] = (program_field){
            .described = &fields[i], .type = type, .structure = PROGRAM_NONE, .memo = PROGRAM_NONE};
    }
    *first_field += (uint32_t)given->field_count;
}

static void make_room(compilation *self, size_t field_count, size_t type_count)
{
    section_layout *layout = self->layout;
    layout->field_count = (uint32_t)field_count;
    layout->type_count = (uint32_t)type_count;
    layout->source = zeros(self, 1, sizeof *layout->source);
    layout->source_types = zeros(self, type_count, sizeof *layout->source_types);
    layout->source_fields = zeros(self, field_count, sizeof *layout->source_fields);
    layout->types = zeros(self, type_count, sizeof *layout->types);
    layout->fields = zeros(self, field_count, sizeof *layout->fields);
}

void compile_copy(compilation *self)
{
    const compile_place nowhere = {PROGRAM_NONE, PROGRAM_NONE, "fields", 0};
    const section_layout_source *given = self->given;
    const size_t field_count = count_fields(given);
    if (field_count > SECTION_LAYOUT_FIELDS_MAX || given->type_count > SECTION_LAYOUT_FIELDS_MAX) {
        compile_report(self, nowhere, "a layout has at most %d fields, those of its types included",
                       SECTION_LAYOUT_FIELDS_MAX);
        return;
    }
    make_room(self, field_count, given->type_count + 1);
    if (self->is_out_of_memory) {
        return;
    }
    section_layout_source *source = self->layout->source;
    uint32_t first_field = 0;
    *source = *given;
    copy_conditions(self, source);
    copy_type(self, PROGRAM_WHOLE, &given->whole, &first_field);
    for (uint32_t i = 0; i < given->type_count; i++) {
        copy_type(self, i + 1, &given->types[i], &first_field);
    }
    source->types = self->layout->source_types + 1;
    source->whole = self->layout->source_types[PROGRAM_WHOLE];
}
