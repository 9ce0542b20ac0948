#include "http/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum {
    /* How much of a refused body is read, so that the client sees the answer, not a reset. */
    DRAIN_BYTES_MAX = 1024 * 1024,
    /* What a retired one keeps for its connection's next request. */
    TARGET_BYTES = 256,
    BODY_ROOM_BYTES = 4096
};

static void free_large_body(exchange *exchange)
{
    if (exchange->body_capacity > BODY_ROOM_BYTES) {
        free(exchange->body);
        exchange->body = NULL;
        exchange->body_capacity = 0;
    }
}

/* One with room for a target: the used one, or a new one in its place. */
static exchange *make_exchange(exchange *used, server *server, size_t target_bytes)
{
    if (used != NULL && used->target_capacity >= target_bytes) {
        return used;
    }
    const size_t capacity = target_bytes > TARGET_BYTES ? target_bytes : TARGET_BYTES;
    exchange *self = malloc(sizeof *self + capacity);
    if (self != NULL) {
        const run_ends ends = {server,       &self->request, &self->caller,
                               &self->reply, &self->error,   &self->sleeper};
        self->server = server;
        self->target_capacity = capacity;
        self->body = NULL;
        self->body_capacity = 0;
        run_init(&self->run, &ends);
        exchange_free(used);
    }
    return self;
}

exchange *exchange_new(exchange *used, server *server, const char *target)
{
    const size_t target_bytes = strlen(target) + 1;
    exchange *self = make_exchange(used, server, target_bytes);
    if (self == NULL) {
        exchange_free(used);
        return NULL;
    }
    /* Kilobytes a request: what is written before it is read is not worth zeroing. */
    memset(self, 0, offsetof(exchange, request.room));
    run_clear(&self->run);
    memset(&self->reply, 0, offsetof(reply, room));
    memcpy(self->target, target, target_bytes);
    return self;
}

void exchange_retire(exchange *exchange)
{
    run_retire(&exchange->run);
    reply_discard(&exchange->reply);
    free_large_body(exchange);
}

void exchange_free(exchange *retired)
{
    if (retired != NULL) {
        free(retired->body);
        free(retired);
    }
}

void exchange_stop(exchange *exchange)
{
    run_stop(&exchange->run);
    exchange->status = exchange->run.status;
}

/* 503, whatever it asks for. */
static void turn_away(exchange *exchange)
{
    reply_add_header(&exchange->reply, "Retry-After", "1");
    reply_add_header(&exchange->reply, "Connection", "close");
    exchange->status =
        section_fail(&exchange->error, SECTION_TOO_MANY_CONNECTIONS,
                     "%u connections are open, and all of them are busy; --max-connections allows "
                     "more where the system does",
                     exchange->server->max_connections);
}

void exchange_turn_away(exchange *exchange)
{
    turn_away(exchange);
    (void)section_fail(&exchange->error, SECTION_TOO_MANY_CONNECTIONS,
                       "the connections of the roles read and write are all busy; the last quarter "
                       "of the %u that there may be is for the role admin",
                       exchange->server->max_connections);
    run_fail(&exchange->run, exchange->status);
}

exchange_next exchange_begin(exchange *exchange, const char *method_name, const char *http_version,
                             bool is_surplus)
{
    exchange->state = STATE_RECEIVING;
    exchange->method_name = method_name;
    exchange->status =
        gate_check(exchange->server, &exchange->request, &exchange->caller, http_version,
                   method_name, exchange->target, &exchange->gate, &exchange->error);
    if (is_surplus && !exchange->gate.bad_framing && exchange->status != SECTION_FORBIDDEN_ORIGIN) {
        turn_away(exchange);
    } else if (exchange->status == SECTION_OK && atomic_load(&exchange->server->stopping)) {
        exchange_stop(exchange);
    }
    if (exchange->status == SECTION_OK && !exchange->gate.is_options &&
        exchange->request.route->handler->take != NULL) {
        return exchange_go_on(exchange, PLACE_LOOP);
    }
    return EXCHANGE_RECEIVE;
}

bool exchange_expects_body(const exchange *exchange)
{
    return exchange->request.chunked || exchange->request.length_bytes > 0;
}

bool exchange_refuses_body(const exchange *exchange)
{
    const request *request = &exchange->request;
    return exchange->status != SECTION_OK &&
           (exchange->gate.bad_framing || request->chunked ||
            request->length_bytes > DRAIN_BYTES_MAX || request->headers[HEADER_EXPECT] != NULL);
}

static section_status make_room(exchange *exchange, size_t needed_bytes)
{
    size_t capacity = exchange->is_taken ? BODY_KEPT_BYTES : exchange->body_capacity * 2;
    if (needed_bytes <= exchange->body_capacity) {
        return SECTION_OK;
    }
    if (capacity < needed_bytes) {
        capacity = exchange->request.has_length && exchange->request.length_bytes >= needed_bytes
                       ? (size_t)exchange->request.length_bytes
                       : needed_bytes;
    }
    /* From the budget before it is allocated; what the room grows by was not taken before. */
    section_status status = run_reserve(&exchange->run, capacity - exchange->body_capacity);
    if (status != SECTION_OK) {
        return status;
    }
    char *body = realloc(exchange->body, capacity);
    if (body == NULL) {
        return section_fail(&exchange->error, SECTION_NO_MEMORY, "no memory for the body");
    }
    exchange->body = body;
    exchange->body_capacity = capacity;
    return SECTION_OK;
}

