#ifndef SECTIOND_EXCHANGE_H
#define SECTIOND_EXCHANGE_H

#include "api/run.h"
#include "gate/gate.h"

/**
 * @file
 * One request and its answer, from the first line to the last byte, as far as that does not
 * concern the HTTP library: what becomes of the body, when the run goes on, what the answer is.
 *
 *     state      what happens                               what may be next
 *     HEAD       the header block comes                     RECEIVING, QUEUED, ANSWERED
 *     RECEIVING  the body comes: kept, taken, or dropped    QUEUED, ASLEEP, ANSWERED
 *     QUEUED     the run goes on, on a pool                 QUEUED (a slower one), RESUMED, TAKEN, ASLEEP, READY
 *     RESUMED    an upload's section was found on a pool    RECEIVING
 *     TAKEN      a piece of an upload was stored in a lane  RECEIVING
 *     ASLEEP     the run waits for news                     QUEUED, ANSWERED, ASLEEP
 *     READY      the run has ended on a pool                ANSWERED
 *     ANSWERED   the answer is being sent                   (the end)
 *
 * In QUEUED and ASLEEP the connection is suspended. Whoever resumes it has set the next state before.
 */

typedef enum exchange_state {
    STATE_HEAD,
    STATE_RECEIVING,
    STATE_QUEUED,
    STATE_RESUMED,
    STATE_TAKEN,
    STATE_ASLEEP,
    STATE_READY,
    STATE_ANSWERED
} exchange_state;

typedef struct exchange {
    /* Of one request: `exchange_new` zeroes it. */
    void *transport; /* the HTTP library's connection, and whose it is: for http.c only */
    void *connection;
    void *connection_state; /* ours of it */
    exchange_state state;
    place place;           /* where the run goes on, when QUEUED */
    int64_t started_us;    /* precise */
    section_status status; /* what the answer will be, as far as it is known */
    uint64_t received_bytes;
    uint64_t dropped_bytes;
    bool is_taken; /* the body goes to the route as it comes */
    job job;
    const char *method_name;
    sleeper sleeper;
    caller caller;
    gate_result gate;
    request request;
    run run;
    reply reply;
    /* What outlives a request: see exchange_retire. */
    section_error error; /* meaningful when `status` is one */
    server *server;
    size_t target_capacity;
    size_t body_capacity;
    char *body;
    char target[]; /* as sent; the request points into it once it is parsed */
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

/** What the transport is to do next. */
typedef enum exchange_next {
    EXCHANGE_RECEIVE, /* let the body come */
    EXCHANGE_ANSWER,  /* `exchange_finish`, and send */
    EXCHANGE_WORK,    /* `exchange_go_on` on the pool of `place`, the connection suspended */
    EXCHANGE_END,     /* end the connection */
    EXCHANGE_LATER,   /* `exchange_go_on` where it was, in `run.call.nap_ms` */
    EXCHANGE_SLEEP /* begin to wait (`run.wait`), the connection suspended; then the same as WORK,
                         or, on the loop, `exchange_go_on` */
} exchange_next;

/** There is no room for a request of its role after all: 503. */
void exchange_turn_away(exchange *exchange);

/**
 * The header block is complete: decides everything that needs no body.
 * @param is_surplus there are too many connections for this one: what is well formed and comes from
 * whom we answer gets a 503.
 */
exchange_next exchange_begin(exchange *exchange, const char *method_name, const char *http_version,
                             bool is_surplus);

/** Whether a body comes, wanted or not. */
bool exchange_expects_body(const exchange *exchange);

/** Whether the answer should come now, before the body, which is not wanted. */
bool exchange_refuses_body(const exchange *exchange);

/**
 * The next piece of the body: kept, taken, or, after an error, dropped.
 * @param length_bytes in: what there is; out: what of it was received, the rest is to come again.
 * @return EXCHANGE_RECEIVE; EXCHANGE_WORK: before more of it can be received; EXCHANGE_END: so much was
 *     dropped.
 */
exchange_next exchange_receive(exchange *exchange, const void *bytes, size_t *length_bytes);

/** The body is there, or a pool or the hub has come to it: goes on at a place. */
exchange_next exchange_go_on(exchange *exchange, place here);

/** There is no time left for it: 503. */
void exchange_stop(exchange *exchange);

/** Makes `reply` what is to be sent, problem or not. */
void exchange_finish(exchange *exchange);

#endif
