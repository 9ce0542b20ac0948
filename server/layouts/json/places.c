#include "layouts/json/reader.h"

/* Where fields lie, how many elements they have, and tables, whose rows the memory itself describes. */

#define BIT(member) (UINT32_C(1) << (member))

/* ---- where it lies ---- */

static void read_newest(layout_reader *in, const cJSON *value, const json_place *place,
                        void *target)
{
    static const layout_member members[] = {
        LAYOUT_REQUIRED("of", layout_read_path, section_layout_place, of),
        LAYOUT_REQUIRED("by", layout_read_path, section_layout_place, by),
        LAYOUT_REQUIRED("offset", layout_read_path, section_layout_place, offset),
        LAYOUT_MEMBER("begin", layout_read_path, section_layout_place, begin),
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

void layout_read_from(layout_reader *in, const cJSON *value, const json_place *place, void *target)
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
    LAYOUT_MEMBER("from", layout_read_from, section_layout_place, from_view),
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
        layout_refuse(in, place,
                      "an offset is a number, or has one of \"field\", \"end_of\" and "
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
void layout_read_counts(layout_reader *in, const cJSON *value, const json_place *place,
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
        if (name == NULL || !layout_find_type(name, &types[count].type)) {
            layout_refuse(in, &at, "this must be a type of numbers, such as \"f32\"");
        } else if (layout_get_key(in, each->string, &at, &types[count].number)) {
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
