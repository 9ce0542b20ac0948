#ifndef SECTION_POSIX_STATUS_H
#define SECTION_POSIX_STATUS_H

#include <section/error.h>

/** What an errno means, whatever call gave it; SECTION_OS_ERROR where it means nothing by itself. */
section_status errno_status(uint32_t number);

#endif
