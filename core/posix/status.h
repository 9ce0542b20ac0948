#ifndef SECTION_POSIX_STATUS_H
#define SECTION_POSIX_STATUS_H

#include <section/error.h>

/**
 * The meaning of an errno from any call; SECTION_OS_ERROR if it has none without knowing the call.
 */
section_status errno_status(uint32_t number);

#endif
