/*
 * Fields: a layout that the first bytes describe, over a section of the others. What is shown lies
 * inside the view, does not depend on the memory after the read, and is found again by its path.
 */
#include <section/fields.h>

#include "fuzz.h"

enum { TYPES_MAX = 4, FIELDS_MAX = 6, NAMES = 12, VALUE_TYPES = SECTION_CHAR + 1, KEPT = 3 };

static const char *const names[NAMES] = {"a", "b", "c", "d",   "e",    "f",
                                         "g", "h", "i", "j.a", "a[1]", "b[0].c"};

/* Everything that a description points to. */
typedef struct description {
    section_layout_source source;
    section_layout_type types[TYPES_MAX];
    section_layout_field fields[TYPES_MAX + 1][FIELDS_MAX];
    section_layout_bits bits[2];
    section_layout_label labels[2];
    section_layout_guard guard;
    section_layout_table table;
    struct section_layout_row_type rows[4];
} description;

static const char *any_name(fuzz_input *input)
{
    return names[fuzz_byte(input) % NAMES];
}

static section_layout_number any_number(fuzz_input *input)
{
    section_layout_number number = {0};
    const uint8_t how = fuzz_byte(input);
    if (how % 4 == 0) {
        number.field = any_name(input);
        number.multiply = how % 8 == 0 ? (int8_t)fuzz_byte(input) : 0;
        number.add = how % 16 == 0 ? (int8_t)fuzz_byte(input) : 0;
        number.max = how % 32 == 0 ? fuzz_byte(input) : 0;
    } else {
        const unsigned shift = how % 4 == 3 ? fuzz_byte(input) % 64 : 0;
        number.number = (int64_t)((uint64_t)(how / 4) << shift);
    }
    return number;
}

static section_layout_place any_place(fuzz_input *input)
{
    section_layout_place place = {.rule = fuzz_byte(input) % 8};
    if (place.rule > SECTION_PLACE_NEWEST) {
        return (section_layout_place){0};
    }
    place.at = any_number(input);
    place.of = any_name(input);
    place.by = any_name(input);
    place.offset = any_name(input);
    place.align = UINT64_C(1) << fuzz_byte(input) % 5;
    place.from_view = fuzz_byte(input) % 4 == 0;
    return place;
}

static void make_number(description *made, section_layout_field *field, fuzz_input *input)
{
    const uint8_t how = fuzz_byte(input);
    field->type = fuzz_byte(input) % VALUE_TYPES;
    switch (how % 6) {
    case 0:
        field->bits = made->bits;
        field->bits_count = 2;
        break;
    case 1:
        field->labels = made->labels;
        field->label_count = 2;
        break;
    case 2:
        field->scale = how / 8.0;
        break;
    case 3:
        field->bit_shift = fuzz_byte(input) % 16;
        field->bit_width = fuzz_byte(input) % 66;
        break;
    default:
        field->has_null = how % 6 == 4;
        field->null_value.unsigned_number = how % 8 == 0;
    }
}

static void make_field(description *made, section_layout_field *field, const char *name,
                       size_t type_count, fuzz_input *input)
{
    static const section_encoding encodings[] = {SECTION_UTF8, SECTION_UTF16LE, SECTION_UTF32LE,
                                                 SECTION_LATIN1, 1252};
    *field = (section_layout_field){.name = name, .kind = fuzz_byte(input) % 4};
    if (field->kind == SECTION_FIELD_NUMBER) {
        make_number(made, field, input);
    } else if (field->kind == SECTION_FIELD_STRING) {
        field->string_bytes = fuzz_byte(input);
        field->encoding = encodings[fuzz_byte(input) % 5];
        field->is_ansi = fuzz_byte(input) % 4 == 0;
    } else if (field->kind == SECTION_FIELD_STRUCTURE) {
        field->type_name = type_count > 0 ? made->types[fuzz_byte(input) % type_count].name : "";
    } else {
        field->table = &made->table;
        field->size = any_number(input);
    }
    field->place = any_place(input);
    field->dimensions = fuzz_byte(input) % 8;
    field->dimensions = field->dimensions < 3 ? field->dimensions : 0;
    for (unsigned i = 0; i < field->dimensions; i++) {
        field->counts[i] = any_number(input);
    }
    if (field->dimensions > 0 && fuzz_byte(input) % 2 == 0) {
        field->stride = any_number(input);
    }
    if (fuzz_byte(input) % 8 == 0) {
        field->since_field = any_name(input);
        field->since_min = (int8_t)fuzz_byte(input);
    }
}

