#ifndef SECTION_HELD_H
#define SECTION_HELD_H

#include "lock.h"
#include "os.h"

/**
 * @file
 * What is behind a `section`, for the files of core that work on its bytes.
 */

struct section {
    os_section os;
    object_lock *lock;
    uint64_t view_offset;
    uint64_t view_length;
    uint8_t *view; /* inside os.base */
    uint64_t requested_size_bytes;
    section_origin origin;
    section_source source;
    bool has_name;
    section_name name;
    char *file; /* path as it was given, NULL: none */
};

/** SECTION_READ_ONLY unless the view may be written. */
section_status held_check_writable(const section *self, section_error *ret_error);

#endif
