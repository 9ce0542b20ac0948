#include "gate/gate.h"

#include <string.h>
#include <strings.h>

#include "gate/auth.h"
#include "gate/framing.h"
#include "gate/sender.h"

static section_status check_token(const server *server, const request *request, caller *caller,
                                  gate_result *result, section_error *ret_error)
{
    const char *header = request->headers[HEADER_AUTHORIZATION];
    if (server->auth == NULL) {
        caller->role = ROLE_ADMIN;
        return SECTION_OK;
    }
    caller->role = caller->peer_role;
    if (caller->role == ROLE_ADMIN) {
        return SECTION_OK;
    }
    if (header != NULL) {
        const role shown = auth_check(server->auth, server->sessions, header);
        if (shown > caller->role) {
            caller->role = shown;
        }
    }
    if (caller->role != ROLE_NONE) {
        return SECTION_OK;
    }
    if (header != NULL) {
        result->wrong_token = true;
        if (!auth_may_answer_failure(server->auth)) {
            return section_fail(ret_error, SECTION_TOO_MANY_FAILURES,
                                "wrong tokens come too fast; a right one is taken at once");
        }
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
    if ((header[0] | 0x20) != wanted[0]) { /* nearly always, and cheaper */
        return false;
    }
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
    const bool is_json = route_parses_body(request->route) && type != NULL &&
                         is_media_type(type, "application/json");
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
                            "the body must come with Content-Type: application/merge-patch+json "
                            "or application/json");
    }
    if (body == BODY_LAYOUT && !is_json && (type == NULL || !is_media_type(type, "text/x-c"))) {
        result->accept_header = "Accept";
        result->accepted = "application/json, text/x-c";
        return section_fail(ret_error, SECTION_BAD_MEDIA_TYPE,
                            "the body must come with Content-Type: application/json, or text/x-c "
                            "for declarations of C");
    }
    /*
     * A client that sends a form means the content of a part, not the lines around it. So a form is
     * refused.
     */
    if ((body == BODY_BYTES || body == BODY_TEXT) && type != NULL &&
        is_media_type(type, "multipart/form-data")) {
        return section_fail(ret_error, SECTION_BAD_MEDIA_TYPE,
                            "send the bytes themselves, not a form: curl --data-binary, not -F");
    }
    return SECTION_OK;
}

static section_status check_no_body(const request *request, section_error *ret_error)
{
    if (request->chunked || request->length_bytes > 0) {
        return section_fail(ret_error, SECTION_TOO_LARGE, "this operation takes no body");
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
        return check_no_body(request, ret_error);
    }
    if (request->has_length && request->length_bytes > limit) {
        return section_fail(ret_error, SECTION_TOO_LARGE,
                            "the body has %llu bytes, this operation takes up to %llu",
                            (unsigned long long)request->length_bytes, (unsigned long long)limit);
    }
    return SECTION_OK;
}

/* A part that is taken for the whole would be written to another place (RFC 9110 section 14.5). */
static section_status check_whole(const request *request, section_error *ret_error)
{
    return request->method == METHOD_PUT && request->headers[HEADER_CONTENT_RANGE] != NULL
               ? section_fail(ret_error, SECTION_BAD_REQUEST,
                              "PUT takes ?offset= instead of Content-Range")
               : SECTION_OK;
}

/* Whether a path that has no such method needs no token for one that it has. */
static bool is_open_path(const server *server, request *request, unsigned path_methods)
{
    bool is_open = false;
    const method given = request->method;
    for (unsigned i = 0; i < METHOD_OPTIONS && !is_open; i++) {
        if ((path_methods & 1u << i) != 0) {
            request->method = (method)i;
            is_open = route_find(server->routes, request).route->role == ROLE_NONE;
        }
    }
    request->method = given;
    return is_open;
}

/*
 * Checks the path and what it requires of the caller: 404, OPTIONS, 401, 404, 405, 403, in this
 * order.
 */
