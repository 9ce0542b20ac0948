#ifndef SECTIOND_SENDER_H
#define SECTIOND_SENDER_H

#include "api/request.h"
#include "api/server.h"

/**
 * @file
 * Checks of the sender by the headers that browsers set: Host, Origin and Sec-Fetch-Site. A page
 * that rebinds its name to 127.0.0.1 sends its own name as Host; a page of another site sends its
 * Origin, or says cross-site. None of them gets an answer, but for origins that --allow-origin
 * names.
 */

/**
 * Checks the sender, and notes an origin that --allow-origin names in `request->allowed_origin`.
 * @return SECTION_FORBIDDEN_ORIGIN; SECTION_BAD_REQUEST for a Host that no Host can be.
 */
section_status sender_check(const server *server, request *request, section_error *ret_error);

/**
 * Whether a text is a Host that we answer to. Always true for a request whose Host does not matter.
 */
bool sender_is_our_host(const server *server, const request *request, const char *host);

/**
 * Fills `server->hosts` once the port is known.
 * @return false where memory runs out.
 */
bool sender_list_hosts(server *server);
void sender_free_hosts(server *server);

#endif
