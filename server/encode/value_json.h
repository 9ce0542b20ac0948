#ifndef SECTIOND_VALUE_JSON_H
#define SECTIOND_VALUE_JSON_H

#include <cjson/cJSON.h>
#include <section/values.h>

/**
 * @file
 * Values as JSON: numbers of up to 32 bits and reals as numbers, 64-bit integers as strings (a
 * JavaScript number rounds them), NaN and the infinities as strings, bool8 as true and false, a char
 * as a string of one character from U+0000 to U+00FF.
 */

/** Room for any value as JSON text, and a NUL. */
enum { VALUE_JSON_BYTES = 32 };

/** Writes a value as JSON text, the shortest that reads back as the same; returns its length. */
size_t value_to_json(section_value_type type, section_value value, char ret_text[VALUE_JSON_BYTES]);

/**
 * Reads a value; what `value_to_json` writes, and integers as numbers or strings.
 * @param what names it in the error: "values[3]".
 * @return SECTION_BAD_VALUE where it is of another kind or out of the type's range.
 */
section_status value_from_json(const cJSON *json, section_value_type type, const char *what,
                               section_value *ret_value, section_error *ret_error);

/** Values that lie side by side as the text of a JSON array; malloc'ed, NULL: no memory. */
char *values_to_json(section_value_type type, section_endian endian, const void *bytes,
                     size_t count);

/**
 * The bytes of an array's values, side by side.
 * @param ret_bytes malloc'ed, to be freed by the caller; not NULL on success.
 * @return SECTION_BAD_VALUE naming the index, SECTION_NO_MEMORY.
 */
section_status values_from_json(const cJSON *array, section_value_type type, section_endian endian,
                                void **ret_bytes, size_t *ret_count, section_error *ret_error);

#endif
