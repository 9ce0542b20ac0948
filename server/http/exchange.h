#ifndef SECTIOND_EXCHANGE_H
#define SECTIOND_EXCHANGE_H

#include "api/reply.h"
#include "api/request.h"
#include "base/workers.h"
#include "gate/gate.h"
#include "watch/watch.h"

/**
 * @file
 * One request and its answer, from the first line to the last byte, as far as that does not
 * concern the HTTP library: what becomes of the body, who handles it, what the answer is.
 */

typedef enum exchange_state {
    STATE_HEAD,
    STATE_UNPREPARED, /* a worker is to call `exchange_prepare` before the body may come */
    STATE_PREPARED,   /* it has */
    STATE_BODY,
    STATE_ANSWERED
} exchange_state;

typedef struct exchange {
    /* Room that outlives a request: see exchange_retire. */
    size_t target_capacity;
    size_t body_capacity;
    char *body;
    void *transport; /* the HTTP library's connection, and whose it is: for http.c only */
    void *connection;
    exchange_state state;
    int64_t started_us; /* precise */
    gate_result gate;
    section_status status; /* what the answer will be, as far as it is known */
    uint64_t received_bytes;
    uint64_t dropped_bytes;
    job job;
    const char *method_name;
    sleeper sleeper;
    request request;
    reply reply;
    section_error error; /* meaningful when `status` is one */
    char target[];       /* as sent; the request points into it once it is parsed */
} exchange;

/**
 * Begins an exchange for a request target; NULL where memory runs out.
 * @param used a retired one, taken over: its room saves a connection's next request the allocator.
 */
exchange *exchange_new(exchange *used, server *server, const char *target);

/** Releases everything that it holds of its request. */
void exchange_retire(exchange *exchange);

/** Frees a retired one; NULL is fine. */
void exchange_free(exchange *retired);

/**
 * The header block is complete: decides everything that needs no body.
 * @param is_surplus there are too many connections for this one: what is well formed and comes from
 * whom we answer gets a 503.
 */
void exchange_begin(exchange *exchange, const char *method_name, const char *http_version,
                    bool is_surplus);

/** On a worker: decides what `exchange_begin` has left to it, because a section may be opened. */
void exchange_prepare(exchange *exchange);

/** Whether a body comes, wanted or not. */
bool exchange_expects_body(const exchange *exchange);

/** Whether the answer should come now, before the body, which is not wanted. */
bool exchange_refuses_body(const exchange *exchange);

/**
 * The next piece of the body: kept, streamed, or, after an error, dropped.
 * @return false when so much was dropped that the connection should end.
 */
bool exchange_receive(exchange *exchange, const void *bytes, size_t length_bytes);

typedef enum exchange_next {
    EXCHANGE_ANSWER, /* it is known what to answer */
    EXCHANGE_WORK,   /* the handler wants to run again on a worker (see `place`) */
    EXCHANGE_SLEEP   /* it wants to run again when `request.wait` is over: begin it */
} exchange_next;

/** Runs the handler. */
exchange_next exchange_handle(exchange *exchange);

/** There is no time left for it: 503. */
void exchange_stop(exchange *exchange);

/** Makes `reply` what is to be sent, problem or not. */
void exchange_finish(exchange *exchange);

#endif