static section_status keep(exchange *exchange, const char *bytes, size_t length_bytes)
{
    request *request = &exchange->request;
    section_status status = make_room(exchange, request->body_bytes + length_bytes);
    if (status == SECTION_OK) {
        memcpy(exchange->body + request->body_bytes, bytes, length_bytes);
        request->body_bytes += length_bytes;
    }
    return status;
}

/* From here on the body goes to the route as it comes; first what was kept so far. */
static section_status start_taking(exchange *exchange)
{
    const size_t kept_bytes = exchange->request.body_bytes;
    exchange->is_taken = true;
    exchange->request.body_bytes = 0;
    return kept_bytes > 0 ? run_take(&exchange->run, exchange->body, kept_bytes) : SECTION_OK;
}

static section_status too_long(exchange *exchange, uint64_t limit_bytes)
{
    return section_fail(&exchange->error, SECTION_TOO_LARGE,
                        "the body is longer than the %llu bytes that this operation takes",
                        (unsigned long long)limit_bytes);
}

/* What may wait for a disk is stored in its lane: here it is collected for that. */
static section_status collect(exchange *exchange, const char *bytes, size_t *length_bytes)
{
    const size_t room = BODY_KEPT_BYTES - exchange->request.body_bytes;
    const size_t fitting = *length_bytes < room ? *length_bytes : room;
    exchange->received_bytes -= *length_bytes - fitting;
    *length_bytes = fitting;
    exchange->is_taken = true;
    return fitting > 0 ? keep(exchange, bytes, fitting) : SECTION_OK;
}

/* Kept up to a limit; from there on, or from the start if it is known to be long, taken. */
static section_status take_body(exchange *exchange, const char *bytes, size_t *length_bytes)
{
    request *request = &exchange->request;
    const route *route = request->route;
    const uint64_t largest = exchange->server->options->max_body_bytes;
    const uint64_t kept = route->handler->take != NULL ? BODY_KEPT_BYTES : route->body_limit;
    exchange->received_bytes += *length_bytes;
    if (exchange->received_bytes > largest) {
        return too_long(exchange, largest);
    }
    const bool known_long = request->has_length && request->length_bytes > kept;
    if (exchange->received_bytes <= kept && !known_long) {
        return keep(exchange, bytes, *length_bytes);
    }
    if (route->handler->take == NULL) {
        return too_long(exchange, kept);
    }
    if (run_waits_for_disk(&exchange->run)) {
        return collect(exchange, bytes, length_bytes);
    }
    section_status status = exchange->is_taken ? SECTION_OK : start_taking(exchange);
    return status == SECTION_OK ? run_take(&exchange->run, bytes, *length_bytes) : status;
}

static void fail_body(exchange *exchange, section_status status)
{
    exchange->status = status;
    if (status != SECTION_OK) {
        free_large_body(exchange); /* before what was set aside for it is given back */
        run_fail(&exchange->run, status);
    }
}

exchange_next exchange_receive(exchange *exchange, const void *bytes, size_t *length_bytes)
{
    /* An answer may come before or after a body, not amid it: what is refused is dropped. */
    if (exchange->status == SECTION_OK) {
        const size_t offered_bytes = *length_bytes;
        fail_body(exchange, take_body(exchange, bytes, length_bytes));
        if (exchange->status != SECTION_OK) {
            *length_bytes = offered_bytes; /* what is left of it is dropped */
            return EXCHANGE_RECEIVE;
        }
        exchange->place = PLACE_DISK;
        /* Not before something is left over: MHD would go on with the chunks that it has already. */
        return *length_bytes < offered_bytes ? EXCHANGE_WORK : EXCHANGE_RECEIVE;
    }
    const uint64_t most =
        exchange->is_taken ? exchange->server->options->max_body_bytes : DRAIN_BYTES_MAX;
    exchange->dropped_bytes += *length_bytes;
    return exchange->dropped_bytes <= most ? EXCHANGE_RECEIVE : EXCHANGE_END;
}

/* In the lane: what was collected. */
static void store_collected(exchange *exchange)
{
    const size_t length = exchange->request.body_bytes;
    exchange->request.body_bytes = 0;
    fail_body(exchange, run_take(&exchange->run, exchange->body, length));
}

