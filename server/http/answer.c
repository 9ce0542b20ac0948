#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/private.h"

enum {
    SOURCE_BLOCK_BYTES = 1024 /* for HTTP/1.0 only: chunks are made in the connection's buffer */
};

/* The policy of an answer that is not a page: it may load nothing, and cannot be framed. */
#define NO_PAGE_POLICY "default-src 'none'; frame-ancestors 'none'"

static const char common_header_lines[] = "Cache-Control: no-store\r\n"
                                          "X-Content-Type-Options: nosniff\r\n"
                                          "Cross-Origin-Resource-Policy: same-origin\r\n"
                                          "Content-Security-Policy: " NO_PAGE_POLICY "\r\n";

/*
 * The headers of all answers. Each header costs time to add, so the responses of frequent answers
 * are kept and used again.
 */
static bool add_common_headers(struct MHD_Response *response, const exchange *exchange)
{
    const reply *reply = &exchange->reply;
    const option_list *origins = &exchange->server->options->allowed_origins;
    const char *const headers[][2] = {
        {"Cache-Control", reply->cache_control != NULL ? reply->cache_control : "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Content-Security-Policy",
         reply->security_policy != NULL ? reply->security_policy : NO_PAGE_POLICY},
        {"Vary", "Origin"}, /* last: only if the answer depends on it */
    };
    const size_t count = sizeof headers / sizeof headers[0] - (origins->count == 0 ? 1 : 0);
    for (size_t i = 0; i < count; i++) {
        if (MHD_add_response_header(response, headers[i][0], headers[i][1]) != MHD_YES) {
            return false;
        }
    }
    return true;
}

/* The headers that let a page of an origin from --allow-origin read the answer. */
static bool add_origin_headers(struct MHD_Response *response, const exchange *exchange)
{
    const char *origin = exchange->request.allowed_origin;
    return origin == NULL ||
           (MHD_add_response_header(response, "Access-Control-Allow-Origin", origin) == MHD_YES &&
            MHD_add_response_header(response, "Access-Control-Expose-Headers",
                                    "ETag, Location, Content-Range") == MHD_YES);
}

static bool add_headers(struct MHD_Response *response, const exchange *exchange)
{
    const reply *reply = &exchange->reply;
    bool good = add_common_headers(response, exchange) && add_origin_headers(response, exchange);
    if (reply->content_type != NULL) {
        good = good && MHD_add_response_header(response, "Content-Type", reply->content_type);
    }
    if (reply->source != NULL) { /* events are sent as they happen, whatever their format */
        good = good && MHD_add_response_header(response, "X-Accel-Buffering", "no"); /* for nginx */
    }
    if (reply->accepts_ranges) {
        good = good && MHD_add_response_header(response, "Accept-Ranges", "bytes");
    }
    if (reply->etag[0] != '\0') {
        good = good && MHD_add_response_header(response, "ETag", reply->etag);
    }
    for (unsigned i = 0; i < reply->header_count; i++) {
        good = good && MHD_add_response_header(response, reply->room.headers[i].name,
                                               reply->room.headers[i].value);
    }
    return good;
}

/** The context that MHD passes to us while it sends a body that is read piece by piece. */
typedef struct reader_context {
    connection_state *connection;
    reply_reader *read;   /* NULL: `bytes`, which are kept */
    piece_reader *pieces; /* NULL: reading waits for nothing */
    const char *bytes;
    uint64_t length_bytes;
    uint64_t first_position;
    void (*release)(void *context);
    void *context;
} reader_context;

static ssize_t read_kept(const reader_context *reader, uint64_t position, char *bytes,
                         size_t capacity)
{
    const uint64_t rest = reader->length_bytes - position;
    const size_t length = rest < capacity ? (size_t)rest : capacity;
    memcpy(bytes, reader->bytes + position, length);
    return (ssize_t)length;
}

