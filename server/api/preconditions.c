#include "api/private.h"

#include <string.h>

#include "api/conditions.h"

/* If-Match and If-None-Match (RFC 9110 section 13), for every route that has an entity tag. */

/* An id from an earlier start of the daemon may be that of another section now. */
static section_status check_instance(const run *self)
{
    const char *instance = self->request->headers[HEADER_INSTANCE];
    if (instance != NULL && strcmp(instance, self->server->instance) != 0) {
        return section_fail(self->error, SECTION_PRECONDITION,
                            "the daemon was started anew: ids from before mean nothing now; GET "
                            "/v1/info has the present instance");
    }
    return SECTION_OK;
}

/* If-Match and If-None-Match, as far as it is known whether they make sense at all. */
static section_status check_tags(const run *self)
{
    const request *request = self->request;
    const bool if_match = request->headers[HEADER_IF_MATCH] != NULL;
    const bool if_none_match = request->headers[HEADER_IF_NONE_MATCH] != NULL;
    switch (request->route->conditions) {
    case CONDITIONS_ON_ANSWER:
        break;
    case CONDITIONS_ON_STATE:
        if (if_none_match) {
            return section_fail(self->error, SECTION_BAD_REQUEST,
                                "this takes If-Match: what it changes is always there");
        }
        return if_match && request->route->body == BODY_TEXT
                   ? plan_check_tagged(request->body_bytes, self->error)
                   : SECTION_OK; /* a read that waits has its conditions on the answer */
    case CONDITIONS_ON_EXISTENCE:
        break;
    case CONDITIONS_NONE:
        if (if_match || if_none_match) {
            return section_fail(self->error, SECTION_BAD_REQUEST,
                                "there is no entity tag here, which %s could name",
                                if_match ? "If-Match" : "If-None-Match");
        }
        break;
    }
    if (self->plan.waits && !if_none_match) {
        return section_fail(self->error, SECTION_BAD_QUERY,
                            "wait needs If-None-Match: the ETag of what is known already");
    }
    return SECTION_OK;
}

section_status run_check_headers(const run *self)
{
    section_status status = check_instance(self);
    return status == SECTION_OK ? check_tags(self) : status;
}

static section_status check_lengths(const run *self)
{
    section_status status = SECTION_OK;
    for (unsigned i = 0; i < self->call.target_count && status == SECTION_OK; i++) {
        status = plan_check_tagged(self->call.targets[i].length_bytes, self->error);
    }
    return status;
}

static section_status hold(run *self)
{
    const handler *handler = self->request->route->handler;
    if (handler->hold != NULL) {
        return handler->hold(&self->call, self->error);
    }
    section_hold_lock(self->call.targets[0].entry->section);
    return SECTION_OK;
}

static void let_go(run *self)
{
    const handler *handler = self->request->route->handler;
    if (handler->let_go != NULL) {
        handler->let_go(&self->call);
    } else {
        section_release_lock();
    }
}

/* Under the lock. */
static section_status execute_if_match(run *self)
{
    char etag[ETAG_BYTES] = "";
    section_status status = self->request->route->handler->tag(&self->call, etag, self->error);
    if (status != SECTION_OK) {
        return status;
    }
    return etag_list_has(self->request->headers[HEADER_IF_MATCH], etag, false)
               ? run_execute_route(self)
               : section_fail(self->error, SECTION_PRECONDITION,
                              "it has changed: read it again, and decide anew");
}

/*
 * Checks If-Match and executes the route under one lock, so that no other request of this daemon
 * changes the object in between.
 */
section_status run_execute_guarded(run *self)
{
    const route *route = self->request->route;
    call *call = &self->call;
    section_status status = check_lengths(self);
    if (status != SECTION_OK) {
        return status;
    }
    status = route->handler->stage != NULL ? route->handler->stage(call, self->error) : SECTION_OK;
    if (status != SECTION_OK) {
        return status;
    }
    status = hold(self);
    if (status != SECTION_OK) {
        return status;
    }
    status = execute_if_match(self);
    let_go(self);
    return status;
}

/* Of what is there, or not: an empty tag has no name, not even `*` (RFC 9110 section 13.1). */
static section_status check_existence(const run *self, const char *etag)
{
    const char *if_match = self->request->headers[HEADER_IF_MATCH];
    const char *if_none_match = self->request->headers[HEADER_IF_NONE_MATCH];
    const bool exists = etag[0] != '\0';
    if (if_match != NULL && !(exists && etag_list_has(if_match, etag, false))) {
        return section_fail(self->error, SECTION_PRECONDITION,
                            exists ? "it has changed: read it again, and decide anew"
                                   : "it is not there, so it is nothing that If-Match names");
    }
    if (if_none_match != NULL && exists && etag_list_has(if_none_match, etag, true)) {
        return section_fail(self->error, SECTION_PRECONDITION,
                            "it is there, and If-None-Match wants that it is not");
    }
    return SECTION_OK;
}

section_status run_execute_held(run *self)
{
    char etag[ETAG_BYTES] = "";
    const handler *handler = self->request->route->handler;
    section_status status = handler->hold(&self->call, self->error);
    if (status != SECTION_OK) {
        return status;
    }
    status = handler->tag(&self->call, etag, self->error);
    if (status == SECTION_OK) {
        status = check_existence(self, etag);
    }
    if (status == SECTION_OK) {
        status = run_execute_route(self);
    }
    handler->let_go(&self->call);
    return status;
}

bool call_is_known(const call *call, const char *etag)
{
    return call->known_tags != NULL && etag_list_has(call->known_tags, etag, true);
}

/* The conditions of a read, on the tag of its answer (RFC 9110 section 13.2.2). */
section_status run_check_answer(run *self, bool *ret_is_known)
{
    const char *if_match = self->request->headers[HEADER_IF_MATCH];
    const char *if_none_match = self->request->headers[HEADER_IF_NONE_MATCH];
    *ret_is_known = false;
    if (self->request->route->conditions != CONDITIONS_ON_ANSWER) {
        return SECTION_OK;
    }
    if (if_match != NULL && !etag_list_has(if_match, self->reply->etag, false)) {
        self->reply->header_count = 0; /* the route's headers describe a body that is not sent */
        self->reply->cache_control = NULL;
        self->reply->security_policy = NULL;
        return section_fail(self->error, SECTION_PRECONDITION,
                            "it is not what If-Match names any more: read it again");
    }
    *ret_is_known = if_none_match != NULL && etag_list_has(if_none_match, self->reply->etag, true);
    return SECTION_OK;
}
