#ifndef SECTION_FIND_H
#define SECTION_FIND_H

#include <section/section.h>

/**
 * @file
 * Searching for bytes. Holes (pages that have no memory) are skipped, and stay without memory.
 */

/** The longest pattern, in bytes. */
#define SECTION_PATTERN_BYTES_MAX 512u

/** What is searched for. */
typedef struct section_pattern {
    const uint8_t *bytes;
    const uint8_t *mask; /**< a byte for each of them, 0: any byte matches there; NULL: all count */
    size_t length_bytes; /**< 1 to `SECTION_PATTERN_BYTES_MAX` */
} section_pattern;

/**
 * Finds the first match that lies wholly inside a range.
 * @param pattern the caller's.
 * @param offset_bytes, length_bytes a range inside the view.
 * @param pause the caller's, asked between pieces of at most `SECTION_WHOLE_BYTES`; NULL: never stop.
 * @param ret_offset_bytes receives where the match begins, or the range's end where there is none; on
 *     `SECTION_STOPPING`, where to go on.
 * @return those of `section_read`; `SECTION_BAD_SIZE` for a pattern that is empty or too long, or in
 *     which no byte counts; `SECTION_STOPPING` where `pause` said no.
 * Threads: any; each piece is read whole, and the lock is free between pieces. What changes during the
 *     search may be found or not.
 * Platforms: Linux skips holes by SEEK_DATA: a match that lies wholly in one (zeros) is not found. On
 *     Windows uncommitted pages are zeros, and are searched as such.
 * Source: lseek(2)
 */
section_status section_find(section *self, const section_pattern *pattern, uint64_t offset_bytes,
                            uint64_t length_bytes, const section_pause *pause,
                            uint64_t *ret_offset_bytes, section_error *ret_error);

#endif
