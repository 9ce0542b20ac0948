#include "gate/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/platform.h"
#include "base/rate.h"
#include "base/secret.h"

/* Wrong tokens that are answered as such: so many at once, and then one in so long. */
enum { FAILURES_AT_ONCE = 100, FAILURE_MS = 50 };

enum {
    TOKENS_MAX = 64,
    TOKEN_BYTES_SAFE = 16, /* a shorter token could be guessed: attempts are not limited */
    TOKEN_BYTES_MAX = 256,
    TOKEN_RANDOM_BYTES = 32,
    FILE_BYTES_MAX = 65536
};

typedef struct token {
    role role;
    char text[TOKEN_BYTES_MAX + 1];
} token;

struct auth {
    rate_limit failures; /* that are answered as such */
    unsigned count;
    token tokens[TOKENS_MAX];
};

/* Characters that RFC 6750 allows in a token, so that no quoting is ever needed. */
static bool is_token(const char *text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    const size_t length = strlen(text);
    return length > 0 && length <= TOKEN_BYTES_MAX && strspn(text, allowed) == length;
}

static role find_role(const char *name, size_t length)
{
    for (int i = ROLE_READ; i <= ROLE_ADMIN; i++) {
        if (strlen(role_name((role)i)) == length &&
            strncmp(role_name((role)i), name, length) == 0) {
            return (role)i;
        }
    }
    return ROLE_NONE;
}

/* One line: `TOKEN`, or `ROLE TOKEN`. */
static bool add_line(auth *auth, char *line)
{
    role role = ROLE_ADMIN;
    char *space = strchr(line, ' ');
    if (space != NULL) {
        role = find_role(line, (size_t)(space - line));
        line = space + 1;
    }
    if (role == ROLE_NONE || !is_token(line) || auth->count == TOKENS_MAX) {
        return false;
    }
    auth->tokens[auth->count].role = role;
    memcpy(auth->tokens[auth->count].text, line, strlen(line) + 1);
    auth->count++;
    return true;
}

static section_status parse_lines(auth *auth, const char *path, char *text,
                                  section_error *ret_error)
{
    unsigned line_number = 1;
    while (text != NULL) {
        char *next = strchr(text, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        text[strcspn(text, "\r")] = '\0';
        if (*text != '\0' && !add_line(auth, text)) {
            return section_fail(ret_error, SECTION_BAD_REQUEST,
                                "%.200s: line %u is neither TOKEN nor read|write|admin TOKEN", path,
                                line_number);
        }
        text = next;
        line_number++;
    }
    if (auth->count == 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.200s has no token in it", path);
    }
    return SECTION_OK;
}

static section_status make_token_file(const char *path, section_error *ret_error)
{
    char text[2 * TOKEN_RANDOM_BYTES + 2];
    section_status status = secret_make(TOKEN_RANDOM_BYTES, text, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    memcpy(text + 2 * (size_t)TOKEN_RANDOM_BYTES, "\n", 2);
    status = platform_create_private_file(path, text, ret_error);
    platform_wipe(text, sizeof text);
    /* Another daemon made it at the same moment: its token is as good. */
    return status == SECTION_ALREADY_EXISTS ? SECTION_OK : status;
}

/* The header file is a convenience for curl. Without it, clients use the token file. */
static void write_header_file(const auth *auth, const char *path)
{
    char line[TOKEN_BYTES_MAX + 32];
    section_error error = {0};
    (void)snprintf(line, sizeof line, "Authorization: Bearer %s\n", auth_token(auth));
    if (platform_replace_private_file(path, line, &error) != SECTION_OK) {
        log_write(LOG_WARN, "the header file cannot be written: %s", error.detail);
    }
    platform_wipe(line, sizeof line);
}

section_status auth_read(const char *token_path, auth **ret_auth, section_error *ret_error)
{
    char *text = NULL;
    section_status status =
        platform_read_private_file(token_path, FILE_BYTES_MAX, &text, ret_error);
    if (status == SECTION_OK) {
        status = auth_parse(token_path, text, ret_auth, ret_error);
    }
    if (text != NULL) {
        platform_wipe(text, strlen(text));
    }
    free(text);
    return status;
}

static section_status load(const char *token_path, auth **ret_auth, section_error *ret_error)
{
    section_error error = {0};
    section_status status = auth_read(token_path, ret_auth, &error);
    if (status == SECTION_NOT_FOUND) {
        status = make_token_file(token_path, &error);
        if (status == SECTION_OK) {
            status = auth_read(token_path, ret_auth, &error);
        }
    }
    if (status != SECTION_OK && ret_error != NULL) {
        *ret_error = error;
    }
    return status;
}

section_status auth_parse(const char *path, char *text, auth **ret_auth, section_error *ret_error)
{
    auth *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the tokens");
    }
    self->failures = (rate_limit){.at_once = FAILURES_AT_ONCE, .every_ms = FAILURE_MS};
    section_status status = parse_lines(self, path, text, ret_error);
    if (status != SECTION_OK) {
        auth_close(self);
        return status;
    }
    *ret_auth = self;
    return SECTION_OK;
}

static void warn_of_short_tokens(const auth *auth, const char *path)
{
    unsigned count = 0;
    for (unsigned i = 0; i < auth->count; i++) {
        count += strlen(auth->tokens[i].text) < TOKEN_BYTES_SAFE;
    }
    if (count > 0) {
        log_write(LOG_WARN, "%.200s: %u of its tokens can be guessed: shorter than %d characters",
                  path, count, TOKEN_BYTES_SAFE);
    }
}

section_status auth_open(const char *token_path, const char *header_path, auth **ret_auth,
                         section_error *ret_error)
{
    section_status status = load(token_path, ret_auth, ret_error);
    if (status == SECTION_OK) {
        warn_of_short_tokens(*ret_auth, token_path);
        write_header_file(*ret_auth, header_path);
    }
    return status;
}

void auth_close(auth *auth)
{
    if (auth != NULL) {
        platform_wipe(auth, sizeof *auth);
        free(auth);
    }
}

const char *auth_token(const auth *auth)
{
    const token *best = &auth->tokens[0];
    for (unsigned i = 1; i < auth->count; i++) {
        if (auth->tokens[i].role > best->role) {
            best = &auth->tokens[i];
        }
    }
    return best->text;
}

role auth_check(const auth *auth, sessions *sessions, const char *header)
{
    static const char scheme[] = "Bearer ";
    role role = ROLE_NONE;
    if (strncasecmp(header, scheme, sizeof scheme - 1) != 0) {
        return ROLE_NONE;
    }
    const char *given = header + sizeof scheme - 1;
    given += strspn(given, " ");
    const size_t given_length = strlen(given);
    for (unsigned i = 0; i < auth->count; i++) {
        if (secret_is_equal(auth->tokens[i].text, given, given_length) &&
            auth->tokens[i].role > role) {
            role = auth->tokens[i].role;
        }
    }
    return role != ROLE_NONE || sessions == NULL ? role
                                                 : sessions_check(sessions, given, given_length);
}

bool auth_may_answer_failure(auth *auth)
{
    return rate_limit_allows(&auth->failures);
}
