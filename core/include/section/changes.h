#ifndef SECTION_CHANGES_H
#define SECTION_CHANGES_H

#include <section/section.h>

/**
 * @file
 * Comparing memory with what is known of it. Memory that has not changed is compared in place, and
 * not copied.
 */

/** The unit in which changes are reported, counted from the start of the range. */
#define SECTION_BLOCK_BYTES 4096u

/**
 * Copies the blocks of a range that differ from what is known of them.
 * @param offset_bytes, length_bytes a range inside the view. Blocks of `SECTION_BLOCK_BYTES` count
 *     from its start; the last one may be shorter.
 * @param known the caller's, `length_bytes` long: what the range held before.
 * @param ret_bytes the caller's, `length_bytes` long. A block that has changed holds its new bytes,
 *     others are undefined. On failure all are.
 * @param ret_changed the caller's, one for each block: whether the copy differs from `known`.
 * @return those of `section_read`.
 * Threads: any. Whole as `section_read` is; a naturally aligned word of up to 8 bytes is one
 *     load, so that no other process tears it.
 * Platforms: same.
 */
section_status section_read_changed(section *self, uint64_t offset_bytes, const void *known,
                                    void *ret_bytes, size_t length_bytes, bool *ret_changed,
                                    section_error *ret_error);

#endif
