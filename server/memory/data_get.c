#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/conditions.h"
#include "api/handlers.h"
#include "api/multipart.h"
#include "api/server.h"
#include "memory/formats.h"
#include "memory/waiting.h"

static const char octets[] = "application/octet-stream";

/** What of a representation is sent. */
typedef struct selection {
    byte_part parts[RANGE_PARTS_MAX];
    unsigned count; /* at least 1 */
} selection;

/* What a GET with a Range asks for; HEAD has none (RFC 9110 section 14.2). */
static section_status select_parts(const request *request, reply *reply, uint64_t size_bytes,
                                   selection *ret_selection, section_error *ret_error)
{
    const char *if_range = request->headers[HEADER_IF_RANGE];
    const bool wanted = !request->head && (if_range == NULL || strcmp(if_range, reply->etag) == 0);
    const range_result result = wanted ? range_parse(request->headers[HEADER_RANGE], size_bytes,
                                                     ret_selection->parts, &ret_selection->count)
                                       : RANGE_WHOLE;
    reply->http_status = result == RANGE_PARTS ? 206 : 200;
    if (result == RANGE_UNSATISFIABLE) {
        reply_add_header(reply, "Content-Range", "bytes */%llu", (unsigned long long)size_bytes);
        return section_fail(ret_error, SECTION_BAD_RANGE,
                            "the Range lies outside the %llu bytes asked for",
                            (unsigned long long)size_bytes);
    }
    if (result == RANGE_WHOLE) {
        ret_selection->parts[0] = (byte_part){0, size_bytes};
        ret_selection->count = 1;
    } else if (ret_selection->count == 1) {
        const byte_part part = ret_selection->parts[0];
        reply_add_header(
            reply, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)part.first,
            (unsigned long long)(part.first + part.length - 1), (unsigned long long)size_bytes);
    }
    return SECTION_OK;
}

/* Sends a snapshot, or parts of it; takes it over. */
static section_status send_snapshot(const request *request, reply *reply, char *bytes, size_t size,
                                    section_error *ret_error)
{
    selection selection;
    section_status status = select_parts(request, reply, size, &selection, ret_error);
    if (status != SECTION_OK) {
        free(bytes);
        return status;
    }
    if (selection.count > 1) {
        const multipart_source source = {.snapshot = bytes, .release = free, .context = bytes};
        return multipart_reply(reply, selection.parts, selection.count, size, source, ret_error);
    }
    const byte_part part = selection.parts[0];
    memmove(bytes, bytes + part.first, (size_t)part.length);
    reply_owned(reply, reply->http_status, octets, bytes, (size_t)part.length);
    return SECTION_OK;
}

