#include "compile.h"

#include <string.h>

/* Sizes, alignments and the places that do not depend on memory. */

/* Depth first. A type that is being looked at has the levels IN_WORK. */
enum { IN_WORK = SECTION_LAYOUT_LEVELS_MAX + 1 };

static void find_levels(compilation *self, uint32_t type, unsigned above)
{
    section_layout *layout = self->layout;
    program_type *program = &layout->types[type];
    unsigned deepest = 0;
    program->levels = IN_WORK;
    for (uint32_t i = 0; i < program->field_count; i++) {
        const uint32_t field = program->first_field + i;
        const uint32_t structure = layout->fields[field].structure;
        if (structure == PROGRAM_NONE) {
            continue;
        }
        if (layout->types[structure].levels == IN_WORK) {
            compile_report(self, compile_at(self, field, "type"), "a structure contains itself");
            continue;
        }
        if (layout->types[structure].levels == 0 && above < SECTION_LAYOUT_LEVELS_MAX) {
            find_levels(self, structure, above + 1);
        }
        const unsigned levels = layout->types[structure].levels;
        if (levels == 0 || levels >= SECTION_LAYOUT_LEVELS_MAX) {
            compile_report(self, compile_at(self, field, "type"),
                           "structures have structures in them, %d levels at most",
                           SECTION_LAYOUT_LEVELS_MAX);
            break;
        }
        deepest = levels > deepest ? levels : deepest;
    }
    program->levels = deepest + 1;
}

void compile_order(compilation *self)
{
    for (uint32_t type = 0; type < self->layout->type_count && self->problem_count == 0; type++) {
        if (self->layout->types[type].levels == 0) {
            find_levels(self, type, 1);
        }
    }
}

/* Where the placing of a type has come to. */
typedef struct cursor {
    bool is_fixed;   /* the end of the field before is `end` */
    uint64_t end;    /* where the next field goes */
    uint64_t used;   /* the end of the last byte of any field */
    uint64_t extent; /* the same with what is between elements */
    uint64_t alignment;
    bool is_size_fixed;
} cursor;

static bool round_up(uint64_t number, uint64_t alignment, uint64_t *ret_number)
{
    uint64_t sum;
    if (alignment < 2) {
        *ret_number = number;
        return true;
    }
    if (__builtin_add_overflow(number, alignment - 1, &sum)) {
        return false;
    }
    *ret_number = sum & ~(alignment - 1);
    return true;
}

/* The bytes that a bit field lies in. */
static uint64_t bit_field_bytes(const section_layout_field *described, section_endian endian,
                                uint64_t type_bytes)
{
    return endian == SECTION_LITTLE_ENDIAN
               ? (uint64_t)(described->bit_shift + described->bit_width + 7) / 8
               : type_bytes;
}

static void size_number(const section_layout *layout, program_field *field)
{
    const section_layout_field *described = field->described;
    const uint64_t bytes = section_value_lookup(described->type)->size_bytes;
    field->element_bytes = bytes;
    field->alignment_bytes = bytes;
    if (described->bit_width > 0) {
        field->element_bytes = bit_field_bytes(described, layout->source->endian, bytes);
    }
    field->advance_bytes = field->element_bytes > bytes ? field->element_bytes : bytes;
}

/* Of one element; the types of structures are sized already. */
static void size_element(compilation *self, program_field *field)
{
    const section_layout *layout = self->layout;
    const section_layout_field *described = field->described;
    switch (described->kind) {
    case SECTION_FIELD_NUMBER:
        size_number(layout, field);
        break;
    case SECTION_FIELD_STRING:
        field->element_bytes = field->advance_bytes = described->string_bytes;
        field->alignment_bytes =
            described->is_ansi ? 1 : section_encoding_unit(described->encoding);
        break;
    case SECTION_FIELD_STRUCTURE:
        field->element_bytes = layout->types[field->structure].used_bytes;
        field->advance_bytes = layout->types[field->structure].size_bytes;
        field->alignment_bytes = layout->types[field->structure].alignment_bytes;
        break;
    case SECTION_FIELD_TABLE:
        field->alignment_bytes = 1;
        field->element_bytes = field->advance_bytes =
            described->size.field == NULL ? (uint64_t)described->size.number : 0;
        break;
    }
    if (layout->source->packed) {
        field->alignment_bytes = 1;
    }
}

/* The stride where it is a number; it is written into the description. */
static void find_stride(compilation *self, uint32_t index, section_layout_field *described)
{
    program_field *field = &self->layout->fields[index];
    const compile_place where = compile_at(self, index, "stride");
    if (field->dimensions == 0 || described->stride.field != NULL) {
        return;
    }
    if (described->stride.number == 0) {
        if (field->structure != PROGRAM_NONE &&
            !self->layout->types[field->structure].is_size_fixed) {
            compile_report(self, where,
                           "the size of \"%.80s\" depends on memory: give the type a size, or the "
                           "array a stride",
                           described->type_name);
            return;
        }
        if (field->advance_bytes == 0) {
            compile_report(self, where, "the elements have no size");
            return;
        }
        described->stride.number = (int64_t)field->advance_bytes;
    } else if (field->structure == PROGRAM_NONE &&
               (uint64_t)described->stride.number < field->element_bytes) {
        compile_report(self, where, "a stride of %lld is less than the %llu bytes of an element",
                       (long long)described->stride.number,
                       (unsigned long long)field->element_bytes);
    }
}

