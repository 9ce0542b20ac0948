#include "gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "framing.h"
#include "platform.h"

static bool is_our_host(const server *server, const char *host)
{
    for (unsigned i = 0; i < server->host_count; i++) {
        if (strcasecmp(server->hosts[i], host) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether it could be a Host at all: a name or an address, and a port. */
static bool is_host(const char *host)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    return host[0] != '\0' && strspn(host, allowed) == strlen(host);
}

/*
 * A page that rebinds its name to 127.0.0.1 sends its own name as Host; a page of another site
 * sends its Origin, or says cross-site. None of them gets an answer from here.
 */
static section_status check_sender(const server *server, const request *request,
                                   gate_result *result, section_error *ret_error)
{
    const char *host = request->headers[HEADER_HOST];
    const char *origin = request->headers[HEADER_ORIGIN];
    const char *site = request->headers[HEADER_FETCH_SITE];
    if (!is_our_host(server, host) && !is_host(host)) {
        result->bad_framing = true;
        return section_fail(ret_error, SECTION_BAD_REQUEST, "the Host is neither name nor address");
    }
    if (!is_our_host(server, host)) {
        return section_fail(ret_error, SECTION_FORBIDDEN_ORIGIN,
                            "we do not answer to the Host '%.80s'; --allow-host adds a name", host);
    }
    if (origin != NULL &&
        (strncmp(origin, "http://", 7) != 0 || !is_our_host(server, origin + 7))) {
        return section_fail(ret_error, SECTION_FORBIDDEN_ORIGIN,
                            "pages of '%.80s' are not answered", origin);
    }
    if (site != NULL && origin == NULL &&
        (strcmp(site, "cross-site") == 0 || strcmp(site, "same-site") == 0)) {
        const char *mode = request->headers[HEADER_FETCH_MODE];
        const char *dest = request->headers[HEADER_FETCH_DEST];
        const bool is_link_to_root = request->method == METHOD_GET && mode != NULL &&
                                     strcmp(mode, "navigate") == 0 && dest != NULL &&
                                     strcmp(dest, "document") == 0 && request->segment_count == 1 &&
                                     request->segments[0][0] == '\0';
        if (!is_link_to_root) {
            return section_fail(ret_error, SECTION_FORBIDDEN_ORIGIN,
                                "pages of other sites are not answered");
        }
    }
    return SECTION_OK;
}

static section_status check_token(const server *server, request *request, gate_result *result,
                                  section_error *ret_error)
{
    const char *header = request->headers[HEADER_AUTHORIZATION];
    if (server->auth == NULL) {
        request->role = ROLE_ADMIN;
        return SECTION_OK;
    }
    if (header != NULL) {
        request->role = auth_check(server->auth, header);
        if (request->role != ROLE_NONE) {
            return SECTION_OK;
        }
        result->wrong_token = true;
        return section_fail(ret_error, SECTION_UNAUTHORIZED,
                            "the token is none of ours; it stands in the token file that the "
                            "ready line names");
    }
    return section_fail(ret_error, SECTION_UNAUTHORIZED,
                        "send the token: curl -H @HEADER-FILE, or Authorization: Bearer TOKEN");
}

/* `type/subtype` without parameters, in any case. */
static bool is_media_type(const char *header, const char *wanted)
{
    const size_t length = strcspn(header, "; \t");
    return strlen(wanted) == length && strncasecmp(header, wanted, length) == 0;
}

static section_status check_media_type(const request *request, gate_result *result,
                                       section_error *ret_error)
{
    const char *type = request->headers[HEADER_CONTENT_TYPE];
    const char *coding = request->headers[HEADER_CONTENT_ENCODING];
    if (coding != NULL && strcasecmp(coding, "identity") != 0) {
        return section_fail(ret_error, SECTION_BAD_MEDIA_TYPE,
                            "send the body as it is, without Content-Encoding");
    }
    const body_kind body = request->route->body;
    const bool is_json = type != NULL && is_media_type(type, "application/json");
    if (body == BODY_JSON && !is_json) {
        result->accept_header = "Accept";
        result->accepted = "application/json";
        return section_fail(ret_error, SECTION_BAD_MEDIA_TYPE,
                            "the body must come with Content-Type: application/json");
    }
    if (body == BODY_PATCH && !is_json &&
        (type == NULL || !is_media_type(type, "application/merge-patch+json"))) {
        result->accept_header = "Accept-Patch";
        result->accepted = "application/merge-patch+json, application/json";
        return section_fail(ret_error, SECTION_BAD_MEDIA_TYPE,
                            "the body must come with Content-Type: application/merge-patch+json");
    }
    return SECTION_OK;
}

static section_status check_body_length(const server *server, const request *request,
                                        section_error *ret_error)
{
    const route *route = request->route;
    const uint64_t largest = server->options->max_body_bytes;
    const uint64_t limit =
        route->body_limit != 0 && route->body_limit < largest ? route->body_limit : largest;
    if (route->body == BODY_NONE) {
        if (request->chunked || request->length_bytes > 0) {
            return section_fail(ret_error, SECTION_TOO_LARGE, "this operation takes no body");
        }
    } else if (request->has_length && request->length_bytes > limit) {
        return section_fail(ret_error, SECTION_TOO_LARGE,
                            "the body has %llu bytes, this operation takes up to %llu",
                            (unsigned long long)request->length_bytes, (unsigned long long)limit);
    }
    return SECTION_OK;
}

/* The path and what it needs of the sender: 404, OPTIONS, 401, 404, 405, 403, in this order. */
static section_status check_route(server *server, request *request, gate_result *result,
                                  section_error *ret_error)
{
    const bool in_api = request->segment_count > 0 && strcmp(request->segments[0], "v1") == 0;
    result->match = route_find(request);
    request->route = result->match.route;
    if (result->match.path_methods == 0 && !in_api) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "there is nothing at this path; the sections are at /v1/sections");
    }
    if (request->method == METHOD_OPTIONS && result->match.path_methods != 0) {
        result->is_options = true;
        return SECTION_OK;
    }
    const bool is_open = request->route != NULL && request->route->role == ROLE_NONE;
    if (!is_open) {
        section_status status = check_token(server, request, result, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    if (result->match.path_methods == 0) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "the API has no such path; README.md lists them");
    }
    if (request->route == NULL) {
        return section_fail(ret_error, SECTION_BAD_METHOD,
                            "the Allow header lists what works here");
    }
    if (request->role < request->route->role && !is_open) {
        return section_fail(ret_error, SECTION_FORBIDDEN_ROLE, "this needs a token of the role %s",
                            role_name(request->route->role));
    }
    return capability_check(server->options->denied, request->route->capability, ret_error);
}

