#include "api/ranges.h"

#include <string.h>

#include "api/conditions.h"
#include "api/multipart.h"

static section_status unsatisfiable(reply *reply, uint64_t size_bytes, section_error *ret_error)
{
    reply_add_header(reply, "Content-Range", "bytes */%llu", (unsigned long long)size_bytes);
    return section_fail(ret_error, SECTION_BAD_RANGE,
                        "the Range lies outside the %llu bytes asked for",
                        (unsigned long long)size_bytes);
}

static void cut_to(reply *reply, byte_part part, uint64_t size_bytes)
{
    reply_add_header(reply, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)part.first,
                     (unsigned long long)(part.first + part.length - 1),
                     (unsigned long long)size_bytes);
    reply->http_status = 206;
    if (reply->bytes != NULL) {
        reply->bytes = (const char *)reply->bytes + part.first;
    }
    reply->first_position += part.first;
    reply->length_bytes = part.length;
}

static bool do_touch(byte_part a, byte_part b)
{
    return a.first <= b.first + b.length && b.first <= a.first + a.length;
}

static byte_part unite(byte_part a, byte_part b)
{
    const uint64_t first = a.first < b.first ? a.first : b.first;
    const uint64_t a_end = a.first + a.length;
    const uint64_t b_end = b.first + b.length;
    return (byte_part){first, (a_end > b_end ? a_end : b_end) - first};
}

/*
 * Ranges that overlap or adjoin become one, so that no byte is sent twice (RFC 9110 section 15.3.7.2).
 * Each stands where the first of those that it is made of was asked for. Returns how many are left.
 */
static unsigned coalesce(byte_part parts[RANGE_PARTS_MAX], unsigned count)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        byte_part part = parts[i];
        unsigned at = kept;
        for (unsigned k = 0; k < kept;) {
            if (!do_touch(part, parts[k])) {
                k++;
                continue;
            }
            part = unite(part, parts[k]);
            at = k < at ? k : at;
            memmove(&parts[k], &parts[k + 1], (--kept - k) * sizeof *parts);
            k = 0; /* it may touch those that it did not touch before */
        }
        memmove(&parts[at + 1], &parts[at], (kept - at) * sizeof *parts);
        parts[at] = part;
        kept++;
    }
    return kept;
}

section_status ranges_apply(const request *request, reply *reply, section_error *ret_error)
{
    byte_part parts[RANGE_PARTS_MAX];
    unsigned count = 0;
    const uint64_t size_bytes = reply->length_bytes;
    const char *range = request->headers[HEADER_RANGE];
    const char *if_range = request->headers[HEADER_IF_RANGE];
    /* HEAD has no ranges (RFC 9110 section 14.2). */
    if (range == NULL || request->head ||
        (if_range != NULL && strcmp(if_range, reply->etag) != 0)) {
        return SECTION_OK;
    }
    switch (range_parse(range, size_bytes, parts, &count)) {
    case RANGE_WHOLE:
        return SECTION_OK;
    case RANGE_UNSATISFIABLE:
        return unsatisfiable(reply, size_bytes, ret_error);
    case RANGE_PARTS:
        break;
    }
    count = coalesce(parts, count);
    if (count == 1) {
        cut_to(reply, parts[0], size_bytes);
        return SECTION_OK;
    }
    return multipart_reply(reply, parts, count, ret_error);
}
