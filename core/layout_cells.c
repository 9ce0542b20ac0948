#include "compile.h"

#include <stdlib.h>
#include <string.h>

#include "grow.h"

/* What the layout itself reads, and should not be stored to by mistake. */

void compile_note_read(compilation *self, program_target read)
{
    section_layout *layout = self->layout;
    program_target *reads = grow_items(layout->reads, &self->read_capacity,
                                       (size_t)layout->read_count + 1, sizeof *reads);
    if (reads == NULL) {
        self->is_out_of_memory = true;
        return;
    }
    layout->reads = reads;
    reads[layout->read_count++] = read;
}

static int compare(uint64_t one, uint64_t other)
{
    return (one > other) - (one < other);
}

static int compare_reads(const void *a, const void *b)
{
    const program_target *one = a;
    const program_target *other = b;
    const int orders[] = {compare(one->type, other->type), compare(one->field, other->field),
                          compare(one->index, other->index), compare(one->delta, other->delta),
                          compare(one->final, other->final)};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (orders[i] != 0) {
            return orders[i];
        }
    }
    return 0;
}

static void drop_repeated(section_layout *layout)
{
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < layout->read_count; i++) {
        if (distinct == 0 || compare_reads(&layout->reads[distinct - 1], &layout->reads[i]) != 0) {
            layout->reads[distinct++] = layout->reads[i];
        }
    }
    layout->read_count = distinct;
}

/* Types of a lower level are known first. */
static void find_types_with_reads(section_layout *layout, unsigned levels)
{
    for (uint32_t i = 0; i < layout->type_count; i++) {
        program_type *type = &layout->types[i];
        if (type->levels != levels) {
            continue;
        }
        type->has_reads = type->read_count > 0;
        for (uint32_t j = type->first_field; j < type->first_field + type->field_count; j++) {
            const uint32_t structure = layout->fields[j].structure;
            type->has_reads = type->has_reads ||
                              (structure != PROGRAM_NONE && layout->types[structure].has_reads);
        }
    }
}

void compile_reads(compilation *self)
{
    section_layout *layout = self->layout;
    if (layout->read_count == 0) {
        return;
    }
    qsort(layout->reads, layout->read_count, sizeof *layout->reads, compare_reads);
    drop_repeated(layout);
    for (uint32_t i = 0; i < layout->read_count; i++) {
        program_type *type = &layout->types[layout->reads[i].type];
        type->first_read = type->read_count == 0 ? i : type->first_read;
        type->read_count++;
        layout->fields[layout->reads[i].final].is_read = true;
    }
    for (unsigned levels = 1; levels <= SECTION_LAYOUT_LEVELS_MAX; levels++) {
        find_types_with_reads(layout, levels);
    }
}
