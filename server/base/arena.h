#ifndef SECTIOND_BASE_ARENA_H
#define SECTIOND_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/**
 * @file
 * Memory that is freed as a whole, and of which there is only so much.
 */

typedef struct arena_block arena_block;

typedef struct arena {
    arena_block *blocks;
    size_t used_bytes;
    size_t most_bytes;
    bool is_full;      /**< the limit was reached */
    bool is_exhausted; /**< the system had no more */
} arena;

/** An empty one; it needs no clean-up before the first allocation. */
void arena_init(arena *arena, size_t most_bytes);

void arena_release(arena *arena);

/** Zeroed memory for any object; NULL and a flag of the arena where there is none. */
void *arena_take(arena *arena, size_t bytes);

/** As arena_take, for an array; an overflow counts as full. */
void *arena_take_array(arena *arena, size_t count, size_t element_bytes);

/** A terminated copy. */
char *arena_copy(arena *arena, const char *text, size_t bytes);

/** Prints into memory of the arena. */
__attribute__((format(printf, 2, 3))) char *arena_format(arena *arena, const char *format, ...);

#endif
