#ifndef SECTION_NUMBER_H
#define SECTION_NUMBER_H

#include <section/fields.h>

#include "program.h"

/**
 * @file
 * Numbers of fields: as they lie in memory, and as they are shown.
 */

/** Holds every integer of every type, and what is calculated of it. */
__extension__ typedef __int128 number_wide;

enum { NUMBER_DIGITS_BYTES = 24 };

/** What lies there, of a field's `element_bytes`. Integers of fewer bits than 64 are extended. */
section_value number_load(const section_layout *layout, const program_field *field,
                          const uint8_t *bytes);

/** An integer, or the truth of a boolean. */
number_wide number_of(section_value_type type, section_value value);

/** The label of a number, or NULL. */
const char *number_label(const program_field *field, int64_t number);

/** The number that has a label; false: none has. */
bool number_of_label(const program_field *field, const char *label, size_t label_bytes,
                     int64_t *ret_number);

/** Whether two values of a type are the same, as null values are. */
bool number_is_same(section_value_type type, section_value a, section_value b);

/**
 * How a number is shown that is no object of bits.
 * @param digits the caller's, for an enumeration's number that has no label.
 */
section_field_value number_show(const program_field *field, section_value raw,
                                char digits[NUMBER_DIGITS_BYTES]);

/** The same of some of its bits. */
section_field_value number_show_bits(const section_layout_bits *bits, section_value raw);

/** A number that a row of a table holds, or one without labels, bits, scale and null. */
section_field_value number_show_plain(section_value_type type, section_value raw);

#endif
