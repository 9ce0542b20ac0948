#include "start/url.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "encode/json.h"
#include "gate/auth.h"

enum { REQUEST_BYTES = 1024, ANSWER_BYTES = 8192, BASE_BYTES = 100, URL_BYTES = 256 };

/* Parses the body of an answer; the status must be 200. */
static section_status read_answer(const char *answer, char ret_url[URL_BYTES],
                                  section_error *ret_error)
{
    const char *body = strstr(answer, "\r\n\r\n");
    cJSON *document = NULL;
    const long status = strncmp(answer, "HTTP/1.1 ", 9) == 0 ? strtol(answer + 9, NULL, 10) : 0;
    if (status == 401 || status == 403) {
        return section_fail(ret_error, SECTION_UNAUTHORIZED,
                            "the daemon does not take the token, or its role is not admin; "
                            "--state-dir or --token-file name the ones it uses");
    }
    if (status != 200 || body == NULL ||
        json_parse_object(body + 4, strlen(body + 4), &document, ret_error) != SECTION_OK) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "what listens there is no sectiond that makes codes");
    }
    const char *url = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(document, "url"));
    const bool is_good = url != NULL && strlen(url) < URL_BYTES &&
                         strncmp(url, "http://", 7) == 0 && strstr(url, "/#code=") != NULL;
    (void)snprintf(ret_url, URL_BYTES, "%s", is_good ? url : "");
    cJSON_Delete(document);
    return is_good ? SECTION_OK
                   : section_fail(ret_error, SECTION_BAD_REQUEST,
                                  "what listens there is no sectiond that makes codes");
}

static section_status ask(platform_socket socket, const char *host, const char *token,
                          char ret_url[URL_BYTES], section_error *ret_error)
{
    char request[REQUEST_BYTES];
    char answer[ANSWER_BYTES];
    (void)snprintf(request, sizeof request,
                   "POST /v1/codes HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n"
                   "Connection: close\r\n%s%s%s\r\n",
                   host, token != NULL ? "Authorization: Bearer " : "", token != NULL ? token : "",
                   token != NULL ? "\r\n" : "");
    section_status status =
        platform_exchange(socket, request, NULL, answer, sizeof answer, ret_error);
    platform_wipe(request, sizeof request);
    return status == SECTION_OK ? read_answer(answer, ret_url, ret_error) : status;
}

/*
 * Sends a request without a secret first: once it is answered, a process has certainly accepted the
 * connection. Then checks that process's user. Only then is the token sent, over the same
 * connection.
 */
static section_status check_server(platform_socket socket, const char *host,
                                   section_error *ret_error)
{
    char request[REQUEST_BYTES];
    char answer[ANSWER_BYTES];
    (void)snprintf(request, sizeof request, "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    section_status status =
        platform_exchange(socket, request, "\r\n\r\nok\n", answer, sizeof answer, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    return platform_check_server(socket, ret_error);
}

/* The address as a URL has it: IPv6 in brackets. */
static void format_authority(const options *options, char ret_text[BASE_BYTES])
{
    const bool is_ipv6 = strchr(options->listen_address, ':') != NULL;
    (void)snprintf(ret_text, BASE_BYTES, is_ipv6 ? "[%s]:%u" : "%s:%u", options->listen_address,
                   (unsigned)options->listen_port);
}

/* The Unix socket is the daemon's, but of the user's daemons perhaps not the one that is meant. */
static bool is_meant(const options *options, const char *url)
{
    char authority[BASE_BYTES];
    format_authority(options, authority);
    const size_t length = strlen(authority);
    return options->unix_path != NULL || !options->is_listen_given ||
           (strncmp(url + 7, authority, length) == 0 && url[7 + length] == '/');
}

static bool ask_over_unix(const options *options, char ret_url[URL_BYTES])
{
    platform_socket socket;
    section_error error = {0};
    bool is_answered = false;
    char *folder = options->unix_path == NULL ? platform_runtime_directory() : NULL;
    char *path = options->unix_path != NULL ? strdup(options->unix_path)
                 : folder != NULL           ? platform_join_path(folder, "socket")
                                            : NULL;
    free(folder);
    if (path != NULL && strcmp(path, "none") != 0 &&
        platform_connect_unix(path, &socket, &error) == SECTION_OK) {
        is_answered = check_server(socket, "localhost", &error) == SECTION_OK &&
                      ask(socket, "localhost", NULL, ret_url, &error) == SECTION_OK &&
                      is_meant(options, ret_url);
        platform_close_socket(socket);
    }
    free(path);
    return is_answered;
}

/* The token of the highest role; a daemon with --no-token takes none. */
static section_status read_token(const options *options, const char *token_path, auth **ret_auth,
                                 section_error *ret_error)
{
    if (options->no_token) {
        return SECTION_OK;
    }
    section_status status = auth_read(token_path, ret_auth, ret_error);
    return status == SECTION_NOT_FOUND ? SECTION_OK : status;
}

static section_status ask_with_token(const options *options, platform_socket socket,
                                     const char *authority, const char *token_path,
                                     char ret_url[URL_BYTES], section_error *ret_error)
{
    auth *auth = NULL;
    section_status status = read_token(options, token_path, &auth, ret_error);
    if (status == SECTION_OK) {
        status = ask(socket, authority, auth != NULL ? auth_token(auth) : NULL, ret_url, ret_error);
    }
    auth_close(auth);
    return status;
}

static section_status ask_over_tcp(const options *options, const char *token_path,
                                   char ret_url[URL_BYTES], section_error *ret_error)
{
    char authority[BASE_BYTES];
    platform_socket socket;
    format_authority(options, authority);
    section_status status =
        platform_connect(options->listen_address, options->listen_port, &socket, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = check_server(socket, authority, ret_error);
    if (status == SECTION_OK) {
        status = ask_with_token(options, socket, authority, token_path, ret_url, ret_error);
    }
    platform_close_socket(socket);
    return status;
}

int url_print(const options *options, const char *token_path)
{
    char url[URL_BYTES];
    section_error error = {0};
    if (!ask_over_unix(options, url)) {
        section_status status = ask_over_tcp(options, token_path, url, &error);
        if (status == SECTION_NOT_FOUND) {
            fprintf(stderr, "sectiond: no daemon listens on %s; start one, or name its --listen\n",
                    options->listen);
            return EXIT_FAILURE;
        }
        if (status != SECTION_OK) {
            fprintf(stderr, "sectiond: no address from %s: %s\n", options->listen, error.detail);
            return EXIT_FAILURE;
        }
    }
    printf("%s\n", url);
    return EXIT_SUCCESS;
}
