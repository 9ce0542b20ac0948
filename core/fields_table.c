#include <stdio.h>
#include <string.h>

#include "names.h"
#include "texts.h"
#include "walk.h"

/* Tables, whose rows are described by an array of the same section. */

enum { ROWS_MAX = SECTION_LAYOUT_FIELDS_MAX };

/* Where the element is that describes a row, and what goes on with it. */
typedef struct description {
    walk *way;
    const program_field *table;
    const walk_place *place; /* of the table */
    uint64_t base;
    uint64_t stride;
} description;

/* Whether a member is there: an older program's elements are shorter. */
static bool has(const description *self, uint32_t member)
{
    if (member == PROGRAM_NONE) {
        return false;
    }
    const program_field *field = &self->way->layout->fields[member];
    return field->place.at.number + field->element_bytes <= self->stride;
}

static section_status read_integer(const description *self, uint32_t member,
                                   number_wide *ret_number, section_error *ret_error)
{
    const uint64_t offset = self->base + self->way->layout->fields[member].place.at.number;
    return walk_read_integer(self->way, member, offset, ret_number, ret_error);
}

static section_status read_text(const description *self, uint32_t member, const char **ret_text,
                                size_t *ret_bytes, section_error *ret_error)
{
    const program_field *field = &self->way->layout->fields[member];
    return texts_decode(self->way->image,
                        texts_encoding(field->encoding, field->described->is_ansi),
                        self->base + field->place.at.number, (size_t)field->element_bytes, ret_text,
                        ret_bytes, ret_error);
}

static section_status keep_text(const description *self, uint32_t member, size_t *ret_text,
                                section_error *ret_error)
{
    const char *text;
    size_t length;
    *ret_text = 0;
    if (!has(self, member)) {
        return SECTION_OK;
    }
    section_status status = read_text(self, member, &text, &length, ret_error);
    if (status != SECTION_OK || length == 0) {
        return status;
    }
    return image_keep_text(self->way->image, text, length, ret_text, ret_error);
}

static uint32_t hash_name(const char *name, size_t name_bytes)
{
    uint32_t hash = UINT32_C(2166136261); /* FNV-1a */
    for (size_t i = 0; i < name_bytes; i++) {
        hash = (hash ^ (uint8_t)name[i]) * UINT32_C(16777619);
    }
    return hash;
}

/* Looks at all rows before. A step of the walk costs as much as some looks. */
static section_status is_taken(walk *self, size_t first_row, const char *name, uint32_t hash,
                               bool *ret_taken, section_error *ret_error)
{
    enum { LOOKS_EACH_STEP = 16 };
    const section_image *image = self->image;
    *ret_taken = false;
    for (size_t i = first_row; i < image->row_count; i++) {
        if (image->rows[i].hash == hash &&
            strcmp(image->row_text + image->rows[i].name, name) == 0) {
            *ret_taken = true;
            break;
        }
    }
    return walk_step(self, (image->row_count - first_row) / LOOKS_EACH_STEP, ret_error);
}