static bool is_extent_fixed(const compilation *self, const program_field *field)
{
    const section_layout_field *described = field->described;
    return (field->dimensions == 0 ||
            (described->counts[0].field == NULL && described->stride.field == NULL)) &&
           (field->structure == PROGRAM_NONE || field->dimensions > 0 ||
            self->layout->types[field->structure].is_size_fixed) &&
           (described->kind != SECTION_FIELD_TABLE ||
            (described->size.field == NULL && described->size.number > 0));
}

/*
 * The ends of a field at a fixed offset: of its last byte, and where what follows goes. False: they
 * are no numbers.
 */
static bool find_ends(const program_field *field, uint64_t offset, uint64_t *ret_used,
                      uint64_t *ret_next)
{
    const uint64_t stride = (uint64_t)field->described->stride.number;
    uint64_t before_last = offset;
    uint64_t last = field->element_bytes;
    uint64_t step = field->advance_bytes;
    if (field->dimensions > 0) {
        const uint64_t count = field->counts[0] * field->inner_count;
        if (__builtin_mul_overflow(count - 1, stride, &before_last) ||
            __builtin_add_overflow(before_last, offset, &before_last)) {
            return false;
        }
        last = last < stride ? last : stride;
        step = stride;
    }
    return !__builtin_add_overflow(before_last, last, ret_used) &&
           !__builtin_add_overflow(before_last, step, ret_next) && *ret_next <= INT64_MAX;
}

/* A field without a place of its own goes to the cursor, or behind what has no fixed end. */
static bool place_next(compilation *self, uint32_t index, section_layout_field *described,
                       const cursor *here)
{
    const program_field *field = &self->layout->fields[index];
    if (!here->is_fixed) {
        described->place = (section_layout_place){.rule = SECTION_PLACE_END_OF,
                                                  .of = field[-1].described->name,
                                                  .align = field->alignment_bytes};
        return true;
    }
    uint64_t offset;
    if (!round_up(here->end, field->alignment_bytes, &offset) || offset > INT64_MAX) {
        return false;
    }
    described->place =
        (section_layout_place){.rule = SECTION_PLACE_AT, .at.number = (int64_t)offset};
    return true;
}

static bool is_at_number(const section_layout_field *described)
{
    return described->place.rule == SECTION_PLACE_AT && described->place.at.field == NULL &&
           !described->place.from_view;
}

/* Moves the cursor behind a field that has its place. False: sizes overflow. */
static bool pass(compilation *self, program_field *field, cursor *here)
{
    uint64_t used, next;
    here->is_fixed = false;
    field->is_extent_fixed = is_extent_fixed(self, field) && find_ends(field, 0, &used, &next);
    if (!is_at_number(field->described)) {
        if (field->described->place.rule == SECTION_PLACE_END_OF) {
            here->is_size_fixed = false;
        }
        return true;
    }
    if (!find_ends(field, (uint64_t)field->described->place.at.number, &used, &next)) {
        return false;
    }
    if (!field->is_extent_fixed) {
        here->is_size_fixed = false;
        return true;
    }
    here->is_fixed = true;
    here->end = next;
    here->used = used > here->used ? used : here->used;
    here->extent = next > here->extent ? next : here->extent;
    return true;
}

static void place_field(compilation *self, uint32_t index, cursor *here)
{
    section_layout_field *described = &self->layout->source_fields[index];
    program_field *field = &self->layout->fields[index];
    bool works = true;
    size_element(self, field);
    find_stride(self, index, described);
    if (described->place.rule == SECTION_PLACE_NEXT) {
        works = place_next(self, index, described, here);
    }
    if (!works || !pass(self, field, here)) {
        compile_report(self, compile_at(self, index, "offset"), "its end is no number of bytes");
        here->is_fixed = false;
        return;
    }
    if (field->alignment_bytes > here->alignment) {
        here->alignment = field->alignment_bytes;
    }
}

static void place_type(compilation *self, uint32_t type)
{
    program_type *program = &self->layout->types[type];
    section_layout_type *described = &self->layout->source_types[type];
    const compile_place where = {type, PROGRAM_NONE, "size", 0};
    cursor here = {.is_fixed = true, .alignment = 1, .is_size_fixed = true};
    program->is_placed = true;
    for (uint32_t i = 0; i < program->field_count; i++) {
        const uint32_t structure = self->layout->fields[program->first_field + i].structure;
        if (structure != PROGRAM_NONE && !self->layout->types[structure].is_placed) {
            place_type(self, structure); /* as deep as there are levels */
        }
        place_field(self, program->first_field + i, &here);
    }
    program->alignment_bytes = here.alignment;
    program->used_bytes = here.used;
    if (!round_up(here.extent, here.alignment, &program->size_bytes)) {
        compile_report(self, where, "its end is no number of bytes");
    }
    program->is_size_fixed = here.is_size_fixed;
    if (type == PROGRAM_WHOLE) {
        return;
    }
    if (described->size_bytes > INT64_MAX ||
        (described->size_bytes != 0 && described->size_bytes < here.used)) {
        compile_report(self, where, "its last field ends at %llu, beyond its size",
                       (unsigned long long)here.used);
    } else if (described->size_bytes != 0) {
        program->size_bytes = described->size_bytes;
        program->is_size_fixed = true;
    } else if (program->is_size_fixed) {
        described->size_bytes = program->size_bytes;
    }
}

void compile_places(compilation *self)
{
    for (uint32_t type = 0; type < self->layout->type_count; type++) {
        if (!self->layout->types[type].is_placed) {
            place_type(self, type);
        }
    }
}
