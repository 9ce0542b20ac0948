#include <stdlib.h>
#include <string.h>

#include "layouts/c/private.h"

static c_token place_of(const c_member *member)
{
    return (c_token){.line = member->line, .column = member->column};
}

/* Leaves the member out. */
static bool leave_out(c_fields *all, const c_member *member, const char *why)
{
    c_note(all->parser, member->line, member->column, "%s is left out: %s", member->symbol->name,
           why);
    return true;
}

static bool add_dimension(const c_parser *parser, const c_member *member,
                          section_layout_field *field, uint64_t count)
{
    if (field->dimensions == SECTION_LAYOUT_DIMENSIONS_MAX) {
        const c_token at = place_of(member);
        return c_error((c_parser *)parser, &at, "An array has at most %d dimensions",
                       SECTION_LAYOUT_DIMENSIONS_MAX);
    }
    field->counts[field->dimensions++] = (section_layout_number){.number = (int64_t)count};
    return true;
}

/* Whether an array is a string: its elements are the units of an encoding. */
static bool is_string(const c_type *type)
{
    return type->kind == C_ARRAY && type->of->kind == C_INTEGER && type->of->text != C_NO_TEXT;
}

static void set_string(const c_parser *parser, section_layout_field *field, const c_type *type)
{
    static const section_encoding encodings[] = {[C_CHAR_TEXT] = SECTION_UTF8,
                                                 [C_UTF8_TEXT] = SECTION_UTF8,
                                                 [C_UTF16_TEXT] = SECTION_UTF16LE,
                                                 [C_UTF32_TEXT] = SECTION_UTF32LE};
    field->kind = SECTION_FIELD_STRING;
    field->string_bytes = type->size_bytes;
    field->encoding = encodings[type->of->text];
    field->is_ansi = type->of->text == C_CHAR_TEXT && parser->facts->is_microsoft;
}

static int compare_labels(const void *a, const void *b)
{
    const c_label *const *x = a;
    const c_label *const *y = b;
    if ((*x)->number != (*y)->number) {
        return (*x)->number < (*y)->number ? -1 : 1;
    }
    return (*x)->order < (*y)->order ? -1 : 1;
}

/* The first label of each number, as the enumeration's type has the number. */
static bool describe_enum(c_parser *parser, c_enum *enumeration)
{
    const size_t count = enumeration->label_count;
    const c_label **sorted = arena_take_array(parser->arena, count + 1, sizeof(const c_label *));
    section_layout_label *labels = arena_take_array(parser->arena, count + 1, sizeof *labels);
    if (sorted == NULL || labels == NULL) {
        return c_no_memory(parser);
    }
    size_t next = 0;
    for (c_label *label = enumeration->labels; label != NULL; label = label->next) {
        const c_value written = {.bits = (uint64_t)label->number};
        label->number = (int64_t)c_cast(&enumeration->type, &written).bits;
        label->order = next;
        sorted[next++] = label;
    }
    qsort(sorted, count, sizeof(const c_label *), compare_labels);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || sorted[i]->number != sorted[i - 1]->number) {
            labels[enumeration->described_count++] = (section_layout_label){
                .number = sorted[i]->number, .label = sorted[i]->symbol->name};
        }
    }
    enumeration->described = labels;
    return true;
}

static bool set_labels(c_parser *parser, section_layout_field *field, c_enum *enumeration)
{
    if (enumeration->described == NULL && !describe_enum(parser, enumeration)) {
        return false;
    }
    field->labels = enumeration->described;
    field->label_count = enumeration->described_count;
    return true;
}

static bool is_signed(const c_type *type)
{
    return section_value_lookup(type->value)->kind == SECTION_KIND_SIGNED;
}

/* Said once: compilers differ, and a wrong choice is not seen elsewhere. */
static void note_bits(c_parser *parser, const c_member *member)
{
    if (!parser->has_told_bits) {
        c_note(parser, member->line, member->column,
               "Bit fields are placed by the rules of %s; abi=%s has others",
               parser->facts->is_microsoft ? "MSVC" : "gcc",
               parser->facts->is_microsoft ? "sysv64 or sysv32" : "win64 or win32");
    }
    parser->has_told_bits = true;
}

