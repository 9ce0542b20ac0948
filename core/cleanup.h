#ifndef SECTION_CLEANUP_H
#define SECTION_CLEANUP_H

#include <stdlib.h>

/**
 * @file
 * Marks a variable for cleanup where it is declared, so that a function may return early:
 *
 *     _cleanup_free_ char *path = make_path();
 *
 * What a variable holds is freed when it goes out of its block, the last declared first. Values that
 * hold nothing (NULL, -1) are fine, so a variable is initialised with one of those, or at once. What
 * is handed on is taken out by setting the variable to a value that holds nothing. A platform's folder has the marks for its own kinds in a cleanup.h of its own.
 */

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *variable)
{
    free(*(void **)variable);
}

/** malloc's memory; NULL: none. */
#define _cleanup_free_ _cleanup_(cleanup_free)

#endif
