#ifndef SECTION_MOMENT_H
#define SECTION_MOMENT_H

#include <stdint.h>

/**
 * @file
 * Time that only goes forward, and waiting for what others do in between.
 */

uint64_t moment_now_ns(void);

/** Lets others go on; the more often in a row it was called, the longer: from nothing to 200 µs. */
void moment_wait(unsigned already);

#endif
