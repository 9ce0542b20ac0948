/*
 * Heads of requests: a byte that says whether there is a token, then `METHOD TARGET VERSION`, then
 * `name:value` lines. What the gate lets through names us in Host, has one body length, and a token
 * where the route wants one.
 */
#include <strings.h>

#include "fuzz.h"
#include "gate/auth.h"
#include "gate/framing.h"
#include "gate/gate.h"
#include "gate/sender.h"

enum { LINES_MAX = 64 };

typedef struct head {
    char *lines[LINES_MAX];
    unsigned count;
} head;

static void read_line(request *request, char *line)
{
    char *value = strchr(line, ':');
    const size_t length = value != NULL ? (size_t)(value - line) : strlen(line);
    value = value != NULL ? value + 1 : line + length;
    framing_add_field(request, line, length, value, strlen(value));
}

static void check_passed(const request *request, role role, const gate_result *result,
                         bool needs_token)
{
    const char *host = request->headers[HEADER_HOST];
    MUST(host != NULL);
    MUST(strcasecmp(host, "127.0.0.1:7780") == 0 || strcasecmp(host, "localhost:7780") == 0);
    MUST(!(request->chunked && request->has_length));
    MUST(request->malformed == NULL);
    MUST(result->is_options || request->route != NULL);
    MUST(!result->is_options || (!request->chunked && request->length_bytes == 0));
    if (!result->is_options) {
        MUST(!needs_token || request->route->role == ROLE_NONE || role >= request->route->role);
        MUST(request->route->body != BODY_NONE ||
             (!request->chunked && request->length_bytes == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static options options = {
        .listen_address = "127.0.0.1", .listen_port = 7780, .max_body_bytes = 1 << 20};
    static char tokens[] = "read reader-token\nwrite writer-token\nadmin-token\n";
    static server server = {.options = &options, .port = 7780, .holds_localhost = true};
    server.routes = all_routes;
    static auth *auth;
    if (auth == NULL) {
        MUST(auth_parse("tokens", tokens, &auth, NULL) == SECTION_OK);
        MUST(sender_list_hosts(&server));
    }
    fuzz_input input = {data, size};
    gate_result result;
    head head = {.count = 0};
    section_error error = {0};
    request request = {0};
    caller caller = {0};
    const bool needs_token = (fuzz_byte(&input) & 1) != 0;
    server.auth = needs_token ? auth : NULL;
    char *method = fuzz_text(&input, ' ');
    char *target = fuzz_text(&input, ' ');
    char *version = fuzz_text(&input, '\n');
    while (input.left > 0 && head.count < LINES_MAX) {
        head.lines[head.count] = fuzz_text(&input, '\n');
        read_line(&request, head.lines[head.count++]);
    }
    const section_status status =
        gate_check(&server, &request, &caller, version, method, target, &result, &error);
    MUST(status == error.code);
    if (status == SECTION_OK) {
        check_passed(&request, caller.role, &result, needs_token);
    } else {
        MUST(section_status_lookup(status)->http_status / 100 == 4);
    }
    while (head.count > 0) {
        free(head.lines[--head.count]);
    }
    free(version);
    free(target);
    free(method);
    return 0;
}