static section_status check_route(server *server, request *request, caller *caller,
                                  gate_result *result, section_error *ret_error)
{
    if (result->is_asterisk) {
        result->is_options = true;
        result->match.path_methods = (1u << METHOD_OPTIONS) - 1;
        return check_no_body(request, ret_error);
    }
    const bool in_api = request->segment_count > 0 && strcmp(request->segments[0], "v1") == 0;
    result->match = route_find(server->routes, request);
    request->route = result->match.route;
    if (result->match.path_methods == 0 && (!in_api || request->method == METHOD_OPTIONS)) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "there is nothing at this path; the sections are at /v1/sections");
    }
    if (request->method == METHOD_OPTIONS) {
        result->is_options = true;
        return check_no_body(request, ret_error);
    }
    const bool is_open = request->route != NULL
                             ? request->route->role == ROLE_NONE
                             : is_open_path(server, request, result->match.path_methods);
    if (!is_open) {
        section_status status = check_token(server, request, caller, result, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    if (result->match.path_methods == 0) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "the API has no such path; GET /openapi.json lists them");
    }
    if (request->route == NULL) {
        return section_fail(ret_error, SECTION_BAD_METHOD,
                            "the Allow header lists what works here");
    }
    if (caller->role < request->route->role && !is_open) {
        return section_fail(ret_error, SECTION_FORBIDDEN_ROLE, "this needs a token of the role %s",
                            role_name(request->route->role));
    }
    return capability_check(server->options->denied, request->route->capability, ret_error);
}

/*
 * Takes scheme and authority off a target in absolute form (RFC 9112 section 3.2.2). The authority
 * must be one that Host may have; the Host itself is checked all the same.
 */
static section_status take_origin_form(const server *server, const request *request, char **target,
                                       section_error *ret_error)
{
    static const char scheme[] = "http://";
    char *authority = *target + sizeof scheme - 1;
    if (**target == '/' || strncasecmp(*target, scheme, sizeof scheme - 1) != 0) {
        return SECTION_OK;
    }
    const size_t length = strcspn(authority, "/?");
    const char end = authority[length];
    authority[length] = '\0';
    const bool is_ours = sender_is_our_host(server, request, authority);
    authority[length] = end;
    if (!is_ours) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "the authority of the request target is not ours");
    }
    *target = authority + length;
    if (end != '/') { /* no path means the root; there is room, the authority is not empty */
        *--*target = '/';
    }
    return SECTION_OK;
}

/* `/v1/sections/` means `/v1/sections`. */
static void drop_last_slash(request *request)
{
    const unsigned count = request->segment_count;
    if (count > 1 && count <= REQUEST_SEGMENTS_MAX && request->segments[count - 1][0] == '\0') {
        request->segment_count--;
    }
}

static section_status parse_target(const server *server, request *request, char *target,
                                   gate_result *result, section_error *ret_error)
{
    if (request->method == METHOD_OPTIONS && strcmp(target, "*") == 0) {
        result->is_asterisk = true;
        return SECTION_OK;
    }
    section_status status = take_origin_form(server, request, &target, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = request_parse_target(request, target, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    drop_last_slash(request);
    return SECTION_OK;
}

section_status gate_check(server *server, request *request, caller *caller,
                          const char *http_version, const char *method_name, char *target,
                          gate_result *ret_result, section_error *ret_error)
{
    *ret_result = (gate_result){0};
    request->method = method_parse(method_name, &request->head);
    section_status status = framing_check(request, method_name, target, http_version, ret_error);
    if (status == SECTION_OK) {
        status = parse_target(server, request, target, ret_result, ret_error);
    }
    ret_result->bad_framing = status != SECTION_OK;
    if (status == SECTION_OK) {
        status = sender_check(server, request, ret_error);
        ret_result->bad_framing = status == SECTION_BAD_REQUEST;
    }
    if (status == SECTION_OK) {
        status = check_route(server, request, caller, ret_result, ret_error);
    }
    if (status != SECTION_OK || ret_result->is_options) {
        return status;
    }
    status = check_media_type(request, ret_result, ret_error);
    if (status == SECTION_OK) {
        status = check_body_length(server, request, ret_error);
    }
    if (status == SECTION_OK) {
        status = check_whole(request, ret_error);
    }
    if (status == SECTION_OK) {
        status = request_parse_query(request, ret_error);
    }
    if (status == SECTION_OK) {
        static const parameter none[] = {{.name = NULL}};
        const parameter *known = request->route->handler->parameters;
        status = request_check_parameters(request, known != NULL ? known : none, ret_error);
    }
    return status;
}
