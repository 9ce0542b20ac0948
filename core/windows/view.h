#ifndef SECTION_WINDOWS_VIEW_H
#define SECTION_WINDOWS_VIEW_H

#include "../os.h"

/** Commits the pages of a reserved section that a write is about to touch. */
section_status view_commit(const os_section *object, uint8_t *address, size_t length_bytes,
                           section_error *ret_error);

#endif
