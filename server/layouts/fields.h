#ifndef SECTIOND_LAYOUTS_FIELDS_H
#define SECTIOND_LAYOUTS_FIELDS_H

#include <section/fields.h>

#include "api/plan.h"
#include "layouts/store.h"

/**
 * @file
 * What everything that reads or writes fields of a section shares: by which layout, which of them, and the
 * copy that they are read from.
 */

/** The formats of `format=`. */
typedef enum fields_format {
    FIELDS_JSON,
    FIELDS_CSV,
    FIELDS_TEXT,
    FIELDS_NDJSON,
    FIELDS_PROMETHEUS
} fields_format;

/**
 * What consistent copies of a request have taken so far. It lies in the order, for the execution is called again until
 * there is one, or until time is up. Zeroed, nothing was tried yet.
 */
typedef struct fields_effort {
    int64_t until_ms; /* monotonic; 0: the time begins with the first try */
    unsigned tries, naps;
} fields_effort;

/** Fields of a section, to be read. Zeroed, it holds nothing. */
typedef struct fields_read {
    const entry *source;
    layout *layout;
    section_selection *selection; /* NULL: all */
    section_image *image;
    spare_images *spares;           /* where the image goes when it is not needed any more */
    section_fields_outcome outcome; /* its tries are those of all calls of the execution */
    fields_effort *effort;
    bool holds_up_others; /* who wait meanwhile: there is one copy, or none */
    uint64_t *steps_left; /* of `section_fields_options`; NULL: as many as one walk may take */
} fields_read;

/**
 * Finds the layout: that of a name, or the section's own where there is none.
 * @return SECTION_BAD_NAME, SECTION_NOT_FOUND; SECTION_NO_LAYOUT where the section has none.
 */
section_status fields_find_layout(const call_means *means, const entry *of, const char *name,
                                  layout **ret_layout, section_error *ret_error);

/**
 * Finds layout and selection. A layout that is there already, with a reference, is taken whatever name is
 * given.
 * @param select paths with commas between them, or NULL.
 */
section_status fields_begin(fields_read *self, const call_means *means, const entry *source,
                            const char *layout, const char *select, section_error *ret_error);

/**
 * Reads a consistent copy, tried for as long as the layout says: for a moment on this thread, and after a nap (`call_nap`)
 * in the next call of the execution.
 * @return also SECTION_TORN: time is up, or `call->nap_ms` is set.
 */
section_status fields_copy(fields_read *self, call *call, entry *of, bool allow_torn,
                           section_error *ret_error);

/** The time for consistent copies by a layout runs from now on, unless it does already. */
void fields_begin_effort(fields_effort *self, const layout *of);

/** How long one try may take. */
enum { FIELDS_TRY_MS = 2 };

/** A try was in vain: takes a nap, or says that time is up. @return SECTION_TORN. */
section_status fields_try_again(fields_effort *self, call *call, const layout *of,
                                section_error *ret_error);

/** The tag of what was read: over layout, format, `select` and the values, which are not decoded. */
section_status fields_tag(fields_read *self, fields_format format, const char *select,
                          char ret_etag[ETAG_BYTES], section_error *ret_error);

/** Lets go of everything. */
void fields_end(fields_read *self);

#endif
