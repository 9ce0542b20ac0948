#ifndef SECTIOND_TAGS_H
#define SECTIOND_TAGS_H

#include "api/plan.h"

/**
 * @file
 * What routes of a section's bytes share: the tag of bytes, and what an answer was made of.
 */

/** The tag of the bytes of the call's first section, as GET …/data with the same range has it. */
tag_function bytes_tag;

/** Notes what an answer is made of, for a call that `is_watched`: `bytes` are those of the range. */
void note_origin(const call *call, reply *reply, uint64_t offset_bytes, const void *bytes,
                 size_t length_bytes);

#endif
