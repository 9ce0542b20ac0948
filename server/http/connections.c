#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "http/private.h"

/*
 * What a connection is doing, and since when, is one word: whoever changes it tells that the other
 * has not changed it meanwhile. The thread that serves a connection moves it on; the sweeper may end
 * it, and whichever of the two is first has it: so nobody is answered twice, and no answer is cut by
 * a deadline that was met. Times come from a clock that the sweeper sets, so that a request costs no
 * look at the real one.
 */
enum {
    SWEEP_MS = 250,
    /* Those that are idle, or wait, are looked at less often: it takes a system call each. */
    IDLE_SWEEPS = 4,
    IDLE_MS = 120000,
    /* Without a byte of the body for so long the client is gone. */
    STALL_MS = 10000,
    /* What has just become idle is about to be used again. */
    FRESHLY_IDLE_MS = 1000,
    /* Connections beyond the limit, which are there to be told so. */
    SURPLUS_MAX = 16,
    /* Those that were ended, and that MHD has not closed yet: at once, or within a second. */
    ENDED_MAX = 16,
    ENDED_SLOWLY_MAX = 96,
    VICTIMS_MAX = 64,
    PHASE_BITS = 3
};

static uint64_t make_moment(connection_phase phase, int64_t since_ms)
{
    return (uint64_t)since_ms << PHASE_BITS | (unsigned)phase;
}

static connection_phase phase_of(uint64_t moment)
{
    return (connection_phase)(moment & ((1u << PHASE_BITS) - 1));
}

static int64_t since_ms_of(uint64_t moment)
{
    return (int64_t)(moment >> PHASE_BITS);
}

static int64_t clock_ms(const http *http)
{
    return atomic_load_explicit(&http->clock_ms, memory_order_relaxed);
}

/* ---- for the threads that serve ---- */

bool http_connection_enter(http *http, connection_state *state, connection_phase phase)
{
    uint64_t moment = atomic_load_explicit(&state->moment, memory_order_relaxed);
    /* The first request of a connection has its time from the beginning of the connection on. */
    if (phase_of(moment) == phase) {
        return true;
    }
    atomic_store_explicit(&state->progress_bytes, 0, memory_order_relaxed);
    return phase_of(moment) != PHASE_ENDED &&
           atomic_compare_exchange_strong_explicit(&state->moment, &moment,
                                                   make_moment(phase, clock_ms(http)),
                                                   memory_order_release, memory_order_relaxed);
}

bool http_connection_answer(http *http, connection_state *state, const reply *reply)
{
    if (reply->source != NULL) {
        return http_connection_enter(http, state, PHASE_HANDLING); /* a stream has no deadline */
    }
    const bool is_read = reply->read != NULL;
    atomic_store_explicit(&state->answer_bytes, is_read ? UINT64_MAX : reply->length_bytes,
                          memory_order_relaxed);
    return http_connection_enter(http, state, PHASE_ANSWERING);
}

