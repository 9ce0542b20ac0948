#ifndef SECTIOND_ROUTE_H
#define SECTIOND_ROUTE_H

#include "api/reply.h"
#include "api/request.h"
#include "base/capability.h"

/**
 * @file
 * The table of everything that can be asked: it drives dispatch, 405 and Allow, OPTIONS, limits,
 * media types, roles and --deny.
 */

/** Answers one request: fills the reply, or returns the error. */
typedef section_status handler(request *request, reply *reply, section_error *ret_error);

/** Takes the next piece of a body that is too long to keep. */
typedef section_status body_sink(request *request, const void *bytes, size_t length_bytes,
                                 section_error *ret_error);

typedef enum body_kind {
    BODY_NONE,  /* a body is refused unless it is empty */
    BODY_JSON,  /* kept whole; must say application/json */
    BODY_PATCH, /* the same, or application/merge-patch+json */
    BODY_RAW /* any media type; kept whole, or given to `take` when longer than BODY_KEPT_BYTES */
} body_kind;

/** A body up to this length is kept whole even where the route could take it as it comes. */
enum { BODY_KEPT_BYTES = 65536 };

typedef enum place {
    PLACE_LOOP,  /* the handler never blocks longer than a copy of 64 KiB, or defers */
    PLACE_WORKER /* it may block: runs on the pool of workers */
} place;

/** An answer that is no problem, for /openapi.json. */
typedef struct route_answer {
    unsigned http_status; /* 0 ends a list */
    const char *media;    /* NULL: no body */
    const char *schema;   /* name in schemas.json; NULL: any */
} route_answer;

enum { ROUTE_ANSWERS_MAX = 4 };

typedef struct route {
    method method;
    const char *pattern; /* segments; `{id}` stands for a number or @NAME, `{asset}` for any */
    const char *summary;
    role role;             /* ROLE_NONE: no token needed */
    capability capability; /* that --deny may have switched off */
    place place;
    body_kind body;
    uint64_t body_limit;         /* bytes that are kept; with `take`, 0: --max-body-bytes */
    const char *body_schema;     /* name in schemas.json; NULL: any bytes */
    const parameter *parameters; /* of the query, ended by a NULL name; NULL: none */
    handler *handle;
    handler *prepare; /* nullable: runs before the body arrives; what it refuses is not read */
    body_sink *take;  /* nullable */
    route_answer answers[ROUTE_ANSWERS_MAX + 1];
} route;

extern const route routes[];
extern const size_t route_count;

/** What the path and the method lead to. */
typedef struct route_match {
    const route *route;    /* NULL: none of that method */
    unsigned path_methods; /* a bit for each `method` that the path has; 0: no such path */
} route_match;

route_match route_find(const request *request);

/** Writes "GET, HEAD, PUT, OPTIONS" for a set of methods. */
void route_allow(unsigned path_methods, char *ret_text, size_t capacity);

/** The method's name, as RFC 9110 spells it. */
const char *method_name(method method);

/** Finds a method by its name, as RFC 9110 spells it; HEAD is METHOD_GET with `*ret_head`. */
method method_parse(const char *name, bool *ret_head);

#endif
