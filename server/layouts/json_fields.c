#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

#include "encode/value_json.h"
#include "layouts/json_reader.h"

/* The fields of a structure. */

#define BIT(member) (UINT32_C(1) << (member))

/* The members of a field, in the order of `field_members`. */
enum {
    FIELD_NAME,
    FIELD_TYPE,
    FIELD_OFFSET,
    FIELD_FROM,
    FIELD_COUNT,
    FIELD_STRIDE,
    FIELD_SIZE,
    FIELD_TABLE,
    FIELD_BYTES,
    FIELD_ENCODING,
    FIELD_ENUM,
    FIELD_BITS,
    FIELD_BIT_SHIFT,
    FIELD_BIT_WIDTH,
    FIELD_SCALE,
    FIELD_NULL,
    FIELD_UNIT,
    FIELD_NOTE,
    FIELD_SINCE
};

/* A field as it is read: what depends on other members is looked at when all are known. */
typedef struct raw_field {
    section_layout_field field;
    const cJSON *null_value;
    uint64_t bit_shift, bit_width;
} raw_field;

/* ---- what a field is ---- */

static bool find_value_type(const char *name, section_value_type *ret_type)
{
    static const struct {
        const char *name;
        section_value_type type;
    } types[] = {
#define VALUE_TYPE(constant, name, kind, size) {name, constant},
        SECTION_VALUE_TYPES(VALUE_TYPE)
#undef VALUE_TYPE
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, name) == 0) {
            *ret_type = types[i].type;
            return true;
        }
    }
    return false;
}

bool layout_is_type_word(const char *name)
{
    section_value_type type;
    return find_value_type(name, &type) || strcmp(name, "string") == 0 ||
           strcmp(name, "table") == 0;
}

static void read_type(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    raw_field *raw = target;
    section_layout_field *field = &raw->field;
    layout_read_name(in, value, place, &field->type_name);
    const char *name = field->type_name;
    if (name == NULL) {
        return;
    }
    field->kind = SECTION_FIELD_STRUCTURE;
    if (!layout_is_type_word(name)) {
        return;
    }
    field->type_name = NULL;
    field->kind = SECTION_FIELD_NUMBER;
    if (!find_value_type(name, &field->type)) {
        field->kind = name[0] == 's' ? SECTION_FIELD_STRING : SECTION_FIELD_TABLE;
    }
}

static void read_encoding(layout_reader *in, const cJSON *value, const json_place *place,
                          void *target)
{
    raw_field *raw = target;
    section_error error = {0};
    const char *name = cJSON_GetStringValue(value);
    if (name != NULL && strcmp(name, "ansi") == 0) {
        raw->field.is_ansi = true;
        return;
    }
    if (name == NULL ||
        section_encoding_parse(name, &raw->field.encoding, &error) != SECTION_OK) {
        layout_refuse(in, place, "this must be an encoding: utf-8, utf-16le, utf-16be, utf-32le, "
                                 "latin1, ansi, gbk or another of WHATWG's labels, or cpNNN");
    }
}

/* ---- where it lies ---- */

static void read_newest(layout_reader *in, const cJSON *value, const json_place *place,
                        void *target)
{
    static const layout_member members[] = {
        LAYOUT_REQUIRED("of", layout_read_path, section_layout_place, of),
        LAYOUT_REQUIRED("by", layout_read_path, section_layout_place, by),
        LAYOUT_REQUIRED("offset", layout_read_path, section_layout_place, offset),
        {0},
    };
    section_layout_place *found = target;
    (void)layout_read_object(in, value, place, "\"newest\"", members, found);
    found->rule = SECTION_PLACE_NEWEST;
}

static void read_align(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    enum { ALIGN_MOST = 65536 };
    uint64_t align = 0;
    if (!layout_get_size(in, value, place, ALIGN_MOST, &align)) {
        return;
    }
    if (align == 0 || (align & (align - 1)) != 0) {
        layout_refuse(in, place, "this must be a power of two");
        return;
    }
    *(uint64_t *)target = align;
}

static void read_from(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    static const char *const choices[] = {"element", "view", NULL};
    *(bool *)target = layout_get_choice(in, value, place, choices) == 1;
}

