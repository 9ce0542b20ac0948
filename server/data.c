#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conditions.h"
#include "handlers.h"
#include "server.h"

static const char octets[] = "application/octet-stream";

/* The part of a representation that a GET with a Range asks for; HEAD has none (RFC 9110 14.2). */
static section_status select_part(const request *request, reply *reply, uint64_t size_bytes,
                                  const char *etag, uint64_t *ret_first, uint64_t *ret_length,
                                  section_error *ret_error)
{
    const char *if_range = request->headers[HEADER_IF_RANGE];
    *ret_first = 0;
    *ret_length = size_bytes;
    reply->http_status = 200;
    if (request->head || (if_range != NULL && (etag == NULL || strcmp(if_range, etag) != 0))) {
        return SECTION_OK;
    }
    switch (range_parse(request->headers[HEADER_RANGE], size_bytes, ret_first, ret_length)) {
    case RANGE_WHOLE:
        return SECTION_OK;
    case RANGE_UNSATISFIABLE:
        reply_add_header(reply, "Content-Range", "bytes */%llu", (unsigned long long)size_bytes);
        return section_fail(ret_error, SECTION_BAD_RANGE,
                            "the Range lies outside the %llu bytes asked for",
                            (unsigned long long)size_bytes);
    case RANGE_PART:
        break;
    }
    reply->http_status = 206;
    reply_add_header(reply, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)*ret_first,
                     (unsigned long long)(*ret_first + *ret_length - 1),
                     (unsigned long long)size_bytes);
    return SECTION_OK;
}

/* A snapshot: one copy with a strong tag, the same on 200, 206, 304 and HEAD. */
static section_status reply_snapshot(const request *request, reply *reply, entry *entry,
                                     byte_range range, section_error *ret_error)
{
    const char *if_match = request->headers[HEADER_IF_MATCH];
    const char *if_none_match = request->headers[HEADER_IF_NONE_MATCH];
    const size_t size = (size_t)range.length_bytes;
    uint64_t first;
    uint64_t length;
    char *bytes = malloc(size);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    section_status status =
        section_read(entry->section, range.offset_bytes, bytes, size, ret_error);
    if (status != SECTION_OK) {
        free(bytes);
        return status;
    }
    etag_of(bytes, size, reply->etag);
    entry_note_read(entry, size);
    if (if_match != NULL && !etag_list_has(if_match, reply->etag, false)) {
        free(bytes);
        return section_fail(ret_error, SECTION_PRECONDITION, "the bytes are others by now");
    }
    if (if_none_match != NULL && etag_list_has(if_none_match, reply->etag, true)) {
        free(bytes);
        reply_empty(reply, 304);
        return SECTION_OK;
    }
    status = select_part(request, reply, size, reply->etag, &first, &length, ret_error);
    if (status != SECTION_OK) {
        free(bytes);
        return status;
    }
    memmove(bytes, bytes + first, (size_t)length);
    reply_owned(reply, reply->http_status, octets, bytes, (size_t)length);
    return SECTION_OK;
}

/** A large answer while it is sent. */
typedef struct stream {
    entry *entry;
    workers *workers;
    uint64_t offset_bytes; /* of position 0 */
} stream;

static void end_stream(void *context)
{
    stream *stream = context;
    registry_unref_later(stream->entry, stream->workers);
    free(stream);
}

static section_status read_stream(void *context, uint64_t position, void *ret_bytes,
                                  size_t length_bytes)
{
    const stream *stream = context;
    return section_read(stream->entry->section, stream->offset_bytes + position, ret_bytes,
                        length_bytes, NULL);
}

/*
 * From the view to the socket: the kernel reads the view, and where memory has gone away it is the
 * send that fails. What it cannot read (uncommitted pages) is copied piece by piece. Keeps the
 * caller's reference to the entry on success.
 */
static section_status reply_stream(const request *request, reply *reply, entry *entry,
                                   byte_range range, section_error *ret_error)
{
    uint64_t first;
    uint64_t length;
    section_error error = {0};
    const char *if_match = request->headers[HEADER_IF_MATCH];
    if (if_match != NULL && !etag_list_has(if_match, "", false)) {
        return section_fail(ret_error, SECTION_PRECONDITION,
                            "more than %u bytes have no tag; ask for a part", SECTION_WHOLE_BYTES);
    }
    section_status status =
        select_part(request, reply, range.length_bytes, NULL, &first, &length, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const uint64_t offset = range.offset_bytes + first;
    const void *bytes = section_borrow(entry->section, offset, length, &error);
    if (bytes == NULL && error.code != SECTION_UNSUPPORTED) {
        *ret_error = error;
        return error.code;
    }
    stream *stream = malloc(sizeof *stream);
    if (stream == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    stream->entry = entry;
    stream->workers = request->server->workers;
    stream->offset_bytes = offset;
    entry_note_read(entry, length);
    reply->content_type = octets;
    reply->bytes = bytes;
    reply->length_bytes = length;
    reply->read = bytes == NULL ? read_stream : NULL;
    reply->release = end_stream;
    reply->context = stream;
    return SECTION_OK;
}

section_status data_get(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    byte_range range;
    section_status status = handlers_parse_range(request, &range, ret_error);
    if (status == SECTION_OK) {
        status = handlers_find(request, &entry, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    status = handlers_fit_range(&range, reply, section_length(entry->section), ret_error);
    if (status == SECTION_OK) {
        reply->accepts_ranges = true;
        if (range.length_bytes > SECTION_WHOLE_BYTES) {
            status = reply_stream(request, reply, entry, range, ret_error);
            if (status == SECTION_OK) {
                return SECTION_OK; /* the answer has our reference now */
            }
        } else {
            status = reply_snapshot(request, reply, entry, range, ret_error);
        }
    }
    handlers_release(request, entry);
    return status;
}

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
    section_status status;
    if (request->headers[HEADER_CONTENT_RANGE] != NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "PUT takes ?offset= instead of Content-Range");
    }
    status = handlers_parse_range(request, &range, ret_error);
    request->offset_bytes = range.offset_bytes;
    request->guarded_bytes = range.length_bytes;
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
    etag_of(current, length_bytes, etag);
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

section_status data_put(request *request, reply *reply, section_error *ret_error)
{
    if (!request->streamed) {
        section_status status = write_kept(request, reply, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        request->written_bytes = request->body_bytes;
    }
    entry_note_write(request->entry, request->written_bytes);
    reply_empty(reply, 204);
    return SECTION_OK;
}
