#ifndef SECTIOND_AUTH_H
#define SECTIOND_AUTH_H

#include <section/error.h>
#include <stdbool.h>

#include "api/caller.h"
#include "gate/sessions.h"

/**
 * @file
 * Bearer tokens and what they allow (RFC 6750, the header only).
 */

typedef struct auth auth;

/**
 * Reads a token file, or makes it with a fresh token, and writes the header file beside it.
 * @param header_path where the whole `Authorization: Bearer …` line goes
 * @return SECTION_BAD_REQUEST naming the line that is no token, and what files can fail with.
 */
section_status auth_open(const char *token_path, const char *header_path, auth **ret_auth,
                         section_error *ret_error);

/** Reads a token file that is there. @return SECTION_NOT_FOUND where it is not. */
section_status auth_read(const char *token_path, auth **ret_auth, section_error *ret_error);

/**
 * Reads the text of a token file.
 * @param path names it in the error
 * @param text changed by the reading; NULL: empty
 * @return SECTION_BAD_REQUEST naming the line that is no token.
 */
section_status auth_parse(const char *path, char *text, auth **ret_auth, section_error *ret_error);

/** NULL is fine. Wipes the tokens. */
void auth_close(auth *auth);

/**
 * The role of an Authorization header's value, ROLE_NONE where it is none of ours.
 * @param sessions whose tokens are as good; nullable
 */
role auth_check(const auth *auth, sessions *sessions, const char *header);

/**
 * Asks whether one more wrong token is to be answered with 401; all connections share the rate
 * limit. Not asked for a valid token, which is therefore never delayed. Threads: any.
 */
bool auth_may_answer_failure(auth *auth);

/** The first token of the highest role, for --url. */
const char *auth_token(const auth *auth);

#endif
