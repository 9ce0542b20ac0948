#include "api/multipart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

enum { HEADER_BYTES = 192, BOUNDARY_RANDOM_BYTES = 12 };

/** One stretch of the answer: a part's header, its bytes, or the end. */
typedef struct stretch {
    char header[HEADER_BYTES];
    size_t header_bytes;
    uint64_t first; /* of the representation */
    uint64_t length;
} stretch;

typedef struct multipart {
    reply whole; /* what the parts are of */
    unsigned stretch_count;
    stretch stretches[RANGE_PARTS_MAX + 1]; /* the last one is the closing boundary */
} multipart;

static void release(void *context)
{
    multipart *multipart = context;
    reply_discard(&multipart->whole);
    free(multipart);
}

/* Gives what it has from one stretch at a time: the transport asks again for the rest. */
static int64_t read_stretch(const stretch *stretch, const reply *whole, uint64_t position,
                            void *ret_bytes, size_t length_bytes)
{
    if (position < stretch->header_bytes) {
        const size_t rest = stretch->header_bytes - (size_t)position;
        const size_t length = rest < length_bytes ? rest : length_bytes;
        memcpy(ret_bytes, stretch->header + position, length);
        return (int64_t)length;
    }
    const uint64_t at = position - stretch->header_bytes;
    const uint64_t rest = stretch->length - at;
    const size_t length = rest < length_bytes ? (size_t)rest : length_bytes;
    if (whole->read != NULL) { /* a view, which may go away while it is copied */
        return whole->read(whole->context, whole->first_position + stretch->first + at, ret_bytes,
                           length);
    }
    memcpy(ret_bytes, (const char *)whole->bytes + stretch->first + at, length);
    return (int64_t)length;
}

static int64_t read_multipart(void *context, uint64_t position, void *ret_bytes,
                              size_t length_bytes)
{
    const multipart *multipart = context;
    for (unsigned i = 0; i < multipart->stretch_count; i++) {
        const stretch *stretch = &multipart->stretches[i];
        const uint64_t whole = stretch->header_bytes + stretch->length;
        if (position < whole) {
            return read_stretch(stretch, &multipart->whole, position, ret_bytes, length_bytes);
        }
        position -= whole;
    }
    return -1;
}

/* Random, so that no content can contain it on purpose. */
static section_status make_boundary(char ret_text[2 * BOUNDARY_RANDOM_BYTES + 1],
                                    section_error *ret_error)
{
    return secret_make(BOUNDARY_RANDOM_BYTES, ret_text, ret_error);
}

static void begin_part(stretch *stretch, byte_part part, uint64_t size_bytes, const char *boundary,
                       bool is_first)
{
    stretch->first = part.first;
    stretch->length = part.length;
    stretch->header_bytes = (size_t)snprintf(
        stretch->header, HEADER_BYTES,
        "%s--%s\r\nContent-Type: application/octet-stream\r\n"
        "Content-Range: bytes %llu-%llu/%llu\r\n\r\n",
        is_first ? "" : "\r\n", boundary, (unsigned long long)part.first,
        (unsigned long long)(part.first + part.length - 1), (unsigned long long)size_bytes);
}

section_status multipart_reply(reply *reply, const byte_part *parts, unsigned part_count,
                               section_error *ret_error)
{
    char boundary[2 * BOUNDARY_RANDOM_BYTES + 1];
    section_status status = make_boundary(boundary, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    multipart *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    uint64_t length = 0;
    for (unsigned i = 0; i < part_count; i++) {
        begin_part(&self->stretches[i], parts[i], reply->length_bytes, boundary, i == 0);
        length += self->stretches[i].header_bytes + self->stretches[i].length;
    }
    stretch *end = &self->stretches[part_count];
    end->header_bytes = (size_t)snprintf(end->header, HEADER_BYTES, "\r\n--%s--\r\n", boundary);
    self->stretch_count = part_count + 1;
    self->whole = *reply;
    (void)snprintf(reply->room.content_type, sizeof reply->room.content_type,
                   "multipart/byteranges; boundary=%s", boundary);
    reply->http_status = 206;
    reply->content_type = reply->room.content_type;
    reply->length_bytes = length + end->header_bytes;
    reply->bytes = NULL;
    reply->buffered_bytes += sizeof *self;
    reply->first_position = 0;
    reply->read = read_multipart;
    reply->release = release;
    reply->context = self;
    return SECTION_OK;
}
