#ifndef SECTIOND_ORIGIN_H
#define SECTIOND_ORIGIN_H

#include <stdbool.h>

/**
 * @file
 * The syntax of Host and Origin, for the options that take them and for the gate.
 */

/** Whether a text could be a Host at all: a name or an address, and perhaps a port. */
bool origin_is_host(const char *host);

/** Whether a text could be an Origin: `scheme://host` or `scheme://host:port`. */
bool origin_is_valid(const char *origin);

#endif
