#include "api/run.h"

#include <stdlib.h>
#include <string.h>

#include "api/conditions.h"
#include "api/ranges.h"

/*
 * What a connection may hold without asking: its own room for a small body and a small answer. So
 * that what is wrong can always be said, and metadata told, however full the budget is.
 */
enum {
    UNBUDGETED_BYTES = 4096,
    /* A byte of a value that is printed takes as long as so many that are copied. */
    COST_OF_TEXT = 32
};

static bool is_admin(const run *self)
{
    return self->caller->role >= ROLE_ADMIN;
}

/* `bytes + length * factor`, or the most that there is. */
static uint64_t add_bounded(uint64_t bytes, uint64_t length, unsigned factor)
{
    return factor > 0 && length > (UINT64_MAX - bytes) / factor ? UINT64_MAX
                                                                : bytes + length * factor;
}

/* ---- the place ---- */

static bool is_on_disk(const run *self)
{
    for (unsigned i = 0; i < self->call.target_count; i++) {
        const entry *entry = self->call.targets[i].entry;
        if (entry != NULL && section_may_wait_for_disk(entry->section)) {
            return true;
        }
    }
    return false;
}

/* What is copied, as bytes; what is printed or parsed counts for as many as it takes the time of. */
static uint64_t copied_bytes(const run *self)
{
    const uint64_t factor = self->plan.cost_per_byte > 0 ? self->plan.cost_per_byte : 1;
    uint64_t bytes = self->plan.cost_bytes;
    for (unsigned i = 0; i < self->call.target_count; i++) {
        const uint64_t length = self->call.targets[i].length_bytes;
        if (length <= SECTION_WHOLE_BYTES) {
            bytes += length * factor;
        } else if (!self->plan.streams) {
            return length;
        }
    }
    return bytes;
}

static place place_of_execution(const run *self)
{
    if (self->plan.cost == COST_LONG || is_on_disk(self)) {
        return PLACE_LONG;
    }
    if (self->plan.cost == COST_SYSTEM) {
        return PLACE_SHORT;
    }
    return copied_bytes(self) > SECTION_WHOLE_BYTES ? PLACE_LONG : PLACE_LOOP;
}

static place place_of_plan(const run *self)
{
    const bool is_parsed = self->request->route->body == BODY_JSON;
    return is_parsed && self->request->body_bytes > PLAN_TEXT_BYTES ? PLACE_SHORT : PLACE_LOOP;
}

/* ---- planning ---- */

/* If-Match and If-None-Match, as far as it is known whether they make sense at all. */
static section_status check_headers(const run *self)
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

static section_status plan_step(run *self)
{
    const route *route = self->request->route;
    self->plan.cost = route->cost;
    self->plan.answer_bytes = route->answer_bytes;
    section_status status = SECTION_OK;
    if (route->body == BODY_JSON || route->body == BODY_PATCH) { /* what it is parsed into */
        status = run_reserve(self, self->request->body_bytes);
    }
    if (status == SECTION_OK && route->plan != NULL) {
        status = route->plan(self->request, &self->plan, self->error);
    }
    if (status == SECTION_OK) {
        status = run_permit(self);
    }
    if (status == SECTION_OK) {
        status = check_headers(self);
    }
    self->step = RUN_RESOLVE;
    return status;
}

/* ---- resolving ---- */

static section_status bind(const run *self, const plan_target *target, bool may_block, bound *bound,
                           bool *ret_must_block, section_error *ret_error)
{
    section_status status =
        run_find(self, target, may_block, &bound->entry, ret_must_block, ret_error);
    if (status != SECTION_OK || *ret_must_block) {
        return status;
    }
    const section *section = bound->entry->section;
    if (target->writes && section_granted_access(section) == SECTION_ACCESS_READ) {
        return section_fail(ret_error, SECTION_READ_ONLY,
                            "we hold it with read access only; whoever made it may grant more");
    }
    bound->offset_bytes = target->span.offset_bytes;
    return target->has_span ? plan_fit(&target->span, section, &bound->length_bytes, ret_error)
                            : SECTION_OK;
}

static bool make_room(run *self)
{
    const plan *plan = &self->plan;
    call *call = &self->call;
    if (call->targets == NULL) {
        call->targets = plan->target_count <= PLAN_TARGETS_OWN
                            ? self->own
                            : calloc(plan->target_count, sizeof *call->targets);
    }
    if (plan->operation_count > 0 && call->operations == NULL) {
        call->operations = calloc(plan->operation_count, sizeof *call->operations);
    }
    return call->targets != NULL && (plan->operation_count == 0 || call->operations != NULL);
}

