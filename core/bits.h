#ifndef SECTION_BITS_H
#define SECTION_BITS_H

#include <stdint.h>

/** The lowest bits of a number: `width` of them, 1 to 64. */
static inline uint64_t bits_mask(unsigned width)
{
    return width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

#endif
