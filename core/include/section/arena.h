#ifndef SECTION_ARENA_H
#define SECTION_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/**
 * @file
 * Memory that is freed as a whole, and of which there may be only so much.
 */

typedef struct section_arena {
    struct section_arena_block *blocks;
    size_t used_bytes;
    size_t most_bytes; /**< 0: as much as the system has */
    bool is_full;      /**< `most_bytes` were reached */
    bool is_exhausted; /**< the system had no more */
} section_arena;

/**
 * Takes memory for an array: zeros, aligned for anything.
 * @param self zeroed before its first use, but for `most_bytes`.
 * @param count of items, of `item_bytes` each; also of none the memory is there.
 * @return it lives until the arena is released; NULL and a flag where there is none. What overflows is more than
 *     there may be.
 * Threads: one at a time with an arena. Platforms: same.
 */
void *section_arena_take(section_arena *self, size_t count, size_t item_bytes);

/**
 * Copies bytes, and puts a NUL after them.
 * @param text `text_bytes` of it; NULL where there are none.
 * @return as `section_arena_take`.
 * Threads: one at a time with an arena. Platforms: same.
 */
char *section_arena_copy(section_arena *self, const char *text, size_t text_bytes);

/**
 * Frees all, after which the arena is as new, with the same limit.
 * Errors: none. Threads: one at a time with an arena. Platforms: same.
 */
void section_arena_release(section_arena *self);

#endif
