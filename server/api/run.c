#include "api/private.h"

#include <stdlib.h>
#include <string.h>

#include "api/ranges.h"

/* ---- from one request to the next ---- */

/* For what takes long, between two pieces of it. */
static bool may_go_on(void *context)
{
    const server *server = context;
    return !atomic_load(&server->closing);
}

void run_init(run *self, const run_ends *ends)
{
    server *server = ends->server;
    self->server = server;
    self->request = ends->request;
    self->caller = ends->caller;
    self->reply = ends->reply;
    self->error = ends->error;
    self->means = (call_means){
        .registry = server->registry,
        .layouts = server->layouts,
        .watch = server->watch,
        .sleeper = ends->sleeper,
        .pause = {may_go_on, server},
        .search = {.file_folder = server->options->files,
                   .debug_privilege = server->options->debug_privilege},
    };
}

void run_clear(run *self)
{
    memset(self, 0, offsetof(run, plan.room));
    self->call.means = &self->means;
    self->call.order = self->plan.room.order;
}

/* ---- planning ---- */

/*
 * Reserves the bytes that the operations of a batch occupy until they are answered, successful or
 * not.
 */
static section_status reserve_operations(run *self)
{
    enum { PROBLEM_BYTES = 512 };
    const uint64_t each = sizeof(plan_operation) + sizeof(call_operation) + PROBLEM_BYTES;
    return self->plan.operation_count > 0 ? run_reserve(self, self->plan.operation_count * each)
                                          : SECTION_OK;
}

