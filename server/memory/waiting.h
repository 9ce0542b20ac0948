#ifndef SECTIOND_WAITING_H
#define SECTIOND_WAITING_H

#include "api/handlers.h"

/**
 * @file
 * Reads that wait (`wait=30s`) until what is there is not what If-None-Match names.
 *
 * A handler reads and compares as ever. Where it would answer 304, it asks to sleep on the bytes that
 * it has read; when they are others, or time is up, it runs again from its beginning.
 */

/** Reads `wait` of the query, before the section is looked for. @return SECTION_BAD_QUERY. */
section_status waiting_parse(request *request, section_error *ret_error);

/** Whether the request is one that would sleep. */
bool waiting_is_wanted(const request *request);

/**
 * Says that there is nothing new: on return the request sleeps (`request->sleeps`), or its time is up
 * and the answer stays what it is.
 * @param bytes_tag the tag of the range's bytes, as they were when they were read
 * @return SECTION_BAD_SIZE where the range is too long, SECTION_STOPPING, SECTION_QUOTA,
 *     SECTION_NO_MEMORY.
 */
section_status waiting_sleep(request *request, entry *entry, byte_range range,
                             const char *bytes_tag, section_error *ret_error);

/**
 * Gives the answer that a reply holds its tag, where it is of up to 64 KiB, and checks the request's
 * conditions on it: it stays, or becomes 304, or sleeps.
 * @param tag_variant TAG_OF_…
 * @param range what the answer was made of
 * @param bytes_tag as above; not looked at unless the request wants to wait
 * @return SECTION_PRECONDITION, and those of `waiting_sleep`; the reply has no body then.
 */
section_status waiting_check(request *request, reply *reply, entry *entry, unsigned tag_variant,
                             byte_range range, const char *bytes_tag, section_error *ret_error);

#endif
