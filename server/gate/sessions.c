#include "gate/sessions.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "base/rate.h"
#include "base/secret.h"

/* Wrong codes that are answered as such: so many at once, and then one in so long. */
enum { FAILURES_AT_ONCE = 20, FAILURE_MS = 500 };

typedef struct code {
    char text[SESSION_CODE_BYTES];
    role role; /* ROLE_NONE: the place is free */
    int64_t until_ms;
} code;

typedef struct session {
    char token[SESSION_TOKEN_BYTES];
    role role;
    uint64_t used_at; /* by the clock of `uses` */
} session;

struct sessions {
    rate_limit failures;
    pthread_mutex_t lock;
    uint64_t uses; /* counts them, as a clock that is the same on every platform */
    code codes[SESSION_CODES_MAX];
    session sessions[SESSIONS_MAX];
};

sessions *sessions_new(void)
{
    sessions *self = calloc(1, sizeof *self);
    if (self != NULL) {
        pthread_mutex_init(&self->lock, NULL);
        self->failures = (rate_limit){.at_once = FAILURES_AT_ONCE, .every_ms = FAILURE_MS};
    }
    return self;
}

void sessions_free(sessions *sessions)
{
    if (sessions != NULL) {
        pthread_mutex_destroy(&sessions->lock);
        platform_wipe(sessions, sizeof *sessions);
        free(sessions);
    }
}

/* The place of a new code: a free one, else that of the oldest. */
static code *find_place(sessions *self)
{
    code *oldest = &self->codes[0];
    for (unsigned i = 0; i < SESSION_CODES_MAX; i++) {
        code *each = &self->codes[i];
        if (each->role == ROLE_NONE) {
            return each;
        }
        if (each->until_ms < oldest->until_ms) {
            oldest = each;
        }
    }
    return oldest;
}

section_status sessions_make_code(sessions *sessions, role granted,
                                  char ret_code[SESSION_CODE_BYTES], section_error *ret_error)
{
    section_status status = secret_make(SESSION_CODE_RANDOM_BYTES, ret_code, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    pthread_mutex_lock(&sessions->lock);
    code *place = find_place(sessions);
    memcpy(place->text, ret_code, SESSION_CODE_BYTES);
    place->role = granted;
    place->until_ms = platform_monotonic_ms() + SESSION_CODE_MS;
    pthread_mutex_unlock(&sessions->lock);
    return SECTION_OK;
}

/* Takes a code away; the role that it stood for, ROLE_NONE where there is none such. */
static role take_code(sessions *self, const char *given)
{
    role taken = ROLE_NONE;
    const int64_t now_ms = platform_monotonic_ms();
    const size_t length = strlen(given);
    for (unsigned i = 0; i < SESSION_CODES_MAX; i++) {
        code *each = &self->codes[i];
        const bool is_over = each->role != ROLE_NONE && now_ms >= each->until_ms;
        const bool is_given = each->role != ROLE_NONE && secret_is_equal(each->text, given, length);
        if (is_given && !is_over) {
            taken = each->role;
        }
        if (is_given || is_over) {
            platform_wipe(each, sizeof *each);
        }
    }
    return taken;
}

static void add_session(sessions *self, const char *token, role granted)
{
    session *place = &self->sessions[0];
    for (unsigned i = 1; i < SESSIONS_MAX; i++) {
        if (self->sessions[i].used_at < place->used_at) { /* 0: free */
            place = &self->sessions[i];
        }
    }
    memcpy(place->token, token, SESSION_TOKEN_BYTES);
    place->role = granted;
    place->used_at = ++self->uses;
}

section_status sessions_redeem(sessions *sessions, const char *code,
                               char ret_token[SESSION_TOKEN_BYTES], role *ret_role,
                               section_error *ret_error)
{
    /* The token is made first: if that fails, the code stays valid. */
    section_status status = secret_make(SESSION_TOKEN_RANDOM_BYTES, ret_token, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    pthread_mutex_lock(&sessions->lock);
    *ret_role = take_code(sessions, code);
    if (*ret_role != ROLE_NONE) {
        add_session(sessions, ret_token, *ret_role);
    }
    pthread_mutex_unlock(&sessions->lock);
    if (*ret_role != ROLE_NONE) {
        return SECTION_OK;
    }
    if (!rate_limit_allows(&sessions->failures)) {
        return section_fail(ret_error, SECTION_TOO_MANY_FAILURES,
                            "wrong codes come too fast; a right one is taken at once");
    }
    return section_fail(ret_error, SECTION_NOT_FOUND,
                        "the code has been used, is older than a minute, or is none of ours; "
                        "sectiond --url prints a new one");
}

role sessions_check(sessions *sessions, const char *token, size_t token_length)
{
    role found = ROLE_NONE;
    if (token_length != SESSION_TOKEN_BYTES - 1) {
        return ROLE_NONE;
    }
    pthread_mutex_lock(&sessions->lock);
    for (unsigned i = 0; i < SESSIONS_MAX; i++) {
        session *each = &sessions->sessions[i];
        if (each->role != ROLE_NONE && secret_is_equal(each->token, token, token_length)) {
            found = each->role;
            each->used_at = ++sessions->uses;
        }
    }
    pthread_mutex_unlock(&sessions->lock);
    return found;
}
