#ifndef SECTIOND_VALUES_H
#define SECTIOND_VALUES_H

#include "api/plan.h"
#include "encode/value_json.h"
#include "registry/registry.h"

/**
 * @file
 * Typed values of a section, for requests with a query and for the ops of a batch.
 */

enum { VALUES_COUNT_MAX = 65536 };

/** The place of values and their type. Set what was given, then `values_check`. */
typedef struct values_place {
    section_value_type type;
    section_endian endian;
    uint64_t offset_bytes;
    uint64_t count;
    uint64_t stride_bytes;
    bool count_given;
    bool stride_given;
} values_place;

/** Names of the types and of the byte orders, for a choice: the index is the constant. */
extern const char *const value_type_names[];
extern const char *const endian_names[];

/** Reads `type` and `endian` of the query; u8 and little where they are not given. */
void values_parse_type(const request *request, section_value_type *ret_type,
                       section_endian *ret_endian);

/** Checks what needs no section; a stride that was not given becomes the type's size. */
section_status values_check(values_place *place, section_error *ret_error);

/** The span of one value or more: of those that were given, or of as many as fit. */
plan_span values_span(const values_place *place);

/** Once the span is fitted to so many bytes: a count that was not given is what they hold. */
void values_count(values_place *place, uint64_t length_bytes);

/** Reads values that fit: the text of a JSON array, malloc'ed. */
section_status values_read(entry *entry, const values_place *place, char **ret_text,
                           section_error *ret_error);

/**
 * The bytes of the values of a JSON array, which `place` is to hold: sets its count.
 * @param ret_bytes malloc'ed, to be freed by the caller.
 */
section_status values_decode(values_place *place, const cJSON *array, void **ret_bytes,
                             section_error *ret_error);

/** Writes decoded values. */
section_status values_write(entry *entry, const values_place *place, const void *bytes,
                            section_error *ret_error);

#endif
