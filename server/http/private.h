#ifndef SECTIOND_HTTP_PRIVATE_H
#define SECTIOND_HTTP_PRIVATE_H

#include <microhttpd.h>
#include <pthread.h>

#include "base/waker.h"
#include "http/exchange.h"
#include "http/http.h"
#include "http/phase.h"

/**
 * @file
 * Shared by the files of the HTTP transport, the only ones that know libmicrohttpd. Calls go one
 * way:
 *
 *     http.c → connections.c → deadlines.c → admission.c → phase.c
 *        ├───────→ answer.c ←──────┘   └─────────────────────↗
 *        │            └──→ pieces.c
 *        └───────→ work.c → deadlines.c
 */

enum { HTTP_REUSED_BYTES_MAX = 1024 };

/** A listening socket, which has a daemon of the library for itself. */
typedef struct http_door {
    struct MHD_Daemon *library;
    platform_socket listener; /* once it takes no more connections */
} http_door;

struct http {
    server *server;
    http_door doors[HTTP_LISTENERS_MAX];
    unsigned door_count;
    struct MHD_Response *no_content; /* the bare 204, the same for everybody */
    atomic_uint active;  /* requests between the end of their headers and their last byte */
    atomic_uint working; /* of them, those suspended for a worker */
    /*
     * Resuming wakes MHD's loop through a socket pair. Under Wine a second send at the same moment
     * says "would block", MHD takes that for a full, hence waking, pipe, and the loop sleeps on.
     */
    pthread_mutex_t resuming;
    pthread_mutex_t lock;                 /* of what follows, and of members that say so */
    struct connection_state *connections; /* all that are open */
    struct {
        unsigned surplus;  /* connections beyond the limit */
        unsigned lower;    /* those of lower roles than admin */
        bool has_unclosed; /* some were ended, and MHD may not know it: admission_close_ended */
    } admission;
    struct {
        waker *waker; /* no condition: that would wait by the wall clock, which may jump */
        bool is_running;
        bool is_stopping;
        pthread_t thread;
        atomic_llong clock_ms; /* needs no lock: monotonic, as the sweep last saw it */
    } sweep;
};

/** The state of the deadlines of a connection: deadlines.c. */
typedef struct deadline_state {
    /* Written by the serving thread, read by the sweep. */
    _Atomic uint64_t answer_bytes; /* UINT64_MAX: is read piece by piece */
    _Atomic uint64_t used_bytes;   /* of what came, those of the requests that are over */
    atomic_bool has_target;        /* a request line came */
    atomic_bool is_head;           /* the request whose head came last is a HEAD */
    /* Under the lock. */
    watch_wait *wait; /* what its request sleeps on, or did */
    /* The sweep's own: what it saw when it first met the phase, or later. */
    uint64_t seen_word;
    uint64_t seen_progress_bytes;
    int64_t seen_progress_ms;
    int64_t credit_until_ms; /* what came, or was taken, has bought time until then */
    uint64_t credited_bytes;
    uint64_t delivered_bytes;
    bool has_traffic;  /* the system tells the one before */
    bool is_trickling; /* it counts as idle, and yet something came */
} deadline_state;

/** Whether a connection counts, and how readily it is given up: admission.c. */
typedef struct admission_state {
    /* Under the lock; `is_surplus` is set before the first request, and then changed by its thread. */
    bool is_counted; /* in `server->connections`, or in `admission.surplus` */
    bool is_surplus;
    bool is_closing; /* it was ended, and MHD knows it */
    /* Changed under the lock, read by any: its last request with a token was of a lower role than admin. */
    atomic_bool is_lower;
    /* Written by the serving thread, read by any. */
    atomic_bool is_trusted; /* it has shown a token, or needed none */
} admission_state;

/**
 * The response to the last small GET of a connection, used again: answer.c, on the serving thread
 * only. A response costs little, but each header added to it does, and here only the tag ever
 * changes. A connection has one answer under way at a time, so bytes and tag may be replaced when
 * the next one begins.
 */
typedef struct answer_cache {
    struct MHD_Response *response;
    const char *content_type;
    size_t length_bytes;
    char etag[40];
    char bytes[HTTP_REUSED_BYTES_MAX];
} answer_cache;

/** A connection: what it is, and what each of its owners keeps of it. */
typedef struct connection_state {
    /* Set when it is opened, and never again. */
    struct MHD_Connection *connection;
    pthread_t thread; /* that serves it */
    platform_socket socket;
    platform_peer peer;
    /* The list of connections.c; under the lock. */
    struct connection_state *previous;
    struct connection_state *next;
    /* The serving thread's: the last exchange, for the next; NULL while one is under way. */
    exchange *retired;
    phase_word phase;
    deadline_state deadline;
    admission_state admission;
    answer_cache cache;
} connection_state;

/* ---- answer.c ---- */

/** Queues the reply of an exchange, whose body it takes over; MHD_NO ends the connection. */
enum MHD_Result http_queue_reply(http *http, connection_state *connection, exchange *exchange);

/** Makes the answers that are the same for everybody; false where memory runs out. */
bool http_answers_init(http *http);
void http_answers_fini(http *http);

