#ifndef SECTIOND_QUOTA_H
#define SECTIOND_QUOTA_H

#include "registry/registry.h"

/**
 * @file
 * Places and memory for sections, set aside before the OS is asked, so that the limits hold
 * against concurrent requests. Asked where requests are planned, not where they are carried out.
 */

/**
 * Sets aside one place and `committed_bytes`.
 * @return SECTION_QUOTA naming the limit.
 */
section_status registry_reserve(registry *registry, uint64_t committed_bytes,
                                reservation *ret_reservation, section_error *ret_error);

/** Gives both back. */
void registry_cancel(registry *registry, reservation reservation);

/** Adds bytes to a reservation, once it is known that they are needed. @return SECTION_QUOTA. */
section_status registry_extend(registry *registry, reservation *reservation, uint64_t more_bytes,
                               section_error *ret_error);

/**
 * Whether a write may give so many bytes of memory to a section; nothing is taken yet.
 * @return SECTION_QUOTA naming the limit.
 */
section_status registry_check_commit(const entry *entry, uint64_t bytes, section_error *ret_error);

#endif
