#ifndef SECTIOND_LAYOUTS_FROM_C_H
#define SECTIOND_LAYOUTS_FROM_C_H

#include "layouts/layout.h"
#include "layouts/model/abi.h"

/** @file Layouts of declarations in C. */

/** The names of `c_abi`, NULL-terminated. */
extern const char *const c_abi_names[];

/**
 * Makes a layout of declarations.
 * @param structure NULL: the last one.
 * @param ret_errors receives a JSON array of what is wrong, each with its line and column, or NULL;
 *     the caller deletes it.
 * @return SECTION_TOO_LARGE, SECTION_BAD_LAYOUT, SECTION_NO_MEMORY.
 */
section_status layout_from_c(const char *name, const char *text, size_t text_bytes,
                             const char *structure, c_abi abi, layout **ret_layout,
                             cJSON **ret_errors, section_error *ret_error);

#endif
