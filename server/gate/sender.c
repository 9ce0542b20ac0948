#include "gate/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/origin.h"
#include "base/platform.h"

static bool is_our_host(const server *server, const char *host)
{
    for (unsigned i = 0; i < server->host_count; i++) {
        if (strcasecmp(server->hosts[i], host) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_allowed_origin(const server *server, const char *origin)
{
    const option_list *allowed = &server->options->allowed_origins;
    for (unsigned i = 0; i < allowed->count; i++) {
        if (strcasecmp(allowed->values[i], origin) == 0) {
            return true;
        }
    }
    return false;
}

/* The user followed a link to the dashboard from another site. */
static bool is_visit(const request *request)
{
    const char *mode = request->headers[HEADER_FETCH_MODE];
    const char *dest = request->headers[HEADER_FETCH_DEST];
    return request->method == METHOD_GET && mode != NULL && strcmp(mode, "navigate") == 0 &&
           dest != NULL && strcmp(dest, "document") == 0 && request->segment_count == 1 &&
           request->segments[0][0] == '\0';
}

bool sender_is_our_host(const server *server, const request *request, const char *host)
{
    return is_our_host(server, host) || (request->any_host && origin_is_host(host));
}

static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";
    const size_t length = sizeof name - 1;
    return strncasecmp(host, name, length) == 0 && (host[length] == '\0' || host[length] == ':');
}

static section_status check_host(const server *server, const request *request,
                                 section_error *ret_error)
{
    const char *host = request->headers[HEADER_HOST];
    if (is_our_host(server, host) || request->any_host) {
        return SECTION_OK;
    }
    if (!origin_is_host(host)) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "the Host is neither name nor address");
    }
    if (!server->holds_localhost && is_localhost(host)) {
        return section_fail(ret_error, SECTION_FORBIDDEN_ORIGIN,
                            "localhost may lead to a program of somebody else here; name the "
                            "address, as in %s",
                            server->base);
    }
    return section_fail(ret_error, SECTION_FORBIDDEN_ORIGIN,
                        "we do not answer to the Host '%.80s'; --allow-host adds a name", host);
}

section_status sender_check(const server *server, request *request, section_error *ret_error)
{
    const char *origin = request->headers[HEADER_ORIGIN];
    const char *site = request->headers[HEADER_FETCH_SITE];
    section_status status = check_host(server, request, ret_error);
    if (status != SECTION_OK || (origin == NULL && site == NULL)) {
        return status;
    }
    if (origin != NULL) {
        if (strncmp(origin, "http://", 7) == 0 && is_our_host(server, origin + 7)) {
            return SECTION_OK;
        }
        if (!is_allowed_origin(server, origin)) {
            return section_fail(ret_error, SECTION_FORBIDDEN_ORIGIN,
                                "pages of '%.80s' are not answered; --allow-origin adds an origin",
                                origin);
        }
        request->allowed_origin = origin;
        return SECTION_OK;
    }
    /* The allowed values are listed, so that a value that is defined in the future is refused. */
    if (strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0 && !is_visit(request)) {
        return section_fail(ret_error, SECTION_FORBIDDEN_ORIGIN,
                            "pages of other sites are not answered");
    }
    return SECTION_OK;
}

static bool add_host(server *server, const char *host)
{
    if (server->host_count == SERVER_HOSTS_MAX) {
        return false;
    }
    server->hosts[server->host_count] = strdup(host);
    return server->hosts[server->host_count++] != NULL;
}

/* With the port, and, for the port that http:// means by itself, without. */
static bool add_name(server *server, const char *name)
{
    const bool is_ipv6 = strchr(name, ':') != NULL;
    char host[300];
    (void)snprintf(host, sizeof host, "%s%s%s", is_ipv6 ? "[" : "", name, is_ipv6 ? "]" : "");
    if (server->port == 80 && !add_host(server, host)) {
        return false;
    }
    const size_t length = strlen(host);
    (void)snprintf(host + length, sizeof host - length, ":%u", (unsigned)server->port);
    return add_host(server, host);
}

bool sender_list_hosts(server *server)
{
    const options *options = server->options;
    bool good = add_name(server, options->listen_address);
    if (server->holds_localhost) {
        good = good && add_name(server, "localhost");
    }
    /* If --listen names one address, the other one answers to the name localhost only. */
    if (server->holds_localhost && options->means_localhost) {
        good = good && add_name(server, address_twin(options->listen_address));
    }
    for (unsigned i = 0; i < options->allowed_hosts.count; i++) {
        const char *host = options->allowed_hosts.values[i];
        const bool has_port = strchr(host, ':') != NULL;
        /* A proxy on the port that http or https means by itself names no port. */
        good = good && add_host(server, host) && (has_port || add_name(server, host));
    }
    return good;
}

void sender_free_hosts(server *server)
{
    while (server->host_count > 0) {
        free(server->hosts[--server->host_count]);
    }
}