section_status gate_check(server *server, request *request, const char *http_version,
                          const char *method_name, char *target, gate_result *ret_result,
                          section_error *ret_error)
{
    *ret_result = (gate_result){0};
    request->method = method_parse(method_name, &request->head);
    section_status status = framing_check(request, method_name, target, http_version, ret_error);
    if (status == SECTION_OK) {
        status = request_parse_target(request, target, ret_error);
    }
    ret_result->bad_framing = status != SECTION_OK;
    if (status == SECTION_OK) {
        status = check_sender(server, request, ret_result, ret_error);
    }
    if (status == SECTION_OK) {
        status = check_route(server, request, ret_result, ret_error);
    }
    if (status != SECTION_OK || ret_result->is_options) {
        return status;
    }
    status = check_media_type(request, ret_result, ret_error);
    if (status == SECTION_OK) {
        status = check_body_length(server, request, ret_error);
    }
    if (status == SECTION_OK) {
        status = request_parse_query(request, ret_error);
    }
    if (status == SECTION_OK) {
        static const parameter none[] = {{.name = NULL}};
        const parameter *known = request->route->parameters;
        status = request_check_parameters(request, known != NULL ? known : none, ret_error);
    }
    return status;
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

bool gate_list_hosts(server *server)
{
    const options *options = server->options;
    bool good = add_name(server, options->listen_address);
    if (platform_is_loopback(options->listen_address)) {
        good = good && add_name(server, "localhost");
    }
    for (unsigned i = 0; i < options->allowed_hosts.count; i++) {
        const char *host = options->allowed_hosts.values[i];
        const bool has_port = strchr(host, ':') != NULL;
        good = good && (has_port ? add_host(server, host) : add_name(server, host));
    }
    return good;
}

void gate_free_hosts(server *server)
{
    while (server->host_count > 0) {
        free(server->hosts[--server->host_count]);
    }
}
