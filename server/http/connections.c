#include <stdlib.h>

#include "http/private.h"

/* The list of the open connections, and what each of them is made of. */

bool http_connection_enter(http *http, connection_state *state, connection_phase phase)
{
    return phase_enter(&state->phase, phase, deadlines_now_ms(http));
}

bool http_connection_pause(http *http, connection_state *state)
{
    return phase_pause(&state->phase, deadlines_now_ms(http));
}

bool http_connection_go_on(http *http, connection_state *state, connection_phase paused)
{
    return phase_go_on(&state->phase, paused, deadlines_now_ms(http));
}

bool http_connection_is_surplus(http *http, connection_state *state)
{
    if (!state->admission.is_surplus) { /* set before its first request, and by nobody else */
        return false;
    }
    pthread_mutex_lock(&http->lock);
    const bool is_surplus = admission_is_surplus(http, state);
    pthread_mutex_unlock(&http->lock);
    return is_surplus;
}

bool http_connection_admits(http *http, connection_state *state, role role)
{
    const bool is_lower = role > ROLE_NONE && role < ROLE_ADMIN;
    if (role == ROLE_NONE || atomic_load(&state->admission.is_lower) == is_lower) {
        return true; /* what shows no token is given up before all others, and needs no share */
    }
    pthread_mutex_lock(&http->lock);
    const bool admits = admission_set_lower(http, state, is_lower);
    pthread_mutex_unlock(&http->lock);
    return admits;
}

static void link_in(http *http, connection_state *state)
{
    state->next = http->connections;
    if (state->next != NULL) {
        state->next->previous = state;
    }
    http->connections = state;
}

static void unlink_from(http *http, connection_state *state)
{
    if (state->previous != NULL) {
        state->previous->next = state->next;
    } else {
        http->connections = state->next;
    }
    if (state->next != NULL) {
        state->next->previous = state->previous;
    }
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
    state->connection = connection;
    state->thread = pthread_self();
    state->socket = socket;
    state->peer = http->server->has_unix ? platform_identify_peer(socket) : PEER_UNKNOWN;
    pthread_mutex_lock(&http->lock);
    phase_init(&state->phase, deadlines_begin(http));
    admission_enter(http, state);
    link_in(http, state);
    admission_close_ended(http);
    pthread_mutex_unlock(&http->lock);
    return state;
}

void http_connection_close(http *http, connection_state *state)
{
    if (state == NULL) {
        return;
    }
    pthread_mutex_lock(&http->lock);
    unlink_from(http, state);
    admission_leave(http, state);
    pthread_mutex_unlock(&http->lock);
    answer_cache_fini(&state->cache);
    exchange_free(state->retired);
    free(state);
}

bool http_connections_init(http *http)
{
    pthread_mutex_init(&http->lock, NULL);
    return deadlines_init(http);
}

void http_connections_fini(http *http)
{
    deadlines_fini(http);
    pthread_mutex_destroy(&http->lock);
}
