#include <stdlib.h>

#include "api/parameters.h"
#include "memory/formats.h"
#include "memory/tags.h"

static const char octets[] = "application/octet-stream";
static const char plain[] = "text/plain; charset=utf-8";

typedef struct data_order {
    byte_format format;
} data_order;

static const parameter get_data_parameters[] = {
    OFFSET, LENGTH, CHOICE("format", byte_format_names, "raw bytes without it"), WAIT, OPEN, END,
};

static section_status data_get_plan(const request *request, plan *plan, section_error *ret_error)
{
    int format = FORMAT_RAW;
    data_order *order = PLAN_ORDER(plan, data_order);
    (void)ret_error;
    (void)request_choice(request, "format", byte_format_names, &format);
    order->format = (byte_format)format;
    plan_path_range(plan, request);
    plan_wait(plan, request);
    plan->streams = true;
    plan->answer_per_item = format == FORMAT_RAW ? 1 : 3;
    return SECTION_OK;
}

/* Each format is a representation of its own, and so has a tag of its own. */
static section_status reply_formatted(reply *reply, byte_format format, void *bytes, size_t size,
                                      section_error *ret_error)
{
    const size_t length = (size_t)format_length(format, size);
    char *text = malloc(length > 0 ? length : 1);
    if (text == NULL) {
        free(bytes);
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    format_encode(format, bytes, size, text);
    free(bytes);
    reply_owned(reply, 200, plain, text, length);
    return SECTION_OK;
}

/* A snapshot: one copy with a strong tag, the same on 200, 206, 304 and HEAD. */
static section_status reply_snapshot(const call *call, reply *reply, byte_format format,
                                     section_error *ret_error)
{
    static const etag_variant variants[] = {ETAG_OF_BYTES, ETAG_OF_HEX, ETAG_OF_BASE64};
    const bound *bound = &call->targets[0];
    const size_t size = (size_t)bound->length_bytes;
    char *bytes = malloc(size);
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    section_status status =
        section_read(bound->entry->section, bound->offset_bytes, bytes, size, ret_error);
    if (status != SECTION_OK) {
        free(bytes);
        return status;
    }
    entry_note_read(bound->entry, size);
    etag_of(bytes, size, variants[format], reply->etag);
    note_origin(call, reply, bound->offset_bytes, bytes, size);
    if (format != FORMAT_RAW) {
        return reply_formatted(reply, format, bytes, size, ret_error);
    }
    reply_owned(reply, 200, octets, bytes, size);
    return SECTION_OK;
}

/** A large answer while it is sent; the section stays as long as the reply borrows it. */
typedef struct stream {
    section *section;
    byte_format format;
    uint64_t offset_bytes; /* of position 0 */
    uint64_t length_bytes;
} stream;

/* A function of its own: a reply that is released by `free` itself counts as buffered. */
static void release_stream(void *context)
{
    free(context);
}

static int64_t read_stream(void *context, uint64_t position, void *ret_bytes, size_t length_bytes)
{
    const stream *stream = context;
    const size_t length = length_bytes < SECTION_WHOLE_BYTES ? length_bytes : SECTION_WHOLE_BYTES;
    section_status status =
        section_read(stream->section, stream->offset_bytes + position, ret_bytes, length, NULL);
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
    if (length == 0 || section_read(stream->section, stream->offset_bytes + first, bytes,
                                    (size_t)length, NULL) != SECTION_OK) {
        return -1;
    }
    format_encode(stream->format, bytes, (size_t)length, ret_text);
    return (int64_t)format_length(stream->format, length);
}

/*
 * Sends from the view: the kernel reads it, and if memory has gone away, the send fails. Pages that
 * the kernel cannot read (not committed) are copied piece by piece.
 */
static section_status borrow_view(const stream *stream, reply *reply, section_error *ret_error)
{
    section_error error = {0};
    reply->bytes =
        section_borrow(stream->section, stream->offset_bytes, stream->length_bytes, &error);
    if (reply->bytes == NULL && error.code != SECTION_UNSUPPORTED) {
        *ret_error = error;
        return error.code;
    }
    reply->content_type = octets;
    reply->length_bytes = stream->length_bytes;
    reply->read = read_stream;
    return SECTION_OK;
}

/* More than is ever copied at once: no tag, so no condition holds but `*`. */
static section_status reply_stream(const call *call, reply *reply, byte_format format,
                                   section_error *ret_error)
{
    const bound *bound = &call->targets[0];
    /*
     * Checks the range before the head is sent. After that, missing memory can only end the
     * connection.
     */
    section_status status =
        section_check(bound->entry->section, bound->offset_bytes, bound->length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    stream *stream = malloc(sizeof *stream);
    if (stream == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    *stream =
        (struct stream){bound->entry->section, format, bound->offset_bytes, bound->length_bytes};
    reply->http_status = 200;
    reply->release = release_stream;
    reply->context = stream;
    reply->borrows = true;
    entry_note_read(bound->entry, bound->length_bytes);
    if (format == FORMAT_RAW) {
        return borrow_view(stream, reply, ret_error);
    }
    reply->content_type = plain;
    reply->length_bytes = format_length(format, stream->length_bytes);
    reply->read = read_formatted;
    return SECTION_OK;
}

static section_status data_get(call *call, reply *reply, section_error *ret_error)
{
    const data_order *order = call->order;
    reply->accepts_ranges = order->format == FORMAT_RAW;
    return call->targets[0].length_bytes > SECTION_WHOLE_BYTES
               ? reply_stream(call, reply, order->format, ret_error)
               : reply_snapshot(call, reply, order->format, ret_error);
}

HANDLER(get_data) = {
    .parameters = get_data_parameters,
    .plan = data_get_plan,
    .execute = data_get,
};
