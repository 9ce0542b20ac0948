#ifndef SECTIOND_BASE_ARENA_H
#define SECTIOND_BASE_ARENA_H

#include <section/arena.h>

/**
 * @file
 * Memory that is freed as a whole, and of which there is only so much: the library's, in short words, and
 * texts that are printed into it.
 */

typedef section_arena arena;

/** An empty one; it needs no clean-up before the first allocation. */
static inline void arena_init(arena *self, size_t most_bytes)
{
    *self = (arena){.most_bytes = most_bytes};
}

static inline void arena_release(arena *self)
{
    section_arena_release(self);
}

/** Zeroed memory for any object; NULL and a flag of the arena where there is none. */
static inline void *arena_take(arena *self, size_t bytes)
{
    return section_arena_take(self, 1, bytes);
}

/** As arena_take, for an array; an overflow counts as full. */
static inline void *arena_take_array(arena *self, size_t count, size_t element_bytes)
{
    return section_arena_take(self, count, element_bytes);
}

/** A terminated copy. */
static inline char *arena_copy(arena *self, const char *text, size_t bytes)
{
    return section_arena_copy(self, text, bytes);
}

/** Prints into memory of the arena. */
__attribute__((format(printf, 2, 3))) char *arena_format(arena *self, const char *format, ...);

#endif
