#ifndef SECTIOND_SECTIONS_H
#define SECTIOND_SECTIONS_H

#include "api/plan.h"

/**
 * @file
 * The routes of sections themselves: create, open, duplicate, list, describe, change, close.
 */

/* create.c */
plan_function create_plan, open_plan;
open_function create_section, open_section;

/* duplicate.c */
plan_function duplicate_plan;
open_function duplicate_section;

/* list.c */
plan_function list_plan;
execute_function list_get;

/* section.c */
plan_function section_get_plan, section_patch_plan, section_delete_plan;
execute_function section_get, section_patch, section_delete;
execute_function section_answer_new; /* of create, open and duplicate */
tag_function section_tag;

/** The section object of the contract. json.c */
section_status section_to_json(const entry *entry, cJSON **ret_object, section_error *ret_error);

/** How answers spell section_origin, NULL-terminated. json.c */
extern const char *const section_origin_names[];

#endif
