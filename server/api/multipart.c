#include "api/multipart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"

enum { HEADER_BYTES = 192, BOUNDARY_RANDOM_BYTES = 12 };

/** One stretch of the answer: a part's header, its bytes, or the end. */
typedef struct stretch {
    char header[HEADER_BYTES];
    size_t header_bytes;
    uint64_t first; /* of the representation */
    uint64_t length;
} stretch;

typedef struct multipart {
    multipart_source source;
    unsigned stretch_count;
    stretch stretches[RANGE_PARTS_MAX + 1]; /* the last one is the closing boundary */
} multipart;

static void release(void *context)
{
    multipart *multipart = context;
    if (multipart->source.release != NULL) {
        multipart->source.release(multipart->source.context);
    }
    free(multipart);
}

/* Gives what it has from one stretch at a time: the transport asks again for the rest. */
static int64_t read_stretch(const stretch *stretch, const multipart_source *source,
                            uint64_t position, void *ret_bytes, size_t length_bytes)
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
    if (source->snapshot != NULL) {
        memcpy(ret_bytes, (const char *)source->snapshot + stretch->first + at, length);
        return (int64_t)length;
    }
    return source->read(source->context, stretch->first + at, ret_bytes, length);
}

static int64_t read_multipart(void *context, uint64_t position, void *ret_bytes,
                              size_t length_bytes)
{
    const multipart *multipart = context;
    for (unsigned i = 0; i < multipart->stretch_count; i++) {
        const stretch *stretch = &multipart->stretches[i];
        const uint64_t whole = stretch->header_bytes + stretch->length;
        if (position < whole) {
            return read_stretch(stretch, &multipart->source, position, ret_bytes, length_bytes);
        }
        position -= whole;
    }
    return -1;
}

section_status multipart_reply(reply *reply, const byte_part *parts, unsigned part_count,
                               uint64_t size_bytes, multipart_source source,
                               section_error *ret_error)
{
    unsigned char random[BOUNDARY_RANDOM_BYTES];
    char boundary[2 * BOUNDARY_RANDOM_BYTES + 1];
    multipart *self = calloc(1, sizeof *self);
    /* Random, so that no content can contain it on purpose. */
    section_status status = platform_random(random, sizeof random, ret_error);
    if (self == NULL || status != SECTION_OK) {
        free(self);
        if (source.release != NULL) {
            source.release(source.context);
        }
        return status != SECTION_OK
                   ? status
                   : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    for (size_t i = 0; i < sizeof random; i++) {
        (void)snprintf(boundary + 2 * i, 3, "%02x", random[i]);
    }
    self->source = source;
    for (unsigned i = 0; i < part_count; i++) {
        stretch *stretch = &self->stretches[i];
        stretch->first = parts[i].first;
        stretch->length = parts[i].length;
        stretch->header_bytes =
            (size_t)snprintf(stretch->header, HEADER_BYTES,
                             "%s--%s\r\nContent-Type: application/octet-stream\r\n"
                             "Content-Range: bytes %llu-%llu/%llu\r\n\r\n",
                             i > 0 ? "\r\n" : "", boundary, (unsigned long long)parts[i].first,
                             (unsigned long long)(parts[i].first + parts[i].length - 1),
                             (unsigned long long)size_bytes);
        reply->length_bytes += stretch->header_bytes + stretch->length;
    }
    stretch *end = &self->stretches[part_count];
    end->header_bytes = (size_t)snprintf(end->header, HEADER_BYTES, "\r\n--%s--\r\n", boundary);
    reply->length_bytes += end->header_bytes;
    self->stretch_count = part_count + 1;
    (void)snprintf(reply->own_content_type, sizeof reply->own_content_type,
                   "multipart/byteranges; boundary=%s", boundary);
    reply->http_status = 206;
    reply->content_type = reply->own_content_type;
    reply->read = read_multipart;
    reply->release = release;
    reply->context = self;
    return SECTION_OK;
}