static const layout_member place_members[] = {
    LAYOUT_MEMBER("field", layout_read_path, section_layout_place, at.field),
    LAYOUT_MEMBER("add", layout_read_whole, section_layout_place, at.add),
    LAYOUT_MEMBER("multiply", layout_read_whole, section_layout_place, at.multiply),
    LAYOUT_MEMBER("end_of", layout_read_path, section_layout_place, of),
    LAYOUT_MEMBER("align", read_align, section_layout_place, align),
    {.key = "newest", .read = read_newest},
    LAYOUT_MEMBER("from", read_from, section_layout_place, from_view),
    {0},
};

/* Members of an offset that is no number, in the order of `place_members`. */
enum { PLACE_FIELD, PLACE_ADD, PLACE_MULTIPLY, PLACE_END_OF, PLACE_ALIGN, PLACE_NEWEST };

void layout_read_place(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    section_layout_place *found = target;
    uint64_t offset = 0;
    found->rule = SECTION_PLACE_AT;
    if (!cJSON_IsObject(value)) {
        if (layout_get_size(in, value, place, (UINT64_C(1) << 53) - 1, &offset)) {
            found->at.number = (int64_t)offset;
        }
        return;
    }
    const uint32_t present =
        layout_read_object(in, value, place, "an offset", place_members, found);
    const bool is_field = (present & BIT(PLACE_FIELD)) != 0;
    const bool is_end = (present & BIT(PLACE_END_OF)) != 0;
    const bool is_newest = (present & BIT(PLACE_NEWEST)) != 0;
    if (is_field + is_end + is_newest != 1) {
        layout_refuse(in, place, "an offset is a number, or has one of \"field\", \"end_of\" and "
                                 "\"newest\"");
        return;
    }
    if (!is_field && (present & (BIT(PLACE_ADD) | BIT(PLACE_MULTIPLY))) != 0) {
        layout_refuse(in, place, "\"add\" and \"multiply\" go with \"field\"");
    }
    if (!is_end && (present & BIT(PLACE_ALIGN)) != 0) {
        layout_refuse(in, place, "\"align\" goes with \"end_of\"");
    }
    if (is_end) {
        found->rule = SECTION_PLACE_END_OF;
    }
}

static void read_count(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    static const layout_member members[] = {
        LAYOUT_REQUIRED("field", layout_read_path, section_layout_number, field),
        LAYOUT_MEMBER("add", layout_read_whole, section_layout_number, add),
        LAYOUT_MEMBER("multiply", layout_read_whole, section_layout_number, multiply),
        LAYOUT_MEMBER("max", layout_read_size, section_layout_number, max),
        {0},
    };
    section_layout_number *count = target;
    uint64_t number = 0;
    if (cJSON_IsObject(value)) {
        (void)layout_read_object(in, value, place, "a count of a field", members, count);
    } else if (layout_get_size(in, value, place, SECTION_LAYOUT_ELEMENTS_MAX, &number)) {
        count->number = (int64_t)number;
    }
}

/* A number, or one for each dimension. */
static void read_counts(layout_reader *in, const cJSON *value, const json_place *place,
                        void *target)
{
    section_layout_field *field = target;
    if (!cJSON_IsArray(value)) {
        field->dimensions = 1;
        read_count(in, value, place, &field->counts[0]);
        return;
    }
    const int dimensions = cJSON_GetArraySize(value);
    if (dimensions < 1 || dimensions > SECTION_LAYOUT_DIMENSIONS_MAX) {
        layout_refuse(in, place, "an array has 1 to %d dimensions", SECTION_LAYOUT_DIMENSIONS_MAX);
        return;
    }
    const cJSON *each;
    cJSON_ArrayForEach(each, value)
    {
        const json_place at = {.outer = place, .index = field->dimensions};
        read_count(in, each, &at, &field->counts[field->dimensions++]);
    }
}

/* ---- what its numbers mean ---- */

/* A key that is a number: that of a label, or of a row's type. */
static bool parse_key(layout_reader *in, const char *key, const json_place *place,
                      int64_t *ret_number)
{
    const bool is_negative = key[0] == '-';
    const char *digits = key + (is_negative ? 1 : 0);
    const bool is_plain = digits[0] != '\0' && strspn(digits, "0123456789") == strlen(digits) &&
                          (digits[0] != '0' || strcmp(key, "0") == 0);
    errno = 0;
    const uint64_t magnitude = is_plain ? strtoull(digits, NULL, 10) : 0;
    if (is_plain && errno == 0 && (!is_negative || magnitude <= (uint64_t)INT64_MAX + 1)) {
        *ret_number = (int64_t)(is_negative ? 0 - magnitude : magnitude);
        return true;
    }
    layout_refuse(in, place, "\"%.32s\" must be a whole number, in decimal", key);
    return false;
}

