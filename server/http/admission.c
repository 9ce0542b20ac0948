#include "base/share.h"
#include "http/private.h"

/* How many connections there may be, and which are given up where there are too many. */
enum {
    /* A connection that has just become idle is probably used again soon. */
    FRESHLY_IDLE_MS = 1000,
    /* Connections beyond the limit, which are accepted only to answer that there is no room. */
    SURPLUS_MAX = 16,
    /* Those that were ended, and that MHD has not closed yet: at once, or within a second. */
    ENDED_MAX = 16,
    ENDED_SLOWLY_MAX = 96,
    VICTIMS_MAX = 64
};

unsigned admission_most(const server *server)
{
    /* On Linux they come out of the reserve of descriptors; on Windows there is no such limit. */
    return server->max_connections + SURPLUS_MAX +
           (platform_polls_shutdown ? ENDED_MAX : ENDED_SLOWLY_MAX);
}

int64_t admission_bytes_ms(const options *options, uint64_t bytes)
{
    const uint64_t seconds = bytes / options->min_rate;
    const uint64_t most_s = 365 * 24 * 3600;
    return (int64_t)(seconds < most_s ? seconds : most_s) * 1000;
}

static void set_lower(http *http, connection_state *state, bool is_lower)
{
    if (atomic_load(&state->admission.is_lower) != is_lower) {
        http->admission.lower += is_lower ? 1 : -1u;
        atomic_store(&state->admission.is_lower, is_lower);
    }
}

void admission_leave(http *http, connection_state *state)
{
    set_lower(http, state, false);
    if (!state->admission.is_counted) {
        return;
    }
    if (state->admission.is_surplus) {
        http->admission.surplus--;
    } else {
        atomic_fetch_sub(&http->server->connections, 1);
    }
    state->admission.is_counted = false;
}

void admission_end(http *http, connection_state *state)
{
    admission_leave(http, state);
    http->admission.has_unclosed = true;
    platform_shut_down(state->socket);
}

/*
 * Where a poll does not tell that a socket was shut down on this side, MHD would keep it until the
 * other end closes it, too. A timeout that is over makes MHD look; that, only its own thread may set,
 * and a new connection is when we are there and when it matters.
 */
void admission_close_ended(http *http)
{
    if (!http->admission.has_unclosed || platform_polls_shutdown) {
        return;
    }
    const pthread_t self = pthread_self();
    bool is_left = false;
    for (connection_state *each = http->connections; each != NULL; each = each->next) {
        const uint64_t word = phase_read(&each->phase);
        if (each->admission.is_closing || phase_of(word) != PHASE_ENDED) {
            continue;
        }
        if (pthread_equal(each->thread, self)) {
            (void)MHD_set_connection_option(each->connection, MHD_CONNECTION_OPTION_TIMEOUT, 1u);
            each->admission.is_closing = true;
        } else {
            is_left = true;
        }
    }
    http->admission.has_unclosed = is_left;
}

/*
 * How readily a connection is given up: first those that have shown no token, so that they never keep
 * out one that has; of each kind idle ones, then what is incomplete, then what has just been
 * answered; the oldest first. A body has no age as long as it comes fast enough, and an answer is let
 * finish, for those with a token. Negative: not at all.
 */
static int64_t rank(const options *options, const connection_state *state, uint64_t word,
                    int64_t now_ms)
{
    const bool is_trusted =
        atomic_load_explicit(&state->admission.is_trusted, memory_order_relaxed);
    const int64_t since_ms = now_ms - phase_since_ms(word) - phase_paused_ms(&state->phase);
    const int64_t age_ms = since_ms > 0 ? since_ms : 0;
    const int64_t step = INT64_C(1) << 48;
    const int64_t base = is_trusted ? age_ms : age_ms + 4 * step;
    switch (phase_of(word)) {
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
        const int64_t late_ms = age_ms - admission_bytes_ms(options, phase_progress(&state->phase));
        return late_ms < 0 ? -1 : late_ms + step;
    }
    default:
        return -1;
    }
}

typedef struct victim {
    connection_state *state;
    uint64_t word;
    int64_t rank;
} victim;

/* Of which connections some are to make room. */
typedef enum crowd { CROWD_ALL, CROWD_SURPLUS, CROWD_LOWER } crowd;

static bool is_of(crowd crowd, const connection_state *state)
{
    return crowd == CROWD_LOWER ? atomic_load(&state->admission.is_lower)
                                : state->admission.is_surplus == (crowd == CROWD_SURPLUS);
}

/* The ones to be given up first, in order; the lock is held. */
static unsigned find_victims(const http *http, crowd crowd, victim *ret_victims, unsigned most)
{
    unsigned count = 0;
    const int64_t now_ms = platform_monotonic_ms();
    for (connection_state *each = http->connections; each != NULL; each = each->next) {
        const uint64_t word = phase_read(&each->phase);
        const int64_t rank_ms = rank(http->server->options, each, word, now_ms);
        if (rank_ms < 0 || !is_of(crowd, each) ||
            (count == most && rank_ms < ret_victims[count - 1].rank)) {
            continue;
        }
        unsigned at = count < most ? count++ : count - 1;
        for (; at > 0 && ret_victims[at - 1].rank < rank_ms; at--) {
            ret_victims[at] = ret_victims[at - 1];
        }
        ret_victims[at] = (victim){each, word, rank_ms};
    }
    return count;
}

/* Ends the connections that are of least use; whether there was one. The lock is held. */
static bool make_room(http *http, crowd crowd)
{
    victim victims[VICTIMS_MAX];
    /* Several at once, so that a flood does not have all of them looked at for each of its own. */
    const unsigned share = crowd == CROWD_SURPLUS ? 1 : http->server->max_connections / VICTIMS_MAX;
    const unsigned most = share < 1 ? 1 : share < VICTIMS_MAX ? share : VICTIMS_MAX;
    const unsigned count = find_victims(http, crowd, victims, most);
    unsigned ended = 0;
    for (unsigned i = 0; i < count; i++) {
        if (phase_end(&victims[i].state->phase, victims[i].word)) {
            admission_end(http, victims[i].state);
            ended++;
        }
    }
    return ended > 0;
}

static bool has_room(const http *http)
{
    return atomic_load(&http->server->connections) < http->server->max_connections;
}

void admission_enter(http *http, connection_state *state)
{
    state->admission.is_counted = true;
    if (has_room(http) || make_room(http, CROWD_ALL)) {
        atomic_fetch_add(&http->server->connections, 1);
        return;
    }
    if (http->admission.surplus >= SURPLUS_MAX) {
        (void)make_room(http, CROWD_SURPLUS);
    }
    state->admission.is_surplus = true;
    http->admission.surplus++;
}

bool admission_is_surplus(http *http, connection_state *state)
{
    if (state->admission.is_surplus && has_room(http) && state->admission.is_counted) {
        state->admission.is_surplus = false;
        http->admission.surplus--;
        atomic_fetch_add(&http->server->connections, 1);
    }
    return state->admission.is_surplus;
}

bool admission_set_lower(http *http, connection_state *state, bool is_lower)
{
    const uint64_t most = share_most(http->server->max_connections, false);
    if (!state->admission.is_counted) {
        return true; /* it was ended, and its request comes to nothing */
    }
    if (is_lower && !atomic_load(&state->admission.is_lower) && http->admission.lower >= most &&
        !make_room(http, CROWD_LOWER)) {
        return false;
    }
    set_lower(http, state, is_lower);
    return true;
}
