#ifndef SECTIOND_LAYOUTS_DESCRIPTION_H
#define SECTIOND_LAYOUTS_DESCRIPTION_H

#include <section/layout.h>

#include "layouts/model/errors.h"

/**
 * @file
 * A layout as it is described, whatever it was read from: what the library compiles, and what only
 * the daemon needs.
 */

enum { LAYOUT_EXPORTS_MAX = 64, LAYOUT_EXPORT_LABELS_MAX = 16, LAYOUT_NOTES_MAX = 128 };

/** A label of a metric: its name, and the sibling field that it is taken from. */
typedef struct layout_export_label {
    const char *label;
    const char *field;
} layout_export_label;

/** A field that /metrics has. */
typedef struct layout_export {
    const char *path; /* as select= takes it */
    const char *metric;
    bool is_counter;
    const char *help; /* or NULL */
    const layout_export_label *labels;
    size_t label_count;
} layout_export;

/** What the reading of C has to say about a place of the text: see layouts/c.h. */
typedef struct layout_note {
    const char *detail;
    uint64_t line, column; /* from 1; 0: it has no place */
} layout_note;

/** A description; everything that it points to is in its arena. Zeroed, it is empty. */
typedef struct layout_description {
    arena arena;
    section_layout_source source;
    const layout_export *exports;
    size_t export_count;
    const layout_note *notes;
    size_t note_count;
} layout_description;

/** Frees all of it. */
void layout_description_free(layout_description *self);

#endif
