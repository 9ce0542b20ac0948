#ifndef SECTION_STORING_H
#define SECTION_STORING_H

#include "walk.h"

/**
 * @file
 * A store of fields on its way: what each value becomes, and where it goes.
 */

enum { STORING_BYTES_MAX = 9 }; /* of a number, and of a bit field that is not aligned */

/** One store. */
typedef struct storing_part {
    size_t input; /* which value it is of */
    uint64_t offset_bytes;
    uint64_t length_bytes;
    uint64_t
        field_bytes; /* of the whole field: nothing else may be stored in it; 0: it is not there */
    bool is_read;    /* the layout itself reads some of it */
    bool has_mask;   /* only some bits are stored */
    bool is_text;
    uint8_t bytes[STORING_BYTES_MAX];
    uint8_t mask[STORING_BYTES_MAX];
    void *text; /* its bytes, with the NUL; freed with the part */
} storing_part;

/** Where a part goes for what a path leads to, and which of the bits there are its own. */
void storing_place(const section_layout *layout, const walk_leaf *leaf, storing_part *part);

/** Whether two parts have bits in common, of which none begins before the first one does. */
bool storing_is_shared(const storing_part *first, const storing_part *other);

/**
 * Finds which parts the layout itself reads some of, also under other names. They have their places; the
 * image is being made. SECTION_LAYOUT_MISMATCH where there is too much to be looked at.
 * @param sorted as many as there are parts, for this call.
 */
section_status storing_find_reads(section_image *image, storing_part *parts, storing_part **sorted,
                                  size_t part_count, section_error *ret_error);

/** Makes a part of a value, for what a path leads to. The part's text is the caller's to free. */
section_status storing_encode(const section_layout *layout, const walk_leaf *leaf,
                              const section_field_input *input, bool no_terminator,
                              storing_part *ret_part, section_error *ret_error);

/** Stores it. The caller holds the lock for a sequence, and has checked the range. */
section_status storing_apply(section *self, const storing_part *part, section_error *ret_error);

#endif
