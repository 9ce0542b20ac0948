#ifndef SECTION_POSIX_CLEANUP_H
#define SECTION_POSIX_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <section/cleanup.h>

/**
 * @file
 * Marks for what POSIX gives, for core and for the daemon. None of them changes errno.
 */

static inline void cleanup_close(const int *fd)
{
    if (*fd >= 0) {
        const int number = errno;
        (void)close(*fd);
        errno = number;
    }
}

static inline void cleanup_closedir(DIR *const *folder)
{
    if (*folder != NULL) {
        const int number = errno;
        (void)closedir(*folder);
        errno = number;
    }
}

static inline void cleanup_fclose(FILE *const *file)
{
    if (*file != NULL) {
        const int number = errno;
        (void)fclose(*file);
        errno = number;
    }
}

/** Sets the variable to none: something else closes the descriptor from now on. */
static inline void cleanup_release(int *fd)
{
    *fd = -1;
}

/** A file descriptor; -1: none. */
#define _cleanup_close_ _cleanup_(cleanup_close)

/** A folder that opendir opened; NULL: none. */
#define _cleanup_closedir_ _cleanup_(cleanup_closedir)

/** A file that fopen opened; NULL: none. */
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)

#endif
