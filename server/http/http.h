#ifndef SECTIOND_HTTP_H
#define SECTIOND_HTTP_H

#include "api/server.h"
#include "base/platform.h"

/**
 * @file
 * HTTP over libmicrohttpd: connections, framing, bodies, answers. The meaning of requests is
 * decided by server/gate and server/api.
 */

typedef struct http http;

enum { HTTP_LISTENERS_MAX = 3 };

/** A listening socket of any family, and how many threads serve its connections. */
typedef struct http_listener {
    platform_socket socket;
    unsigned threads;
} http_listener;

/** Serves on listening sockets, which are taken over, also on failure. */
section_status http_start(server *server, const http_listener *listeners, unsigned count,
                          http **ret_http, section_error *ret_error);

/**
 * Takes no new requests, gives those in flight up to `grace_ms`, ends the rest, frees.
 * `server->workers` must still run. NULL is fine.
 */
void http_stop(http *http, unsigned grace_ms);

#endif
