#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/waker.h"
#include "gate/framing.h"
#include "http/private.h"

enum {
    /*
     * Limits the size of the header block. MHD clears this memory for each request, so more of it
     * costs time.
     */
    CONNECTION_MEMORY_BYTES = 16384,
    /* Of neither a byte sent nor received. */
    IDLE_TIMEOUT_S = 120
};

/* Our state of a connection; NULL if memory ran out when it was opened. */
static connection_state *http_connection_state(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* The same, without a call of the library. */
static connection_state *state_of(const exchange *exchange)
{
    return exchange->connection_state;
}

static enum MHD_Result answer(exchange *exchange)
{
    connection_state *state = state_of(exchange);
    exchange_finish(exchange);
    return deadlines_begin_answer(exchange->transport, state, &exchange->reply)
               ? http_queue_reply(exchange->transport, state, exchange)
               : MHD_NO;
}

/* ---- requests ---- */

/* MHD calls us again when the worker has resumed the connection. */
static enum MHD_Result go_to_worker(exchange *exchange)
{
    http *http = exchange->transport;
    server *server = http->server;
    /*
     * Increments the counter before it reads `closing`. http_stop sets `closing` before it reads
     * the counter. So at least one of the two sees the other.
     */
    atomic_fetch_add(&http->working, 1);
    if (atomic_load(&server->closing)) {
        atomic_fetch_sub(&http->working, 1);
        exchange_stop(exchange);
        return answer(exchange);
    }
    work_begin(exchange);
    return MHD_YES;
}

static enum MHD_Result collect_header(void *context, enum MHD_ValueKind kind, const char *name,
                                      size_t name_bytes, const char *value, size_t value_bytes)
{
    (void)kind;
    framing_add_field(context, name, name_bytes, value != NULL ? value : "", value_bytes);
    return MHD_YES;
}

static enum MHD_Result check_trailer(void *context, enum MHD_ValueKind kind, const char *name,
                                     size_t name_bytes, const char *value, size_t value_bytes)
{
    bool *are_good = context;
    (void)kind;
    *are_good =
        *are_good && framing_is_trailer(name, name_bytes, value != NULL ? value : "", value_bytes);
    return MHD_YES;
}

/* Trailers are ignored, but checked: another parser may give them a meaning. */
static bool are_trailers_good(const exchange *exchange)
{
    bool are_good = true;
    if (exchange->request.chunked) {
        (void)MHD_get_connection_values_n(exchange->connection, MHD_FOOTER_KIND, check_trailer,
                                          &are_good);
    }
    return are_good;
}

/* Decides everything that does not need the body. */
static enum MHD_Result expect_body(exchange *exchange)
{
    exchange->state = STATE_RECEIVING;
    if (!http_connection_enter(exchange->transport, state_of(exchange),
                               exchange_expects_body(exchange) ? PHASE_BODY : PHASE_HANDLING)) {
        return MHD_NO;
    }
    /* MHD closes the connection after an answer that comes before the body. */
    return exchange_refuses_body(exchange) ? answer(exchange) : MHD_YES;
}

/* The header block is complete. */
static enum MHD_Result begin(exchange *exchange, const char *method_name, const char *version)
{
    (void)MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, collect_header,
                                      &exchange->request);
    http *http = exchange->transport;
    connection_state *state = state_of(exchange);
    atomic_fetch_add(&http->active, 1);
    const bool is_surplus = http_connection_is_surplus(http, state);
    const exchange_next next = exchange_begin(exchange, method_name, version, is_surplus);
    atomic_store_explicit(&state->deadline.is_head, exchange->request.head, memory_order_relaxed);
    if (is_surplus) {
        return answer(exchange);
    }
    if (!http_connection_admits(http, state, exchange->caller.role)) {
        exchange_turn_away(exchange);
        return answer(exchange);
    }
    if (exchange->caller.role > ROLE_NONE) {
        atomic_store_explicit(&state->admission.is_trusted, true, memory_order_relaxed);
    }
    if (next != EXCHANGE_WORK) {
        return expect_body(exchange);
    }
    return http_connection_enter(http, state, PHASE_HANDLING) ? go_to_worker(exchange) : MHD_NO;
}

/*
 * Stores the collected part of a body in its section, on a pool, as it may wait for a disk. Then
 * the next part may come.
 */
static enum MHD_Result store_piece(exchange *exchange)
{
    http *http = exchange->transport;
    connection_state *state = state_of(exchange);
    atomic_fetch_add(&http->working, 1); /* as go_to_worker does */
    if (atomic_load(&http->server->closing) || !http_connection_pause(http, state)) {
        atomic_fetch_sub(&http->working, 1);
        return MHD_NO; /* an answer cannot come amid a body */
    }
    work_begin(exchange);
    return MHD_YES;
}

