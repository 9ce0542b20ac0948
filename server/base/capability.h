#ifndef SECTIOND_CAPABILITY_H
#define SECTIOND_CAPABILITY_H

#include <section/error.h>

/**
 * @file
 * The capabilities that `--deny` can switch off for all roles. Routes say which of them they need.
 */

typedef enum capability {
    CAPABILITY_NONE, /* of a route: nothing switches it off */
    CAPABILITY_DUPLICATE,
    CAPABILITY_DISCOVER,
    CAPABILITY_FILES,
    CAPABILITY_WRITE,
    CAPABILITY_CREATE,
    CAPABILITY_COUNT
} capability;

/** As `--deny` spells it. @param capability any but CAPABILITY_NONE. */
const char *capability_name(capability capability);

/**
 * Fails with SECTION_DISABLED where `capability` is denied.
 * @param denied a bit `1u << capability` for each that is
 */
section_status capability_check(unsigned denied, capability capability, section_error *ret_error);

#endif
