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
    uint64_t field_bytes; /* of the whole field: nothing else may be stored in it */
    bool has_mask;        /* only some bits are stored */
    bool is_text;
    uint8_t bytes[STORING_BYTES_MAX];
    uint8_t mask[STORING_BYTES_MAX];
    void *text; /* its bytes, with the NUL; freed with the part */
} storing_part;

/** Makes a part of a value, for what a path leads to. The part's input and text are the caller's to free. */
section_status storing_encode(const section_layout *layout, const walk_leaf *leaf,
                              const section_field_input *input, bool no_terminator,
                              storing_part *ret_part, section_error *ret_error);

/** Stores it. The caller holds the lock for a sequence, and has checked the range. */
section_status storing_apply(section *self, const storing_part *part, section_error *ret_error);

#endif
