#ifndef TESTS_OS_FIELDS_SUPPORT_H
#define TESTS_OS_FIELDS_SUPPORT_H

#include "harness.h"

#include <section/fields.h>

/**
 * @file
 * What the tests of fields share: layouts and memory in few words, and values as text.
 */

/** Fields of the usual kinds; more members may follow the name. */
#define NUMBER(field_type, ...) {.type = (field_type), .name = __VA_ARGS__}
#define STRING(size_bytes, ...)                                                                    \
    {.kind = SECTION_FIELD_STRING, .string_bytes = (size_bytes), .name = __VA_ARGS__}
#define STRUCTURE(structure, ...)                                                                  \
    {.kind = SECTION_FIELD_STRUCTURE, .type_name = (structure), .name = __VA_ARGS__}

/** Members that follow the name. */
#define AT(offset)         .place = {.rule = SECTION_PLACE_AT, .at = {.number = (offset)}}
#define AT_FIELD(path)     .place = {.rule = SECTION_PLACE_AT, .at = {.field = (path)}}
#define END_OF(array)      .place = {.rule = SECTION_PLACE_END_OF, .of = (array)}
#define COUNT(number_of)   .dimensions = 1, .counts = {{.number = (number_of)}}
#define COUNT_FIELD(path)  .dimensions = 1, .counts = {{.field = (path)}}
#define STRIDE_FIELD(path) .stride = {.field = (path)}
#define LIST(array)        (array), sizeof(array) / sizeof((array)[0])

/** A whole of fields; a type of them. */
#define WHOLE(list) .whole = {.fields = (list), .field_count = sizeof(list) / sizeof((list)[0])}
#define TYPE(type_name, list)                                                                      \
    {.name = (type_name), .fields = (list), .field_count = sizeof(list) / sizeof((list)[0])}
#define TYPES(list) .types = (list), .type_count = sizeof(list) / sizeof((list)[0])

/** The layout of a source; the test fails where it is none. */
section_layout *compiled(const section_layout_source *source);

/** A section with these bytes. */
section *section_of(const void *bytes, size_t length_bytes);

/**
 * All that a selection shows, as text: `a=1 b=[2,3] c={x=4,y="text"}`; of a selection the keys are the
 * paths. NULL selects everything. Static storage.
 */
const char *shown(section *self, const section_layout *layout, const char *paths_or_null);

/** The same of bytes, with a section of its own. */
const char *shown_of(const section_layout_source *source, const void *bytes, size_t length_bytes,
                     const char *paths_or_null);

/** That a read fails with SECTION_LAYOUT_MISMATCH and a detail in which a text stands. */
void expect_mismatch(const section_layout_source *source, const void *bytes, size_t length_bytes,
                     const char *in_detail);

/**
 * How often each of the readers reads while a writer writes: 100,000 times with SECTIOND_LONG=1, else
 * a tenth of it, and less where threads cost more.
 */
unsigned reads_of_each(void);

/** What a whole copy by a layout is told to be: SECTION_CONSISTENT_UNKNOWN where the layout has no rule. */
section_consistent whole_by(const section_layout *layout);

/** What `section_fields_feed` feeds, as a hash. */
uint64_t fed(section *self, const section_layout *layout, const char *paths_or_null);

#endif
