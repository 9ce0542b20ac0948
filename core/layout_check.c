#include "compile.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

/* What can be told of each type and field without the others. */

static const section_layout_field *described(const compilation *self, uint32_t field)
{
    return self->layout->fields[field].described;
}

static bool check_name(compilation *self, compile_place where, const char *name)
{
    if (name != NULL && names_check(name, strlen(name))) {
        return true;
    }
    compile_report(self, where,
                   "a name has 1 to %d bytes of UTF-8, and no spaces, control characters or any of "
                   ".[]=,\"",
                   SECTION_LAYOUT_NAME_BYTES_MAX);
    return false;
}

static int compare_numbers(const void *a, const void *b)
{
    const section_layout_label *const *one = a;
    const section_layout_label *const *other = b;
    const int order = ((*one)->number > (*other)->number) - ((*one)->number < (*other)->number);
    return order != 0 ? order : (*one > *other) - (*one < *other); /* both are of one array */
}

static int compare_texts(const void *a, const void *b)
{
    const section_layout_label *const *one = a;
    const section_layout_label *const *other = b;
    const int order = strcmp((*one)->label, (*other)->label);
    return order != 0 ? order : (*one > *other) - (*one < *other); /* both are of one array */
}

static bool check_label_texts(compilation *self, uint32_t field)
{
    const section_layout_field *of = described(self, field);
    for (size_t i = 0; i < of->label_count; i++) {
        if (of->labels[i].label == NULL) {
            compile_place where = compile_at(self, field, "enum");
            where.index = i;
            compile_report(self, where, "a label is a text");
            return false;
        }
    }
    return true;
}

static const section_layout_label **sort_labels(compilation *self, const section_layout_field *of,
                                                int (*compare)(const void *, const void *))
{
    const section_layout_label **sorted =
        section_arena_take(&self->layout->arena, of->label_count, sizeof(section_layout_label *));
    if (sorted == NULL) {
        self->is_out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < of->label_count; i++) {
        sorted[i] = &of->labels[i];
    }
    qsort(sorted, of->label_count, sizeof *sorted, compare);
    return sorted;
}

/* Leaves the labels sorted by number, and by text. */
static void check_labels(compilation *self, uint32_t field)
{
    const section_layout_field *of = described(self, field);
    const size_t count = of->label_count;
    compile_place where = compile_at(self, field, "enum");
    if (count == 0 || !check_label_texts(self, field)) {
        return;
    }
    const section_layout_label **by_text = sort_labels(self, of, compare_texts);
    const section_layout_label **by_number = sort_labels(self, of, compare_numbers);
    for (size_t i = 1; !self->is_out_of_memory && i < count; i++) {
        if (strcmp(by_text[i - 1]->label, by_text[i]->label) == 0) {
            where.index = (size_t)(by_text[i] - of->labels);
            compile_report(self, where, "two numbers have the label \"%.80s\"", by_text[i]->label);
        }
        if (by_number[i - 1]->number == by_number[i]->number) {
            where.index = (size_t)(by_number[i] - of->labels);
            compile_report(self, where, "the number %lld has two labels",
                           (long long)by_number[i]->number);
        }
    }
    self->layout->fields[field].by_text = by_text;
    self->layout->fields[field].by_number = by_number;
}

static void check_bits_names(compilation *self, uint32_t field)
{
    const section_layout_field *of = described(self, field);
    compile_place where = compile_at(self, field, "bits");
    const compile_name *names =
        compile_sort_names(self, of->bits, of->bits_count, sizeof *of->bits);
    for (size_t i = 1; names != NULL && i < of->bits_count; i++) {
        where.index = names[i].index;
        if (names[i].name[0] != '\0' && strcmp(names[i - 1].name, names[i].name) == 0) {
            compile_report(self, where, "two of the bits have the name \"%.80s\"", names[i].name);
        }
    }
}

