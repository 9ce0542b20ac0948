#ifndef SECTIOND_MULTIPART_H
#define SECTIOND_MULTIPART_H

#include "api/conditions.h"
#include "api/reply.h"

/**
 * @file
 * Several ranges in one answer: multipart/byteranges (RFC 9110 section 14.6).
 */

/** Where the bytes of the representation come from; one of the two. */
typedef struct multipart_source {
    const void *snapshot; /* the whole representation, copied from, or NULL */
    reply_reader *read;   /* of positions of the representation */
    void (*release)(void *context);
    void *context;
} multipart_source;

/**
 * Answers 206 with the parts. Takes the source's context over, also on failure.
 * @param size_bytes of the representation
 */
section_status multipart_reply(reply *reply, const byte_part *parts, unsigned part_count,
                               uint64_t size_bytes, multipart_source source,
                               section_error *ret_error);

#endif
