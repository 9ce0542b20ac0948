#ifndef SECTIOND_MULTIPART_H
#define SECTIOND_MULTIPART_H

#include "api/conditions.h"
#include "api/reply.h"

/**
 * @file
 * Several ranges in one answer: multipart/byteranges (RFC 9110 section 14.6).
 */

/** Makes a whole reply a 206 of several parts. @return SECTION_NO_MEMORY, SECTION_OS_ERROR. */
section_status multipart_reply(reply *reply, const byte_part *parts, unsigned part_count,
                               section_error *ret_error);

#endif