static void check_bits(compilation *self, uint32_t field)
{
    const section_layout_field *of = described(self, field);
    const unsigned bits_max = 8 * (unsigned)section_value_lookup(of->type)->size_bytes;
    compile_place where = compile_at(self, field, "bits");
    if (of->bits_count > SECTION_LAYOUT_BITS_MAX) {
        compile_report(self, where, "a number has at most %d bits with names",
                       SECTION_LAYOUT_BITS_MAX);
        return;
    }
    for (size_t i = 0; i < of->bits_count; i++) {
        const section_layout_bits *bits = &of->bits[i];
        where.index = i;
        if (!check_name(self, where, bits->name)) {
            continue;
        }
        if (bits->width == 0 || bits->width > bits_max || bits->shift > bits_max - bits->width) {
            compile_report(self, where, "the bits \"%.80s\" are not among the %u of the number",
                           bits->name, bits_max);
        }
    }
    check_bits_names(self, field);
}

/* A bit field of C. */
static void check_bit_field(compilation *self, uint32_t field)
{
    enum { WIDTH_MAX = 64, SHIFT_MAX = 7 };
    const section_layout_field *of = described(self, field);
    const unsigned bits_max = 8 * (unsigned)section_value_lookup(of->type)->size_bytes;
    const bool is_little = self->layout->source->endian == SECTION_LITTLE_ENDIAN;
    compile_place where = compile_at(self, field, "bit_width");
    if (of->bit_width == 0 && of->bit_shift == 0) {
        return;
    }
    const bool is_inside = of->bit_width <= bits_max && of->bit_shift <= bits_max - of->bit_width;
    const bool is_behind = is_little && of->bit_width <= bits_max && of->bit_shift <= SHIFT_MAX;
    if (of->bit_width == 0 || of->bit_width > WIDTH_MAX || !(is_inside || is_behind)) {
        compile_report(self, where, "%u bits from bit %u on are no bit field of its type",
                       of->bit_width, of->bit_shift);
    } else if (of->dimensions > 0 || of->bits_count > 0) {
        compile_report(self, where, "a bit field is no array, and has no bits of its own");
    }
}

/* What only integers have, and what excludes what. */
static void check_number(compilation *self, uint32_t field)
{
    const section_layout_field *of = described(self, field);
    const bool has_integer_parts =
        of->label_count > 0 || of->bits_count > 0 || of->bit_width > 0 || of->bit_shift > 0;
    if (has_integer_parts && !program_is_integer(of) &&
        !(of->type == SECTION_BOOL8 && of->label_count == 0 && of->bits_count == 0)) {
        compile_report(self, compile_at(self, field, "type"),
                       "only integers have bits or an enumeration");
        return;
    }
    if ((of->label_count > 0) + (of->bits_count > 0) + (of->scale != 0) > 1) {
        compile_report(self, compile_at(self, field, "bits"),
                       "a number has one of bits, an enumeration and a scale");
    }
    if (of->scale != 0 && (fabs(of->scale) > DBL_MAX || of->scale != of->scale ||
                           of->type == SECTION_BOOL8 || of->type == SECTION_CHAR)) {
        compile_report(self, compile_at(self, field, "scale"),
                       "a scale is a finite number other than 0, of a number");
    }
    check_bits(self, field);
    check_bit_field(self, field);
    check_labels(self, field);
}

static void check_null(compilation *self, uint32_t field)
{
    uint8_t bytes[8];
    const section_layout_field *of = described(self, field);
    if (of->has_null &&
        (of->kind != SECTION_FIELD_NUMBER || of->bits_count > 0 ||
         !section_value_store(of->type, SECTION_LITTLE_ENDIAN, of->null_value, bytes))) {
        compile_report(self, compile_at(self, field, "null_value"),
                       "a null value is one that its type can hold, of a number without bits");
    }
}

static void check_string(compilation *self, uint32_t field)
{
    program_field *program = &self->layout->fields[field];
    const section_layout_field *of = program->described;
    section_error why;
    program->encoding = of->encoding;
    if (!of->is_ansi && section_encoding_check(of->encoding, &why) != SECTION_OK) {
        compile_report(self, compile_at(self, field, "encoding"), "%.200s", why.detail);
        return;
    }
    const size_t unit = of->is_ansi ? 1 : section_encoding_unit(of->encoding);
    if (of->string_bytes < unit || of->string_bytes > SECTION_LAYOUT_READ_BYTES_MAX) {
        compile_report(self, compile_at(self, field, "bytes"), "a string has %u to %d bytes",
                       (unsigned)unit, SECTION_LAYOUT_READ_BYTES_MAX);
    }
}

