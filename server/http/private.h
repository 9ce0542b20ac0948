#ifndef SECTIOND_HTTP_PRIVATE_H
#define SECTIOND_HTTP_PRIVATE_H

#include <microhttpd.h>
#include <pthread.h>

#include "base/waker.h"
#include "http/exchange.h"
#include "http/http.h"

/**
 * @file
 * What the files of the HTTP transport share: they alone know libmicrohttpd.
 */

enum { HTTP_REUSED_BYTES_MAX = 1024 };

struct http {
    server *server;
    struct MHD_Daemon *daemon;
    struct MHD_Daemon *unix_daemon;  /* of the Unix socket; NULL: none */
    struct MHD_Response *no_content; /* the bare 204, the same for everybody */
    atomic_uint active;  /* requests between the end of their headers and their last byte */
    atomic_uint working; /* of them, those suspended for a worker */
    /*
     * Resuming wakes MHD's loop through a socket pair. Under Wine a second send at the same moment
     * says "would block", MHD takes that for a full, hence waking, pipe, and the loop sleeps on.
     */
    pthread_mutex_t resuming;
    /* The connections, and who looks after them: http_connections.c. */
    pthread_mutex_t lock;
    waker *sweeper_waker; /* no condition: that would wait by the wall clock, which may jump */
    struct connection_state *connections;
    unsigned surplus; /* connections beyond the limit */
    bool is_unreaped; /* some were ended, and MHD does not know it: see http_connection_open */
    bool stop_sweeping;
    bool is_sweeping;
    pthread_t sweeper;
    atomic_llong clock_ms; /* monotonic, as the sweeper last saw it */
};

/** What a connection is doing. */
typedef enum connection_phase {
    PHASE_HEAD,     /* sending a request's head, or about to */
    PHASE_BODY,     /* sending its body */
    PHASE_HANDLING, /* waiting for us: has no deadline */
    PHASE_ANSWERING,
    PHASE_IDLE, /* between two requests */
    PHASE_ENDED /* shut down by us, MHD is yet to close it */
} connection_phase;

/**
 * A connection: what it is doing, for its deadlines, and what it keeps between requests.
 *
 * That is the response to its last small GET. A response costs
 * little, but each header added to it does, and here only the tag ever changes. A connection has
 * one answer under way at a time, so bytes and tag may be replaced when the next one begins.
 */
typedef struct connection_state {
    struct connection_state *previous; /* these, to `wait`, under the lock of `http` */
    struct connection_state *next;
    bool is_counted; /* in `server->connections`, or in `http->surplus` */
    bool is_surplus; /* set under the lock, by the thread that serves it */
    bool is_reaped;
    watch_wait *wait; /* what its request sleeps on, or did */
    pthread_t thread; /* that serves it */
    struct MHD_Connection *connection;
    platform_socket socket;
    platform_peer peer;
    _Atomic uint64_t moment;         /* phase, and since when */
    _Atomic uint64_t progress_bytes; /* of the body; of an answer that is read piece by piece */
    _Atomic uint64_t answer_bytes;   /* UINT64_MAX: is read piece by piece */
    atomic_bool has_target;          /* a request line came */
    _Atomic uint64_t used_bytes;     /* of what came, those of the requests that are over */
    atomic_bool is_trusted;          /* it has shown a token, or needed none */
    /* The sweeper's: what it saw when it first met the moment, or later. */
    uint64_t seen;
    uint64_t seen_progress_bytes;
    int64_t seen_progress_ms;
    uint64_t delivered_bytes;
    bool has_traffic; /* the system tells the one before */
    bool trickling;   /* it counts as idle, and yet something came */
    /* The thread's that serves it. */
    exchange *retired; /* the last one, for the next; NULL while one is under way */
    struct MHD_Response *response;
    const char *content_type;
    size_t length_bytes;
    char etag[40];
    char bytes[HTTP_REUSED_BYTES_MAX];
} connection_state;

/** Queues the reply of an exchange, whose body it takes over; MHD_NO ends the connection. */
enum MHD_Result http_queue_reply(exchange *exchange);

/** Makes the answers that are the same for everybody; false where memory runs out. */
bool http_answers_init(http *http);
void http_answers_fini(http *http);

/** Answers 408 on a connection that owes us a request: MHD has no answer under way there. */
void http_send_timeout(const http *http, const connection_state *state, const char *what);

/** Starts to look after connections; `fini` comes after MHD has stopped, and also after a failure. */
bool http_connections_init(http *http);
void http_connections_fini(http *http);

/** How many MHD may have open at once. */
unsigned http_connections_most(const server *server);

/**
 * A connection was accepted. Beyond the limit the one of least use is ended; where there is none,
 * the new one is a surplus.
 * @return NULL, and it is shut down, where memory runs out.
 */
connection_state *http_connection_open(http *http, struct MHD_Connection *connection);

/** MHD is about to close it; frees the state, which may be NULL. */
void http_connection_close(http *http, connection_state *state);

/** Whether it is beyond the limit, still: to be asked when its first request is there. */
bool http_connection_is_surplus(http *http, connection_state *state);

/** It does something else from now on; false: too late, its deadline has ended it. */
bool http_connection_enter(http *http, connection_state *state, connection_phase phase);

/** The same when an answer is about to be queued. */
bool http_connection_answer(http *http, connection_state *state, const reply *reply);

/** Its request is over: whatever came beyond that is the next one's. */
void http_connection_rest(http *http, connection_state *state, const exchange *exchange);

/** Notes how much came of the body, or went of the answer, so far. */
void http_connection_progress(connection_state *state, uint64_t total_bytes);

/** What a connection keeps; NULL where memory ran out. */
connection_state *http_connection_state(struct MHD_Connection *connection);

/** Frees what a connection kept; NULL is fine. */
void http_connection_state_free(connection_state *state);

#endif
