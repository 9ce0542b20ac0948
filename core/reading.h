#ifndef SECTION_READING_H
#define SECTION_READING_H

#include <section/fields.h>

#include "image.h"
#include "os.h"

/**
 * @file
 * A read of fields on its way: tries, until a copy is consistent or time is up.
 */

typedef struct reading {
    section *section;
    const section_layout *layout;
    const section_selection *selection;
    section_fields_options options;
    section_image *image;
    section_fields_outcome outcome;
    bool is_check; /* guards only */
    /* What else to look at while a copy is made; NULL: nothing. */
    section_status (*also)(void *context, section_error *ret_error);
    void *context;
    /* of the try that is made */
    uint8_t before[8];
    uint64_t hold_until_ns;
    os_mutex mutex;
    bool has_mutex;
    bool keeps_mutex; /* for the caller, who gives it back */
    uint64_t deadline_ns;
} reading;

/** SECTION_LAYOUT_MISMATCH where the view is shorter than the layout. */
section_status reading_check_size(const reading *self, section_error *ret_error);

/** Makes one copy; guards are checked on it. The lock of the object is held. */
section_status reading_copy(reading *self, section_error *ret_error);

/** Tries as the layout's consistency and the options say. */
section_status reading_run(reading *self, section_error *ret_error);

#endif