static void check_structure(compilation *self, uint32_t field)
{
    program_field *program = &self->layout->fields[field];
    const char *name = program->described->type_name;
    const compile_name *found =
        name != NULL ? compile_find_name(self->type_names, self->layout->type_count - 1, name)
                     : NULL;
    if (found != NULL) {
        program->structure = (uint32_t)found->index + 1; /* the whole comes before them */
        return;
    }
    compile_report(self, compile_at(self, field, "type"), "there is no type \"%.80s\"",
                   name != NULL ? name : "");
}

static void check_number_of_place(compilation *self, compile_place where,
                                  const section_layout_number *number)
{
    if (number->field == NULL && number->number < 0) {
        compile_report(self, where, "%lld is negative", (long long)number->number);
    }
}

static void check_place(compilation *self, uint32_t field)
{
    const section_layout_place *place = &described(self, field)->place;
    const compile_place where = compile_at(self, field, "offset");
    check_number_of_place(self, where, &place->at);
    if ((place->align & (place->align - 1)) != 0) {
        compile_report(self, where, "%llu is no power of two", (unsigned long long)place->align);
    }
    if ((place->rule == SECTION_PLACE_END_OF || place->rule == SECTION_PLACE_NEWEST) &&
        place->of == NULL) {
        compile_report(self, where, "it says not of which array");
    }
    if (place->rule == SECTION_PLACE_NEWEST) {
        if (place->by == NULL || place->offset == NULL) {
            compile_report(self, where, "the newest one needs by and offset");
        } else if (self->layout->fields[field].type != PROGRAM_WHOLE) {
            compile_report(self, where, "only a field of the whole is in the newest of an array");
        } else if (++self->layout->newest_count > PROGRAM_NEWEST_MAX) {
            compile_report(self, where, "at most %d fields are in the newest of an array",
                           PROGRAM_NEWEST_MAX);
        }
    }
}

static void check_counts(compilation *self, uint32_t field)
{
    program_field *program = &self->layout->fields[field];
    const section_layout_field *of = program->described;
    compile_place where = compile_at(self, field, "count");
    uint64_t elements = 1;
    program->inner_count = 1;
    if (of->dimensions > SECTION_LAYOUT_DIMENSIONS_MAX) {
        compile_report(self, where, "an array has at most %d dimensions",
                       SECTION_LAYOUT_DIMENSIONS_MAX);
        return;
    }
    program->dimensions = of->dimensions;
    for (unsigned i = 0; i < of->dimensions; i++) {
        const section_layout_number *count = &of->counts[i];
        where.index = i;
        if (count->field != NULL && i > 0) {
            compile_report(self, where, "only the first count may be that of a field");
            return;
        }
        if (count->field == NULL && count->number < 1) {
            compile_report(self, where, "an array has at least one element");
            return;
        }
        program->counts[i] = count->field == NULL ? (uint64_t)count->number : 1;
        if (__builtin_mul_overflow(elements, program->counts[i], &elements) ||
            elements > SECTION_LAYOUT_ELEMENTS_MAX) {
            compile_report(self, where, "an array has at most %d elements",
                           SECTION_LAYOUT_ELEMENTS_MAX);
            return;
        }
    }
    program->inner_count = of->dimensions > 0 ? elements / program->counts[0] : 1;
    if (of->dimensions > 0 &&
        of->counts[0].max > SECTION_LAYOUT_ELEMENTS_MAX / program->inner_count) {
        where.index = 0;
        compile_report(self, where, "an array has at most %d elements, so max is too large",
                       SECTION_LAYOUT_ELEMENTS_MAX);
    }
}

static void check_stride(compilation *self, uint32_t field)
{
    const section_layout_field *of = described(self, field);
    const compile_place where = compile_at(self, field, "stride");
    check_number_of_place(self, where, &of->stride);
    if (of->dimensions == 0 && (of->stride.field != NULL || of->stride.number != 0)) {
        compile_report(self, where, "only an array has a stride");
    }
}

