#ifndef SECTIOND_REQUEST_H
#define SECTIOND_REQUEST_H

#include <section/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * One HTTP request as handlers see it: decoded, checked, without a trace of the HTTP library.
 */

typedef enum method {
    METHOD_GET, /* HEAD too: the difference is the transport's */
    METHOD_PUT,
    METHOD_POST,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_UNKNOWN
} method;

/** What a token may do; each role includes those before it. */
typedef enum role { ROLE_NONE, ROLE_READ, ROLE_WRITE, ROLE_ADMIN } role;

/** "read", "write", "admin". */
const char *role_name(role role);

/** Header fields that somebody here looks at: constant, name in lower case. */
#define REQUEST_HEADERS(X)                                                                         \
    X(HEADER_HOST, "host")                                                                         \
    X(HEADER_ACCEPT_ENCODING, "accept-encoding")                                                   \
    X(HEADER_AUTHORIZATION, "authorization")                                                       \
    X(HEADER_CONTENT_TYPE, "content-type")                                                         \
    X(HEADER_CONTENT_LENGTH, "content-length")                                                     \
    X(HEADER_CONTENT_ENCODING, "content-encoding")                                                 \
    X(HEADER_CONTENT_RANGE, "content-range")                                                       \
    X(HEADER_TRANSFER_ENCODING, "transfer-encoding")                                               \
    X(HEADER_EXPECT, "expect")                                                                     \
    X(HEADER_RANGE, "range")                                                                       \
    X(HEADER_IF_RANGE, "if-range")                                                                 \
    X(HEADER_IF_MATCH, "if-match")                                                                 \
    X(HEADER_IF_NONE_MATCH, "if-none-match")                                                       \
    X(HEADER_ORIGIN, "origin")                                                                     \
    X(HEADER_FETCH_SITE, "sec-fetch-site")                                                         \
    X(HEADER_FETCH_MODE, "sec-fetch-mode")                                                         \
    X(HEADER_FETCH_DEST, "sec-fetch-dest")                                                         \
    X(HEADER_LAST_EVENT_ID, "last-event-id")

typedef enum request_header {
#define REQUEST_HEADER_CONSTANT(constant, name) constant,
    REQUEST_HEADERS(REQUEST_HEADER_CONSTANT)
#undef REQUEST_HEADER_CONSTANT
        HEADER_COUNT
} request_header;

enum { REQUEST_SEGMENTS_MAX = 8, REQUEST_PARAMETERS_MAX = 80 };

/** One `name=value` of the query, decoded. */
typedef struct query_parameter {
    const char *name;
    const char *value;
} query_parameter;

/** A parameter that a query may have, as code checks it and /openapi.json tells it. */
typedef struct parameter {
    const char *name;   /* NULL ends a list */
    const char *schema; /* JSON Schema of its value */
    const char *summary;
    bool required;
    bool repeats; /* may stand more than once */
} parameter;

struct route;
struct server;
struct entry;
struct sleeper;
struct watch_wait;

typedef struct request {
    struct server *server;
    const struct route *route;
    method method;
    bool head;
    role role;
    role peer_role; /* what the process at the other end stands for; ROLE_NONE: nothing */
    bool any_host;  /* it came where no page of a browser comes */
    const char *headers[HEADER_COUNT];          /* NULL: not sent */
    const char *allowed_origin;                 /* the Origin, where --allow-origin names it */
    const char *malformed;                      /* what is wrong with a header field, or NULL */
    const char *segments[REQUEST_SEGMENTS_MAX]; /* of the path, decoded */
    unsigned segment_count;                     /* more than there is room for: no path of ours */
    char *query;                                /* as sent, until request_parse_query */
    unsigned parameter_count;
    /* The body as far as it is kept: whole for most routes. */
    const char *body;
    size_t body_bytes;
    bool has_length; /* Content-Length was sent: `length_bytes` */
    uint64_t length_bytes;
    bool chunked;
    /* The upload of a route that takes its body as it comes. */
    struct entry *entry;
    uint64_t offset_bytes;
    uint64_t guarded_bytes; /* `length` of the query, or 0: what If-Match is about */
    uint64_t written_bytes;
    bool streamed;
    /* Whether the handler runs where it may block; if not, it may ask for that with `defer`. */
    bool may_block;
    bool deferred;
    bool is_long; /* it wants to be deferred to where only long ones are */
    /* A read that waits: until when the handler sleeps, to run again then. */
    int64_t wait_us;
    struct watch_wait *wait;
    bool sleeps;
    struct sleeper *sleeper; /* its connection, for what makes it wait without a thread */
    /* Last, because nobody reads of them what was not written: they need not be zeroed. */
    query_parameter parameters[REQUEST_PARAMETERS_MAX];
} request;

/**
 * Takes a request target apart, in place: path segments, percent-decoded, and the query as it is.
 * @param target writable, origin form; the request points into it from here on.
 * @return SECTION_BAD_REQUEST for what is no origin-form target.
 */
section_status request_parse_target(request *request, char *target, section_error *ret_error);

/** Takes the query apart, in place; `+` is a space there. @return SECTION_BAD_QUERY. */
section_status request_parse_query(request *request, section_error *ret_error);

/** Finds which of our header fields a name is; HEADER_COUNT: none. */
request_header request_find_header(const char *name, size_t name_bytes);

/** Writes the path, decoded, without the query, cut to what fits: for the log. */
void request_format_path(const request *request, char *ret_text, size_t capacity);

/** Checks that each parameter of the query is one of `known` and stands there once. */
section_status request_check_parameters(const request *request, const parameter *known,
                                        section_error *ret_error);

/** The value of a query parameter, or NULL. */
const char *request_parameter(const request *request, const char *name);

/** An unsigned decimal of at most 2^53-1; `*ret_value` stays where the parameter is not given. */
section_status request_number(const request *request, const char *name, section_status code,
                              uint64_t *ret_value, section_error *ret_error);

/** `0` or `1`; `*ret_value` stays where the parameter is not given. */
section_status request_flag(const request *request, const char *name, bool *ret_value,
                            section_error *ret_error);

/** Says that the handler wants to run again where it may block. Always SECTION_OK. */
section_status request_defer(request *request);

/** The same for what takes as long as it has bytes. */
section_status request_defer_long(request *request);

/** Reads a decimal of at most 2^53-1 that is all of the text; false otherwise. */
bool parse_decimal(const char *text, uint64_t *ret_number);

#endif