static section_status bind_targets(run *self, bool *ret_must_block)
{
    const bool may_block = self->place > PLACE_LOOP;
    call *call = &self->call;
    section_status status = SECTION_OK;
    while (status == SECTION_OK && call->target_count < self->plan.target_count) {
        const unsigned i = call->target_count;
        call->targets[i] = (bound){0};
        status = bind(self, &self->plan.targets[i], may_block, &call->targets[i], ret_must_block,
                      self->error);
        if (*ret_must_block) {
            return SECTION_OK;
        }
        call->target_count++; /* also of one that does not fit: it is to be released */
    }
    return status;
}

/* How much of memory the operations copy, and whether one of them has a disk behind it. */
static void reckon_operations(run *self)
{
    plan *plan = &self->plan;
    for (size_t i = 0; i < self->call.operation_count; i++) {
        const call_operation *operation = &self->call.operations[i];
        if (operation->status != SECTION_OK) {
            continue;
        }
        plan->cost_bytes = add_bounded(plan->cost_bytes, operation->target.length_bytes,
                                       plan->operations[i].is_text ? COST_OF_TEXT : 1);
        if (section_may_wait_for_disk(operation->target.entry->section)) {
            plan->cost = COST_LONG;
        }
    }
}

static section_status reserve(run *self, uint64_t bytes, section_error *ret_error)
{
    if (bytes <= UNBUDGETED_BYTES) {
        return SECTION_OK;
    }
    if (!budget_take(&self->server->budget, is_admin(self), bytes)) {
        return section_fail(
            ret_error, SECTION_QUOTA,
            "%llu bytes are wanted for this; all bodies and answers together may take %llu "
            "(--max-buffer-bytes). Ask for less at once, or later",
            (unsigned long long)bytes, (unsigned long long)self->server->budget.most);
    }
    self->reserved_bytes += bytes;
    return SECTION_OK;
}

/* Before a body is read, or an answer made. */
section_status run_reserve(run *self, uint64_t bytes)
{
    return reserve(self, bytes, self->error);
}

static void give_back(run *self)
{
    budget_give(&self->server->budget, self->reserved_bytes);
    self->reserved_bytes = 0;
}

/* Each operation of a batch by itself: what is wrong with one stands in its place. */
static section_status bind_operation(run *self, const plan_operation *planned,
                                     call_operation *operation)
{
    bool must_block = false;
    section_error *error = &operation->error;
    if (planned->status != SECTION_OK) {
        *error = planned->error;
        return planned->status;
    }
    section_status status = run_permit_operation(self, planned, error);
    if (status == SECTION_OK) {
        status = bind(self, &planned->target, false, &operation->target, &must_block, error);
    }
    if (status == SECTION_OK) {
        status = reserve(self,
                         add_bounded(planned->answer_bytes, operation->target.length_bytes,
                                     planned->answer_per_byte),
                         error);
    }
    return status;
}

static void bind_operations(run *self)
{
    for (; self->call.operation_count < self->plan.operation_count; self->call.operation_count++) {
        const size_t i = self->call.operation_count;
        self->call.operations[i].status =
            bind_operation(self, &self->plan.operations[i], &self->call.operations[i]);
    }
}

static section_status reserve_answer(run *self)
{
    uint64_t bytes = self->plan.answer_bytes;
    for (unsigned i = 0; i < self->call.target_count; i++) {
        const uint64_t length = self->call.targets[i].length_bytes;
        if (length <= SECTION_WHOLE_BYTES || !self->plan.streams) {
            bytes = add_bounded(bytes, length, self->plan.answer_per_byte);
        }
    }
    return run_reserve(self, bytes);
}

static section_status resolve_step(run *self, bool *ret_must_block)
{
    if (!make_room(self)) {
        return section_fail(self->error, SECTION_NO_MEMORY, "no memory for the request");
    }
    section_status status = bind_targets(self, ret_must_block);
    if (status != SECTION_OK || *ret_must_block) {
        return status;
    }
    bind_operations(self);
    reckon_operations(self);
    status = reserve_answer(self);
    self->step = self->request->route->take != NULL ? RUN_BODY : RUN_EXECUTE;
    return status;
}

/* ---- executing ---- */