static int compare_labels(const void *left, const void *right)
{
    const section_layout_label *a = left;
    const section_layout_label *b = right;
    return strcmp(a->label, b->label);
}

/* PATCH takes a label back, so no two numbers have the same. */
static void check_labels(layout_reader *in, const json_place *place,
                         const section_layout_label *labels, size_t count)
{
    _cleanup_free_ section_layout_label *sorted = malloc((count + 1) * sizeof *sorted);
    if (sorted == NULL) {
        in->no_memory = true;
        return;
    }
    memcpy(sorted, labels, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_labels);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i - 1].label, sorted[i].label) == 0) {
            layout_refuse(in, place, "two numbers have the label \"%.64s\"", sorted[i].label);
            return;
        }
    }
}

static void read_labels(layout_reader *in, const cJSON *value, const json_place *place,
                        void *target)
{
    section_layout_field *field = target;
    if (!layout_is_map(in, value, place)) {
        return;
    }
    section_layout_label *labels =
        layout_take(in, (size_t)cJSON_GetArraySize(value), sizeof *labels);
    if (labels == NULL) {
        return;
    }
    size_t count = 0;
    const cJSON *each;
    cJSON_ArrayForEach(each, value)
    {
        const json_place at = {.outer = place, .key = each->string};
        section_layout_label *label = &labels[count];
        layout_read_name(in, each, &at, &label->label);
        if (parse_key(in, each->string, &at, &label->number) && label->label != NULL) {
            count++;
        }
    }
    check_labels(in, place, labels, count);
    field->labels = labels;
    field->label_count = count;
}

typedef struct raw_bits {
    uint64_t shift, width;
} raw_bits;

static void read_bits(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    enum { BITS_MAX = 64 };
    static const layout_member members[] = {
        LAYOUT_REQUIRED("shift", layout_read_size, raw_bits, shift),
        LAYOUT_MEMBER("width", layout_read_size, raw_bits, width),
        {0},
    };
    section_layout_field *field = target;
    if (!layout_is_map(in, value, place)) {
        return;
    }
    const size_t count = (size_t)cJSON_GetArraySize(value);
    section_layout_bits *bits = count <= BITS_MAX ? layout_take(in, count, sizeof *bits) : NULL;
    if (bits == NULL) {
        layout_refuse(in, place, "a number has at most %d groups of bits", BITS_MAX);
        return;
    }
    const cJSON *each;
    cJSON_ArrayForEach(each, value)
    {
        const json_place at = {.outer = place, .key = each->string};
        raw_bits raw = {.width = 1};
        (void)layout_read_object(in, each, &at, "a group of bits", members, &raw);
        if (raw.shift >= BITS_MAX || raw.width == 0 || raw.width > BITS_MAX - raw.shift) {
            layout_refuse(in, &at, "shift and width must lie within %d bits", BITS_MAX);
            continue;
        }
        section_layout_bits *next = &bits[field->bits_count];
        next->name = arena_copy(&in->description->arena, each->string, strlen(each->string));
        next->shift = (unsigned)raw.shift;
        next->width = (unsigned)raw.width;
        in->no_memory |= next->name == NULL;
        field->bits_count++;
    }
    field->bits = bits;
}

static void read_scale(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    if (!cJSON_IsNumber(value) || value->valuedouble == 0 || !isfinite(value->valuedouble)) {
        layout_refuse(in, place, "this must be a number other than 0");
        return;
    }
    *(double *)target = value->valuedouble;
}

static void keep_value(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    (void)in;
    (void)place;
    *(const cJSON **)target = value;
}

static void read_since(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    static const layout_member members[] = {
        LAYOUT_REQUIRED("field", layout_read_path, section_layout_field, since_field),
        LAYOUT_REQUIRED("min", layout_read_whole, section_layout_field, since_min),
        {0},
    };
    (void)layout_read_object(in, value, place, "\"since\"", members, target);
}

/* ---- tables ---- */

