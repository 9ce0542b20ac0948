#ifndef SECTIOND_SESSIONS_H
#define SECTIOND_SESSIONS_H

#include <section/error.h>
#include <stddef.h>
#include <stdint.h>

#include "api/caller.h"

/**
 * @file
 * Session tokens for browsers. The address that is opened contains a code, which works once and for
 * a minute; the page redeems it for a session token. So the address is of no use to anyone who
 * finds it later. Code and token exist only in the daemon's memory and end with it. Threads: any.
 */

enum {
    SESSION_CODE_RANDOM_BYTES = 16,
    SESSION_CODE_BYTES = 2 * SESSION_CODE_RANDOM_BYTES + 1, /* with the NUL */
    SESSION_CODE_MS = 60 * 1000,
    SESSION_TOKEN_RANDOM_BYTES = 32,
    SESSION_TOKEN_BYTES = 2 * SESSION_TOKEN_RANDOM_BYTES + 1,
    /* Beyond them the oldest code is void, and the session that has been used least recently ends. */
    SESSION_CODES_MAX = 64,
    SESSIONS_MAX = 64
};

typedef struct sessions sessions;

/** NULL where memory runs out. */
sessions *sessions_new(void);

/** NULL is fine. Wipes the tokens. */
void sessions_free(sessions *sessions);

/** Makes a code for a session of this role. */
section_status sessions_make_code(sessions *sessions, role granted,
                                  char ret_code[SESSION_CODE_BYTES], section_error *ret_error);

/**
 * Redeems a code, which is void then.
 * @return SECTION_NOT_FOUND where it is none of ours, used, or older than SESSION_CODE_MS;
 *     SECTION_TOO_MANY_FAILURES where such come too fast. A right one is never slowed.
 */
section_status sessions_redeem(sessions *sessions, const char *code,
                               char ret_token[SESSION_TOKEN_BYTES], role *ret_role,
                               section_error *ret_error);

/** The role of a session token, ROLE_NONE where it is none of ours. */
role sessions_check(sessions *sessions, const char *token, size_t token_length);

#endif
