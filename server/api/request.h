#ifndef SECTIOND_REQUEST_H
#define SECTIOND_REQUEST_H

#include <section/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clear.h"

/**
 * @file
 * One HTTP request as handlers see it: decoded, checked, and independent of the HTTP library.
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

/** Header fields that somebody here looks at: constant, name as it is most often sent. */
#define REQUEST_HEADERS(X)                                                                         \
    X(HEADER_HOST, "Host")                                                                         \
    X(HEADER_ACCEPT_ENCODING, "Accept-Encoding")                                                   \
    X(HEADER_AUTHORIZATION, "Authorization")                                                       \
    X(HEADER_CONTENT_TYPE, "Content-Type")                                                         \
    X(HEADER_CONTENT_LENGTH, "Content-Length")                                                     \
    X(HEADER_CONTENT_ENCODING, "Content-Encoding")                                                 \
    X(HEADER_CONTENT_RANGE, "Content-Range")                                                       \
    X(HEADER_TRANSFER_ENCODING, "Transfer-Encoding")                                               \
    X(HEADER_EXPECT, "Expect")                                                                     \
    X(HEADER_RANGE, "Range")                                                                       \
    X(HEADER_IF_RANGE, "If-Range")                                                                 \
    X(HEADER_IF_MATCH, "If-Match")                                                                 \
    X(HEADER_IF_NONE_MATCH, "If-None-Match")                                                       \
    X(HEADER_ORIGIN, "Origin")                                                                     \
    X(HEADER_FETCH_SITE, "Sec-Fetch-Site")                                                         \
    X(HEADER_FETCH_MODE, "Sec-Fetch-Mode")                                                         \
    X(HEADER_FETCH_DEST, "Sec-Fetch-Dest")                                                         \
    X(HEADER_LAST_EVENT_ID, "Last-Event-ID")                                                       \
    X(HEADER_INSTANCE, "Sectiond-Instance")                                                        \
    X(HEADER_PRIVATE_NETWORK, "Access-Control-Request-Private-Network")

typedef enum request_header {
#define REQUEST_HEADER_CONSTANT(constant, name) constant,
    REQUEST_HEADERS(REQUEST_HEADER_CONSTANT)
#undef REQUEST_HEADER_CONSTANT
        HEADER_COUNT
} request_header;

enum { REQUEST_SEGMENTS_MAX = 8, REQUEST_PARAMETERS_MAX = 80, REQUEST_JOINED_BYTES = 1024 };

/** One `name=value` of the query, decoded. */
typedef struct query_parameter {
    const char *name;
    const char *value;
} query_parameter;

/** The kind of value that a parameter has. */
typedef enum parameter_kind {
    PARAMETER_TEXT,
    PARAMETER_NUMBER,  /* a whole number from `least` to `most` */
    PARAMETER_FLAG,    /* 0 or 1 */
    PARAMETER_CHOICE,  /* one of `choices` */
    PARAMETER_DURATION /* `N` and `Ns` are seconds, `Nms` milliseconds; up to `most` seconds */
} parameter_kind;

/**
 * A parameter that a query may have. This one line is what the check, the error's text and the schema
 * in /openapi.json come from.
 */
typedef struct parameter {
    const char *name; /* NULL ends a list */
    parameter_kind kind;
    uint64_t least;
    uint64_t most;
    const char *const *choices; /* NULL-terminated */
    section_status code;        /* of a wrong or missing value; 0: SECTION_BAD_QUERY */
    const char *summary;
    const char *example; /* of one that is required, or without which a request says too little */
    bool required;       /* those that are stand first in a list */
    unsigned most_times; /* how often it may stand; 0: once */
} parameter;

/** The largest whole number that every JSON reader keeps. */
#define PARAMETER_MOST ((UINT64_C(1) << 53) - 1)

struct route;

/** Room of a request: see base/clear.h. */
typedef struct request_room {
    query_parameter parameters[REQUEST_PARAMETERS_MAX];
    char joined[REQUEST_JOINED_BYTES]; /* values of lists that came as several fields */
} request_room;

/**
 * One request as it was sent; zeroed but for its room, none yet. The caller and its rights are in `caller`,
 * not here.
 */
typedef struct request {
    const struct route *route;
    method method;
    bool head;
    bool any_host; /* it came through a Unix socket, which pages in a browser cannot reach */
    const char *headers[HEADER_COUNT];          /* NULL: not sent */
    const char *allowed_origin;                 /* the Origin, where --allow-origin names it */
    const char *malformed;                      /* what is wrong with a header field, or NULL */
    const char *segments[REQUEST_SEGMENTS_MAX]; /* of the path, decoded */
    unsigned segment_count; /* more than PATH_SEGMENTS: no route has such a path */
    char *query;            /* as sent, until request_parse_query */
    unsigned parameter_count;
    const char *body; /* whole, but for what a route takes as it comes */
    size_t body_bytes;
    bool has_length; /* Content-Length was sent: `length_bytes` */
    uint64_t length_bytes;
    bool chunked;
    size_t joined_bytes;
    request_room room;
} request;

ROOM_IS_LAST(request);

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

/**
 * Checks that each parameter of the query is one of `known`, stands there no more often than it may,
 * and has a value of its kind; and that those which are required are there.
 */
section_status request_check_parameters(const request *request, const parameter *known,
                                        section_error *ret_error);

/*
 * The values of parameters that have been checked. Each keeps `*ret_value`, and is false, where the
 * parameter is not given.
 */

/** The value as a text, or NULL. */
const char *request_parameter(const request *request, const char *name);
bool request_number(const request *request, const char *name, uint64_t *ret_value);
bool request_flag(const request *request, const char *name, bool *ret_value);
/** The index of the choice. */
bool request_choice(const request *request, const char *name, const char *const *choices,
                    int *ret_index);
/** In microseconds. */
bool request_duration(const request *request, const char *name, int64_t *ret_us);

/** Reads a decimal of at most 2^53-1 that is all of the text; false otherwise. */
bool parse_decimal(const char *text, uint64_t *ret_number);

#endif
