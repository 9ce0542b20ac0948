#ifndef SECTIOND_LAYOUTS_PICTURE_H
#define SECTIOND_LAYOUTS_PICTURE_H

#include <section/fields.h>

#include "layouts/layout.h"
#include "watch/view.h"

/**
 * @file
 * Pictures of fields, as events tell them: a list of paths and of values in JSON; or that there is none.
 */

/**
 * What an image holds.
 * @return SECTION_TOO_LARGE (it would be longer than `most_bytes`), and those of `section_fields_visit`.
 */
section_status picture_of_values(const layout *layout, section_image *image, size_t most_bytes,
                                 snapshot **ret_picture, section_error *ret_error);

/** No consistent copy could be made: the values that were seen last (NULL: none). */
section_status picture_of_torn(const snapshot *known, snapshot **ret_picture);

/**
 * An error. NULL in `ret_picture` where `known` says it already: of one layout, an error is known by its
 * code and the field, whatever else its text says of the bytes of the moment.
 * @param layout NULL: there is none.
 */
section_status picture_of_problem(const layout *layout, const section_error *error,
                                  const snapshot *known, snapshot **ret_picture);

/** NULL is not. */
bool picture_is_torn(const snapshot *picture);

/** The members of an event: see `watch_view`. */
view_text *picture_tell(const snapshot *from, const snapshot *to);

#endif
