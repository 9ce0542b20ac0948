#ifndef SECTION_LINUX_EXTENTS_H
#define SECTION_LINUX_EXTENTS_H

#include <sys/stat.h>

#include "../os.h"

/** Whether each page of the object has memory, or blocks, as far as their number tells. */
bool has_all_blocks(const struct stat *facts);

/**
 * A descriptor for next_data: SEEK_DATA moves a descriptor's position, so one whose position others use
 * is opened once more. That one goes to `ret_opened`, and is the caller's to close; it holds -1 before.
 * @return -1 where opening it is refused.
 */
int seeker_of(const os_section *object, int *ret_opened);

/** Where the first page at or after `at` is that has memory; `end` if there is none before it. */
off_t next_data(int seeker, off_t at, off_t end);

/** Where the page ends that `at` is in, `end` at most. */
off_t end_of_page(off_t at, off_t end);

#endif
