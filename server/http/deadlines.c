#include "base/log.h"
#include "http/private.h"

/*
 * How long a connection may take for what it is doing. One thread, the sweep, looks at all of them;
 * times come from a clock that it sets, so that a request costs no look at the real one.
 */
enum {
    SWEEP_MS = 250,
    /* Those that are idle, or wait, are looked at less often: it takes a system call each. */
    IDLE_SWEEPS = 4,
    IDLE_MS = 120000,
    /* Without a byte of the body for so long the client is gone. */
    STALL_MS = 10000,
    /* What came fast buys no more time ahead than so many times --body-timeout: it is memory of ours
     * that waits. */
    CREDIT_FACTOR = 3
};

/* ---- for the threads that serve ---- */

int64_t deadlines_now_ms(const http *http)
{
    return atomic_load_explicit(&http->sweep.clock_ms, memory_order_relaxed);
}

int64_t deadlines_begin(http *http)
{
    const int64_t now_ms = platform_monotonic_ms();
    atomic_store_explicit(&http->sweep.clock_ms, now_ms, memory_order_relaxed);
    if (http->connections == NULL) {
        waker_ring(http->sweep.waker);
    }
    return now_ms;
}

bool deadlines_begin_answer(http *http, connection_state *state, const reply *reply)
{
    const int64_t now_ms = deadlines_now_ms(http);
    if (reply->source != NULL) {
        return phase_enter(&state->phase, PHASE_HANDLING, now_ms); /* a stream has no deadline */
    }
    const bool is_read = http_is_read_in_pieces(reply);
    atomic_store_explicit(&state->deadline.answer_bytes, is_read ? UINT64_MAX : reply->length_bytes,
                          memory_order_relaxed);
    return phase_enter(&state->phase, PHASE_ANSWERING, now_ms);
}