static void check_table_field(compilation *self, uint32_t field)
{
    const section_layout_field *of = described(self, field);
    const compile_place where = compile_at(self, field, "table");
    check_number_of_place(self, compile_at(self, field, "size"), &of->size);
    if (of->table == NULL || of->table->of == NULL || of->table->name == NULL ||
        of->table->type == NULL || of->table->offset == NULL || of->table->type_count == 0) {
        compile_report(self, where, "a table needs of, name, type, offset and types");
    } else if (of->table->type_count > SECTION_LAYOUT_ROW_TYPES_MAX) {
        compile_report(self, compile_at(self, field, "types"), "a table has at most %d types",
                       SECTION_LAYOUT_ROW_TYPES_MAX);
    } else if (of->dimensions > 0 || self->layout->fields[field].type != PROGRAM_WHOLE) {
        compile_report(self, where, "a table is a single field of the whole");
    }
}

static void check_kind(compilation *self, uint32_t field)
{
    switch (described(self, field)->kind) {
    case SECTION_FIELD_NUMBER:
        check_number(self, field);
        break;
    case SECTION_FIELD_STRING:
        check_string(self, field);
        break;
    case SECTION_FIELD_STRUCTURE:
        check_structure(self, field);
        break;
    case SECTION_FIELD_TABLE:
        check_table_field(self, field);
        break;
    }
}

static int compare_names(const void *a, const void *b)
{
    const program_field *const *one = a;
    const program_field *const *other = b;
    const int order = strcmp((*one)->described->name, (*other)->described->name);
    return order != 0 ? order : (*one > *other) - (*one < *other); /* both are of one array */
}

/* The fields of a type by their names, which are unique. */
static void sort_fields(compilation *self, program_type *type)
{
    type->by_name =
        section_arena_take(&self->layout->arena, type->field_count, sizeof(const program_field *));
    if (type->by_name == NULL) {
        self->is_out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < type->field_count; i++) {
        type->by_name[i] = &self->layout->fields[type->first_field + i];
    }
    qsort(type->by_name, type->field_count, sizeof *type->by_name, compare_names);
    for (uint32_t i = 1; i < type->field_count; i++) {
        const program_field *here = type->by_name[i];
        if (strcmp(type->by_name[i - 1]->described->name, here->described->name) == 0) {
            compile_report(self, compile_at(self, (uint32_t)(here - self->layout->fields), "name"),
                           "two fields have the name \"%.80s\"", here->described->name);
        }
    }
}

static void check_field(compilation *self, uint32_t field)
{
    program_field *program = &self->layout->fields[field];
    const section_layout_field *of = program->described;
    if (check_name(self, compile_at(self, field, "name"), of->name)) {
        program->name_bytes = (uint32_t)strlen(of->name);
    }
    check_place(self, field);
    check_counts(self, field);
    check_stride(self, field);
    check_kind(self, field);
    check_null(self, field);
}

static void check_type(compilation *self, uint32_t type)
{
    const program_type *program = &self->layout->types[type];
    const compile_place where = {type, PROGRAM_NONE, "fields", 0};
    if (program->field_count == 0) {
        compile_report(self, where, "there are no fields");
    }
    if (type != PROGRAM_WHOLE) {
        (void)check_name(self, where, program->described->name);
    }
}

/* Leaves the names of all types but the whole, sorted. */
static void check_type_names(compilation *self)
{
    const size_t count = self->layout->type_count - 1;
    const compile_name *names = self->type_names = compile_sort_names(
        self, self->layout->source_types + 1, count, sizeof *self->layout->source_types);
    for (size_t i = 1; names != NULL && i < count; i++) {
        const compile_place where = {(uint32_t)names[i].index + 1, PROGRAM_NONE, "fields", 0};
        if (names[i].name[0] != '\0' && strcmp(names[i - 1].name, names[i].name) == 0) {
            compile_report(self, where, "two types have the name \"%.80s\"", names[i].name);
        }
    }
}

void compile_check(compilation *self)
{
    section_layout *layout = self->layout;
    for (uint32_t type = 0; type < layout->type_count; type++) {
        check_type(self, type);
    }
    check_type_names(self);
    for (uint32_t field = 0; !self->is_out_of_memory && field < layout->field_count; field++) {
        check_field(self, field);
    }
    for (uint32_t type = 0; self->problem_count == 0 && type < layout->type_count; type++) {
        sort_fields(self, &layout->types[type]);
    }
}
