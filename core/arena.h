#ifndef SECTION_ARENA_H
#define SECTION_ARENA_H

#include <stddef.h>

/**
 * @file
 * Memory that is freed all at once.
 */

typedef struct arena {
    struct arena_block *blocks;
} arena;

/** Zeros, aligned for anything; at least one byte. NULL where memory runs out or `count` × `size` overflows. */
void *arena_zeros(arena *self, size_t count, size_t size);

/** A copy of bytes, with a NUL after them. */
char *arena_text(arena *self, const char *text, size_t text_bytes);

void arena_clear(arena *self);

#endif
