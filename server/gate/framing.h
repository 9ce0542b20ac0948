#ifndef SECTIOND_FRAMING_H
#define SECTIOND_FRAMING_H

#include "api/request.h"

/**
 * @file
 * Strict checks of HTTP framing. A request that two parsers might read differently is refused and
 * its connection closed, before its contents are examined (RFC 9110, 9112). It stands behind
 * libmicrohttpd's own strictness, which refuses bare CR and LF, NUL, folded lines, lines without a
 * colon and malformed chunks.
 */

/**
 * Takes a header field into the request; lists that come as several fields are joined (RFC 9110
 * section 5.3). What is wrong with it waits for framing_check.
 * @param name as sent, `name_bytes` long
 * @param value terminated, and lives as long as the request
 */
void framing_add_field(request *request, const char *name, size_t name_bytes, const char *value,
                       size_t value_bytes);

/** Whether a trailer has a name and a value that a header field could have. */
bool framing_is_trailer(const char *name, size_t name_bytes, const char *value, size_t value_bytes);

/**
 * Checks request line and header fields together, and notes the length of the body.
 * @param target as sent
 * @return SECTION_BAD_REQUEST.
 */
section_status framing_check(request *request, const char *method_name, const char *target,
                             const char *http_version, section_error *ret_error);

#endif
