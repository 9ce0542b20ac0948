#ifndef SECTIOND_JSON_SELECT_H
#define SECTIOND_JSON_SELECT_H

#include <cjson/cJSON.h>
#include <section/error.h>

#include "base/arena.h"

/**
 * Reads `"select"`: a text as `select=` has it, or an array of such texts, joined.
 * @param json NULL or null: nothing is selected, and `ret_select` is NULL.
 * @param joined has the text of an array; other texts are borrowed from the document.
 * @return SECTION_BAD_JSON; SECTION_BAD_PATH where `joined` has no room.
 */
section_status select_from_json(const cJSON *json, arena *joined, const char **ret_select,
                                section_error *ret_error);

#endif
