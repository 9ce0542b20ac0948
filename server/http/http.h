#ifndef SECTIOND_HTTP_H
#define SECTIOND_HTTP_H

#include "api/server.h"
#include "base/platform.h"

/**
 * @file
 * HTTP over libmicrohttpd: connections, framing, bodies, answers. What they mean is elsewhere.
 */

typedef struct http http;

/**
 * Serves on listening sockets, which are taken over, also on failure.
 * @param unix_listener a Unix socket, or -1
 */
section_status http_start(server *server, platform_socket listener, platform_socket unix_listener,
                          http **ret_http, section_error *ret_error);

/**
 * Takes no new requests, gives those in flight up to `grace_ms`, ends the rest, frees.
 * `server->workers` must still run. NULL is fine.
 */
void http_stop(http *http, unsigned grace_ms);

#endif