static section_layout_type make_type(description *made, size_t at, const char *name,
                                     size_t type_count, fuzz_input *input)
{
    section_layout_type type = {.name = name, .fields = made->fields[at]};
    type.field_count = 1 + fuzz_byte(input) % FIELDS_MAX;
    for (size_t i = 0; i < type.field_count; i++) {
        make_field(made, &made->fields[at][i], names[i], type_count, input);
    }
    type.size_bytes = fuzz_byte(input) % 4 == 0 ? fuzz_byte(input) : 0;
    return type;
}

static void describe(description *made, fuzz_input *input)
{
    static const char *const type_names[TYPES_MAX] = {"p", "q", "r", "s"};
    const size_t type_count = fuzz_byte(input) % (TYPES_MAX + 1);
    const uint8_t how = fuzz_byte(input);
    made->bits[0] = (section_layout_bits){"x", fuzz_byte(input) % 64, 1};
    made->bits[1] = (section_layout_bits){"y", 0, fuzz_byte(input) % 65};
    made->labels[0] = (section_layout_label){1, "one"};
    made->labels[1] = (section_layout_label){(int8_t)fuzz_byte(input), "other"};
    for (size_t i = 0; i < 4; i++) {
        made->rows[i].number = (int64_t)i;
        made->rows[i].type = fuzz_byte(input) % VALUE_TYPES;
    }
    made->table = (section_layout_table){any_name(input),
                                         any_name(input),
                                         any_name(input),
                                         any_name(input),
                                         NULL,
                                         NULL,
                                         NULL,
                                         made->rows,
                                         4};
    made->table.count = how % 2 == 0 ? any_name(input) : NULL;
    made->table.unit = how % 4 == 0 ? any_name(input) : NULL;
    made->guard = (section_layout_guard){.field = "a", .text = how % 8 == 1 ? "" : NULL};
    made->source.guards = &made->guard;
    made->source.guard_count = how % 8 < 2;
    made->source.endian = how & 16 ? SECTION_BIG_ENDIAN : SECTION_LITTLE_ENDIAN;
    made->source.packed = (how & 32) != 0;
    made->source.consistency.rule = fuzz_byte(input) % 16;
    if (made->source.consistency.rule >= SECTION_CONSISTENCY_MUTEX) {
        made->source.consistency.rule = SECTION_CONSISTENCY_NONE;
    }
    made->source.consistency.timeout_ms = 1;
    made->source.consistency.field = made->source.consistency.begin = any_name(input);
    made->source.consistency.end = any_name(input);
    for (size_t i = 0; i < type_count; i++) {
        made->types[i].name = type_names[i];
    }
    for (size_t i = 0; i < type_count; i++) {
        made->types[i] = make_type(made, i + 1, type_names[i], i, input);
    }
    made->source.types = made->types;
    made->source.type_count = type_count;
    made->source.whole = make_type(made, 0, NULL, type_count, input);
}

/* What a visitor sees, and the first values with their paths. */
typedef struct seen {
    uint64_t view_bytes;
    size_t depth;
    size_t count;
    uint64_t hash;
    char paths[KEPT][300];
    uint64_t hashes[KEPT];
} seen;

static void mix(uint64_t *hash, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        *hash = (*hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001B3);
    }
}

static void check_at(const seen *self, const section_field_at *at)
{
    MUST(at->path_bytes == strlen(at->path));
    MUST(at->offset_bytes <= self->view_bytes);
    MUST(at->size_bytes <= self->view_bytes - at->offset_bytes);
}

static bool begin(void *context, const section_field_at *at, section_fields_shape shape)
{
    seen *self = context;
    if (shape == SECTION_SHAPE_ARRAY) {
        check_at(self, at);
    }
    self->depth++;
    return true;
}

