#ifndef SECTIOND_POSIX_JOURNAL_LINES_H
#define SECTIOND_POSIX_JOURNAL_LINES_H

#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * The format of a journal. The first line is `boot ID`: device and inode mean nothing after the
 * next boot, so a journal of another one is not believed. Then `+DEVICE INODE NAME` for each name
 * that was made and `-DEVICE INODE NAME` for each that is gone; names have no control characters,
 * so lines hold them as they are. The last line may have been cut off by a kill.
 */

enum { JOURNAL_BOOT_BYTES = 64 };

/** The id of this boot, empty and false where the system has none: then nothing is believed. */
bool journal_lines_read_boot(char ret_boot[JOURNAL_BOOT_BYTES]);

/** Writes the first line. @return false with errno set; `bytes` counts what was written. */
bool journal_lines_begin(int fd, const char *boot, uint64_t *bytes);

/** Writes a line at the file's end, on a line of its own also where the last one was `torn`. */
bool journal_lines_write(int fd, bool torn, char sign, const uint64_t object[2], const char *name,
                         uint64_t *bytes);

/** Writes the names of one journal that are not gone to another. */
bool journal_lines_copy(int from, int to, const char *boot, uint64_t *bytes);

/**
 * Unlinks the names that a dead daemon's journal says it had, as far as they still lead to its
 * objects; each is logged.
 * @return false where it could not be read to its end; it is to stay.
 */
bool journal_lines_clear(int fd, const char *boot);

#endif