/* Lets go of the sections, where closing the last one may block or on the pool. */
static void release_targets(run *self)
{
    call *call = &self->call;
    for (unsigned i = 0; i < call->target_count + call->operation_count; i++) {
        bound *bound = i < call->target_count ? &call->targets[i]
                                              : &call->operations[i - call->target_count].target;
        if (bound->entry == NULL) {
            continue;
        }
        entry_note_use(bound->entry);
        if (self->place > PLACE_LOOP) {
            registry_unref(bound->entry);
        } else {
            registry_unref_later(bound->entry, self->server->workers);
        }
        bound->entry = NULL;
    }
    call->target_count = 0;
    call->operation_count = 0;
}

static section_status execute_new(run *self)
{
    call *call = &self->call;
    call->targets = self->own;
    call->targets[0] = (bound){0};
    section_status status =
        run_hold(self, call, self->request->route->open, &call->targets[0].entry, self->error);
    if (status != SECTION_OK) {
        return status;
    }
    call->target_count = 1;
    return self->request->route->execute(call, self->reply, self->error);
}

/* If-Match, and what it guards, under one lock: atomic against whoever else comes through us. */
static section_status execute_guarded(run *self)
{
    char etag[ETAG_BYTES] = "";
    const route *route = self->request->route;
    call *call = &self->call;
    section *section = call->targets[0].entry->section;
    section_hold_lock(section);
    section_status status = route->tag(call, etag, self->error);
    if (status == SECTION_OK &&
        !etag_list_has(self->request->headers[HEADER_IF_MATCH], etag, false)) {
        status = section_fail(self->error, SECTION_PRECONDITION,
                              "it has changed: read it again, and decide anew");
    }
    if (status == SECTION_OK) {
        status = route->execute(call, self->reply, self->error);
    }
    section_release_lock(section);
    return status;
}

static section_status execute_plain(run *self)
{
    const route *route = self->request->route;
    if (route->open != NULL) {
        return execute_new(self);
    }
    if (route->conditions == CONDITIONS_ON_STATE &&
        self->request->headers[HEADER_IF_MATCH] != NULL) {
        return execute_guarded(self);
    }
    return route->execute(&self->call, self->reply, self->error);
}

/* The conditions of a read, on the tag of its answer (RFC 9110 section 13.2.2). */
static section_status check_answer(run *self, bool *ret_is_known)
{
    const char *if_match = self->request->headers[HEADER_IF_MATCH];
    const char *if_none_match = self->request->headers[HEADER_IF_NONE_MATCH];
    *ret_is_known = false;
    if (self->request->route->conditions != CONDITIONS_ON_ANSWER) {
        return SECTION_OK;
    }
    if (if_match != NULL && !etag_list_has(if_match, self->reply->etag, false)) {
        return section_fail(self->error, SECTION_PRECONDITION, "the bytes are others by now");
    }
    *ret_is_known = if_none_match != NULL && etag_list_has(if_none_match, self->reply->etag, true);
    return SECTION_OK;
}

static section_status check_wait(const run *self)
{
    const bound *watched = &self->call.targets[0];
    if (self->call.is_watched && watched->length_bytes > SECTION_WHOLE_BYTES) {
        return section_fail(self->error, SECTION_BAD_SIZE, "wait works for up to %u bytes",
                            SECTION_WHOLE_BYTES);
    }
    return SECTION_OK;
}

/* There is nothing new: sleeps until there is, unless its time is up. */
static section_status fall_asleep(run *self, bool *ret_sleeps)
{
    const reply *reply = self->reply;
    server *server = self->server;
    const watch_target target = {self->call.targets[0].entry, reply->made_of.offset_bytes,
                                 (size_t)reply->made_of.length_bytes};
    if (atomic_load(&server->stopping)) {
        return section_fail(self->error, SECTION_STOPPING, "ask again when it has started anew");
    }
    if (self->wait == NULL) {
        self->wait = watch_wait_new(server->watch, self->call.sleeper, self->plan.wait_us);
    }
    if (self->wait == NULL) {
        return section_fail(self->error, SECTION_NO_MEMORY, "no memory to wait with");
    }
    if (watch_wait_is_late(self->wait)) {
        return SECTION_OK;
    }
    section_status status = watch_wait_aim(self->wait, &target, reply->made_of.etag, self->error);
    *ret_sleeps = status == SECTION_OK;
    return status;
}

/* What a run that goes to sleep has put into the reply. */
static void forget_answer(run *self)
{
    reply_discard(self->reply);
    self->reply->etag[0] = '\0';
    self->reply->accepts_ranges = false;
    self->reply->header_count = 0;
    give_back(self);
}