static void read_row_types(layout_reader *in, const cJSON *value, const json_place *place,
                           void *target)
{
    section_layout_table *table = target;
    if (!layout_is_map(in, value, place)) {
        return;
    }
    struct section_layout_row_type *types =
        layout_take(in, (size_t)cJSON_GetArraySize(value), sizeof *types);
    size_t count = 0;
    const cJSON *each;
    if (types == NULL) {
        return;
    }
    cJSON_ArrayForEach(each, value)
    {
        const json_place at = {.outer = place, .key = each->string};
        const char *name = cJSON_GetStringValue(each);
        if (name == NULL || !find_value_type(name, &types[count].type)) {
            layout_refuse(in, &at, "this must be a type of numbers, such as \"f32\"");
        } else if (parse_key(in, each->string, &at, &types[count].number)) {
            count++;
        }
    }
    table->types = types;
    table->type_count = count;
}

void layout_read_table(layout_reader *in, const cJSON *value, const json_place *place, void *target)
{
    static const layout_member members[] = {
        LAYOUT_REQUIRED("of", layout_read_path, section_layout_table, of),
        LAYOUT_REQUIRED("name", layout_read_name, section_layout_table, name),
        LAYOUT_REQUIRED("type", layout_read_name, section_layout_table, type),
        LAYOUT_REQUIRED("offset", layout_read_name, section_layout_table, offset),
        LAYOUT_MEMBER("count", layout_read_name, section_layout_table, count),
        LAYOUT_MEMBER("unit", layout_read_name, section_layout_table, unit),
        LAYOUT_MEMBER("note", layout_read_name, section_layout_table, note),
        {.key = "types", .read = read_row_types, .required = true},
        {0},
    };
    section_layout_table *table = layout_take(in, 1, sizeof *table);
    if (table != NULL) {
        (void)layout_read_object(in, value, place, "\"table\"", members, table);
        *(const section_layout_table **)target = table;
    }
}

/* ---- a field ---- */

static const layout_member field_members[] = {
    [FIELD_NAME] = LAYOUT_REQUIRED("name", layout_read_name, raw_field, field.name),
    [FIELD_TYPE] = {.key = "type", .read = read_type, .required = true},
    [FIELD_OFFSET] = LAYOUT_MEMBER("offset", layout_read_place, raw_field, field.place),
    [FIELD_FROM] = LAYOUT_MEMBER("from", read_from, raw_field, field.place.from_view),
    [FIELD_COUNT] = {.key = "count", .read = read_counts},
    [FIELD_STRIDE] = LAYOUT_MEMBER("stride", layout_read_number, raw_field, field.stride),
    [FIELD_SIZE] = LAYOUT_MEMBER("size", layout_read_number, raw_field, field.size),
    [FIELD_TABLE] = LAYOUT_MEMBER("table", layout_read_table, raw_field, field.table),
    [FIELD_BYTES] = LAYOUT_MEMBER("bytes", layout_read_size, raw_field, field.string_bytes),
    [FIELD_ENCODING] = {.key = "encoding", .read = read_encoding},
    [FIELD_ENUM] = {.key = "enum", .read = read_labels},
    [FIELD_BITS] = {.key = "bits", .read = read_bits},
    [FIELD_BIT_SHIFT] = LAYOUT_MEMBER("bit_shift", layout_read_size, raw_field, bit_shift),
    [FIELD_BIT_WIDTH] = LAYOUT_MEMBER("bit_width", layout_read_size, raw_field, bit_width),
    [FIELD_SCALE] = LAYOUT_MEMBER("scale", read_scale, raw_field, field.scale),
    [FIELD_NULL] = LAYOUT_MEMBER("null_value", keep_value, raw_field, null_value),
    [FIELD_UNIT] = LAYOUT_MEMBER("unit", layout_read_text, raw_field, field.unit),
    [FIELD_NOTE] = LAYOUT_MEMBER("note", layout_read_text, raw_field, field.note),
    [FIELD_SINCE] = {.key = "since", .read = read_since},
    {0},
};

/* The members that make sense for one kind of field only. */
static const struct {
    section_field_kind kind;
    uint32_t members;
    const char *what;
} of_kinds[] = {
    {SECTION_FIELD_NUMBER,
     BIT(FIELD_ENUM) | BIT(FIELD_BITS) | BIT(FIELD_BIT_SHIFT) | BIT(FIELD_BIT_WIDTH) |
         BIT(FIELD_SCALE) | BIT(FIELD_NULL),
     "a number"},
    {SECTION_FIELD_STRING, BIT(FIELD_BYTES) | BIT(FIELD_ENCODING), "a string"},
    {SECTION_FIELD_TABLE, BIT(FIELD_TABLE) | BIT(FIELD_SIZE), "a table"},
};

