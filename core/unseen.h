#ifndef SECTION_UNSEEN_H
#define SECTION_UNSEEN_H

#include <section/error.h>

/**
 * @file
 * The items that a search could not see: their number, and the error of the first.
 */

typedef struct unseen {
    uint64_t count;
    section_error why;
} unseen;

/** Notes one more. */
void unseen_note(unseen *self, const section_error *why);

/** Tells all of it in one error; `what` is a plural. Leaves it alone where nothing was missed. */
void unseen_tell(const unseen *self, const char *what, section_error *ret_unseen);

#endif
