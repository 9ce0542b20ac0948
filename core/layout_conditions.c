#include "compile.h"

#include <string.h>

/* What must hold of memory: guards, and the fields by which a copy is known to be consistent. */

static const compile_place CONSISTENCY = {PROGRAM_NONE, PROGRAM_NONE, "consistency", 0};

/* A single number or string of the whole that does not move. False: it was reported. */
static bool find_cell(compilation *self, compile_place where, const char *path, program_cell *cell)
{
    section_layout *layout = self->layout;
    if (path == NULL) {
        compile_report(self, where, "a field is missing");
        return false;
    }
    const compile_way way = compile_walk(self, PROGRAM_WHOLE, path);
    if (way.problem != NULL) {
        compile_report(self, where, "\"%.80s\": %s", path, way.problem);
        return false;
    }
    const program_field *first = &layout->fields[way.first];
    const program_field *final = &layout->fields[way.final];
    const section_field_kind kind = final->described->kind;
    uint64_t offset;
    if (first->memo != PROGRAM_NONE ||
        (kind != SECTION_FIELD_NUMBER && kind != SECTION_FIELD_STRING)) {
        compile_report(self, where, "\"%.80s\" is not a number or string at a fixed place", path);
        return false;
    }
    if (__builtin_mul_overflow(way.index, first->stride.number, &offset) ||
        __builtin_add_overflow(offset, first->place.at.number, &offset) ||
        __builtin_add_overflow(offset, way.delta, &offset) || offset > INT64_MAX) {
        compile_report(self, where, "\"%.80s\" is too far away", path);
        return false;
    }
    *cell = (program_cell){offset, way.final};
    compile_note_read(self,
                      (program_target){PROGRAM_WHOLE, way.first, way.index, way.delta, way.final});
    return true;
}

/* One whole integer: a check reads it in one go. */
static void find_check(compilation *self, const char *path, program_cell *cell)
{
    if (!find_cell(self, CONSISTENCY, path, cell)) {
        return;
    }
    const section_layout_field *described = self->layout->fields[cell->field].described;
    const section_value_kind kind = section_value_lookup(described->type)->kind;
    if (described->kind != SECTION_FIELD_NUMBER || described->bit_width > 0 ||
        (kind != SECTION_KIND_UNSIGNED && kind != SECTION_KIND_SIGNED)) {
        compile_report(self, CONSISTENCY, "\"%.80s\" is not an integer", path);
        return;
    }
    const uint64_t size = self->layout->fields[cell->field].element_bytes;
    if (cell->offset_bytes % size != 0) {
        compile_report(self, CONSISTENCY,
                       "\"%.80s\" is at offset %llu, where its %llu bytes are not read in one go",
                       path, (unsigned long long)cell->offset_bytes, (unsigned long long)size);
    }
}

/* The two numbers of a pair are compared with one another. */
static void find_pair(compilation *self)
{
    section_layout *layout = self->layout;
    const section_layout_consistency *described = &layout->source->consistency;
    find_check(self, described->begin, &layout->begin);
    find_check(self, described->end, &layout->end);
    if (self->problem_count == 0 && layout->fields[layout->begin.field].described->type !=
                                        layout->fields[layout->end.field].described->type) {
        compile_report(self, CONSISTENCY, "\"%.80s\" and \"%.80s\" are not of one type",
                       described->begin, described->end);
    }
}

static void find_consistency(compilation *self)
{
    section_layout *layout = self->layout;
    const section_layout_consistency *described = &layout->source->consistency;
    if (described->timeout_ms > SECTION_LAYOUT_TIMEOUT_MS_MAX) {
        compile_report(self, CONSISTENCY, "timeout_ms is at most %d",
                       SECTION_LAYOUT_TIMEOUT_MS_MAX);
    }
    switch (described->rule) {
    case SECTION_CONSISTENCY_NONE:
        break;
    case SECTION_CONSISTENCY_SEQLOCK:
    case SECTION_CONSISTENCY_BUSY_FLAG:
    case SECTION_CONSISTENCY_UNCHANGED:
        find_check(self, described->field, &layout->check);
        break;
    case SECTION_CONSISTENCY_VERSION_PAIR:
        find_pair(self);
        break;
    case SECTION_CONSISTENCY_MUTEX:
        if (described->name == NULL || described->name[0] == '\0' ||
            strlen(described->name) > SECTION_LAYOUT_NAME_BYTES_MAX) {
            compile_report(self, CONSISTENCY, "a mutex has a name of at most %d bytes",
                           SECTION_LAYOUT_NAME_BYTES_MAX);
        }
        break;
    }
}

static void find_guard(compilation *self, size_t index)
{
    const section_layout_guard *described = &self->layout->source->guards[index];
    const compile_place where = {PROGRAM_NONE, PROGRAM_NONE, "match.fields", index};
    program_cell *cell = &self->layout->guards[index];
    if (!find_cell(self, where, described->field, cell)) {
        return;
    }
    const section_layout_field *field = self->layout->fields[cell->field].described;
    if ((field->kind == SECTION_FIELD_STRING) != (described->text != NULL)) {
        compile_report(self, where, "\"%.80s\" is %s", described->field,
                       described->text != NULL ? "a number" : "a string");
    }
}

void compile_conditions(compilation *self)
{
    section_layout *layout = self->layout;
    const size_t guard_count = layout->source->guard_count;
    if (guard_count > SECTION_LAYOUT_GUARDS_MAX) {
        compile_report(self, (compile_place){PROGRAM_NONE, PROGRAM_NONE, "match.fields", 0},
                       "at most %d fields are matched", SECTION_LAYOUT_GUARDS_MAX);
        return;
    }
    layout->guards = section_arena_take(&layout->arena, guard_count, sizeof *layout->guards);
    if (layout->guards == NULL) {
        self->is_out_of_memory = true;
        return;
    }
    find_consistency(self);
    for (size_t i = 0; i < guard_count; i++) {
        find_guard(self, i);
    }
    for (size_t i = 0; i < layout->source->match_name_count; i++) {
        const char *name = layout->source->match_names[i];
        if (name == NULL || name[0] == '\0') {
            compile_report(self, (compile_place){PROGRAM_NONE, PROGRAM_NONE, "match.names", i},
                           "a name is empty");
        }
    }
}
