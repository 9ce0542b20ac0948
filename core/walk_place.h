#ifndef SECTION_WALK_PLACE_H
#define SECTION_WALK_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/** Where a field of an element is. */
typedef struct walk_place {
    bool is_absent;
    uint64_t offset_bytes; /* in the view */
    uint64_t outer_count;  /* of the first dimension; 1: no array */
    uint64_t count;        /* of all elements; 1: no array */
    uint64_t stride_bytes; /* no array: 0 */
    uint64_t size_bytes;   /* of a table */
} walk_place;

/** A place that was found already, in the element with that number. */
typedef struct walk_memo {
    uint64_t generation;
    walk_place place;
} walk_memo;

#endif
