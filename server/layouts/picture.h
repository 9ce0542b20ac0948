#ifndef SECTIOND_LAYOUTS_PICTURE_H
#define SECTIOND_LAYOUTS_PICTURE_H

#include <section/fields.h>

#include "layouts/layout.h"
#include "watch/snapshot.h"

/**
 * @file
 * Pictures of fields, as events tell them: a list of paths and of values in JSON; or that there is none.
 */

/** What an image holds. @return SECTION_TOO_LARGE, and those of `section_fields_visit`. */
section_status picture_of_values(const layout *layout, section_image *image, snapshot **ret_picture,
                                 section_error *ret_error);

/** No consistent copy could be made: the values that were seen last (NULL: none). */
section_status picture_of_torn(const snapshot *known, snapshot **ret_picture);

/** An error; NULL in `ret_picture` where `known` says it already. */
section_status picture_of_problem(const section_error *error, const snapshot *known,
                                  snapshot **ret_picture);

/** NULL is not. */
bool picture_is_torn(const snapshot *picture);

/** The members of an event: see `watch_view`. */
char *picture_tell(const snapshot *from, const snapshot *to, const char **ret_kind);

#endif
