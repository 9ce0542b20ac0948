#ifndef SECTIOND_LAYOUTS_ERRORS_H
#define SECTIOND_LAYOUTS_ERRORS_H

#include <section/error.h>

#include "base/arena.h"

/**
 * @file
 * What is wrong with a layout: each error with its place, a JSON pointer or a line of C.
 */

enum { LAYOUT_ERRORS_MAX = 20, LAYOUT_DETAIL_BYTES = 256 };

/** An error; its texts are in the arena. */
typedef struct layout_error {
    const char *detail;
    const char *pointer;   /* RFC 6901 as a fragment, "#/fields/3/type"; NULL: a place in C */
    unsigned line, column; /* from 1 */
} layout_error;

/** The first errors that were found. Zeroed, there are none. */
typedef struct layout_errors {
    layout_error list[LAYOUT_ERRORS_MAX];
    size_t count;
} layout_errors;

/** A place in a JSON document: a member or an element of what is around it. */
typedef struct json_place {
    const struct json_place *outer; /* NULL: this is the document itself */
    const char *key;                /* NULL: the element `index` */
    size_t index;
} json_place;

/** Notes an error at a place; none beyond LAYOUT_ERRORS_MAX, and none where memory runs out. */
void layout_errors_add(layout_errors *self, arena *memory, const json_place *place,
                       const char *detail_format, ...)
#if defined(__GNUC__)
    __attribute__((format(gnu_printf, 4, 5)))
#endif
    ;

/** The error of the first of them, which says that there are more. @return SECTION_BAD_LAYOUT. */
section_status layout_errors_fail(const layout_errors *self, section_error *ret_error);

/** Notes an error at a line of C. */
void layout_errors_add_line(layout_errors *self, arena *memory, unsigned line, unsigned column,
                            const char *detail);

#endif
