#ifndef SECTIOND_LAYOUTS_PROMETHEUS_H
#define SECTIOND_LAYOUTS_PROMETHEUS_H

#include <section/fields.h>

#include "layouts/out.h"

/**
 * @file
 * Fields as Prometheus reads them: the text exposition format, version 0.0.4.
 *
 * The path `rows[3].cells[1].value` becomes a sample of the metric `sectiond_field_rows_cells_value`,
 * with the labels `index="3"` and `index_2="1"`. Numbers, booleans, and enumerations as their number; text
 * and null have no sample.
 */

/** What every sample has as labels. */
typedef struct prometheus_labels {
    const char *section; /* its name, UTF-8; NULL: anonymous */
    uint64_t section_id;
    const char *layout;
} prometheus_labels;

/** Prints what an image holds. @return as `section_fields_visit`, and what `out` says. */
section_status prometheus_print(text_out *out, section_image *image,
                                const prometheus_labels *labels, section_error *ret_error);

#endif