/* Of two rows with one name the second gets its number behind it, as often as it takes. */
static section_status keep_name(const description *self, size_t first_row, uint64_t index,
                                image_row *row, section_error *ret_error)
{
    enum { SUFFIX_BYTES = 16 };
    char name[SECTION_LAYOUT_NAME_BYTES_MAX + 1];
    const char *text;
    size_t length;
    section_status status = read_text(self, self->table->table.name, &text, &length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    length = names_make(text, length, name);
    for (;;) {
        bool is_another;
        row->hash = hash_name(name, length);
        status = is_taken(self->way, first_row, name, row->hash, &is_another, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        if (!is_another) {
            break;
        }
        char suffix[SUFFIX_BYTES];
        const int added = snprintf(suffix, sizeof suffix, "_%u", (unsigned)index);
        if (length + (size_t)added > SECTION_LAYOUT_NAME_BYTES_MAX) {
            return walk_mismatch(self->way, 0, self->table, ret_error,
                                 "too many rows have one name");
        }
        memcpy(name + length, suffix, (size_t)added + 1);
        length += (size_t)added;
    }
    row->name_bytes = (uint32_t)length;
    return image_keep_text(self->way->image, name, length, &row->name, ret_error);
}

static bool find_type(const description *self, number_wide number, section_value_type *ret_type)
{
    const struct section_layout_row_type *types = self->table->table.types;
    size_t low = 0;
    size_t high = self->table->described->table->type_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if ((number_wide)types[middle].number == number) {
            *ret_type = types[middle].type;
            return true;
        }
        if ((number_wide)types[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/* Where the row's value is, and how many. */
static section_status place_row(const description *self, uint64_t index, image_row *row,
                                section_error *ret_error)
{
    const size_t size = section_value_lookup(row->type)->size_bytes;
    number_wide offset, count = 1;
    section_status status = read_integer(self, self->table->table.offset, &offset, ret_error);
    if (status == SECTION_OK && has(self, self->table->table.count)) {
        status = read_integer(self, self->table->table.count, &count, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    if (offset < 0 || count < 0 || count > SECTION_LAYOUT_ELEMENTS_MAX ||
        offset > (number_wide)self->place->size_bytes ||
        count * (number_wide)size > (number_wide)self->place->size_bytes - offset) {
        return walk_mismatch(self->way, 0, self->table, ret_error,
                             "row %llu has %lld values at %lld, outside of its %llu bytes",
                             (unsigned long long)index, (long long)count, (long long)offset,
                             (unsigned long long)self->place->size_bytes);
    }
    row->offset_bytes = self->place->offset_bytes + (uint64_t)offset;
    row->count = (uint64_t)count;
    row->is_text = row->type == SECTION_CHAR && count > 1;
    const program_field *name = &self->way->layout->fields[self->table->table.name];
    row->encoding = texts_encoding(name->encoding, name->described->is_ansi);
    return SECTION_OK;
}

static section_status keep_texts(const description *self, size_t first_row, uint64_t index,
                                 image_row *row, section_error *ret_error)
{
    const program_table *table = &self->table->table;
    section_status status = keep_name(self, first_row, index, row, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = keep_text(self, table->unit, &row->unit, ret_error);
    return status == SECTION_OK ? keep_text(self, table->note, &row->note, ret_error) : status;
}

static section_status find_row(const description *self, size_t first_row, uint64_t index,
                               section_error *ret_error)
{
    const program_table *table = &self->table->table;
    image_row row = {0};
    number_wide type;
    if (!has(self, table->name) || !has(self, table->type) || !has(self, table->offset)) {
        return walk_mismatch(self->way, 0, self->table, ret_error,
                             "its rows are described by %llu bytes each, which are too few",
                             (unsigned long long)self->stride);
    }
    section_status status = read_integer(self, table->type, &type, ret_error);
    if (status != SECTION_OK || !find_type(self, type, &row.type)) {
        return status; /* of a type that the layout does not know, it is absent */
    }
    status = place_row(self, index, &row, ret_error);
    if (status != SECTION_OK || row.count == 0) {
        return status;
    }
    status = keep_texts(self, first_row, index, &row, ret_error);
    return status == SECTION_OK ? image_add_row(self->way->image, &row, ret_error) : status;
}

static section_status find_all(walk *self, const program_field *table, const walk_place *place,
                               size_t first_row, section_error *ret_error)
{
    const program_field *of = &self->layout->fields[table->table.of];
    walk_place array;
    bool is_all;
    section_status status = walk_find_place(self, 0, table->table.of, &array, ret_error);
    if (status != SECTION_OK || array.is_absent) {
        return status;
    }
    if (array.count > ROWS_MAX) {
        return walk_mismatch(self, 0, table, ret_error, "it has %llu rows, and may have %d",
                             (unsigned long long)array.count, ROWS_MAX);
    }
    status = walk_want(self, of, &array, &is_all, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    for (uint64_t i = 0; i < array.count; i++) {
        const description row = {self, table, place, array.offset_bytes + i * array.stride_bytes,
                                 array.stride_bytes};
        status = find_row(&row, first_row, i, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

section_status walk_find_rows(walk *self, uint32_t field, const walk_place *place,
                              const image_table **ret_table, section_error *ret_error)
{
    section_image *image = self->image;
    for (size_t i = 0; i < image->table_count; i++) {
        if (image->tables[i].field == field) {
            *ret_table = &image->tables[i];
            return SECTION_OK;
        }
    }
    const program_field *table = &self->layout->fields[field];
    if (image->table_count == IMAGE_TABLES_MAX) {
        return walk_mismatch(self, 0, table, ret_error, "there are too many tables");
    }
    const size_t first_row = image->row_count;
    section_status status = find_all(self, table, place, first_row, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    image_table *made = &image->tables[image->table_count++];
    *made = (image_table){field, (uint32_t)first_row, (uint32_t)(image->row_count - first_row)};
    *ret_table = made;
    return SECTION_OK;
}

static section_field_at at_row(const walk *self, const image_row *row)
{
    const size_t size = section_value_lookup(row->type)->size_bytes;
    section_field_at at = walk_at(self, NULL, row->offset_bytes, row->count * size);
    at.type = row->type;
    at.is_text = row->is_text;
    at.count = row->is_text || row->count == 1 ? 0 : row->count;
    at.stride_bytes = at.count > 0 ? size : 0;
    at.unit = row->unit > 0 ? self->image->row_text + row->unit : NULL;
    at.note = row->note > 0 ? self->image->row_text + row->note : NULL;
    return at;
}

static section_status walk_row_element(walk *self, const image_row *row, uint64_t index,
                                       section_error *ret_error)
{
    const size_t size = section_value_lookup(row->type)->size_bytes;
    const walk_leaf leaf = {NULL, row, NULL, row->offset_bytes + index * size,
                            row->is_text ? row->count : size};
    section_status status = walk_step(self, row->is_text ? row->count : 1, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = self->tasks->leaf(self, &leaf, ret_error);
    self->is_selected = false;
    return status;
}

/* All values of a row, or one. The path leads to the row already. */
section_status walk_row(walk *self, const image_row *row, section_error *ret_error)
{
    if (row->is_text || row->count == 1) {
        return walk_row_element(self, row, 0, ret_error);
    }
    const section_field_at at = at_row(self, row);
    if (!walk_begin_node(self, &at, SECTION_SHAPE_ARRAY)) {
        return SECTION_OK;
    }
    for (uint64_t i = 0; i < row->count; i++) {
        section_status status = walk_row_at(self, row, i, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    walk_end_node(self, &at, SECTION_SHAPE_ARRAY);
    return SECTION_OK;
}

section_status walk_row_at(walk *self, const image_row *row, uint64_t index,
                           section_error *ret_error)
{
    const size_t before = walk_add_index(self, index);
    section_status status = walk_row_element(self, row, index, ret_error);
    walk_cut(self, before);
    return status;
}

size_t walk_add_row(walk *self, const image_row *row)
{
    return walk_add_name(self, self->image->row_text + row->name, row->name_bytes);
}

section_status walk_table(walk *self, uint32_t field, const walk_place *place,
                          section_error *ret_error)
{
    const image_table *table;
    const program_field *program = &self->layout->fields[field];
    section_field_at at = walk_at(self, program, place->offset_bytes, place->size_bytes);
    section_status status = walk_find_rows(self, field, place, &table, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (!walk_begin_node(self, &at, SECTION_SHAPE_STRUCTURE)) {
        return SECTION_OK;
    }
    for (uint32_t i = 0; i < table->row_count; i++) {
        const image_row *row = &self->image->rows[table->first_row + i];
        const size_t before = walk_add_row(self, row);
        status = walk_row(self, row, ret_error);
        walk_cut(self, before);
        if (status != SECTION_OK) {
            return status;
        }
    }
    walk_end_node(self, &at, SECTION_SHAPE_STRUCTURE);
    return SECTION_OK;
}
