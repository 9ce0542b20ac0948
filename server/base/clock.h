#ifndef SECTIOND_CLOCK_H
#define SECTIOND_CLOCK_H

#include <stdint.h>

/** Room for `2026-01-31T23:59:59.999Z`. */
#define CLOCK_TEXT_BYTES 32

/** Writes milliseconds since the Unix epoch as RFC 3339 in UTC. */
void clock_format(int64_t wall_ms, char ret_text[CLOCK_TEXT_BYTES]);

/** The same for the present moment. */
void clock_format_now(char ret_text[CLOCK_TEXT_BYTES]);

#endif