/**
 * Answers 408 on a connection that owes us a request: MHD has no answer under way there.
 * @param head_only the request is a HEAD, as far as that is known
 */
void http_send_timeout(const http *http, const connection_state *state, const char *what,
                       bool head_only);

/** Frees what `http_queue_reply` kept. */
void answer_cache_fini(answer_cache *cache);

/* ---- work.c ---- */

/** Suspends the connection, and has the run go on where its place is. `http->working` is counted up already. */
void work_begin(exchange *exchange);

/** Begins to wait for news (`run.wait`); the connection is suspended. */
void work_sleep(exchange *exchange);

/** The functions of every exchange's sleeper. */
extern const sleeper work_sleeper;

/** Resumes a suspended connection. Threads: any. */
void http_resume(http *http, struct MHD_Connection *connection);

/* ---- pieces.c ---- */

/** Reads the body of a reply that `waits_for_disk`. NULL where memory runs out. */
typedef struct piece_reader piece_reader;
piece_reader *pieces_new(http *http, connection_state *connection, const exchange *exchange);

/** Frees it; the connection is not suspended by it. NULL is fine. */
void pieces_free(piece_reader *self);

/**
 * Gives MHD the bytes that it asks for, on the serving thread. @return how many bytes; 0: the
 * connection is suspended until there are some; MHD_CONTENT_READER_END_WITH_ERROR.
 */
ssize_t pieces_read(piece_reader *self, uint64_t position, char *ret_bytes, size_t capacity);

/* ---- admission.c ---- */

/** How many connections MHD may have open at once. */
unsigned admission_most(const server *server);

/**
 * Counts a new connection. Beyond the limit those of least use are ended; where there are none, the
 * new one is a surplus. The lock is held.
 */
void admission_enter(http *http, connection_state *state);

/** It no longer counts. The lock is held. */
void admission_leave(http *http, connection_state *state);

/** Shuts a connection down, whose phase the caller has ended: MHD sees it, and closes it. The lock is held. */
void admission_end(http *http, connection_state *state);

/** Has MHD close those of this thread's connections that were ended. The lock is held. */
void admission_close_ended(http *http);

/** Whether it is beyond the limit, still. The lock is held. */
bool admission_is_surplus(http *http, connection_state *state);

/**
 * It is of a lower role than admin from now on, or is not; those have all but the last quarter of the
 * connections. Where there are too many, those of least use are ended. The lock is held.
 * @return false: they are all busy.
 */
bool admission_set_lower(http *http, connection_state *state, bool is_lower);

/** The time that a connection may take for so many bytes, at the least rate. */
int64_t admission_bytes_ms(const options *options, uint64_t bytes);

/* ---- deadlines.c ---- */

/** Starts the sweep; `fini` comes after MHD has stopped, and also after a failure. */
bool deadlines_init(http *http);
void deadlines_fini(http *http);

/** The time by the sweep's clock, so that a request costs no look at the real one. */
int64_t deadlines_now_ms(const http *http);

/** A connection was opened. @return the real time. The lock is held. */
int64_t deadlines_begin(http *http);

/** An answer is about to be queued; false: too late, the connection was ended. */
bool deadlines_begin_answer(http *http, connection_state *state, const reply *reply);

/** Its request is over: further bytes belong to the next request. */
void deadlines_end_request(http *http, connection_state *state, const exchange *exchange);

/** Sets the run that is to be cut short if the client disconnects; NULL: none any more. */
void deadlines_set_wait(http *http, connection_state *state, watch_wait *wait);

/* ---- connections.c ---- */

bool http_connections_init(http *http);
void http_connections_fini(http *http);

/**
 * A connection was accepted.
 * @return NULL, and it is shut down, where memory runs out.
 */
connection_state *http_connection_open(http *http, struct MHD_Connection *connection);

/** MHD is about to close it; frees the state, which may be NULL. */
void http_connection_close(http *http, connection_state *state);

/** Whether it is beyond the limit, still: to be asked when its first request is there. */
bool http_connection_is_surplus(http *http, connection_state *state);

/** Whether there is room for a request of this role on it; asked when a request's head is there. */
bool http_connection_admits(http *http, connection_state *state, role role);

/** It does something else from now on; false: too late, its deadline has ended it. */
bool http_connection_enter(http *http, connection_state *state, connection_phase phase);

/**
 * Amid a body or an answer it waits for us, and then goes on with what it did: on the serving thread.
 * @return false: its deadline has ended it before.
 */
bool http_connection_pause(http *http, connection_state *state);
bool http_connection_go_on(http *http, connection_state *state, connection_phase paused);

enum { HTTP_PIECE_BYTES = 65536 };

/**
 * Whether a body is read piece by piece rather than sent from where it is. Where the system takes a
 * send of any length whole, as Windows does, it would take the memory for all of it, and a slow reader
 * would look like a fast one.
 */
static inline bool http_is_read_in_pieces(const reply *reply)
{
    return reply->bytes == NULL
               ? reply->read != NULL
               : platform_takes_sends_whole && reply->length_bytes > HTTP_PIECE_BYTES;
}

#endif