/* MHD offers the bytes again that were not taken. */
static enum MHD_Result receive(exchange *exchange, const char *bytes, size_t *length_bytes)
{
    size_t received = *length_bytes;
    const exchange_next next = exchange_receive(exchange, bytes, &received);
    *length_bytes -= received;
    /* Dropped bytes do not extend the deadline. */
    phase_set_progress(&state_of(exchange)->phase, exchange->received_bytes);
    if (next == EXCHANGE_WORK) {
        return store_piece(exchange);
    }
    return next == EXCHANGE_RECEIVE ? MHD_YES : MHD_NO;
}

/* The request is there, whole. */
static enum MHD_Result handle(exchange *exchange)
{
    if (!are_trailers_good(exchange) ||
        !http_connection_enter(exchange->transport, state_of(exchange), PHASE_HANDLING)) {
        return MHD_NO;
    }
    switch (exchange_go_on(exchange, PLACE_LOOP)) {
    case EXCHANGE_WORK:
    case EXCHANGE_LATER: /* nothing on the loop takes a nap */
        return go_to_worker(exchange);
    case EXCHANGE_SLEEP:
        MHD_suspend_connection(exchange->connection);
        work_sleep(exchange);
        return MHD_YES;
    case EXCHANGE_RECEIVE: /* it was received */
    case EXCHANGE_END:
    case EXCHANGE_ANSWER:
        break;
    }
    return answer(exchange);
}

/* ---- MHD's callbacks ---- */

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method_name, const char *version, const char *body,
                                  size_t *body_bytes, void **request_context)
{
    exchange *exchange = *request_context;
    (void)context;
    (void)connection;
    (void)url; /* decoded by MHD's rules; ours are stricter, and work on the target as sent */
    if (exchange == NULL) {
        return MHD_NO; /* no memory, or the deadline was faster */
    }
    if (exchange->state == STATE_HEAD) {
        return begin(exchange, method_name, version);
    }
    if (exchange->state == STATE_RESUMED) {
        return expect_body(exchange); /* MHD repeats the call that the worker interrupted */
    }
    if (exchange->state == STATE_READY) {
        return answer(exchange);
    }
    if (exchange->state == STATE_TAKEN) { /* the next piece, or the end, as if nothing had been */
        exchange->state = STATE_RECEIVING;
        if (!http_connection_go_on(exchange->transport, state_of(exchange), PHASE_BODY)) {
            return MHD_NO;
        }
    }
    if (*body_bytes > 0) {
        return receive(exchange, body, body_bytes);
    }
    return handle(exchange);
}

/* The first call of a request: MHD passes the target before it parses it. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    http *http = context;
    connection_state *state = http_connection_state(connection);
    if (state == NULL || !http_connection_enter(http, state, PHASE_HEAD)) {
        return NULL;
    }
    atomic_store_explicit(&state->deadline.has_target, true, memory_order_relaxed);
    exchange *used = state->retired;
    state->retired = NULL;
    exchange *exchange = exchange_new(used, http->server, target);
    if (exchange != NULL) {
        exchange->transport = http;
        exchange->connection = connection;
        exchange->connection_state = state;
        exchange->request.any_host = state->peer != PEER_UNKNOWN;
        exchange->caller.peer_role =
            state->peer == PEER_TRUSTED ? http->server->unix_role : ROLE_NONE;
        exchange->started_us = waker_now_us();
        exchange->sleeper = work_sleeper;
    }
    return exchange;
}

/* Counts the request and its duration, except for requests that waited on purpose. */
static void count_exchange(const exchange *exchange, bool completed)
{
    const server *server = exchange->server;
    metrics *metrics = server->metrics;
    const route *route = exchange->request.route;
    const reply *reply = &exchange->reply;
    metrics_note_request(
        metrics, route != NULL ? (size_t)(route - server->routes.routes) : server->routes.count,
        reply->http_status);
    metrics_note_received(metrics, exchange->received_bytes + exchange->dropped_bytes);
    if (completed && !exchange->request.head) {
        metrics_note_sent(metrics, reply->length_bytes);
    }
    if (reply->source == NULL && exchange->run.wait == NULL) {
        metrics_note_duration(metrics, waker_now_us() - exchange->started_us);
    }
}

