#include "compile.h"

/* Places that depend on other places: in no circle, and in chains of a bounded length. */

enum { NOT_KNOWN = 0, IN_WORK = -1 };

static int32_t find_depth(compilation *self, uint32_t field, unsigned above);

/* References that share their targets share what is found of them, too. */
static int32_t deepest_of(compilation *self, const program_reference *reference, unsigned above)
{
    int32_t *known = &self->depths[reference->first_target];
    int32_t deepest = 0;
    if (*known != NOT_KNOWN) {
        return *known;
    }
    for (uint32_t i = 0; i < reference->target_count; i++) {
        const program_target *target = &self->layout->targets[reference->first_target + i];
        const int32_t depth = find_depth(self, target->field, above);
        deepest = depth > deepest ? depth : deepest;
    }
    if (self->problem_count == 0) {
        *known = deepest;
    }
    return deepest;
}

/* 1: it depends on no other field. The recursion ends where a chain is too long. */
static int32_t find_depth(compilation *self, uint32_t index, unsigned above)
{
    program_field *field = &self->layout->fields[index];
    const program_reference *const references[] = {
        &field->place.at.reference, &field->place.of,       &field->count.reference,
        &field->stride.reference,   &field->size.reference, &field->since.reference};
    int32_t deepest = 0;
    if (field->depth > NOT_KNOWN) {
        return field->depth;
    }
    if (field->depth == IN_WORK) {
        compile_report(self, compile_at(self, index, "offset"), "its place depends on itself");
        return 0;
    }
    field->depth = IN_WORK;
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
        if (!program_refers(references[i]) || self->problem_count > 0) {
            continue;
        }
        const int32_t depth = above < PROGRAM_CHAIN_MAX ? deepest_of(self, references[i], above + 1)
                                                        : PROGRAM_CHAIN_MAX;
        deepest = depth > deepest ? depth : deepest;
    }
    if (field->described->kind == SECTION_FIELD_TABLE && self->problem_count == 0) {
        const int32_t rows = find_depth(self, field->table.of, above + 1);
        deepest = rows > deepest ? rows : deepest;
    }
    if (deepest >= PROGRAM_CHAIN_MAX && self->problem_count == 0) {
        compile_report(self, compile_at(self, index, "offset"),
                       "its place depends on more than %d others in a row", PROGRAM_CHAIN_MAX);
    }
    field->depth = deepest + 1;
    return field->depth;
}

static bool depends_on_memory(const program_field *field)
{
    return field->place.rule != SECTION_PLACE_AT || program_refers(&field->place.at.reference) ||
           program_refers(&field->count.reference) || program_refers(&field->stride.reference) ||
           program_refers(&field->since.reference) || field->described->kind == SECTION_FIELD_TABLE;
}

/* How long a walk over one element is; strings count by their length. The number stays within bounds. */
static uint64_t count_steps(const section_layout *layout, const program_field *field)
{
    enum { BYTES_PER_STEP = 64, MOST = 1 << 30 };
    const section_layout_field *described = field->described;
    uint64_t steps = 1 + described->bits_count;
    if (described->kind == SECTION_FIELD_STRING) {
        steps += field->element_bytes / BYTES_PER_STEP;
    }
    if (field->structure != PROGRAM_NONE) {
        const program_type *type = &layout->types[field->structure];
        for (uint32_t i = type->first_field; i < type->first_field + type->field_count; i++) {
            const program_field *member = &layout->fields[i];
            const uint64_t count =
                member->dimensions > 0 ? member->counts[0] * member->inner_count : 1;
            steps += 1 + count * member->steps;
            steps = steps < MOST ? steps : MOST;
        }
    }
    return steps;
}

/* Levels are few, and types of a lower level are known first. */
static void find_static(section_layout *layout, unsigned levels)
{
    for (uint32_t i = 0; i < layout->type_count; i++) {
        program_type *type = &layout->types[i];
        if (type->levels != levels) {
            continue;
        }
        type->is_static = true;
        for (uint32_t j = type->first_field; j < type->first_field + type->field_count; j++) {
            program_field *field = &layout->fields[j];
            field->steps = count_steps(layout, field);
            if (field->memo != PROGRAM_NONE || field->place.from_view ||
                (field->structure != PROGRAM_NONE && !layout->types[field->structure].is_static)) {
                type->is_static = false;
            }
        }
    }
}

void compile_chains(compilation *self)
{
    section_layout *layout = self->layout;
    self->depths = section_arena_take(&self->scratch, layout->target_count, sizeof *self->depths);
    if (self->depths == NULL) {
        self->is_out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < layout->field_count; i++) {
        (void)find_depth(self, i, 0);
        if (depends_on_memory(&layout->fields[i])) {
            layout->fields[i].memo = layout->memo_count++;
        }
    }
    for (unsigned levels = 1; levels <= SECTION_LAYOUT_LEVELS_MAX; levels++) {
        find_static(layout, levels);
    }
}