void http_connection_rest(http *http, connection_state *state, const exchange *exchange)
{
    uint64_t delivered;
    uint64_t used = atomic_load_explicit(&state->used_bytes, memory_order_relaxed);
    const union MHD_ConnectionInfo *head =
        MHD_get_connection_info(state->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (exchange->request.chunked) { /* how long the lines between the chunks were is not told */
        (void)platform_socket_traffic(state->socket, &used, &delivered);
    } else if (head != NULL) {
        used += head->header_size + exchange->received_bytes + exchange->dropped_bytes;
    }
    atomic_store_explicit(&state->used_bytes, used, memory_order_relaxed);
    (void)http_connection_enter(http, state, PHASE_IDLE);
}

void http_connection_progress(connection_state *state, uint64_t total_bytes)
{
    atomic_store_explicit(&state->progress_bytes, total_bytes, memory_order_relaxed);
}

/* ---- ending ---- */

/* Ours alone from now on, unless it has moved on. */
static bool claim(connection_state *state, uint64_t moment)
{
    return atomic_compare_exchange_strong_explicit(&state->moment, &moment,
                                                   make_moment(PHASE_ENDED, 0),
                                                   memory_order_acquire, memory_order_relaxed);
}

/* The connection no longer counts; MHD sees its end, and closes it. The lock is held. */
static void end(http *http, connection_state *state)
{
    if (state->is_surplus) {
        http->surplus--;
    } else {
        atomic_fetch_sub(&http->server->connections, 1);
    }
    state->is_counted = false;
    http->is_unreaped = true;
    platform_shut_down(state->socket);
}

/*
 * Where a poll does not tell that a socket was shut down on this side, MHD would keep it until the
 * other end closes it, too. A timeout that is over makes MHD look; that, only its own thread may set,
 * and a new connection is when we are there and when it matters. The lock is held.
 */
static void reap(http *http)
{
    const pthread_t self = pthread_self();
    bool is_left = false;
    for (connection_state *each = http->connections; each != NULL; each = each->next) {
        const uint64_t moment = atomic_load_explicit(&each->moment, memory_order_relaxed);
        if (each->is_reaped || phase_of(moment) != PHASE_ENDED) {
            continue;
        }
        if (pthread_equal(each->thread, self)) {
            (void)MHD_set_connection_option(each->connection, MHD_CONNECTION_OPTION_TIMEOUT, 1u);
            each->is_reaped = true;
        } else {
            is_left = true;
        }
    }
    http->is_unreaped = is_left;
}

/* ---- deadlines ---- */

/* How long so many bytes may take. */
static int64_t allowance_ms(const options *options, uint64_t bytes)
{
    const uint64_t extra_s = bytes / options->min_rate;
    const uint64_t most_s = 365 * 24 * 3600;
    return (int64_t)((options->body_timeout_s + (extra_s < most_s ? extra_s : most_s)) * 1000);
}

/* What is seen of a connection from one sweep to the next begins anew where it has moved on. */
static void begin_to_watch(connection_state *state, uint64_t moment, int64_t now_ms)
{
    uint64_t received;
    state->seen = moment;
    state->seen_progress_bytes = 0;
    state->seen_progress_ms = now_ms;
    state->trickling = false;
    state->has_traffic = platform_socket_traffic(state->socket, &received, &state->delivered_bytes);
}

static bool is_body_late(const options *options, connection_state *state, uint64_t moment,
                         int64_t now_ms)
{
    const uint64_t progress = atomic_load_explicit(&state->progress_bytes, memory_order_relaxed);
    if (progress != state->seen_progress_bytes) {
        state->seen_progress_bytes = progress;
        state->seen_progress_ms = now_ms;
    }
    return now_ms - state->seen_progress_ms > STALL_MS ||
           now_ms - since_ms_of(moment) > allowance_ms(options, progress);
}

/*
 * How much of the answer has arrived: what the other system has acknowledged; where ours does not
 * tell that, what it has taken over; where MHD does that by itself, the whole, as if it had arrived.
 */
static bool is_answer_late(const options *options, const connection_state *state, uint64_t moment,
                           int64_t now_ms)
{
    const int64_t elapsed_ms = now_ms - since_ms_of(moment);
    uint64_t received;
    uint64_t delivered;
    if (elapsed_ms <= allowance_ms(options, 0)) {
        return false;
    }
    if (state->has_traffic && platform_socket_traffic(state->socket, &received, &delivered)) {
        return elapsed_ms > allowance_ms(options, delivered - state->delivered_bytes);
    }
    const uint64_t whole = atomic_load_explicit(&state->answer_bytes, memory_order_relaxed);
    const uint64_t progress = atomic_load_explicit(&state->progress_bytes, memory_order_relaxed);
    return elapsed_ms > allowance_ms(options, whole == UINT64_MAX ? progress : whole);
}

/* A kept connection whose next request has begun, as far as we are told, has its time from there. */
static bool is_idle_late(const options *options, connection_state *state, uint64_t moment,
                         int64_t now_ms)
{
    uint64_t received;
    uint64_t delivered;
    uint64_t used = atomic_load_explicit(&state->used_bytes, memory_order_relaxed);
    if (platform_socket_traffic(state->socket, &received, &delivered)) {
        state->seen_progress_ms = state->trickling ? state->seen_progress_ms : now_ms;
        state->trickling = received > used; /* what lay there for a moment may have been taken */
        if (received < used) {
            /* What followed a chunked body was counted with it, and again. */
            (void)atomic_compare_exchange_strong(&state->used_bytes, &used, received);
        }
    }
    return now_ms - since_ms_of(moment) > IDLE_MS ||
           (state->trickling &&
            now_ms - state->seen_progress_ms > (int64_t)options->header_timeout_s * 1000);
}

/* Whether somebody has begun to send a request, as far as we are told. */
static bool has_begun(const connection_state *state)
{
    uint64_t received;
    uint64_t delivered;
    return atomic_load_explicit(&state->has_target, memory_order_relaxed) ||
           (platform_socket_traffic(state->socket, &received, &delivered) && received > 0);
}

static void check_head(http *http, connection_state *state, uint64_t moment, int64_t now_ms)
{
    const int64_t limit_ms = (int64_t)http->server->options->header_timeout_s * 1000;
    if (now_ms - since_ms_of(moment) > limit_ms && claim(state, moment)) {
        if (has_begun(state)) {
            http_send_timeout(http, state, "the head of the request was not there in time");
        }
        end(http, state);
    }
}

static void check(http *http, connection_state *state, int64_t now_ms, bool idle_too)
{
    const options *options = http->server->options;
    const uint64_t moment = atomic_load_explicit(&state->moment, memory_order_acquire);
    const connection_phase phase = phase_of(moment);
    if (phase == PHASE_HEAD) {
        check_head(http, state, moment, now_ms);
        return;
    }
    if (phase == PHASE_HANDLING || phase == PHASE_ENDED || (phase == PHASE_IDLE && !idle_too)) {
        if (idle_too && state->wait != NULL && platform_has_hung_up(state->socket)) {
            watch_wait_cut(state->wait); /* MHD looks at no connection that sleeps */
        }
        return;
    }
    if (state->seen != moment) {
        begin_to_watch(state, moment, now_ms);
    }
    if (phase == PHASE_BODY && is_body_late(options, state, moment, now_ms) &&
        claim(state, moment)) {
        http_send_timeout(http, state, "the body was not there in time");
        end(http, state);
    } else if (phase == PHASE_ANSWERING && is_answer_late(options, state, moment, now_ms) &&
               claim(state, moment)) {
        log_write(LOG_INFO, "a client that did not take its answer was cut off");
        platform_drop_unsent(state->socket);
        end(http, state);
    } else if (phase == PHASE_IDLE && is_idle_late(options, state, moment, now_ms) &&
               claim(state, moment)) {
        if (state->trickling) {
            http_send_timeout(http, state, "the head of the request was not there in time");
        }
        end(http, state);
    }
}

/* ---- the sweeper ---- */

/* Waits for the next sweep; without a connection, for one. The lock is held, but for the wait. */
static void wait_for_sweep(http *http)
{
    const int64_t until_us =
        http->connections == NULL ? WAKER_NEVER : waker_now_us() + SWEEP_MS * 1000;
    pthread_mutex_unlock(&http->lock);
    waker_wait(http->sweeper_waker, until_us);
    pthread_mutex_lock(&http->lock);
}

static void *sweep(void *context)
{
    http *http = context;
    pthread_mutex_lock(&http->lock);
    for (unsigned count = 0; !http->stop_sweeping; count++) {
        const int64_t now_ms = platform_monotonic_ms();
        atomic_store_explicit(&http->clock_ms, now_ms, memory_order_relaxed);
        for (connection_state *each = http->connections; each != NULL; each = each->next) {
            check(http, each, now_ms, count % IDLE_SWEEPS == 0);
        }
        wait_for_sweep(http);
    }
    pthread_mutex_unlock(&http->lock);
    return NULL;
}

/* ---- room ---- */

/*
 * How readily a connection is given up: first those that have shown no token, so that they never keep
 * out one that has; of each kind idle ones, then what is incomplete, then what has just been
 * answered; the oldest first. A body has no age as long as it comes fast enough, and an answer is let
 * finish, for those with a token. Negative: not at all.
 */
static int64_t rank(const options *options, const connection_state *state, uint64_t moment,
                    int64_t now_ms)
{
    const bool is_trusted = atomic_load_explicit(&state->is_trusted, memory_order_relaxed);
    const int64_t since_ms = now_ms - since_ms_of(moment);
    const int64_t age_ms = since_ms > 0 ? since_ms : 0;
    const int64_t step = INT64_C(1) << 48;
    const int64_t base = is_trusted ? age_ms : age_ms + 4 * step;
    switch (phase_of(moment)) {
    case PHASE_IDLE:
        return age_ms < FRESHLY_IDLE_MS ? base : base + 2 * step;
    case PHASE_HEAD:
        return base + step;
    case PHASE_ANSWERING:
        return is_trusted ? -1 : base + step;
    case PHASE_BODY: {
        if (!is_trusted) {
            return base + step;
        }
        const uint64_t bytes = atomic_load_explicit(&state->progress_bytes, memory_order_relaxed);
        const int64_t late_ms = age_ms - allowance_ms(options, bytes) + allowance_ms(options, 0);
        return late_ms < 0 ? -1 : late_ms + step;
    }
    default:
        return -1;
    }
}

typedef struct victim {
    connection_state *state;
    uint64_t moment;
    int64_t rank;
} victim;

/* The ones to be given up first, in order; the lock is held. */
static unsigned find_victims(const http *http, bool surplus, victim *ret_victims, unsigned most)
{
    unsigned count = 0;
    const int64_t now_ms = platform_monotonic_ms();
    for (connection_state *each = http->connections; each != NULL; each = each->next) {
        const uint64_t moment = atomic_load_explicit(&each->moment, memory_order_acquire);
        const int64_t rank_ms = rank(http->server->options, each, moment, now_ms);
        if (rank_ms < 0 || each->is_surplus != surplus ||
            (count == most && rank_ms < ret_victims[count - 1].rank)) {
            continue;
        }
        unsigned at = count < most ? count++ : count - 1;
        for (; at > 0 && ret_victims[at - 1].rank < rank_ms; at--) {
            ret_victims[at] = ret_victims[at - 1];
        }
        ret_victims[at] = (victim){each, moment, rank_ms};
    }
    return count;
}

/* Ends the connections that are of least use; whether there was one. The lock is held. */
static bool make_room(http *http, bool surplus)
{
    victim victims[VICTIMS_MAX];
    /* Several at once, so that a flood does not have all of them looked at for each of its own. */
    const unsigned share = surplus ? 1 : http->server->max_connections / VICTIMS_MAX;
    const unsigned most = share < 1 ? 1 : share < VICTIMS_MAX ? share : VICTIMS_MAX;
    const unsigned count = find_victims(http, surplus, victims, most);
    unsigned ended = 0;
    for (unsigned i = 0; i < count; i++) {
        if (claim(victims[i].state, victims[i].moment)) {
            end(http, victims[i].state);
            ended++;
        }
    }
    return ended > 0;
}

static bool has_room(const http *http)
{
    return atomic_load(&http->server->connections) < http->server->max_connections;
}

bool http_connection_is_surplus(http *http, connection_state *state)
{
    if (!state->is_surplus) { /* set before its first request, and by nobody else */
        return false;
    }
    pthread_mutex_lock(&http->lock);
    if (has_room(http) && state->is_counted) {
        state->is_surplus = false;
        http->surplus--;
        atomic_fetch_add(&http->server->connections, 1);
    }
    const bool is_surplus = state->is_surplus;
    pthread_mutex_unlock(&http->lock);
    return is_surplus;
}

connection_state *http_connection_open(http *http, struct MHD_Connection *connection)
{
    const platform_socket socket =
        (platform_socket)MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
            ->connect_fd;
    connection_state *state = calloc(1, sizeof *state);
    if (state == NULL) {
        platform_shut_down(socket);
        return NULL;
    }
    const int64_t now_ms = platform_monotonic_ms();
    state->connection = connection;
    state->thread = pthread_self();
    state->socket = socket;
    state->peer =
        http->server->options->unix_path == NULL ? PEER_UNKNOWN : platform_identify_peer(socket);
    state->is_counted = true;
    pthread_mutex_lock(&http->lock);
    atomic_store_explicit(&http->clock_ms, now_ms, memory_order_relaxed);
    atomic_store_explicit(&state->moment, make_moment(PHASE_HEAD, now_ms), memory_order_release);
    if (has_room(http) || make_room(http, false)) {
        atomic_fetch_add(&http->server->connections, 1);
    } else {
        if (http->surplus >= SURPLUS_MAX) {
            (void)make_room(http, true);
        }
        state->is_surplus = true;
        http->surplus++;
    }
    if (http->connections == NULL) {
        waker_ring(http->sweeper_waker);
    } else {
        http->connections->previous = state;
    }
    state->next = http->connections;
    http->connections = state;
    if (http->is_unreaped && !platform_polls_shutdown) {
        reap(http);
    }
    pthread_mutex_unlock(&http->lock);
    return state;
}

void http_connection_close(http *http, connection_state *state)
{
    if (state == NULL) {
        return;
    }
    pthread_mutex_lock(&http->lock);
    if (state->previous != NULL) {
        state->previous->next = state->next;
    } else {
        http->connections = state->next;
    }
    if (state->next != NULL) {
        state->next->previous = state->previous;
    }
    if (state->is_counted && state->is_surplus) {
        http->surplus--;
    } else if (state->is_counted) {
        atomic_fetch_sub(&http->server->connections, 1);
    }
    pthread_mutex_unlock(&http->lock);
    http_connection_state_free(state);
}

unsigned http_connections_most(const server *server)
{
    /* On Linux they come out of the reserve of descriptors; on Windows there is no such limit. */
    return server->max_connections + SURPLUS_MAX +
           (platform_polls_shutdown ? ENDED_MAX : ENDED_SLOWLY_MAX);
}

bool http_connections_init(http *http)
{
    pthread_mutex_init(&http->lock, NULL);
    atomic_store(&http->clock_ms, platform_monotonic_ms());
    http->sweeper_waker = waker_new();
    http->is_sweeping =
        http->sweeper_waker != NULL && pthread_create(&http->sweeper, NULL, sweep, http) == 0;
    return http->is_sweeping;
}

void http_connections_fini(http *http)
{
    if (http->is_sweeping) {
        pthread_mutex_lock(&http->lock);
        http->stop_sweeping = true;
        waker_ring(http->sweeper_waker);
        pthread_mutex_unlock(&http->lock);
        pthread_join(http->sweeper, NULL);
    }
    waker_free(http->sweeper_waker);
    pthread_mutex_destroy(&http->lock);
}
