#ifndef SECTIOND_RANGES_H
#define SECTIOND_RANGES_H

#include "api/reply.h"
#include "api/request.h"

/**
 * @file
 * What of a representation is sent: the Range and If-Range of a GET (RFC 9110 section 14). It is
 * applied to a reply that is whole and says `accepts_ranges`, after its conditions.
 */

/** Makes the reply a 206 where parts are asked for. @return SECTION_BAD_RANGE, SECTION_NO_MEMORY. */
section_status ranges_apply(const request *request, reply *reply, section_error *ret_error);

#endif