exchange_next exchange_go_on(exchange *exchange, place here)
{
    run *run = &exchange->run;
    if (exchange->status != SECTION_OK || exchange->gate.is_options) {
        return EXCHANGE_ANSWER;
    }
    if (run->step == RUN_BODY && exchange->state == STATE_RECEIVING) {
        run->step = RUN_EXECUTE; /* the body is there */
    }
    if (exchange->is_taken && here > PLACE_LOOP && exchange->request.body_bytes > 0) {
        const bool is_amid = run->step == RUN_BODY;
        store_collected(exchange);
        if (is_amid) {
            return EXCHANGE_RECEIVE;
        }
        if (exchange->status != SECTION_OK) {
            return EXCHANGE_ANSWER;
        }
    }
    exchange->request.body = exchange->body != NULL ? exchange->body : "";
    run->call.body = exchange->request.body;
    run->call.body_bytes = exchange->request.body_bytes;
    const run_next next = run_go(run, here);
    exchange->status = run->status;
    switch (next) {
    case RUN_NEXT_BODY:
        return EXCHANGE_RECEIVE;
    case RUN_NEXT_SHORT:
        exchange->place = PLACE_SHORT;
        return EXCHANGE_WORK;
    case RUN_NEXT_LONG:
        exchange->place = PLACE_LONG;
        return EXCHANGE_WORK;
    case RUN_NEXT_DISK:
        exchange->place = PLACE_DISK;
        return EXCHANGE_WORK;
    case RUN_NEXT_SLEEP:
        return EXCHANGE_SLEEP;
    case RUN_NEXT_LATER:
        exchange->place = here;
        return EXCHANGE_LATER;
    case RUN_NEXT_ANSWER:
        break;
    }
    return EXCHANGE_ANSWER;
}

/* Headers that an error brings, beside the document. */
static void add_error_headers(exchange *exchange)
{
    char allow[64];
    reply *reply = &exchange->reply;
    switch (exchange->status) {
    case SECTION_UNAUTHORIZED:
        reply_add_header(reply, "WWW-Authenticate", "Bearer realm=\"sectiond\"%s",
                         exchange->gate.wrong_token ? ", error=\"invalid_token\"" : "");
        break;
    case SECTION_TOO_MANY_FAILURES:
        reply_add_header(reply, "Retry-After", "1");
        break;
    case SECTION_BAD_METHOD:
        route_allow(exchange->gate.match.path_methods, allow, sizeof allow);
        reply_add_header(reply, "Allow", "%s", allow);
        break;
    case SECTION_BAD_MEDIA_TYPE:
        if (exchange->gate.accept_header != NULL) {
            reply_add_header(reply, exchange->gate.accept_header, "%s", exchange->gate.accepted);
        }
        break;
    default:
        break;
    }
}

static void log_refusal(const exchange *exchange, unsigned http_status)
{
    server *server = exchange->server;
    if (http_status != 401 && http_status != 403 && http_status < 500) {
        return;
    }
    if (http_status != 500 && !rate_limit_allows(&server->refusal_lines)) {
        atomic_fetch_add(&server->unlogged, 1);
        return;
    }
    const unsigned unlogged = atomic_exchange(&server->unlogged, 0);
    if (unlogged > 0) {
        log_write(LOG_INFO, "%u refusals came too fast to be logged", unlogged);
    }
    log_write(http_status == 500 ? LOG_ERROR : LOG_INFO, "%u %s: %s", http_status,
              exchange->method_name, exchange->error.detail);
}

static void answer_options(exchange *exchange)
{
    char allow[64];
    reply *reply = &exchange->reply;
    route_allow(exchange->gate.match.path_methods, allow, sizeof allow);
    reply_add_header(reply, "Allow", "%s", allow);
    if (exchange->request.allowed_origin != NULL) { /* a preflight */
        reply_add_header(reply, "Access-Control-Allow-Methods", "%s", allow);
        reply_add_header(reply, "Access-Control-Allow-Headers",
                         "Authorization, Content-Type, If-Match, If-None-Match, If-Range, "
                         "Range, Last-Event-ID, Sectiond-Instance");
        reply_add_header(reply, "Access-Control-Max-Age", "600");
        const char *private = exchange->request.headers[HEADER_PRIVATE_NETWORK];
        if (private != NULL && strcmp(private, "true") == 0) {
            reply_add_header(reply, "Access-Control-Allow-Private-Network", "true");
        }
    }
    reply_empty(reply, exchange->gate.is_asterisk ? 200 : 204);
}

void exchange_finish(exchange *exchange)
{
    reply *reply = &exchange->reply;
    exchange->state = STATE_ANSWERED;
    free_large_body(exchange); /* who reads the answer slowly holds no more than that */
    if (exchange->status != SECTION_OK) {
        reply->has_written = exchange->is_taken;
        reply->written_bytes = exchange->run.call.written_bytes;
        reply->etag[0] = '\0';
        reply->accepts_ranges = false;
        add_error_headers(exchange);
        if (exchange->gate.bad_framing) {
            reply_add_header(reply, "Connection", "close");
        }
        reply_problem(reply, &exchange->error);
        log_refusal(exchange, reply->http_status);
    } else if (exchange->gate.is_options) {
        answer_options(exchange);
    }
}