static void refuse_foreign(layout_reader *in, const json_place *place, uint32_t foreign,
                           const char *what)
{
    for (unsigned i = 0; field_members[i].key != NULL; i++) {
        if ((foreign & BIT(i)) != 0) {
            const json_place at = {.outer = place, .key = field_members[i].key};
            layout_refuse(in, &at, "\"%s\" is for %s", field_members[i].key, what);
        }
    }
}

/* A member that another one needs. */
static void check_with(layout_reader *in, const json_place *place, uint32_t present, unsigned member,
                       unsigned needed)
{
    if ((present & BIT(member)) != 0 && (present & BIT(needed)) == 0) {
        const json_place at = {.outer = place, .key = field_members[member].key};
        layout_refuse(in, &at, "\"%s\" goes with \"%s\"", field_members[member].key,
                      field_members[needed].key);
    }
}

static void read_null(layout_reader *in, const json_place *place, raw_field *raw)
{
    section_error error = {0};
    const json_place at = {.outer = place, .key = "null_value"};
    section_layout_field *field = &raw->field;
    field->has_null = value_from_json(raw->null_value, field->type, "null_value",
                                      &field->null_value, &error) == SECTION_OK;
    if (!field->has_null) {
        layout_refuse(in, &at, "%.200s", error.detail);
    }
}

static void check_field(layout_reader *in, const json_place *place, raw_field *raw,
                        uint32_t present)
{
    section_layout_field *field = &raw->field;
    for (size_t i = 0; i < sizeof of_kinds / sizeof of_kinds[0]; i++) {
        if (of_kinds[i].kind != field->kind) {
            refuse_foreign(in, place, present & of_kinds[i].members, of_kinds[i].what);
        } else if (field->kind == SECTION_FIELD_STRING && (present & BIT(FIELD_BYTES)) == 0) {
            layout_refuse(in, place, "a string needs \"bytes\"");
        } else if (field->kind == SECTION_FIELD_TABLE && (present & BIT(FIELD_TABLE)) == 0) {
            layout_refuse(in, place, "a table needs \"table\"");
        }
    }
    check_with(in, place, present, FIELD_STRIDE, FIELD_COUNT);
    check_with(in, place, present, FIELD_FROM, FIELD_OFFSET);
    check_with(in, place, present, FIELD_BIT_SHIFT, FIELD_BIT_WIDTH);
    if (raw->bit_shift > 63 || raw->bit_width > 64) {
        layout_refuse(in, place, "\"bit_shift\" is at most 63 and \"bit_width\" at most 64");
        return;
    }
    field->bit_shift = (unsigned)raw->bit_shift;
    field->bit_width = (unsigned)raw->bit_width;
    if (raw->null_value != NULL && field->kind == SECTION_FIELD_NUMBER) {
        read_null(in, place, raw);
    }
}

void layout_read_fields(layout_reader *in, const cJSON *value, const json_place *place,
                        void *target)
{
    section_layout_type *type = target;
    if (!layout_is_list(in, value, place)) {
        return;
    }
    const size_t count = (size_t)cJSON_GetArraySize(value);
    if (count > SECTION_LAYOUT_FIELDS_MAX - in->field_count) {
        layout_refuse(in, place, "a layout has at most %d fields", SECTION_LAYOUT_FIELDS_MAX);
        return;
    }
    in->field_count += count;
    section_layout_field *fields = layout_take(in, count, sizeof *fields);
    size_t index = 0;
    const cJSON *each;
    if (fields == NULL) {
        return;
    }
    cJSON_ArrayForEach(each, value)
    {
        raw_field raw = {0};
        const json_place at = {.outer = place, .index = index};
        const size_t errors = in->errors->count;
        const uint32_t present =
            layout_read_object(in, each, &at, "a field", field_members, &raw);
        if (in->errors->count == errors) { /* a wrong type would make other members wrong, too */
            check_field(in, &at, &raw, present);
        }
        fields[index++] = raw.field;
    }
    type->fields = fields;
    type->field_count = count;
}
