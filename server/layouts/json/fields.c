#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>

#include "encode/value_json.h"
#include "layouts/json/reader.h"

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

bool layout_find_type(const char *name, section_value_type *ret_type)
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
    return layout_find_type(name, &type) || strcmp(name, "string") == 0 ||
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
    if (!layout_find_type(name, &field->type)) {
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
    if (name == NULL || section_encoding_parse(name, &raw->field.encoding, &error) != SECTION_OK) {
        layout_refuse(in, place,
                      "this must be an encoding: utf-8, utf-16le, utf-16be, utf-32le, "
                      "latin1, ansi, gbk or another of WHATWG's labels, or cpNNN");
    }
}

/* ---- what its numbers mean ---- */

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
        if (layout_get_key(in, each->string, &at, &label->number) && label->label != NULL) {
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
    if (!cJSON_IsNumber(value) || value->valuedouble == 0 || fabs(value->valuedouble) > DBL_MAX) {
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

/* ---- a field ---- */

static const layout_member field_members[] = {
    [FIELD_NAME] = LAYOUT_REQUIRED("name", layout_read_name, raw_field, field.name),
    [FIELD_TYPE] = {.key = "type", .read = read_type, .required = true},
    [FIELD_OFFSET] = LAYOUT_MEMBER("offset", layout_read_place, raw_field, field.place),
    [FIELD_FROM] = LAYOUT_MEMBER("from", layout_read_from, raw_field, field.place.from_view),
    [FIELD_COUNT] = {.key = "count", .read = layout_read_counts},
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
static void check_with(layout_reader *in, const json_place *place, uint32_t present,
                       unsigned member, unsigned needed)
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
        const uint32_t present = layout_read_object(in, each, &at, "a field", field_members, &raw);
        if (in->errors->count == errors) { /* a wrong type would make other members wrong, too */
            check_field(in, &at, &raw, present);
        }
        fields[index++] = raw.field;
    }
    type->fields = fields;
    type->field_count = count;
}
