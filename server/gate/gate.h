#ifndef SECTIOND_GATE_H
#define SECTIOND_GATE_H

#include "api/request.h"
#include "api/route.h"
#include "api/server.h"

/**
 * @file
 * Everything that is checked of a request before its body is read, in the order of the contract.
 */

/** The results of the checks, apart from the error. */
typedef struct gate_result {
    route_match match;         /* for Allow */
    bool is_options;           /* answer 204 with Allow */
    bool is_asterisk;          /* it is `OPTIONS *`, of the daemon as a whole: 200 */
    bool wrong_token;          /* a token was sent that is not valid */
    bool bad_framing;          /* close: the start of the next request is not certain */
    const char *accept_header; /* for 415: the header that says what is taken, or NULL */
    const char *accepted;
} gate_result;

/**
 * Checks framing, Host, Origin, path, token, method, role, query names, media type and length.
 * @param caller learns the role that the token or the peer stands for
 * @param http_version "HTTP/1.0", "HTTP/1.1" or a later HTTP/1, else refused
 * @param method_name as sent
 * @param target writable; the request points into it
 */
section_status gate_check(server *server, request *request, caller *caller,
                          const char *http_version, const char *method_name, char *target,
                          gate_result *ret_result, section_error *ret_error);

#endif
