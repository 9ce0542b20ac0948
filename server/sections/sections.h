#ifndef SECTIOND_SECTIONS_H
#define SECTIOND_SECTIONS_H

#include "api/plan.h"

/**
 * @file
 * What the routes of sections themselves share.
 */

/** Answers with what create, open or duplicate has made. section.c */
execute_function section_answer_new;

/** The section object of the contract. json.c */
section_status section_to_json(const entry *entry, cJSON **ret_object, section_error *ret_error);

/** Sections of one page of the list; each takes up to LIST_SECTION_BYTES. */
enum { LIST_LIMIT_MAX = 1000, LIST_SECTION_BYTES = 4096 };

/** How answers spell section_origin, NULL-terminated. json.c */
extern const char *const section_origin_names[];

#endif
