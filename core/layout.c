#include "program.h"

#include <stdlib.h>
#include <string.h>

/* What a layout tells of itself. */

void section_layout_free(section_layout *self)
{
    if (self != NULL) {
        section_arena_release(&self->arena);
        free(self->targets);
        free(self->reads);
        free(self);
    }
}

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

const section_layout_source *section_layout_description(const section_layout *self)
{
    return self->source;
}

static uint32_t index_of_type(const section_layout *self, const section_layout_type *type)
{
    return type == &self->source->whole ? PROGRAM_WHOLE : (uint32_t)(type - self->source_types);
}

static const section_layout_type *type_at(const section_layout *self, uint32_t type)
{
    return type == PROGRAM_WHOLE ? &self->source->whole : &self->source_types[type];
}

section_layout_type_facts section_layout_look_at_type(const section_layout *self,
                                                      const section_layout_type *type)
{
    const program_type *program = &self->types[index_of_type(self, type)];
    return (section_layout_type_facts){.size_bytes = program->size_bytes,
                                       .alignment_bytes = program->alignment_bytes,
                                       .is_size_fixed = program->is_size_fixed,
                                       .levels = program->levels};
}

/* From the first byte of the first element to the last of the last. */
static uint64_t size_of(const program_field *field)
{
    const bool is_structure = field->structure != PROGRAM_NONE;
    const uint64_t element = is_structure ? field->advance_bytes : field->element_bytes;
    uint64_t size;
    if (!field->is_extent_fixed) {
        return 0;
    }
    if (field->dimensions == 0) {
        return element;
    }
    const uint64_t stride = field->stride.number;
    const uint64_t last = element < stride ? element : stride;
    return __builtin_mul_overflow(field->counts[0] * field->inner_count - 1, stride, &size)
               ? 0
               : size + last; /* the place of its end is a number, so this is one */
}

section_layout_field_facts section_layout_look_at_field(const section_layout *self,
                                                        const section_layout_field *field)
{
    const program_field *program = &self->fields[field - self->source_fields];
    const bool is_structure = program->structure != PROGRAM_NONE;
    return (section_layout_field_facts){
        .type = type_at(self, program->type),
        .structure = is_structure ? type_at(self, program->structure) : NULL,
        .element_bytes = is_structure ? program->advance_bytes : program->element_bytes,
        .alignment_bytes = program->alignment_bytes,
        .size_bytes = size_of(program),
        .is_place_fixed = program->place.rule == SECTION_PLACE_AT &&
                          program->place.at.reference.target_count == 0,
        .is_read_by_layout = program->is_read};
}

const section_layout_field *section_layout_find_field(const section_layout *self,
                                                      const section_layout_type *type,
                                                      const char *name, size_t name_bytes)
{
    const uint32_t found = program_find(self, index_of_type(self, type), name, name_bytes);
    return found == PROGRAM_NONE ? NULL : self->fields[found].described;
}
