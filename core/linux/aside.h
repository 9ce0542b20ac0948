#ifndef SECTION_LINUX_ASIDE_H
#define SECTION_LINUX_ASIDE_H

#include <stdbool.h>

/**
 * @file
 * A file that is completed before its name appears. To give it up, nothing has to be removed by its
 * path, which may lead to another file by then.
 */

enum { ASIDE_NAME_BYTES = 32 };

typedef struct aside {
    int folder_fd; /* that is to hold it, opened with O_PATH; the owner's to set, ours to close */
    int fd;
    char name
        [ASIDE_NAME_BYTES]; /* for the time being, on file systems without O_TMPFILE; else empty */
} aside;

/**
 * Makes an empty file, for reading and writing, which is to be called `name`.
 * @return false with errno; EEXIST where something has that name already.
 */
bool aside_make(aside *self, const char *name);

/** Gives it its name, unless something else has it: false with errno, EEXIST then. */
bool aside_name(aside *self, const char *name);

/** Closes what is open; without its name, the file is gone. */
void aside_discard(aside *self);

#endif
