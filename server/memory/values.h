#ifndef SECTIOND_VALUES_H
#define SECTIOND_VALUES_H

#include "api/request.h"
#include "encode/value_json.h"
#include "registry/registry.h"

/**
 * @file
 * Typed values of a section, for whoever names them: a query, an op of a batch.
 */

enum { VALUES_COUNT_MAX = 65536 };

/** Where values lie and what they are. Set what was given, then `values_check`. */
typedef struct values_place {
    section_value_type type;
    section_endian endian;
    uint64_t offset_bytes;
    uint64_t count;
    uint64_t stride_bytes;
    bool count_given;
    bool stride_given;
} values_place;

/** Names of the byte orders, for a choice: the index is a section_endian. NULL-terminated. */
extern const char *const values_endians[];

/** Reads `endian` of the query; little where it is not given. */
section_status values_parse_endian(const request *request, section_endian *ret_endian,
                                   section_error *ret_error);

/** Checks what needs no section; a stride that was not given becomes the type's size. */
section_status values_check(values_place *place, section_error *ret_error);

/** Checks against the view, SECTION_BAD_RANGE; a count that was not given becomes what fits. */
section_status values_fit(values_place *place, uint64_t view_bytes, section_error *ret_error);

/** Whether so many values take longer than a loop's thread may spend on a request. */
bool values_are_many(const values_place *place);

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
section_status values_write(entry *entry, values_place *place, const void *bytes,
                            section_error *ret_error);

#endif
