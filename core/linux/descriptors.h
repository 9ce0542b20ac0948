#ifndef SECTION_LINUX_DESCRIPTORS_H
#define SECTION_LINUX_DESCRIPTORS_H

#include "search.h"

/** Shows the sections among the descriptors of the process. SECTION_ACCESS_DENIED: none can be seen. */
section_status descriptors_search(search *self, section_error *ret_error);

#endif
