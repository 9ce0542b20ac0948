#ifndef SECTIOND_LAYOUTS_PRINT_H
#define SECTIOND_LAYOUTS_PRINT_H

#include <section/fields.h>

#include "layouts/fields.h"
#include "layouts/out.h"

/**
 * @file
 * Fields as text, in the formats of `format=`.
 */

/** By fields_format, NULL-terminated. */
extern const char *const fields_format_names[];

/** By fields_format: media types. */
extern const char *const fields_format_media[];

/** Prints one value in JSON. */
void fields_print_value(text_out *out, const section_field_value *value);

/** "true", "false" or "null": whether the copy is consistent. */
const char *fields_consistent_text(const section_fields_outcome *outcome);

/** Prints `{"a":1,…}`: nested as declared, or, of a selection, by path. */
section_status fields_print_object(text_out *out, section_image *image, section_error *ret_error);

/** Prints what was read, as a whole answer. */
section_status fields_print(text_out *out, fields_format format, fields_read *read,
                            section_error *ret_error);

/** Adds `layout`, `consistent`, and `fields`, or of a selection `values`, to an answer in JSON. */
section_status fields_print_into(call *call, fields_read *read, cJSON *answer,
                                 section_error *ret_error);

#endif
