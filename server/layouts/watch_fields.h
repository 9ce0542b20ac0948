#ifndef SECTIOND_LAYOUTS_WATCH_FIELDS_H
#define SECTIOND_LAYOUTS_WATCH_FIELDS_H

#include "layouts/fields.h"
#include "watch/view.h"

/** @file Fields that are watched: pictures of values instead of bytes. */

enum {
    /* What one counts for in the limits of watching, until it needs more. */
    FIELDS_WATCHED_BYTES = 65536,
    /* The most fields, elements and values: a bound of the time that one look takes. */
    FIELDS_WATCHED_STEPS_MAX = 65536,
    /* The same of a look that others wait for. */
    FIELDS_WATCHED_STEPS_SHORT = 1024
};

/**
 * Makes a view of the fields of a section.
 * @param layout NULL: the section's own, as it is now.
 * @param select paths with commas between them, or NULL.
 * @param ret_view with a reference for the caller.
 * @return as `fields_begin`.
 */
section_status fields_watch(const call_means *means, const entry *entry, const char *layout,
                            const char *select, watch_view **ret_view, section_error *ret_error);

#endif