static ssize_t read_body(void *context, uint64_t position, char *bytes, size_t capacity)
{
    const reader_context *reader = context;
    phase_set_progress(&reader->connection->phase, position);
    if (reader->pieces != NULL) {
        return pieces_read(reader->pieces, position, bytes, capacity);
    }
    if (reader->read == NULL) {
        return read_kept(reader, position, bytes, capacity);
    }
    const int64_t length =
        reader->read(reader->context, reader->first_position + position, bytes, capacity);
    return length > 0 ? (ssize_t)length : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void release_reader(void *context)
{
    reader_context *reader = context;
    if (reader->release != NULL) {
        reader->release(reader->context);
    }
    pieces_free(reader->pieces);
    free(reader);
}

static struct MHD_Response *make_reader_response(http *http, connection_state *connection,
                                                 const exchange *exchange)
{
    const reply *reply = &exchange->reply;
    piece_reader *pieces = reply->waits_for_disk ? pieces_new(http, connection, exchange) : NULL;
    reader_context *reader = malloc(sizeof *reader);
    if (reader == NULL || (reply->waits_for_disk && pieces == NULL)) {
        pieces_free(pieces);
        free(reader);
        return NULL;
    }
    *reader = (reader_context){.connection = connection,
                               .pieces = pieces,
                               .read = reply->bytes == NULL || reply->borrows ? reply->read : NULL,
                               .bytes = reply->bytes,
                               .length_bytes = reply->length_bytes,
                               .first_position = reply->first_position,
                               .release = reply->release,
                               .context = reply->context};
    struct MHD_Response *response = MHD_create_response_from_callback(
        reply->length_bytes, HTTP_PIECE_BYTES, read_body, reader, release_reader);
    if (response == NULL) {
        pieces_free(pieces);
        free(reader);
    }
    return response;
}

/** The same for a body without a known end. */
typedef struct source_context {
    metrics *metrics;
    reply_source *source;
    void (*release)(void *context);
    void *context;
} source_context;

static ssize_t read_source(void *context, uint64_t position, char *bytes, size_t capacity)
{
    const source_context *source = context;
    (void)position;
    const int64_t length = source->source(source->context, bytes, capacity);
    if (length < 0) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    metrics_note_sent(source->metrics, (uint64_t)length);
    return (ssize_t)length;
}

static void release_source(void *context)
{
    source_context *source = context;
    if (source->release != NULL) {
        source->release(source->context);
    }
    free(source);
}

static struct MHD_Response *make_source_response(const reply *reply, metrics *metrics)
{
    source_context *source = malloc(sizeof *source);
    if (source == NULL) {
        return NULL;
    }
    *source = (source_context){metrics, reply->source, reply->release, reply->context};
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, SOURCE_BLOCK_BYTES, read_source, source, release_source);
    if (response == NULL) {
        free(source);
    }
    return response;
}

/* On success the body belongs to the response. */
static struct MHD_Response *make_response(http *http, connection_state *connection,
                                          exchange *exchange)
{
    reply *reply = &exchange->reply;
    struct MHD_Response *response;
    if (http_is_read_in_pieces(reply)) {
        response = make_reader_response(http, connection, exchange);
    } else if (reply->source != NULL) {
        response = make_source_response(reply, exchange->server->metrics);
    } else if (reply->bytes == NULL) {
        response = MHD_create_response_empty(MHD_RF_NONE);
    } else if (reply->release == NULL) {
        response =
            MHD_create_response_from_buffer_static((size_t)reply->length_bytes, reply->bytes);
    } else {
        response = MHD_create_response_from_buffer_with_free_callback_cls(
            (size_t)reply->length_bytes, (void *)(uintptr_t)reply->bytes, reply->release,
            reply->context);
    }
    if (response != NULL) {
        reply->release = NULL;
    }
    return response;
}

