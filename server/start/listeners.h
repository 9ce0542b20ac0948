#ifndef SECTIOND_LISTENERS_H
#define SECTIOND_LISTENERS_H

#include "api/server.h"
#include "base/platform.h"
#include "http/http.h"

/**
 * @file
 * The listening sockets: the address of --listen, the other loopback address, and a Unix socket.
 *
 * Clients resolve `localhost` to 127.0.0.1 or to [::1]. If we held one only, another program could
 * take the other, and get part of our clients. So we hold both, on the same port. If --listen names
 * one of them, the other answers to the name localhost only.
 */
typedef struct listeners {
    http_listener sockets[HTTP_LISTENERS_MAX];
    unsigned count;
    char twin[8];    /* the other loopback address, where we listen on it; else empty */
    char *unix_path; /* NULL: no Unix socket */
    platform_unix unix_socket;
} listeners;

/**
 * Listens as the options say, and fills `port`, `base`, `holds_localhost` and `has_unix` of the
 * server. Logs a warning for each optional socket that is missing.
 * @return what the address of --listen, or the path of --unix, failed with.
 */
section_status listeners_open(server *server, listeners *ret_listeners, section_error *ret_error);

/** Takes the Unix socket's name away; the sockets themselves are http_start's. */
void listeners_unlink(listeners *listeners);

/** The same without freeing anything, for stop.h. */
void listeners_clean(void *listeners);

#endif