/* What is buffered until it is sent counts; a view, or a stream, does not. */
static void settle(run *self)
{
    const reply *reply = self->reply;
    const uint64_t buffered = reply->release == free ? reply->length_bytes : 0;
    if (self->reserved_bytes > buffered) {
        budget_give(&self->server->budget, self->reserved_bytes - buffered);
        self->reserved_bytes = buffered;
    }
}

static section_status execute_step(run *self, bool *ret_sleeps)
{
    bool is_known = false;
    call *call = &self->call;
    call->is_watched = self->plan.waits && self->plan.wait_us > 0 && !self->request->head;
    section_status status = check_wait(self);
    if (status == SECTION_OK) {
        status = execute_plain(self);
    }
    if (status == SECTION_OK) {
        status = check_answer(self, &is_known);
    }
    if (status == SECTION_OK && is_known && call->is_watched) {
        status = fall_asleep(self, ret_sleeps);
    }
    if (*ret_sleeps) {
        forget_answer(self);
        release_targets(self);
        self->step = RUN_RESOLVE;
        return status;
    }
    if (status == SECTION_OK && is_known) {
        reply_discard(self->reply);
        reply_empty(self->reply, 304);
    } else if (status == SECTION_OK && self->reply->accepts_ranges) {
        status = ranges_apply(self->request, self->reply, self->error);
    }
    return status;
}

/* ---- the steps ---- */

/* The answer is known; sections whose memory it borrows stay until it is sent. */
static void finish(run *self, section_status status)
{
    self->step = RUN_DONE;
    self->status = status;
    if (status == SECTION_BAD_RANGE && self->call.target_count > 0 &&
        self->reply->header_count == 0) {
        const entry *entry = self->call.targets[self->call.target_count - 1].entry;
        reply_add_header(self->reply, "Content-Range", "bytes */%llu",
                         (unsigned long long)section_length(entry->section));
    }
    if (status != SECTION_OK) {
        reply_discard(self->reply);
    }
    settle(self);
    if (!self->reply->borrows) {
        release_targets(self);
    }
}

static run_next wanted_place(place place)
{
    return place == PLACE_SHORT ? RUN_NEXT_SHORT : RUN_NEXT_LONG;
}

run_next run_go(run *self, place here)
{
    bool must_block = false;
    bool sleeps = false;
    section_status status = SECTION_OK;
    self->place = here;
    if (self->step != RUN_DONE && here > PLACE_LOOP && atomic_load(&self->server->closing)) {
        run_stop(self);
    }
    while (self->step != RUN_DONE) {
        const run_step step = self->step;
        if (step == RUN_BODY) {
            return RUN_NEXT_BODY;
        }
        const place needed = step == RUN_PLAN      ? place_of_plan(self)
                             : step == RUN_EXECUTE ? place_of_execution(self)
                                                   : PLACE_LOOP;
        if (needed > here) {
            return wanted_place(needed);
        }
        if (step == RUN_PLAN) {
            status = plan_step(self);
        } else if (step == RUN_RESOLVE) {
            status = resolve_step(self, &must_block);
        } else {
            status = execute_step(self, &sleeps);
        }
        if (must_block) {
            return RUN_NEXT_SHORT;
        }
        if (sleeps) {
            return RUN_NEXT_SLEEP;
        }
        if (status != SECTION_OK || step == RUN_EXECUTE) {
            finish(self, status);
        }
    }
    return RUN_NEXT_ANSWER;
}

section_status run_take(run *self, const void *bytes, size_t length_bytes)
{
    if (self->request->headers[HEADER_IF_MATCH] != NULL) {
        return section_fail(self->error, SECTION_BAD_REQUEST,
                            "If-Match works for bodies of up to %u bytes", SECTION_WHOLE_BYTES);
    }
    return self->request->route->take(&self->call, bytes, length_bytes, self->error);
}

void run_fail(run *self, section_status status)
{
    finish(self, status);
}

void run_stop(run *self)
{
    finish(self, section_fail(self->error, SECTION_STOPPING, "ask again when it has started anew"));
}

void run_retire(run *self)
{
    self->place = PLACE_LOOP;
    release_targets(self);
    if (self->call.targets != self->own) {
        free(self->call.targets);
    }
    free(self->call.operations);
    self->call.targets = NULL;
    self->call.operations = NULL;
    plan_discard(&self->plan);
    watch_wait_free(self->wait);
    self->wait = NULL;
    give_back(self);
}
