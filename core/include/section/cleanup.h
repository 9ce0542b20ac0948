#ifndef SECTION_CLEANUP_H
#define SECTION_CLEANUP_H

#include <stdlib.h>

/**
 * @file
 * Marks a variable for cleanup where it is declared, so that a function may return early:
 *
 *     _cleanup_free_ char *path = make_path();
 *
 * The compiler (gcc or clang) frees what the variable holds when the variable goes out of its block;
 * the last one declared comes first. Values that hold nothing (NULL, -1) are ignored, so a variable
 * is initialised with one of those, or at once. To hand on what a variable holds, copy it and set
 * the variable to a value that holds nothing. Marks for the handles of a platform are in
 * section_posix/cleanup.h and section_windows/cleanup.h.
 */

#define _cleanup_(function) __attribute__((cleanup(function)))

/**
 * Frees the memory that a pointer leads to.
 * @param variable address of the pointer, which may be NULL; the compiler passes it.
 * Errors: none; errno does not change (POSIX.1-2024; glibc since 2.33).
 * Threads: any. Platforms: same.
 * Source: https://gcc.gnu.org/onlinedocs/gcc/Common-Variable-Attributes.html, free(3)
 */
static inline void cleanup_free(void *variable)
{
    free(*(void **)variable);
}

/** Memory that malloc gave; NULL: none. */
#define _cleanup_free_ _cleanup_(cleanup_free)

#endif