void deadlines_end_request(http *http, connection_state *state, const exchange *exchange)
{
    uint64_t delivered;
    uint64_t used = atomic_load_explicit(&state->deadline.used_bytes, memory_order_relaxed);
    const union MHD_ConnectionInfo *head =
        MHD_get_connection_info(state->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (exchange->request.chunked) { /* how long the lines between the chunks were is not told */
        (void)platform_socket_traffic(state->socket, &used, &delivered);
    } else if (head != NULL) {
        used += head->header_size + exchange->received_bytes + exchange->dropped_bytes;
    }
    atomic_store_explicit(&state->deadline.used_bytes, used, memory_order_relaxed);
    (void)phase_enter(&state->phase, PHASE_IDLE, deadlines_now_ms(http));
}

void deadlines_set_wait(http *http, connection_state *state, watch_wait *wait)
{
    pthread_mutex_lock(&http->lock);
    state->deadline.wait = wait;
    pthread_mutex_unlock(&http->lock);
}

/* ---- what is due ---- */

/* How long the taking of an answer may last that has so many bytes. */
static int64_t allowance_ms(const options *options, uint64_t bytes)
{
    return (int64_t)options->body_timeout_s * 1000 + admission_bytes_ms(options, bytes);
}

/* Whether the time is up that its start and `progress` bytes have bought, --min-rate of them a second. */
static bool is_credit_used_up(const options *options, deadline_state *state, uint64_t progress,
                              int64_t now_ms)
{
    const int64_t timeout_ms = (int64_t)options->body_timeout_s * 1000;
    const int64_t bought_ms = admission_bytes_ms(options, progress - state->credited_bytes);
    const int64_t until_ms = state->credit_until_ms + bought_ms;
    const int64_t most_ms = now_ms + CREDIT_FACTOR * timeout_ms;
    state->credited_bytes += (uint64_t)(bought_ms / 1000) * options->min_rate;
    state->credit_until_ms = until_ms < most_ms ? until_ms : most_ms;
    return now_ms > state->credit_until_ms;
}

/* What is seen of a connection from one sweep to the next begins anew where it has moved on. */
static void begin_to_watch(const options *options, connection_state *state, uint64_t word,
                           int64_t now_ms)
{
    uint64_t received;
    state->deadline.seen_word = word;
    state->deadline.seen_progress_bytes = 0;
    state->deadline.seen_progress_ms = now_ms;
    state->deadline.credit_until_ms =
        phase_since_ms(word) + (int64_t)options->body_timeout_s * 1000;
    state->deadline.credited_bytes = 0;
    state->deadline.is_trickling = false;
    state->deadline.has_traffic =
        platform_socket_traffic(state->socket, &received, &state->deadline.delivered_bytes);
}

static bool is_body_late(const options *options, connection_state *state, int64_t now_ms)
{
    const uint64_t progress = phase_progress(&state->phase);
    if (progress != state->deadline.seen_progress_bytes) {
        state->deadline.seen_progress_bytes = progress;
        state->deadline.seen_progress_ms = now_ms;
    }
    return now_ms - state->deadline.seen_progress_ms > STALL_MS ||
           is_credit_used_up(options, &state->deadline, progress, now_ms);
}

/*
 * How much of the answer has arrived: what the other system has acknowledged; where ours does not
 * tell that, what it has taken over; where MHD does that by itself, the whole, as if it had arrived.
 */
static bool is_answer_late(const options *options, connection_state *state, uint64_t word,
                           int64_t now_ms)
{
    deadline_state *seen = &state->deadline;
    uint64_t received;
    uint64_t delivered;
    if (now_ms <= seen->credit_until_ms) {
        return false;
    }
    if (seen->has_traffic && platform_socket_traffic(state->socket, &received, &delivered)) {
        return is_credit_used_up(options, seen, delivered - seen->delivered_bytes, now_ms);
    }
    const uint64_t whole = atomic_load_explicit(&seen->answer_bytes, memory_order_relaxed);
    if (whole == UINT64_MAX) {
        return is_credit_used_up(options, seen, phase_progress(&state->phase), now_ms);
    }
    return now_ms - phase_since_ms(word) > allowance_ms(options, whole);
}

/* A kept connection whose next request has begun, as far as we are told, has its time from there. */
static bool is_idle_late(const options *options, connection_state *state, uint64_t word,
                         int64_t now_ms)
{
    deadline_state *seen = &state->deadline;
    uint64_t received;
    uint64_t delivered;
    uint64_t used = atomic_load_explicit(&seen->used_bytes, memory_order_relaxed);
    if (platform_socket_traffic(state->socket, &received, &delivered)) {
        seen->seen_progress_ms = seen->is_trickling ? seen->seen_progress_ms : now_ms;
        seen->is_trickling = received > used; /* what lay there for a moment may have been taken */
        if (received < used) {
            /* What followed a chunked body was counted with it, and again. */
            (void)atomic_compare_exchange_strong(&seen->used_bytes, &used, received);
        }
    }
    return now_ms - phase_since_ms(word) > IDLE_MS ||
           (seen->is_trickling &&
            now_ms - seen->seen_progress_ms > (int64_t)options->header_timeout_s * 1000);
}

/* Whether somebody has begun to send a request, as far as we are told. */
static bool has_begun(const connection_state *state)
{
    uint64_t received;
    uint64_t delivered;
    return atomic_load_explicit(&state->deadline.has_target, memory_order_relaxed) ||
           (platform_socket_traffic(state->socket, &received, &delivered) && received > 0);
}

static void check_head(http *http, connection_state *state, uint64_t word, int64_t now_ms)
{
    const int64_t limit_ms = (int64_t)http->server->options->header_timeout_s * 1000;
    if (now_ms - phase_since_ms(word) > limit_ms && phase_end(&state->phase, word)) {
        if (has_begun(state)) {
            http_send_timeout(http, state, "the head of the request was not there in time", false);
        }
        admission_end(http, state);
    }
}

/* What has no deadline: it waits for us, or was ended; or is idle, and not looked at this time. */
static bool has_no_deadline(connection_phase phase, bool idle_too)
{
    return phase == PHASE_HANDLING || phase == PHASE_PAUSED || phase == PHASE_ENDED ||
           (phase == PHASE_IDLE && !idle_too);
}

static void check(http *http, connection_state *state, int64_t sweep_ms, bool idle_too)
{
    const options *options = http->server->options;
    const uint64_t word = phase_read(&state->phase);
    const connection_phase phase = phase_of(word);
    const int64_t now_ms =
        sweep_ms - phase_paused_ms(&state->phase); /* as the client's time goes */
    if (phase == PHASE_HEAD) {
        check_head(http, state, word, now_ms);
        return;
    }
    if (has_no_deadline(phase, idle_too)) {
        if (idle_too && state->deadline.wait != NULL && platform_has_hung_up(state->socket)) {
            watch_wait_cut(state->deadline.wait); /* MHD looks at no connection that sleeps */
        }
        return;
    }
    if (state->deadline.seen_word != word) {
        begin_to_watch(options, state, word, now_ms);
    }
    if (phase == PHASE_BODY && is_body_late(options, state, now_ms) &&
        phase_end(&state->phase, word)) {
        http_send_timeout(http, state, "the body was not there in time",
                          atomic_load_explicit(&state->deadline.is_head, memory_order_relaxed));
        admission_end(http, state);
    } else if (phase == PHASE_ANSWERING && is_answer_late(options, state, word, now_ms) &&
               phase_end(&state->phase, word)) {
        log_write(LOG_INFO, "a client that did not take its answer was cut off");
        platform_drop_unsent(state->socket);
        admission_end(http, state);
    } else if (phase == PHASE_IDLE && is_idle_late(options, state, word, now_ms) &&
               phase_end(&state->phase, word)) {
        if (state->deadline.is_trickling) {
            http_send_timeout(http, state, "the head of the request was not there in time", false);
        }
        admission_end(http, state);
    }
}

/* ---- the sweep ---- */

/* Waits for the next sweep; without a connection, for one. The lock is held, but for the wait. */
static void wait_for_sweep(http *http)
{
    const int64_t until_us =
        http->connections == NULL ? WAKER_NEVER : waker_now_us() + SWEEP_MS * 1000;
    pthread_mutex_unlock(&http->lock);
    waker_wait(http->sweep.waker, until_us);
    pthread_mutex_lock(&http->lock);
}

static void *sweep(void *context)
{
    http *http = context;
    pthread_mutex_lock(&http->lock);
    for (unsigned count = 0; !http->sweep.is_stopping; count++) {
        const int64_t now_ms = platform_monotonic_ms();
        atomic_store_explicit(&http->sweep.clock_ms, now_ms, memory_order_relaxed);
        for (connection_state *each = http->connections; each != NULL; each = each->next) {
            check(http, each, now_ms, count % IDLE_SWEEPS == 0);
        }
        wait_for_sweep(http);
    }
    pthread_mutex_unlock(&http->lock);
    return NULL;
}

bool deadlines_init(http *http)
{
    atomic_store(&http->sweep.clock_ms, platform_monotonic_ms());
    http->sweep.waker = waker_new();
    http->sweep.is_running =
        http->sweep.waker != NULL && pthread_create(&http->sweep.thread, NULL, sweep, http) == 0;
    return http->sweep.is_running;
}

void deadlines_fini(http *http)
{
    if (http->sweep.is_running) {
        pthread_mutex_lock(&http->lock);
        http->sweep.is_stopping = true;
        waker_ring(http->sweep.waker);
        pthread_mutex_unlock(&http->lock);
        pthread_join(http->sweep.thread, NULL);
    }
    waker_free(http->sweep.waker);
}