static section_status plan_step(run *self)
{
    const route *route = self->request->route;
    self->plan.cost = route->cost;
    self->plan.answer_bytes = route->answer_bytes;
    section_status status = SECTION_OK;
    if (route_parses_body(route)) { /* for the parsed document */
        status = run_reserve(self, self->request->body_bytes);
        if (status != SECTION_OK) {
            return status;
        }
    }
    if (route->handler->plan != NULL) {
        status = route->handler->plan(self->request, &self->plan, self->error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    status = reserve_operations(self);
    if (status != SECTION_OK) {
        return status;
    }
    status = run_permit(self);
    if (status != SECTION_OK) {
        return status;
    }
    self->means.sleeper->has_all = self->caller->role >= ROLE_ADMIN;
    self->step = RUN_RESOLVE;
    return run_check_headers(self);
}

/* ---- resolving ---- */

static section_status resolve_step(run *self, bool *ret_must_block)
{
    section_status status = SECTION_OK;
    if (self->plan.ask != NULL) {
        status = self->plan.ask(self->plan.room.order, self->error);
        self->plan.ask = NULL;
        if (status != SECTION_OK) {
            return status;
        }
    }
    status = run_bind(self, ret_must_block);
    if (status != SECTION_OK || *ret_must_block) {
        return status;
    }
    run_reckon_operations(self);
    status = run_reserve_answer(self);
    self->step = self->request->route->handler->take != NULL ? RUN_BODY : RUN_EXECUTE;
    return status;
}

/* ---- executing ---- */

/* The sections that the run writes to may have been changed. */
static void note_stores(const run *self)
{
    const call *call = &self->call;
    for (unsigned i = 0; i < call->target_count && i < self->plan.target_count; i++) {
        if (self->plan.targets[i].writes) {
            entry_note_store(call->targets[i].entry);
        }
    }
    for (size_t i = 0; i < call->operation_count; i++) {
        if (self->plan.operations[i].writes && call->operations[i].target.entry != NULL) {
            entry_note_store(call->operations[i].target.entry);
        }
    }
}

section_status run_execute_route(run *self)
{
    const handler *handler = self->request->route->handler;
    section_status status =
        handler->execute != NULL
            ? handler->execute(&self->call, self->reply, self->error)
            : handler->tell(self->server, &self->call, self->reply, self->error);
    self->has_taken = false;
    if (self->request->method != METHOD_GET) { /* which stores nothing */
        note_stores(self);
    }
    return status;
}

static section_status execute_new(run *self)
{
    call *call = &self->call;
    call->targets = self->own;
    call->targets[0] = (bound){0};
    section_status status = run_hold(self, call->order, self->request->route->handler->open,
                                     &call->targets[0].entry, self->error);
    if (status != SECTION_OK) {
        return status;
    }
    call->target_count = 1;
    return run_execute_route(self);
}

static section_status execute_plain(run *self)
{
    if (self->request->route->handler->open != NULL) {
        return execute_new(self);
    }
    if (self->request->route->conditions == CONDITIONS_ON_EXISTENCE) {
        return run_execute_held(self);
    }
    return run_is_guarded(self) ? run_execute_guarded(self) : run_execute_route(self);
}

static section_status too_long_to_wait(const run *self)
{
    return section_fail(self->error, SECTION_BAD_SIZE, "wait works for up to %u bytes",
                        SECTION_WHOLE_BYTES);
}

static section_status check_wait(const run *self)
{
    const bool is_long = self->call.is_watched && !self->plan.waits_on_less &&
                         self->call.targets[0].length_bytes > SECTION_WHOLE_BYTES;
    return is_long ? too_long_to_wait(self) : SECTION_OK;
}

/* Whether the section was asked for by its name. */
static bool is_named(const run *self)
{
    const char *text = self->plan.targets[0].text;
    return text != NULL && text[0] == '@';
}

/* The client knows the current state. Sleeps until that changes, unless the time is up. */
static section_status fall_asleep(run *self, bool *ret_sleeps)
{
    const reply *reply = self->reply;
    server *server = self->server;
    const watch_target target = {.entry = self->call.targets[0].entry,
                                 .offset_bytes = reply->made_of.offset_bytes,
                                 .length_bytes = (size_t)reply->made_of.length_bytes,
                                 .view = reply->made_of.view,
                                 .is_named = is_named(self)};
    if (atomic_load(&server->stopping)) {
        return section_fail(self->error, SECTION_STOPPING, "ask again when it has started anew");
    }
    if (self->wait == NULL) {
        self->wait = watch_wait_new(server->watch, self->means.sleeper, self->plan.wait_us);
    }
    if (self->wait == NULL) {
        return section_fail(self->error, SECTION_NO_MEMORY, "no memory to wait with");
    }
    if (watch_wait_is_late(self->wait)) {
        return SECTION_OK;
    }
    memcpy(self->known_etag, reply->etag, sizeof self->known_etag);
    section_status status = watch_wait_aim(self->wait, &target, reply->made_of.etag, self->error);
    *ret_sleeps = status == SECTION_OK;
    return status;
}

/* Empties the reply of a run that goes to sleep. */
static void forget_answer(run *self)
{
    reply_discard(self->reply);
    self->reply->etag[0] = '\0';
    self->reply->accepts_ranges = false;
    self->reply->header_count = 0;
    run_give_back(self);
}

/* What the answer of a successful execution becomes, by the conditions and ranges of the request. */
static section_status settle_answer(run *self, bool is_known)
{
    if (is_known) {
        reply_discard(self->reply);
        reply_empty(self->reply, 304);
        return SECTION_OK;
    }
    return self->reply->accepts_ranges ? ranges_apply(self->request, self->reply, self->error)
                                       : SECTION_OK;
}

static section_status begin_execution(run *self)
{
    call *call = &self->call;
    call->known_tags = self->request->route->conditions == CONDITIONS_ON_ANSWER
                           ? self->request->headers[HEADER_IF_NONE_MATCH]
                           : NULL;
    call->is_watched = self->plan.waits && self->plan.wait_us > 0 && !self->request->head;
    call->nap_ms = 0;
    section_status status = check_wait(self);
    return status == SECTION_OK ? execute_plain(self) : status;
}

/* The conditions of an answer. */
static section_status check_answer(run *self, bool *ret_is_known)
{
    after_function *after = self->request->route->handler->after;
    section_status status = after != NULL ? after(&self->call, self->error) : SECTION_OK;
    if (status != SECTION_OK) {
        return status;
    }
    if (self->call.is_watched && self->reply->made_of.length_bytes == 0) {
        return too_long_to_wait(self); /* the route did not note what it is made of */
    }
    return run_check_answer(self, ret_is_known);
}

/* @param ret_next RUN_NEXT_ANSWER, or how the run is interrupted. */
static section_status execute_step(run *self, run_next *ret_next)
{
    bool is_known = false;
    bool sleeps = false;
    *ret_next = RUN_NEXT_ANSWER;
    section_status status = begin_execution(self);
    if (status != SECTION_OK && self->call.nap_ms > 0) {
        *ret_next = RUN_NEXT_LATER;
        return SECTION_OK;
    }
    if (status == SECTION_OK) {
        status = check_answer(self, &is_known);
    }
    if (status == SECTION_OK && is_known && self->call.is_watched) {
        status = fall_asleep(self, &sleeps);
    }
    if (sleeps) {
        forget_answer(self);
        run_release_targets(self);
        self->step = RUN_RESOLVE;
        *ret_next = RUN_NEXT_SLEEP;
        return status;
    }
    reply_forget_origin(self->reply); /* it may be sent slowly */
    return status == SECTION_OK ? settle_answer(self, is_known) : status;
}

/* ---- the steps ---- */

/* An upload has failed, or was broken off, with a part of it stored. */
static void note_taken(run *self)
{
    if (self->has_taken) {
        self->has_taken = false;
        entry_note_write(self->call.targets[0].entry, self->call.written_bytes);
        note_stores(self);
    }
}

/*
 * Ends the run: the answer is known. Sections whose memory the answer borrows stay bound until it
 * is sent.
 */
static void finish(run *self, section_status status)
{
    self->step = RUN_DONE;
    self->status = status;
    note_taken(self);
    if (status == SECTION_BAD_RANGE && self->call.target_count > 0 &&
        self->reply->header_count == 0) {
        const entry *entry = self->call.targets[self->call.target_count - 1].entry;
        reply_add_header(self->reply, "Content-Range", "bytes */%llu",
                         (unsigned long long)section_length(entry->section));
    }
    if (status != SECTION_OK) {
        reply_discard(self->reply);
        self->reply->errors = self->plan.errors;
    }
    if (self->reply->borrows && run_waits_for_disk(self)) {
        /*
         * The loop that sends the view would wait for the disk. So the view is read in pieces, in
         * the section's lane.
         */
        self->reply->bytes = NULL;
        self->reply->waits_for_disk = true;
        self->reply->buffered_bytes += REPLY_PIECE_BYTES;
    }
    run_settle(self);
    if (!self->reply->borrows) {
        run_release_targets(self);
    }
}

/*
 * Its time is up, and nothing has changed that anybody knows of. The answer does not depend on another look
 * where that may wait for a disk.
 */
static bool has_waited_in_vain(const run *self)
{
    return self->step == RUN_EXECUTE && self->wait != NULL && watch_wait_was_in_vain(self->wait) &&
           run_waits_for_disk(self);
}

static section_status answer_in_vain(run *self)
{
    memcpy(self->reply->etag, self->known_etag, sizeof self->known_etag);
    reply_empty(self->reply, 304);
    return SECTION_OK;
}

/*
 * Operations of a batch were done before it took a nap, and its client is told so at the end of the daemon, too: it is
 * executed again, and may take no more naps (`means.pause`).
 */
static bool has_answer_in_part(const run *self)
{
    return self->step == RUN_EXECUTE && self->call.operation_count > 0 && self->call.nap_ms > 0;
}

static run_next wanted_place(place place)
{
    static const run_next next[] = {
        [PLACE_SHORT] = RUN_NEXT_SHORT, [PLACE_LONG] = RUN_NEXT_LONG, [PLACE_DISK] = RUN_NEXT_DISK};
    return next[place];
}

run_next run_go(run *self, place here)
{
    bool must_block = false;
    run_next interruption = RUN_NEXT_ANSWER;
    section_status status = SECTION_OK;
    self->place = here;
    if (self->wait != NULL) {
        watch_wait_let_go(self->wait);
    }
    if (self->step != RUN_DONE && here > PLACE_LOOP && !has_answer_in_part(self) &&
        atomic_load(&self->server->closing)) {
        run_stop(self);
    }
    while (self->step != RUN_DONE) {
        const run_step step = self->step;
        if (step == RUN_BODY) {
            return RUN_NEXT_BODY;
        }
        if (has_waited_in_vain(self)) {
            finish(self, answer_in_vain(self));
            break;
        }
        const place needed = run_place_of_step(self);
        if (needed > here) {
            return wanted_place(needed);
        }
        if (step == RUN_PLAN) {
            status = plan_step(self);
        } else if (step == RUN_RESOLVE) {
            status = resolve_step(self, &must_block);
        } else if (step == RUN_EXECUTE) {
            status = execute_step(self, &interruption);
        }
        if (must_block) {
            return RUN_NEXT_SHORT;
        }
        if (interruption != RUN_NEXT_ANSWER) {
            return interruption;
        }
        if (status == SECTION_OK && step == RUN_EXECUTE && self->plan.closes) {
            self->step = RUN_CLOSE;
        } else if (status != SECTION_OK || step >= RUN_EXECUTE) {
            finish(self, status);
        }
    }
    return RUN_NEXT_ANSWER;
}

section_status run_take(run *self, const void *bytes, size_t length_bytes)
{
    if (self->request->headers[HEADER_IF_MATCH] != NULL) {
        return plan_check_tagged(UINT64_MAX, self->error); /* longer than what is kept */
    }
    self->has_taken = true;
    return self->request->route->handler->take(&self->call, bytes, length_bytes, self->error);
}

void run_fail(run *self, section_status status)
{
    self->place = PLACE_LOOP; /* it may have any value from the step before */
    finish(self, status);
}

void run_stop(run *self)
{
    if (self->step == RUN_CLOSE) { /* it is done */
        finish(self, SECTION_OK);
        return;
    }
    finish(self, section_fail(self->error, SECTION_STOPPING, "ask again when it has started anew"));
}

void run_retire(run *self)
{
    self->place = PLACE_LOOP;
    note_taken(self);
    if (self->call.target_count > 0 || self->call.operation_count > 0) { /* the answer borrowed */
        run_release_targets(self);
    }
    if (self->call.targets != self->own) {
        free(self->call.targets);
    }
    free(self->call.operations);
    self->call.targets = NULL;
    self->call.operations = NULL;
    plan_discard(&self->plan);
    if (self->wait != NULL) {
        watch_wait_free(self->wait);
        self->wait = NULL;
    }
    run_give_back(self);
}