/* The place of the lowest bit, in the smallest type that holds the width. */
static void set_bits(section_layout_field *field, const c_member *member, uint64_t bit)
{
    static const section_value_type types[][2] = {{SECTION_U8, SECTION_I8},
                                                  {SECTION_U16, SECTION_I16},
                                                  {SECTION_U32, SECTION_I32},
                                                  {SECTION_U64, SECTION_I64}};
    const c_enum *enumeration = member->type->enumeration;
    /* MSVC's enumerations are signed, also where no number of them is negative and the highest bit counts. */
    const bool has_sign =
        is_signed(member->type) && (enumeration == NULL || enumeration->has_negative);
    const unsigned width = member->width;
    const unsigned size = width <= 8 ? 0 : width <= 16 ? 1 : width <= 32 ? 2 : 3;
    field->type = member->type->value == SECTION_BOOL8 ? SECTION_BOOL8 : types[size][has_sign];
    field->place.at.number = (int64_t)(bit / 8);
    field->bit_shift = (unsigned)(bit % 8);
    field->bit_width = width;
}

/* The type of the innermost elements. */
static bool set_element(c_fields *all, section_layout_field *field, const c_member *member,
                        const c_type *type)
{
    if (type->kind == C_RECORD) {
        field->kind = SECTION_FIELD_STRUCTURE;
        field->type_name = type->record->described_name;
        return true;
    }
    field->kind = SECTION_FIELD_NUMBER;
    field->type = type->value;
    if (type->kind == C_POINTER) {
        field->note = "pointer";
        c_note(all->parser, member->line, member->column,
               "%s is a pointer: the field is its address, as %s, and not what is there",
               member->symbol->name, section_value_lookup(type->value)->name);
    } else if (type->size_bytes > 8) {
        field->note = "long double";
        return add_dimension(all->parser, member, field, type->size_bytes);
    } else if (type->enumeration != NULL) {
        return set_labels(all->parser, field, type->enumeration);
    }
    return true;
}

/* Strips the dimensions off; a reason that is not NULL leaves the member out. */
static bool set_type(c_fields *all, section_layout_field *field, const c_member *member,
                     const char **ret_reason)
{
    const c_type *type = member->type;
    uint64_t elements = 1;
    *ret_reason = NULL;
    if (type->kind == C_ARRAY && (type->is_flexible || type->size_bytes == 0)) {
        *ret_reason = "the array has no elements here";
        return true;
    }
    for (; type->kind == C_ARRAY && !is_string(type); type = type->of) {
        if (!add_dimension(all->parser, member, field, type->count)) {
            return false;
        }
        elements *= type->count; /* below 2^47, as the array's bytes are */
    }
    if (is_string(type)) {
        set_string(all->parser, field, type);
        *ret_reason =
            type->size_bytes > SECTION_LAYOUT_READ_BYTES_MAX ? "the string is too long" : NULL;
    } else if (!set_element(all, field, member, type)) {
        return false;
    }
    if (type->kind == C_RECORD && type->record->described_fields == 0) {
        *ret_reason = "the structure has no members that could be fields";
    }
    if (type->size_bytes > 8 && type->kind == C_FLOATING) {
        elements *= type->size_bytes;
    }
    if (elements > SECTION_LAYOUT_ELEMENTS_MAX) {
        *ret_reason = "the array has more elements than a layout can have";
    }
    return true;
}

static bool add_field(c_fields *all, const c_member *member, uint64_t bit)
{
    const c_token at = place_of(member);
    const char *reason = NULL;
    if (member->symbol->name_bytes > SECTION_LAYOUT_NAME_BYTES_MAX) {
        return c_error(all->parser, &at, "The name is longer than %d bytes",
                       SECTION_LAYOUT_NAME_BYTES_MAX);
    }
    section_layout_field field = {.name = member->symbol->name,
                                  .place = {.rule = SECTION_PLACE_AT}};
    field.place.at.number = (int64_t)(bit / 8);
    if (member->is_bit_field) {
        note_bits(all->parser, member);
        set_bits(&field, member, bit);
        if (member->type->enumeration != NULL &&
            !set_labels(all->parser, &field, member->type->enumeration)) {
            return false;
        }
    } else if (!set_type(all, &field, member, &reason)) {
        return false;
    }
    if (reason != NULL) {
        return leave_out(all, member, reason);
    }
    if (all->count == all->room) {
        return c_error(all->parser, &at, "A layout has at most %d fields",
                       SECTION_LAYOUT_FIELDS_MAX);
    }
    all->fields[all->count++] = field;
    return true;
}

bool c_add_fields(c_fields *all, const c_record *record, uint64_t base_bit)
{
    for (const c_member *member = record->members; member != NULL; member = member->next) {
        const uint64_t bit = base_bit + member->bit_offset;
        bool is_added = true;
        if (member->symbol != NULL) {
            is_added = add_field(all, member, bit);
        } else if (!member->is_bit_field) {
            is_added = c_add_fields(all, member->type->record, bit);
        }
        if (!is_added) {
            return false;
        }
    }
    return true;
}
