#ifndef SECTION_LINUX_EXTENTS_H
#define SECTION_LINUX_EXTENTS_H

#include <sys/stat.h>

#include "../os.h"

/** Whether each page of the object has memory, or blocks, as far as their number tells. */
bool has_all_blocks(const struct stat *facts);

/**
 * Opens the object once more, to look for its holes: SEEK_HOLE moves the position of a descriptor,
 * which whoever gave it to us, or took it from us, shares. -1 where that is refused.
 */
int open_seeker(const os_section *object);

#endif