static void end(void *context, const section_field_at *at, section_fields_shape shape)
{
    seen *self = context;
    (void)at;
    (void)shape;
    MUST(self->depth > 0);
    self->depth--;
}

static void value(void *context, const section_field_at *at, const section_field_value *shown)
{
    seen *self = context;
    uint64_t hash = (uint64_t)shown->shown;
    check_at(self, at);
    if (shown->shown == SECTION_SHOWN_TEXT) {
        MUST(strlen(shown->text) == shown->text_bytes);
        mix(&hash, shown->text, shown->text_bytes);
    } else if (shown->shown != SECTION_SHOWN_NULL) {
        mix(&hash, &shown->number, sizeof shown->number);
    }
    mix(&self->hash, &hash, sizeof hash);
    if (self->count < KEPT && at->path_bytes < sizeof self->paths[0]) {
        memcpy(self->paths[self->count], at->path, at->path_bytes + 1);
        self->hashes[self->count] = hash;
    }
    self->count++;
}

static seen look(section_image *image, uint64_t view_bytes)
{
    seen made = {.view_bytes = view_bytes};
    const section_fields_visitor visitor = {begin, end, value, &made};
    MUST(section_fields_visit(image, &visitor, NULL) == SECTION_OK);
    MUST(made.depth == 0);
    return made;
}

static void feed(void *context, const void *bytes, size_t length)
{
    mix(context, bytes, length);
}

static uint64_t fed(section_image *image)
{
    uint64_t hash = 1;
    MUST(section_fields_feed(image, feed, &hash, NULL) == SECTION_OK);
    return hash;
}

/* A value by its path is the value that was seen there. */
static void check_path(section *self, const section_layout *layout, section_image *image,
                       const seen *all, size_t index)
{
    const char *path = all->paths[index];
    section_selection *selection = NULL;
    MUST(section_selection_make(layout, &path, 1, &selection, NULL) == SECTION_OK);
    MUST(section_fields_read(self, layout, selection, NULL, image, NULL, NULL) == SECTION_OK);
    const seen one = look(image, all->view_bytes);
    MUST(one.count == 1);
    MUST(strcmp(one.paths[0], path) == 0);
    MUST(one.hashes[0] == all->hashes[index]);
    section_selection_free(selection);
}

static void check_read(section *self, const section_layout *layout, uint64_t view_bytes)
{
    section_image *image = section_image_new();
    MUST(image != NULL);
    if (section_fields_read(self, layout, NULL, NULL, image, NULL, NULL) != SECTION_OK) {
        section_image_free(image);
        return;
    }
    MUST(section_image_bytes(image) <= SECTION_LAYOUT_READ_BYTES_MAX);
    const seen before = look(image, view_bytes);
    const uint64_t hash = fed(image);
    for (size_t i = 0; i < KEPT && i < before.count; i++) {
        if (before.paths[i][0] != '\0') {
            section_image *other = section_image_new();
            check_path(self, layout, other, &before, i);
            section_image_free(other);
        }
    }
    MUST(section_fill(self, 0, view_bytes, 0xA5, NULL, NULL) == SECTION_OK);
    MUST(look(image, view_bytes).hash == before.hash);
    MUST(fed(image) == hash);
    section_image_free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    description made = {0};
    section_layout *layout = NULL;
    section_layout *again = NULL;
    section *self = NULL;
    describe(&made, &input);
    if (section_layout_compile(&made.source, &layout, NULL, NULL) != SECTION_OK) {
        return 0;
    }
    MUST(section_layout_compile(section_layout_description(layout), &again, NULL, NULL) ==
         SECTION_OK);
    section_layout_free(again);
    const section_create_options options = {.size_bytes = input.left > 0 ? input.left : 1};
    if (section_create(&options, &self, NULL) == SECTION_OK) {
        MUST(section_write(self, 0, input.next, input.left, NULL) == SECTION_OK);
        check_read(self, layout, options.size_bytes);
        section_close(self);
    }
    section_layout_free(layout);
    return 0;
}
