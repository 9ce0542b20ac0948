#ifndef SECTION_NAME_H
#define SECTION_NAME_H

#include <stdbool.h>

#include <section/error.h>

/**
 * @file
 * Names of sections, as users write them: `SHINE`, `Local\SHINE`, `Global\SHINE`,
 * `Session\1\SHINE`.
 */

/** Longest name without its prefix, in UTF-16 units. */
#define SECTION_NAME_UNITS_MAX 255

/** Room for the longest `text`: `Session\4294967295\` and 255 units of at most 3 bytes of UTF-8,
 * terminated. */
#define SECTION_NAME_BYTES_MAX (19 + SECTION_NAME_UNITS_MAX * 3 + 1)

/** The object namespace that a name lives in. Linux has one only, which is `SECTION_SCOPE_LOCAL`.
 */
typedef enum section_scope { SECTION_SCOPE_LOCAL = 0, SECTION_SCOPE_GLOBAL } section_scope;

/** A checked name. */
typedef struct section_name {
    section_scope scope;
    char text[SECTION_NAME_BYTES_MAX]; /**< UTF-8 without `Local\` or `Global\`; a `Session\N\`
                                          prefix stays */
} section_name;

/**
 * Checks a name and takes its prefix apart, before any OS call sees it.
 * @param text UTF-8, terminated: an optional `Local\`, `Global\` or `Session\N\` (case-sensitive),
 *     then 1 to 255 UTF-16 units without backslash or control character. On Linux one leading `/`
 *     is dropped.
 * @param ret_name the caller's storage, filled on success.
 * @return `SECTION_BAD_NAME` for a name that cannot be; `SECTION_UNSUPPORTED` on Linux for
 *     `Global\` and `Session\`.
 * Threads: any.
 * Platforms: Linux also refuses `/`, `.`, `..`, names that begin with `sem.`, and more than 255
 *     bytes.
 * Source: https://learn.microsoft.com/en-us/windows/win32/termserv/kernel-object-namespaces,
 *     shm_overview(7)
 */
section_status section_name_parse(const char *text, section_name *ret_name,
                                  section_error *ret_error);

/**
 * Compares two checked names; case counts.
 * @param a, b the caller's.
 * @return whether scope and text are the same.
 * Errors: none. Threads: any. Platforms: same.
 */
bool section_name_equal(const section_name *a, const section_name *b);

#endif
