#include "gate/framing.h"

#include <string.h>
#include <strings.h>

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Whether one of eight bytes is below `limit`, which is at most 128. */
static uint64_t any_below(uint64_t bytes, uint8_t limit)
{
    return (bytes - EACH_BYTE(limit)) & ~bytes & EACH_BYTE(0x80);
}

/*
 * Whether one of eight bytes may be a control character: below 0x20 (the subtraction borrows from
 * its highest bit) or 0x7F (the addition carries into it). True for every control character, and
 * for some other bytes.
 */
static bool may_have_control(uint64_t bytes)
{
    return (((bytes - EACH_BYTE(0x20)) | (bytes + EACH_BYTE(1))) & ~bytes & EACH_BYTE(0x80)) != 0;
}

/* The precise check of one byte. Tabs and bytes above 0x7F are allowed (RFC 9110 section 5.5). */
static bool has_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char byte = (unsigned char)text[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7F) {
            return true;
        }
    }
    return false;
}

/* Checks eight bytes at a time, because this runs over each byte of each header block. */
static bool is_field_value(const char *value, size_t length)
{
    uint64_t bytes;
    if (length > sizeof bytes && length % sizeof bytes != 0) { /* the end, with some before it */
        const size_t rest = length % sizeof bytes;
        memcpy(&bytes, value + length - sizeof bytes, sizeof bytes);
        if (may_have_control(bytes) && has_control(value + length - sizeof bytes, sizeof bytes)) {
            return false;
        }
        length -= rest;
    }
    for (; length >= sizeof bytes; value += sizeof bytes, length -= sizeof bytes) {
        memcpy(&bytes, value, sizeof bytes);
        if (may_have_control(bytes) && has_control(value, sizeof bytes)) {
            return false;
        }
    }
    return !has_control(value, length);
}

static bool is_token(const char *text, size_t length)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < length; i++) {
        if (memchr(allowed, text[i], sizeof allowed - 1) == NULL) {
            return false;
        }
    }
    return length > 0;
}

/* Whether a request target is of characters that may stand there as they are, and has no #. */
static bool is_target(const char *target, size_t length)
{
    uint64_t bytes;
    for (; length >= sizeof bytes; target += sizeof bytes, length -= sizeof bytes) {
        memcpy(&bytes, target, sizeof bytes);
        if ((any_below(bytes, '!') | any_below(bytes ^ EACH_BYTE(0x7F), 1) |
             any_below(bytes ^ EACH_BYTE('#'), 1) | (bytes & EACH_BYTE(0x80))) != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < length; i++) {
        if (target[i] <= ' ' || target[i] > '~' || target[i] == '#') {
            return false;
        }
    }
    return true;
}

/* Fields whose values are lists, so that two of them mean the same as one with both. */
static bool is_list(request_header header)
{
    return header == HEADER_ACCEPT_ENCODING || header == HEADER_IF_MATCH ||
           header == HEADER_IF_NONE_MATCH;
}

/* Appends a value to what stands there, in the room that the request has for that. */
static bool join(request *request, request_header header, const char *value, size_t value_bytes)
{
    const char *before = request->headers[header];
    const size_t before_bytes = strlen(before);
    const size_t room = sizeof request->room.joined - request->joined_bytes;
    if (before_bytes >= room || value_bytes >= room - before_bytes ||
        before_bytes + value_bytes + sizeof ", " > room) {
        return false;
    }
    char *joined = request->room.joined + request->joined_bytes;
    memcpy(joined, before, before_bytes);
    memcpy(joined + before_bytes, ", ", 2);
    memcpy(joined + before_bytes + 2, value, value_bytes);
    joined[before_bytes + 2 + value_bytes] = '\0';
    request->joined_bytes += before_bytes + value_bytes + sizeof ", ";
    request->headers[header] = joined;
    return true;
}

void framing_add_field(request *request, const char *name, size_t name_bytes, const char *value,
                       size_t value_bytes)
{
    const request_header header = request_find_header(name, name_bytes);
    if (!is_field_value(value, value_bytes)) {
        request->malformed = "the value of a header field has a control character";
    }
    if (header == HEADER_COUNT) {
        if (!is_token(name, name_bytes)) {
            request->malformed = "the name of a header field has a character that none can have";
        }
    } else if (request->headers[header] == NULL) {
        request->headers[header] = value;
    } else if (!is_list(header)) {
        request->malformed = "a header field that may stand once stands twice";
    } else if (!join(request, header, value, value_bytes)) {
        request->malformed = "a list of header fields is longer than 1 KiB";
    }
}

bool framing_is_trailer(const char *name, size_t name_bytes, const char *value, size_t value_bytes)
{
    return is_token(name, name_bytes) && is_field_value(value, value_bytes);
}

/* HTTP/1.1, and what comes after it, which is to be read as that (RFC 9110 section 2.5). */
static bool is_http_1_1(const char *http_version)
{
    static const char prefix[] = "HTTP/1.";
    const size_t length = sizeof prefix - 1;
    return strncmp(http_version, prefix, length) == 0 && http_version[length] >= '1' &&
           http_version[length] <= '9' && http_version[length + 1] == '\0';
}

static section_status check_length(request *request, const char *http_version,
                                   section_error *ret_error)
{
    const char *length = request->headers[HEADER_CONTENT_LENGTH];
    const char *coding = request->headers[HEADER_TRANSFER_ENCODING];
    if (length != NULL && coding != NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "Content-Length and Transfer-Encoding exclude each other");
    }
    if (length != NULL) {
        request->has_length = true;
        if (!parse_decimal(length, &request->length_bytes)) {
            return section_fail(ret_error, SECTION_BAD_REQUEST,
                                "Content-Length must be a whole number below 2^53");
        }
    }
    if (coding != NULL) {
        if (!is_http_1_1(http_version)) {
            return section_fail(ret_error, SECTION_BAD_REQUEST, "HTTP/1.0 has no transfer codings");
        }
        if (strcasecmp(coding, "chunked") != 0) {
            return section_fail(ret_error, SECTION_BAD_REQUEST,
                                "of the transfer codings we know chunked only");
        }
        request->chunked = true;
    }
    return SECTION_OK;
}

static section_status check_request_line(const request *request, const char *method_name,
                                         const char *target, const char *http_version,
                                         section_error *ret_error)
{
    if (request->method == METHOD_UNKNOWN && !is_token(method_name, strlen(method_name))) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "the method has a character that none can have");
    }
    if (!is_target(target, strlen(target))) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "the request target has a # or a character to be percent-encoded");
    }
    if (!is_http_1_1(http_version) && strcmp(http_version, "HTTP/1.0") != 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "we speak HTTP/1.1 and HTTP/1.0");
    }
    return SECTION_OK;
}

section_status framing_check(request *request, const char *method_name, const char *target,
                             const char *http_version, section_error *ret_error)
{
    const char *expect = request->headers[HEADER_EXPECT];
    section_status status =
        check_request_line(request, method_name, target, http_version, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (request->malformed != NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%s", request->malformed);
    }
    if (request->headers[HEADER_HOST] == NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "the Host header is missing");
    }
    if (expect != NULL && strcasecmp(expect, "100-continue") != 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "of the expectations we know 100-continue only");
    }
    return check_length(request, http_version, ret_error);
}
