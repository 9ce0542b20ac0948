#ifndef SECTIOND_LAYOUTS_JSON_H
#define SECTIOND_LAYOUTS_JSON_H

#include <cjson/cJSON.h>

#include "layouts/model/description.h"

/**
 * @file
 * Layouts as JSON.
 */

enum { LAYOUT_JSON_BYTES_MAX = 1024 * 1024 };

/** The names of section_consistency_rule, NULL-terminated. */
extern const char *const layout_rule_names[];

/**
 * Reads a description. What needs more than one member to tell, such as where fields lie, is not
 * checked here: the library does, when it compiles.
 * @param text strict JSON of `text_bytes`.
 * @param description empty; filled, also in part where there are errors. To be freed in any case.
 * @param errors empty; receives what is wrong.
 * @return SECTION_BAD_JSON where it is no JSON object; SECTION_BAD_LAYOUT with `errors`;
 *     SECTION_NO_MEMORY.
 */
section_status layout_from_json(const char *text, size_t text_bytes,
                                layout_description *description, layout_errors *errors,
                                section_error *ret_error);

/**
 * A layout as JSON, to be read back. Members that say nothing are left out.
 * @param source of a description, or resolved.
 * @param more whose exports and notes are added; NULL: none.
 * @return NULL where memory runs out.
 */
cJSON *layout_to_json(const section_layout_source *source, const layout_description *more);

/** Turns a problem that the library found into an error at its place in JSON. */
void layout_json_problem(const layout_description *description,
                         const section_layout_problem *problem, arena *memory,
                         layout_errors *errors);

#endif
