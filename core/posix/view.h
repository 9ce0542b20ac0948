#ifndef SECTION_POSIX_VIEW_H
#define SECTION_POSIX_VIEW_H

#include "../os.h"

/**
 * Why an access to the mapping found no memory: true where a hole of the object cannot be filled,
 * false where the object was cut. Its size alone does not tell: it may have been cut and extended
 * again since.
 */
bool view_lacks_memory(const os_section *object);

#endif
