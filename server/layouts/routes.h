#ifndef SECTIOND_LAYOUTS_ROUTES_H
#define SECTIOND_LAYOUTS_ROUTES_H

#include "api/plan.h"
#include "layouts/store.h"

/**
 * @file
 * What the routes of layouts share.
 */

/** Layouts of one page of the list. */
enum { LAYOUT_LIST_MAX = 1000, LAYOUT_LIST_ENTRY_BYTES = 1024, LAYOUT_SUGGESTION_BYTES = 128 };

/** The segment of the path that is a layout's name. @return SECTION_BAD_NAME. */
section_status layout_path_name(const request *request, const char **ret_name,
                                section_error *ret_error);

/** Answers with a layout's text; the reply keeps a reference until it is sent. */
void layout_reply(reply *reply, unsigned http_status, layout *layout);

#endif
