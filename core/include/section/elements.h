#ifndef SECTION_ELEMENTS_H
#define SECTION_ELEMENTS_H

#include <section/section.h>

/**
 * @file
 * Elements of one size, a stride apart: an array, or one member of each structure of an array. What
 * lies between them belongs to others and is neither read nor written.
 */

/** The place of elements in the view. */
typedef struct section_elements {
    uint64_t offset_bytes; /**< of the first */
    size_t element_bytes;  /**< 1, 2, 4 or 8 */
    uint64_t stride_bytes; /**< from one to the next, at least `element_bytes` */
    size_t count;
} section_elements;

/**
 * Copies elements out of the view, side by side.
 * @param elements the caller's; read during the call only. They lie inside the view.
 * @param ret_bytes the caller's, `element_bytes * count` long; undefined on failure.
 * @return those of `section_read`.
 * Threads: any. Whole as `section_read` is, where the elements span up to `SECTION_WHOLE_BYTES`; an
 *     element that is naturally aligned is one load, so that no other process tears it.
 * Platforms: same.
 */
section_status section_read_elements(section *self, const section_elements *elements,
                                     void *ret_bytes, section_error *ret_error);

/**
 * Copies elements into the view.
 * @param elements the caller's; read during the call only. Nothing is written unless they all lie
 *     inside the view.
 * @param bytes the caller's, `element_bytes * count` long.
 * @return those of `section_write`.
 * Threads: any. Whole as `section_write` is, where the elements span up to `SECTION_WHOLE_BYTES`; an
 *     element that is naturally aligned is one store.
 * Platforms: same.
 */
section_status section_write_elements(section *self, const section_elements *elements,
                                      const void *bytes, section_error *ret_error);

#endif
