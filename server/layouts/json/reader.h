#ifndef SECTIOND_LAYOUTS_JSON_READER_H
#define SECTIOND_LAYOUTS_JSON_READER_H

#include <cjson/cJSON.h>

#include "layouts/model/description.h"

/**
 * @file
 * For the files that read layouts: members of objects by tables, going on after an error, so that
 * several are told at once.
 */

typedef struct layout_reader {
    layout_description *description;
    layout_errors *errors;
    size_t field_count; /* of all types so far */
    bool no_memory;
} layout_reader;

/** Reads the value of a member into the target's member. */
typedef void layout_read(layout_reader *in, const cJSON *value, const json_place *place,
                         void *target);

/** A member that an object may have. */
typedef struct layout_member {
    const char *key; /* NULL ends a list */
    layout_read *read;
    size_t offset; /* of the target's member */
    bool required;
} layout_member;

#define LAYOUT_MEMBER(key_, read_, type_, member_)                                                 \
    {.key = (key_), .read = (read_), .offset = offsetof(type_, member_)}
#define LAYOUT_REQUIRED(key_, read_, type_, member_)                                               \
    {.key = (key_), .read = (read_), .offset = offsetof(type_, member_), .required = true}

/** Notes an error. */
#define layout_refuse(in, place, ...)                                                              \
    layout_errors_add((in)->errors, &(in)->description->arena, (place), __VA_ARGS__)

/** Room in the description's arena; NULL is noted. */
void *layout_take(layout_reader *in, size_t count, size_t size_bytes);

/**
 * Reads the members of an object; null is as if it were not there.
 * @param what names the object in errors: "a field".
 * @return a bit for each member of the list that is there.
 */
uint32_t layout_read_object(layout_reader *in, const cJSON *object, const json_place *place,
                            const char *what, const layout_member *members, void *target);

/** Whether a value is an object whose keys stand once each; an error otherwise. */
bool layout_is_map(layout_reader *in, const cJSON *value, const json_place *place);

/** Whether a value is an array; an error otherwise. */
bool layout_is_list(layout_reader *in, const cJSON *value, const json_place *place);

/** Whether a number is whole, and no larger than JSON tells exactly. */
bool layout_is_whole(double number);

/** A whole number, as a number or as a string of digits; false and an error where it is none. */
bool layout_get_whole(layout_reader *in, const cJSON *value, const json_place *place,
                      int64_t *ret_number);

/** The same from 0 to a limit. */
bool layout_get_size(layout_reader *in, const cJSON *value, const json_place *place, uint64_t most,
                     uint64_t *ret_number);

/** Whether a type's name means a number, a string or a table, so that no structure may have it. */
bool layout_is_type_word(const char *name);

/** Finds a type of numbers by its name. */
bool layout_find_type(const char *name, section_value_type *ret_type);

/** A key that is a number, that of a label or of a row's type; false and an error where it is none. */
bool layout_get_key(layout_reader *in, const char *key, const json_place *place,
                    int64_t *ret_number);

/** The index of a word; -1 and an error where it is none of them. */
int layout_get_choice(layout_reader *in, const cJSON *value, const json_place *place,
                      const char *const *choices);

layout_read layout_read_text;    /* const char * */
layout_read layout_read_name;    /* the same of a name: neither empty nor too long */
layout_read layout_read_path;    /* the same of a path: names, one after the other */
layout_read layout_read_flag;    /* bool */
layout_read layout_read_whole;   /* int64_t */
layout_read layout_read_size;    /* uint64_t, up to 2^53-1 */
layout_read layout_read_mask;    /* uint64_t, all of its bits */
layout_read layout_read_number;  /* section_layout_number: a number, or a field's */
layout_read layout_read_fields;  /* section_layout_type: its fields */
layout_read layout_read_exports; /* layout_description: its exports */
layout_read layout_read_table;   /* const section_layout_table * */
layout_read layout_read_place;   /* section_layout_place */
layout_read layout_read_from;    /* bool: from the view's start */
layout_read layout_read_counts;  /* section_layout_field: its counts, first member of the target */

#endif