/* The connection's own response with the reply in it; NULL where the reply is not of its kind. */
static struct MHD_Response *reuse_response(answer_cache *cache, const exchange *exchange)
{
    const reply *reply = &exchange->reply;
    if (reply->http_status != MHD_HTTP_OK || reply->etag[0] == '\0' || !reply->accepts_ranges ||
        reply->header_count != 0 || reply->bytes == NULL ||
        exchange->request.allowed_origin != NULL || reply->length_bytes == 0 ||
        reply->length_bytes > HTTP_REUSED_BYTES_MAX) {
        return NULL;
    }
    const size_t length = (size_t)reply->length_bytes;
    if (cache->response != NULL &&
        (cache->length_bytes != length || cache->content_type != reply->content_type)) {
        MHD_destroy_response(cache->response);
        cache->response = NULL;
    }
    if (cache->response == NULL) {
        cache->response = MHD_create_response_from_buffer_static(length, cache->bytes);
        if (cache->response != NULL && !add_headers(cache->response, exchange)) {
            MHD_destroy_response(cache->response);
            cache->response = NULL;
        }
        if (cache->response == NULL) {
            return NULL;
        }
        cache->length_bytes = length;
        cache->content_type = reply->content_type;
    } else if (strcmp(cache->etag, reply->etag) != 0) {
        (void)MHD_del_response_header(cache->response, "ETag", cache->etag);
        if (MHD_add_response_header(cache->response, "ETag", reply->etag) != MHD_YES) {
            return NULL;
        }
    }
    memcpy(cache->etag, reply->etag, sizeof cache->etag);
    memcpy(cache->bytes, reply->bytes, length);
    return cache->response;
}

static bool is_bare_no_content(const exchange *exchange)
{
    const reply *reply = &exchange->reply;
    return reply->http_status == MHD_HTTP_NO_CONTENT && reply->header_count == 0 &&
           reply->etag[0] == '\0' && !reply->accepts_ranges &&
           exchange->request.allowed_origin == NULL;
}

enum MHD_Result http_queue_reply(http *http, connection_state *connection, exchange *exchange)
{
    reply *reply = &exchange->reply;
    struct MHD_Response *response;
    if (is_bare_no_content(exchange)) {
        return MHD_queue_response(exchange->connection, MHD_HTTP_NO_CONTENT, http->no_content);
    }
    response = reuse_response(&connection->cache, exchange);
    if (response != NULL) {
        return MHD_queue_response(exchange->connection, reply->http_status, response);
    }
    response = make_response(http, connection, exchange);
    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_NO;
    if (add_headers(response, exchange)) {
        result = MHD_queue_response(exchange->connection, reply->http_status, response);
    }
    MHD_destroy_response(response);
    return result;
}

void http_send_timeout(const http *http, const connection_state *state, const char *what,
                       bool head_only)
{
    char head[640];
    char body[320];
    char date[64];
    struct tm utc;
    const time_t now = (time_t)(platform_wall_clock_ms() / 1000);
    const section_status_facts *facts = section_status_lookup(SECTION_TIMEOUT);
    const bool by_origin = http->server->options->allowed_origins.count > 0;
    const char *vary = by_origin ? "Vary: Origin\r\n" : "";
    gmtime_r(&now, &utc);
    (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    const int body_bytes =
        snprintf(body, sizeof body,
                 "{\"type\":\"/v1/errors#%s\",\"title\":\"%s\",\"status\":%u,"
                 "\"detail\":\"%s\",\"code\":\"%s\"}\n",
                 facts->slug, facts->title, facts->http_status, what, facts->slug);
    const int head_bytes =
        snprintf(head, sizeof head,
                 "HTTP/1.1 408 Request Timeout\r\nDate: %s\r\nConnection: close\r\n%s%s"
                 "Content-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%s",
                 date, common_header_lines, vary, body_bytes, head_only ? "" : body);
    platform_send_at_once(state->socket, head, (size_t)head_bytes);
}

void answer_cache_fini(answer_cache *cache)
{
    if (cache->response != NULL) {
        MHD_destroy_response(cache->response);
    }
}

bool http_answers_init(http *http)
{
    const exchange any = {.server = http->server};
    http->no_content = MHD_create_response_empty(MHD_RF_NONE);
    return http->no_content != NULL && add_common_headers(http->no_content, &any);
}

void http_answers_fini(http *http)
{
    if (http->no_content != NULL) {
        MHD_destroy_response(http->no_content);
    }
}
