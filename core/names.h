#ifndef SECTION_NAMES_H
#define SECTION_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * Names of fields, and the paths that are made of them.
 */

/** Whether a character may stand in a name: none that paths, lists and lines of text need. */
bool names_may_have(uint32_t scalar);

/** Whether a text is a name: UTF-8, of its characters only, of 1 to SECTION_LAYOUT_NAME_BYTES_MAX bytes. */
bool names_check(const char *name, size_t name_bytes);

/** How many bytes at the begin of a text are characters of a name. */
size_t names_span(const char *text, size_t text_bytes);

/**
 * Makes a name of any UTF-8: other characters become `_`, and what is too long is cut. An empty one
 * becomes `_`. Returns its bytes; `ret_name` has room for SECTION_LAYOUT_NAME_BYTES_MAX and a NUL.
 */
size_t names_make(const char *text, size_t text_bytes, char *ret_name);

/** A number in `[N]`: decimal, at most SECTION_LAYOUT_ELEMENTS_MAX. False: it is none. */
bool names_index(const char *text, size_t text_bytes, uint64_t *ret_index);

#endif