/* Sends a snapshot as text, of which there are no ranges; takes it over. */
static section_status send_formatted(reply *reply, byte_format format, char *bytes, size_t size,
                                     section_error *ret_error)
{
    const size_t length = (size_t)format_length(format, size);
    char *text = malloc(length);
    if (text == NULL) {
        free(bytes);
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    format_encode(format, bytes, size, text);
    free(bytes);
    reply_owned(reply, 200, "text/plain; charset=utf-8", text, length);
    return SECTION_OK;
}

static section_status sleep_on(request *request, const reply *reply, entry *entry, byte_range range,
                               byte_format format, const char *bytes, section_error *ret_error)
{
    char tag[ETAG_BYTES];
    if (format != FORMAT_RAW) { /* else it is the tag of the answer */
        etag_of(bytes, (size_t)range.length_bytes, 0, tag);
    }
    return waiting_sleep(request, entry, range, format == FORMAT_RAW ? reply->etag : tag,
                         ret_error);
}

/*
 * A snapshot: one copy with a strong tag, the same on 200, 206, 304 and HEAD. Each format is a
 * representation of its own, and so has a tag of its own.
 */
static section_status reply_snapshot(request *request, reply *reply, entry *entry, byte_range range,
                                     byte_format format, section_error *ret_error)
{
    const size_t size = (size_t)range.length_bytes;
    bool done = true;
    char *bytes = malloc(size);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    section_status status =
        section_read(entry->section, range.offset_bytes, bytes, size, ret_error);
    if (status == SECTION_OK) {
        entry_note_read(entry, size);
        etag_of(bytes, size, (unsigned)format, reply->etag);
        status = handlers_check_conditions(request, reply, &done, ret_error);
    }
    if (status == SECTION_OK && done && waiting_is_wanted(request)) {
        status = sleep_on(request, reply, entry, range, format, bytes, ret_error);
    }
    if (status != SECTION_OK || done) {
        free(bytes);
        return status;
    }
    return format == FORMAT_RAW ? send_snapshot(request, reply, bytes, size, ret_error)
                                : send_formatted(reply, format, bytes, size, ret_error);
}

/** A large answer while it is sent. */
typedef struct stream {
    entry *entry;
    workers *workers;
    byte_format format;
    uint64_t offset_bytes; /* of position 0 */
    uint64_t length_bytes;
} stream;

static void end_stream(void *context)
{
    stream *stream = context;
    entry_note_use(stream->entry);
    registry_unref_later(stream->entry, stream->workers);
    free(stream);
}

static int64_t read_stream(void *context, uint64_t position, void *ret_bytes, size_t length_bytes)
{
    const stream *stream = context;
    const size_t length = length_bytes < SECTION_WHOLE_BYTES ? length_bytes : SECTION_WHOLE_BYTES;
    section_status status = section_read(stream->entry->section, stream->offset_bytes + position,
                                         ret_bytes, length, NULL);
    return status == SECTION_OK ? (int64_t)length : -1;
}

/* Whole groups only, so that each piece ends where a group of characters does. */
static int64_t read_formatted(void *context, uint64_t position, void *ret_text, size_t capacity)
{
    enum { PIECE_BYTES = 3 * 1024 };
    char bytes[PIECE_BYTES];
    const stream *stream = context;
    const unsigned group_bytes = stream->format == FORMAT_BASE64 ? 3 : 1;
    const unsigned group_text = (unsigned)format_length(stream->format, group_bytes);
    const uint64_t first = position / group_text * group_bytes;
    uint64_t length = (uint64_t)capacity / group_text * group_bytes;
    length = length < PIECE_BYTES ? length : PIECE_BYTES;
    length = length < stream->length_bytes - first ? length : stream->length_bytes - first;
    if (length == 0 || section_read(stream->entry->section, stream->offset_bytes + first, bytes,
                                    (size_t)length, NULL) != SECTION_OK) {
        return -1;
    }
    format_encode(stream->format, bytes, (size_t)length, ret_text);
    return (int64_t)format_length(stream->format, length);
}

static section_status send_formatted_stream(reply *reply, stream *stream)
{
    reply->http_status = 200;
    reply->content_type = "text/plain; charset=utf-8";
    reply->length_bytes = format_length(stream->format, stream->length_bytes);
    reply->read = read_formatted;
    reply->release = end_stream;
    reply->context = stream;
    return SECTION_OK;
}

/*
 * From the view to the socket: the kernel reads the view, and where memory has gone away it is the
 * send that fails. What it cannot read (uncommitted pages) is copied piece by piece.
 */
static section_status send_stream(const request *request, reply *reply, stream *stream,
                                  section_error *ret_error)
{
    selection selection;
    section_error error = {0};
    section_status status =
        select_parts(request, reply, stream->length_bytes, &selection, ret_error);
    if (status == SECTION_OK && selection.count > 1) {
        const multipart_source source = {
            .read = read_stream, .release = end_stream, .context = stream};
        return multipart_reply(reply, selection.parts, selection.count, stream->length_bytes,
                               source, ret_error);
    }
    const void *bytes = NULL;
    if (status == SECTION_OK) {
        stream->offset_bytes += selection.parts[0].first;
        stream->length_bytes = selection.parts[0].length;
        bytes = section_borrow(stream->entry->section, stream->offset_bytes, stream->length_bytes,
                               &error);
        if (bytes == NULL && error.code != SECTION_UNSUPPORTED) {
            reply->header_count = 0; /* no range of what is gone */
            *ret_error = error;
            status = error.code;
        }
    }
    if (status != SECTION_OK) {
        end_stream(stream);
        return status;
    }
    reply->content_type = octets;
    reply->bytes = bytes;
    reply->length_bytes = stream->length_bytes;
    reply->read = bytes == NULL ? read_stream : NULL;
    reply->release = end_stream;
    reply->context = stream;
    return SECTION_OK;
}

/* More than is ever copied at once: no tag, so no condition holds but `*`. Keeps the entry. */
static section_status reply_stream(const request *request, reply *reply, entry *entry,
                                   byte_range range, byte_format format, section_error *ret_error)
{
    bool done = false;
    /* Once the head is sent, memory that is gone can only break the answer off. */
    section_status status =
        section_check(entry->section, range.offset_bytes, range.length_bytes, ret_error);
    if (status == SECTION_OK) {
        status = handlers_check_conditions(request, reply, &done, ret_error);
    }
    stream *stream = status == SECTION_OK && !done ? malloc(sizeof *stream) : NULL;
    if (stream == NULL) {
        handlers_release(request, entry);
        return status != SECTION_OK || done
                   ? status
                   : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    *stream = (struct stream){entry, request->server->workers, format, range.offset_bytes,
                              range.length_bytes};
    entry_note_read(entry, range.length_bytes);
    return format == FORMAT_RAW ? send_stream(request, reply, stream, ret_error)
                                : send_formatted_stream(reply, stream);
}

section_status data_get(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    byte_range range;
    byte_format format;
    section_status status = handlers_parse_range(request, &range, ret_error);
    if (status == SECTION_OK) {
        status = format_parse(request, &format, ret_error);
    }
    if (status == SECTION_OK) {
        status = waiting_parse(request, ret_error);
    }
    if (status == SECTION_OK) {
        status = handlers_find(request, &entry, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    status = handlers_fit_range(&range, reply, section_length(entry->section), ret_error);
    reply->accepts_ranges = format == FORMAT_RAW;
    if (status == SECTION_OK && range.length_bytes > SECTION_WHOLE_BYTES &&
        waiting_is_wanted(request)) {
        status = waiting_sleep(request, entry, range, "", ret_error); /* says that it is too long */
    }
    if (status == SECTION_OK && range.length_bytes > SECTION_WHOLE_BYTES) {
        return reply_stream(request, reply, entry, range, format, ret_error);
    }
    if (status == SECTION_OK) {
        status = reply_snapshot(request, reply, entry, range, format, ret_error);
    }
    handlers_release(request, entry);
    return status;
}
