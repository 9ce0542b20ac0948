#include "memory/waiting.h"

#include <string.h>

#include "api/server.h"

enum { WAIT_S_MAX = 300 };

/* `30s`, `1500ms`, or `30`, which are seconds. */
static bool parse_duration(const char *text, int64_t *ret_us)
{
    char digits[16];
    uint64_t number;
    const size_t length = strspn(text, "0123456789");
    const char *unit = text + length;
    if (length == 0 || length >= sizeof digits) {
        return false;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    const bool is_ms = strcmp(unit, "ms") == 0;
    const uint64_t most = (uint64_t)WAIT_S_MAX * (is_ms ? 1000 : 1);
    if ((!is_ms && *unit != '\0' && strcmp(unit, "s") != 0) || !parse_decimal(digits, &number) ||
        number > most) {
        return false;
    }
    *ret_us = (int64_t)number * (is_ms ? 1000 : 1000000);
    return true;
}

section_status waiting_parse(request *request, section_error *ret_error)
{
    const char *text = request_parameter(request, "wait");
    if (text == NULL) {
        return SECTION_OK;
    }
    if (!parse_duration(text, &request->wait_us)) {
        return section_fail(ret_error, SECTION_BAD_QUERY,
                            "wait takes seconds, as in 30 or 30s, or milliseconds, as in 500ms, up "
                            "to %ds, not '%.40s'",
                            WAIT_S_MAX, text);
    }
    if (request->headers[HEADER_IF_NONE_MATCH] == NULL) {
        return section_fail(ret_error, SECTION_BAD_QUERY,
                            "wait needs If-None-Match: the ETag of what is known already");
    }
    return SECTION_OK;
}

bool waiting_is_wanted(const request *request)
{
    return request->wait_us > 0 && !request->head;
}

section_status waiting_sleep(request *request, entry *entry, byte_range range,
                             const char *bytes_tag, section_error *ret_error)
{
    const watch_target target = {entry, range.offset_bytes, (size_t)range.length_bytes};
    server *server = request->server;
    if (range.length_bytes > SECTION_WHOLE_BYTES) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "wait works for up to %u bytes",
                            SECTION_WHOLE_BYTES);
    }
    if (atomic_load(&server->stopping)) {
        return section_fail(ret_error, SECTION_STOPPING, "ask again when it has started anew");
    }
    if (request->wait == NULL) {
        request->wait = watch_wait_new(server->watch, request->sleeper, request->wait_us);
    }
    if (request->wait == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory to wait with");
    }
    if (watch_wait_is_late(request->wait)) {
        return SECTION_OK;
    }
    section_status status = watch_wait_aim(request->wait, &target, bytes_tag, ret_error);
    request->sleeps = status == SECTION_OK;
    return status;
}

section_status waiting_check(request *request, reply *reply, entry *entry, unsigned tag_variant,
                             byte_range range, const char *bytes_tag, section_error *ret_error)
{
    section_status status = SECTION_OK;
    bool done = false;
    if (range.length_bytes <= SECTION_WHOLE_BYTES) {
        etag_of(reply->bytes, (size_t)reply->length_bytes, tag_variant, reply->etag);
        status = handlers_check_conditions(request, reply, &done, ret_error);
    }
    const bool is_long = range.length_bytes > SECTION_WHOLE_BYTES;
    if (status == SECTION_OK && (done || is_long) && waiting_is_wanted(request)) {
        status = waiting_sleep(request, entry, range, bytes_tag, ret_error);
    }
    if (status != SECTION_OK || done) {
        reply_discard(reply);
    }
    return status;
}