static void log_exchange(const exchange *exchange, bool completed)
{
    const request *request = &exchange->request;
    if (exchange->is_taken && exchange->state != STATE_ANSWERED) {
        log_write(LOG_INFO, "the client broke off its PUT after %llu bytes, which stay written",
                  (unsigned long long)exchange->run.call.written_bytes);
    }
    if (log_wants(LOG_DEBUG)) {
        char path[256];
        request_format_path(request, path, sizeof path);
        log_write(LOG_DEBUG, "%s %s %u%s",
                  exchange->method_name != NULL ? exchange->method_name : "?", path,
                  exchange->reply.http_status, completed ? "" : " broken off");
    }
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode termination)
{
    (void)connection;
    http *http = context;
    exchange *exchange = *request_context;
    if (exchange == NULL) {
        return;
    }
    log_exchange(exchange, termination == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    const bool counted = exchange->state != STATE_HEAD;
    if (counted) {
        count_exchange(exchange, termination == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    }
    connection_state *state = state_of(exchange);
    deadlines_end_request(http, state, exchange);
    if (exchange->run.wait != NULL) {
        deadlines_set_wait(http, state, NULL);
    }
    exchange_retire(exchange);
    state->retired = exchange;
    *request_context = NULL;
    if (counted) {
        atomic_fetch_sub(&http->active, 1);
    }
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    http *http = context;
    metrics_note_connection(http->server->metrics, code == MHD_CONNECTION_NOTIFY_STARTED);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = http_connection_open(http, connection);
        return;
    }
    http_connection_close(http, *socket_context);
    *socket_context = NULL;
}

static void on_library_log(void *context, const char *format, va_list arguments)
{
    char message[512];
    (void)context;
    if (log_wants(LOG_DEBUG)) {
        (void)vsnprintf(message, sizeof message, format, arguments);
        message[strcspn(message, "\n")] = '\0';
        log_write(LOG_DEBUG, "libmicrohttpd: %s", message);
    }
}

/* ---- start and stop ---- */

static struct MHD_Daemon *start_library(http *http, platform_socket listener, unsigned threads)
{
    const struct MHD_OptionItem pool[] = {
        /* One thread needs no pool: MHD's own loop is one. */
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)listener, MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_LIMIT,
        admission_most(http->server), MHD_OPTION_URI_LOG_CALLBACK, on_target, http,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, http, MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
}

static bool start_doors(http *self, const http_listener *listeners, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct MHD_Daemon *library = start_library(self, listeners[i].socket, listeners[i].threads);
        if (library == NULL) {
            return false;
        }
        self->doors[self->door_count++] = (http_door){library, -1};
    }
    return true;
}

section_status http_start(server *server, const http_listener *listeners, unsigned count,
                          http **ret_http, section_error *ret_error)
{
    http *self = calloc(1, sizeof *self);
    if (self != NULL) {
        self->server = server;
        pthread_mutex_init(&self->resuming, NULL);
    }
    if (self == NULL || !http_connections_init(self) || !http_answers_init(self)) {
        http_stop(self, 0);
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the HTTP server");
    }
    if (!start_doors(self, listeners, count)) {
        http_stop(self, 0);
        return section_fail(ret_error, SECTION_OS_ERROR,
                            "the HTTP server did not start; --log-level debug says why");
    }
    *ret_http = self;
    return SECTION_OK;
}

/*
 * Shuts the listening sockets down first, so that no client waits in the backlog of a daemon that
 * ends.
 */
static void refuse_connections(http_door *door)
{
    door->listener = (platform_socket)MHD_quiesce_daemon(door->library);
    platform_refuse_connections(&door->listener);
}

static void close_door(const http_door *door)
{
    MHD_stop_daemon(door->library);
    platform_close_socket(door->listener); /* MHD's thread has looked at it until now */
}

void http_stop(http *http, unsigned grace_ms)
{
    if (http == NULL) {
        return;
    }
    if (http->door_count > 0) {
        const int64_t deadline = platform_monotonic_ms() + grace_ms;
        for (unsigned i = 0; i < http->door_count; i++) {
            refuse_connections(&http->doors[i]);
        }
        watch_hub_end(http->server->watch);
        while (atomic_load(&http->active) > 0 && platform_monotonic_ms() < deadline) {
            platform_sleep_ms(5);
        }
        /*
         * MHD aborts the process if it is stopped with a suspended connection. From here on no
         * connection is suspended.
         */
        atomic_store(&http->server->closing, true);
        while (atomic_load(&http->working) > 0) {
            platform_sleep_ms(5);
        }
        for (unsigned i = 0; i < http->door_count; i++) {
            close_door(&http->doors[i]);
        }
    }
    http_connections_fini(http);
    http_answers_fini(http);
    pthread_mutex_destroy(&http->resuming);
    free(http);
}
