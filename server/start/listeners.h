#ifndef SECTIOND_LISTENERS_H
#define SECTIOND_LISTENERS_H

#include "api/server.h"
#include "base/platform.h"
#include "http/http.h"

/**
 * @file
 * Where we listen: the address of --listen, its twin, and a Unix socket.
 *
 * `localhost` leads to 127.0.0.1 or to [::1], as the client likes it, so who has the one without the
 * other gives half of the clients to whoever takes the rest. We hold both, on the same port. Where
 * --listen names one of them, the other answers to the name localhost only.
 */
typedef struct listeners {
    http_listener sockets[HTTP_LISTENERS_MAX];
    unsigned count;
    char twin[8];    /* the other loopback address, where we listen on it; else empty */
    char *unix_path; /* NULL: no Unix socket */
    platform_unix unix_socket;
} listeners;

/**
 * Listens as the options say, fills `port`, `base`, `holds_localhost` and `has_unix` of the server,
 * and warns of what has to go without.
 * @return what the address of --listen, or the path of --unix, failed with.
 */
section_status listeners_open(server *server, listeners *ret_listeners, section_error *ret_error);

/** Takes the Unix socket's name away; the sockets themselves are http_start's. */
void listeners_unlink(listeners *listeners);

/** What stop.h calls: the same without freeing anything. */
void listeners_clean(void *listeners);

#endif
