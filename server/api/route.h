#ifndef SECTIOND_ROUTE_H
#define SECTIOND_ROUTE_H

#include "api/caller.h"
#include "api/plan.h"
#include "api/reply.h"
#include "api/request.h"

/**
 * @file
 * The table of everything that can be asked: it drives dispatch, 405 and Allow, OPTIONS, limits,
 * media types, roles, --deny, conditions, the checks of parameters, and /openapi.json.
 */

typedef enum body_kind {
    BODY_NONE,   /* a body is refused unless it is empty */
    BODY_JSON,   /* kept whole; must say application/json */
    BODY_PATCH,  /* the same, or application/merge-patch+json */
    BODY_LAYOUT, /* kept whole; application/json, or declarations of C, text/x-c */
    BODY_BYTES, /* any media type; kept whole, or given to `take` when longer than BODY_KEPT_BYTES */
    BODY_TEXT   /* any media type; kept whole */
} body_kind;

/** A body up to this length is kept whole even where the route could take it as it comes. */
enum { BODY_KEPT_BYTES = 65536 };

/** The subject of If-Match and If-None-Match. */
typedef enum conditions {
    CONDITIONS_NONE,      /* there is no tag: both are refused */
    CONDITIONS_ON_ANSWER, /* both, on the answer's tag */
    CONDITIONS_ON_STATE,  /* If-Match, on `tag` before it is executed; If-None-Match is refused */
    CONDITIONS_ON_EXISTENCE /* both, on `tag` before it is executed, which is empty where there is nothing */
} conditions;

/** An answer that is no problem, for /openapi.json. */
typedef struct route_answer {
    unsigned http_status; /* 0 ends a list */
    const char *media;    /* NULL: no body */
    const char *schema;   /* name in schemas.json; NULL: any */
} route_answer;

enum { ROUTE_ANSWERS_MAX = 6 };

typedef struct route {
    const handler *handler;
    method method;
    const char *pattern;   /* segments; `{id}` stands for a number or @NAME, `{asset}` for any */
    const char *operation; /* its name for generated clients, unique */
    const char *summary;
    role role;             /* the least that it takes; ROLE_NONE: no token needed */
    capability capability; /* that --deny may have switched off */
    plan_cost cost;        /* where the plan says nothing */
    uint64_t answer_bytes; /* that are set aside for the answer, beside what the plan says */
    body_kind body;
    uint64_t body_limit;     /* bytes that are kept; with `take`, 0: --max-body-bytes */
    const char *body_schema; /* name in schemas.json; NULL: any bytes */
    conditions conditions;
    route_answer answers[ROUTE_ANSWERS_MAX + 1];
} route;

/** Whether the plan parses the body. */
static inline bool route_parses_body(const route *route)
{
    return route->body == BODY_JSON || route->body == BODY_PATCH || route->body == BODY_LAYOUT;
}

/** What a member `"$NAME"` of schemas.json stands for, so that a limit or a list has one place. */
typedef struct schema_word {
    const char *name;           /* NULL ends a list */
    uint64_t number;            /* where there are no choices */
    const char *const *choices; /* NULL-terminated */
} schema_word;

/** The table, which the server hands in. */
typedef struct route_table {
    const route *routes;
    size_t count;
    const schema_word *words;
} route_table;

/** Everything that can be asked: routes.c, for those who make a server. */
extern const route_table all_routes;

/** The result of looking up a path and a method. */
typedef struct route_match {
    const route *route;    /* NULL: none of that method */
    unsigned path_methods; /* a bit for each `method` that the path has; 0: no such path */
} route_match;

route_match route_find(route_table table, const request *request);

/** Writes "GET, HEAD, PUT, OPTIONS" for a set of methods. */
void route_allow(unsigned path_methods, char *ret_text, size_t capacity);

/** The method's name, as RFC 9110 spells it. */
const char *method_name(method method);

/** Finds a method by its name, as RFC 9110 spells it; HEAD is METHOD_GET with `*ret_head`. */
method method_parse(const char *name, bool *ret_head);

#endif
