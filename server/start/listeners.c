#include "start/listeners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"

/* Free ports that are tried until one is free on both loopback addresses. */
enum { PORT_ATTEMPTS = 16 };

static void add(listeners *self, platform_socket socket, uint64_t threads)
{
    self->sockets[self->count++] = (http_listener){socket, (unsigned)threads};
}

/* Listens on the other loopback address, too. */
static section_status open_twin(server *server, listeners *self, const char *twin,
                                section_error *ret_error)
{
    platform_socket socket;
    uint16_t port;
    section_status status = platform_listen(twin, server->port, &socket, &port, ret_error);
    if (status == SECTION_OK) {
        add(self, socket, 1);
        (void)snprintf(self->twin, sizeof self->twin, "%s", twin);
    }
    /* Where the machine has no such address, nobody else has it either. */
    server->holds_localhost = status == SECTION_OK || status == SECTION_UNSUPPORTED;
    return status;
}

static void warn_of_twin(const server *server, const char *twin, const section_error *error)
{
    const bool is_ipv6 = strchr(twin, ':') != NULL;
    log_write(LOG_WARN,
              "cannot listen on %s%s%s:%u, too: %s; the name localhost may lead to another program "
              "and is not answered",
              is_ipv6 ? "[" : "", twin, is_ipv6 ? "]" : "", (unsigned)server->port, error->detail);
}

static section_status open_addresses(server *server, listeners *self, section_error *ret_error)
{
    const options *options = server->options;
    const char *twin = address_twin(options->listen_address);
    for (int attempt = 1;; attempt++) {
        platform_socket socket;
        section_error error = {0};
        section_status status = platform_listen(options->listen_address, options->listen_port,
                                                &socket, &server->port, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        add(self, socket, options->threads);
        status = twin == NULL ? SECTION_OK : open_twin(server, self, twin, &error);
        if (status == SECTION_OK || status == SECTION_UNSUPPORTED) {
            return SECTION_OK;
        }
        if (options->listen_port != 0 || attempt == PORT_ATTEMPTS) {
            warn_of_twin(server, twin, &error);
            return SECTION_OK;
        }
        platform_close_socket(socket); /* for another free port */
        self->count = 0;
    }
}

/* The path of the default socket, in a folder that is made; NULL: there is none. */
static char *default_path(section_error *ret_error)
{
    char *path = NULL;
    char *folder = platform_runtime_directory();
    if (folder != NULL && platform_make_directory(folder, ret_error) == SECTION_OK) {
        path = platform_join_path(folder, "socket");
    }
    free(folder);
    return path;
}

static section_status open_unix(server *server, listeners *self, section_error *ret_error)
{
    section_error error = {0};
    const char *wanted = server->options->unix_path;
    if (wanted != NULL && strcmp(wanted, "none") == 0) {
        return SECTION_OK;
    }
    self->unix_path = wanted != NULL ? strdup(wanted) : default_path(&error);
    if (self->unix_path == NULL) {
        if (error.code != SECTION_OK) {
            log_write(LOG_WARN, "no Unix socket: %s", error.detail);
        }
        return SECTION_OK;
    }
    section_status status = platform_listen_unix(self->unix_path, &self->unix_socket, &error);
    if (status == SECTION_OK) {
        add(self, self->unix_socket.socket, 1);
        server->has_unix = true;
        return SECTION_OK;
    }
    free(self->unix_path);
    self->unix_path = NULL;
    /* Usually another daemon of the same user has it. This one serves without a Unix socket. */
    if (wanted == NULL || status == SECTION_IN_USE) {
        log_write(LOG_WARN, "no Unix socket: %s", error.detail);
        return SECTION_OK;
    }
    if (ret_error != NULL) {
        *ret_error = error;
        (void)snprintf(ret_error->detail, sizeof ret_error->detail, "--unix: %.300s", error.detail);
    }
    return status;
}

section_status listeners_open(server *server, listeners *ret_listeners, section_error *ret_error)
{
    const options *options = server->options;
    const bool is_ipv6 = strchr(options->listen_address, ':') != NULL;
    *ret_listeners = (listeners){0};
    section_status status = open_addresses(server, ret_listeners, ret_error);
    if (status != SECTION_OK) {
        if (ret_error != NULL) {
            const section_error error = *ret_error;
            (void)snprintf(ret_error->detail, sizeof ret_error->detail,
                           "cannot listen on %.60s: %.160s; --listen takes another address",
                           options->listen, error.detail);
        }
        return status;
    }
    (void)snprintf(server->base, sizeof server->base, is_ipv6 ? "http://[%s]:%u" : "http://%s:%u",
                   options->listen_address, (unsigned)server->port);
    return open_unix(server, ret_listeners, ret_error);
}

void listeners_clean(void *listeners)
{
    const struct listeners *self = listeners;
    if (self->unix_path != NULL) {
        platform_unlink_unix(self->unix_path, &self->unix_socket);
    }
}

void listeners_unlink(listeners *listeners)
{
    listeners_clean(listeners);
    free(listeners->unix_path);
    listeners->unix_path = NULL;
}
