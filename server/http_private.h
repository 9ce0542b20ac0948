#ifndef SECTIOND_HTTP_PRIVATE_H
#define SECTIOND_HTTP_PRIVATE_H

#include <microhttpd.h>
#include <pthread.h>

#include "exchange.h"
#include "http.h"

/**
 * @file
 * What the files of the HTTP transport share: they alone know libmicrohttpd.
 */

enum { HTTP_REUSED_BYTES_MAX = 1024 };

struct http {
    server *server;
    struct MHD_Daemon *daemon;
    struct MHD_Response *no_content; /* the bare 204, the same for everybody */
    atomic_uint active;  /* requests between the end of their headers and their last byte */
    atomic_uint working; /* of them, those suspended for a worker */
    /*
     * Resuming wakes MHD's loop through a socket pair. Under Wine a second send at the same moment
     * says "would block", MHD takes that for a full, hence waking, pipe, and the loop sleeps on.
     */
    pthread_mutex_t resuming;
};

/**
 * What a connection keeps between requests: the response to its last small GET. A response costs
 * little, but each header added to it does, and here only the tag ever changes. A connection has
 * one answer under way at a time, so bytes and tag may be replaced when the next one begins.
 */
typedef struct connection_state {
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

/** What a connection keeps; NULL where memory ran out. */
connection_state *http_connection_state(struct MHD_Connection *connection);

/** Frees what a connection kept; NULL is fine. */
void http_connection_state_free(connection_state *state);

#endif
