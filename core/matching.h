#ifndef SECTION_MATCHING_H
#define SECTION_MATCHING_H

#include "walk.h"

/**
 * @file
 * `[KEY=VALUE]`: which elements of an array have a member of a value.
 */

/** Wants the member of all elements. */
section_status matching_want(walk *self, const selection_step *step, const walk_place *place,
                             section_error *ret_error);

/** Whether the element at an offset is one. */
section_status matching_element(walk *self, const selection_step *step, uint64_t offset_bytes,
                                uint64_t stride_bytes, bool *ret_match, section_error *ret_error);

/** A number in decimal, of a type; false: it is none, or the type cannot hold it. */
bool matching_parse(section_value_type type, const char *text, size_t text_bytes,
                    section_value *ret_value);

#endif
