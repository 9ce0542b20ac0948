#ifndef SECTION_POSIX_SEGMENT_H
#define SECTION_POSIX_SEGMENT_H

#include "../os.h"

/**
 * @file
 * System V segments that are attached by their id (shmat). Such a section has no descriptor: its memory
 * is at `os_section.segment`, whole, until it is detached. A segment is never cut or extended, so its
 * size is asked for once.
 */

/** What is known of a segment from outside. */
typedef struct segment_facts {
    int id;
    bool may_write; /* more than read access may be asked for */
} segment_facts;

/** The size of a segment in bytes; `SECTION_NOT_FOUND` where it is gone. */
section_status segment_size(int id, uint64_t *ret_size_bytes, section_error *ret_error);

/**
 * Attaches a segment; fills `segment`, `access` and `opened_size_bytes` of the object.
 * @param wanted MOST: readwrite where that is granted, else read.
 * @return `SECTION_UNSUPPORTED` (WRITECOPY), `SECTION_ACCESS_DENIED`, `SECTION_NOT_FOUND`,
 *     `SECTION_NO_MEMORY`.
 */
section_status segment_attach(const segment_facts *facts, section_access wanted, os_section *object,
                              section_error *ret_error);

/** As os_map, of an attached segment: the view is a part of it. */
void segment_map(os_section *object, section_access wanted, uint64_t offset_bytes,
                 size_t length_bytes);

void segment_detach(os_section *object);

#endif
