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
    uint64_t hold_until_ns; /* of the mutex, 0: none */
    os_mutex mutex;
    bool has_mutex;
    bool borrows_mutex; /* the sequence has it */
    bool keeps_mutex;   /* for the caller, who gives it back */
    bool
        leaves_mutex; /* a copy that may be torn does without: it takes longer than a mutex is held */
    uint64_t deadline_ns;
} reading;

/** SECTION_LAYOUT_MISMATCH where the view is shorter than the layout. */
section_status reading_check_size(const reading *self, section_error *ret_error);

/** Makes one copy; guards are checked on it. The lock of the object is held. */
section_status reading_copy(reading *self, section_error *ret_error);

/**
 * fields_hold.c: what a try holds. The mutex that the layout names comes before the lock of the object, never
 * the other way round, and whoever has it waits for the lock only as long as others may be kept waiting.
 */
typedef enum hold_result {
    HOLD_LATER,    /* not all is free, or it failed: nothing is held */
    HOLD_ALL,      /* also the mutex, unless there is none here */
    HOLD_LOCK_ONLY /* of a copy that may be torn */
} hold_result;

/**
 * @param forces the lock is wanted, also where the mutex is not to be had.
 * @return an error where the mutex is there and cannot be taken, and the caller would keep it: to store.
 */
section_status hold_begin(reading *self, bool forces, hold_result *ret_taken,
                          section_error *ret_error);

/** The mutex is kept after a success where `keeps_mutex` says so. */
void hold_end(reading *self, section_status status);

/** Takes the lock for a sequence, with the mutex kept; false: it was not to be had in time. */
bool hold_sequence(reading *self);

/** Tries as the layout's consistency and the options say. */
section_status reading_run(reading *self, section_error *ret_error);

#endif
