#ifndef TESTS_UNIT_LAYOUTS_H
#define TESTS_UNIT_LAYOUTS_H

#include "unit.h"

#include <section/fields.h>

/**
 * @file
 * Descriptions of layouts in few words.
 */

/** Fields; more members may follow the name. */
#define NUMBER(field_type, ...) {.type = (field_type), .name = __VA_ARGS__}
#define STRING(length, ...)                                                                        \
    {.kind = SECTION_FIELD_STRING, .string_bytes = (length), .name = __VA_ARGS__}
#define STRUCTURE(structure, ...)                                                                  \
    {.kind = SECTION_FIELD_STRUCTURE, .type_name = (structure), .name = __VA_ARGS__}
#define TABLE(of, ...)    {.kind = SECTION_FIELD_TABLE, .table = (of), .name = __VA_ARGS__}
#define AT(offset)        .place = {.rule = SECTION_PLACE_AT, .at = {.number = (offset)}}
#define AT_FIELD(path)    .place = {.rule = SECTION_PLACE_AT, .at = {.field = (path)}}
#define END_OF(path)      .place = {.rule = SECTION_PLACE_END_OF, .of = (path)}
#define COUNT(number_of)  .dimensions = 1, .counts = {{.number = (number_of)}}
#define COUNT_FIELD(path) .dimensions = 1, .counts = {{.field = (path)}}
#define FIELDS(...)                                                                                \
    .fields = (const section_layout_field[]){__VA_ARGS__},                                         \
    .field_count =                                                                                 \
        sizeof((const section_layout_field[]){__VA_ARGS__}) / sizeof(section_layout_field)
#define TYPES(...)                                                                                 \
    .types = (const section_layout_type[]){__VA_ARGS__},                                           \
    .type_count = sizeof((const section_layout_type[]){__VA_ARGS__}) / sizeof(section_layout_type)
#define WHOLE(...) .whole = {FIELDS(__VA_ARGS__)}
#define LABELS(...)                                                                                \
    .labels = (const section_layout_label[]){__VA_ARGS__},                                         \
    .label_count =                                                                                 \
        sizeof((const section_layout_label[]){__VA_ARGS__}) / sizeof(section_layout_label)
#define BITS(...)                                                                                  \
    .bits = (const section_layout_bits[]){__VA_ARGS__},                                            \
    .bits_count = sizeof((const section_layout_bits[]){__VA_ARGS__}) / sizeof(section_layout_bits)

static inline section_layout *compiled(const section_layout_source *source)
{
    section_layout *layout = NULL;
    section_error error = {0};
    if (section_layout_compile(source, &layout, NULL, &error) != SECTION_OK) {
        fail_msg("%s", error.detail);
    }
    return layout;
}

#endif
