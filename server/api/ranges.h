#ifndef SECTIOND_RANGES_H
#define SECTIOND_RANGES_H

#include "api/reply.h"
#include "api/request.h"

/**
 * @file
 * Selects the part of a representation that is sent: Range and If-Range of a GET (RFC 9110 section
 * 14). Applied to a complete reply with `accepts_ranges`, after the conditions were evaluated.
 */

/** Makes the reply a 206 where parts are asked for. @return SECTION_BAD_RANGE, SECTION_NO_MEMORY. */
section_status ranges_apply(const request *request, reply *reply, section_error *ret_error);

#endif
