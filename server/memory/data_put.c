#include <string.h>

#include "api/conditions.h"
#include "api/handlers.h"
#include "api/server.h"

/* Whether `length_bytes` at the upload's offset fit into the view. */
static section_status check_fit(const request *request, reply *reply, uint64_t length_bytes,
                                section_error *ret_error)
{
    const uint64_t view_bytes = section_length(request->entry->section);
    if (request->offset_bytes > view_bytes || length_bytes > view_bytes - request->offset_bytes) {
        return handlers_bad_range(reply, view_bytes, ret_error, request->offset_bytes,
                                  length_bytes);
    }
    return SECTION_OK;
}

/* Before the body: what can be refused is refused before the first byte of it is written. */
section_status data_prepare_put(request *request, reply *reply, section_error *ret_error)
{
    byte_range range;
    bool flush;
    section_status status;
    if (request->headers[HEADER_CONTENT_RANGE] != NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "PUT takes ?offset= instead of Content-Range");
    }
    if (request->headers[HEADER_IF_NONE_MATCH] != NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "PUT takes If-Match: the bytes are always there");
    }
    status = handlers_parse_range(request, &range, ret_error);
    request->offset_bytes = range.offset_bytes;
    request->guarded_bytes = range.length_bytes;
    if (status == SECTION_OK) {
        status = request_flag(request, "flush", &flush, ret_error);
    }
    if (status == SECTION_OK) {
        status = handlers_find(request, &request->entry, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    if (section_granted_access(request->entry->section) == SECTION_ACCESS_READ) {
        return section_fail(ret_error, SECTION_READ_ONLY,
                            "we hold it with read access only; whoever made it may grant more");
    }
    return check_fit(request, reply, request->has_length ? request->length_bytes : 0, ret_error);
}

section_status data_take(request *request, const void *bytes, size_t length_bytes,
                         section_error *ret_error)
{
    section *section = request->entry->section;
    const uint64_t at = request->offset_bytes + request->written_bytes;
    const uint64_t room = section_length(section) - at;
    const size_t fitting = length_bytes < room ? length_bytes : (size_t)room;
    if (request->headers[HEADER_IF_MATCH] != NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "If-Match works for bodies of up to %u bytes", SECTION_WHOLE_BYTES);
    }
    section_status status = section_write(section, at, bytes, fitting, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    request->written_bytes += fitting;
    if (fitting < length_bytes) {
        return section_fail(ret_error, SECTION_BAD_RANGE,
                            "the body is longer than the %llu bytes from there to the view's end",
                            (unsigned long long)(section_length(section) - request->offset_bytes));
    }
    return SECTION_OK;
}

static bool has_tag(void *context, const void *current, size_t length_bytes)
{
    char etag[ETAG_BYTES];
    etag_of(current, length_bytes, 0, etag);
    return etag_list_has(context, etag, false);
}

/* A body that was kept: one copy under the section's lock, with the condition on it. */
static section_status write_kept(request *request, reply *reply, section_error *ret_error)
{
    union {
        const char *text;
        void *context;
    } if_match = {.text = request->headers[HEADER_IF_MATCH]};
    const uint64_t guarded =
        request->guarded_bytes > 0 ? request->guarded_bytes : request->body_bytes;
    if (guarded < request->body_bytes) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "the body is longer than length says");
    }
    section_status status = check_fit(request, reply, guarded, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    section *section = request->entry->section;
    if (if_match.text == NULL) {
        return section_write(section, request->offset_bytes, request->body, request->body_bytes,
                             ret_error);
    }
    if (guarded > SECTION_WHOLE_BYTES) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "If-Match covers at most %u bytes",
                            SECTION_WHOLE_BYTES);
    }
    return section_write_if(section, request->offset_bytes, request->body, request->body_bytes,
                            (size_t)guarded, has_tag, if_match.context, ret_error);
}

/* To disk before the answer, as far as we can; that we could not is what POST …/flush tells. */
static section_status flush_written(const request *request, section_error *ret_error)
{
    section_flushed flushed;
    return section_flush(request->entry->section, request->offset_bytes, request->written_bytes,
                         &flushed, ret_error);
}

section_status data_put(request *request, reply *reply, section_error *ret_error)
{
    bool flush = false;
    section_status status = request_flag(request, "flush", &flush, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (flush && !request->may_block) {
        return request_defer(request);
    }
    if (!request->streamed) {
        status = write_kept(request, reply, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        request->written_bytes = request->body_bytes;
    }
    if (flush) {
        status = flush_written(request, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    entry_note_write(request->entry, request->written_bytes);
    reply_empty(reply, 204);
    return SECTION_OK;
}
