#include "api/private.h"

#include <section/commit.h>
#include <stdlib.h>

#include "registry/quota.h"

/*
 * Binds the sections of a plan: finds them, takes references, fits their spans, and releases them
 * at the end.
 */

/*
 * A write's memory is counted when it is allocated. A write that needs more than the quota has left
 * is refused beforehand.
 */
static section_status check_memory(const bound *bound, section_error *ret_error)
{
    const entry *entry = bound->entry;
    if (!entry->is_sparse || bound->length_bytes == 0) {
        return SECTION_OK;
    }
    const uint64_t missing =
        section_missing_bytes(entry->section, bound->offset_bytes, bound->length_bytes);
    return missing > 0 ? registry_check_commit(entry, missing, ret_error) : SECTION_OK;
}

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
    status = target->has_span ? plan_fit(&target->span, section, &bound->length_bytes, ret_error)
                              : SECTION_OK;
    if (status != SECTION_OK || !target->writes || target->has_gaps) {
        return status;
    }
    /* Each hole takes a call to find. */
    if (bound->entry->is_sparse && bound->length_bytes > SECTION_WHOLE_BYTES && !may_block) {
        registry_unref_later(bound->entry, self->server->workers);
        bound->entry = NULL;
        *ret_must_block = true;
        return SECTION_OK;
    }
    return check_memory(bound, ret_error);
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
        call->target_count++; /* counted even if its span does not fit, so that it is released */
    }
    return status;
}

/* Binds each operation of a batch by itself: an error of one is stored in that operation. */
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
        status =
            run_reserve_for(self,
                            run_add_items(planned->answer_bytes, operation->target.length_bytes,
                                          planned->item_bytes, planned->answer_per_item),
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

section_status run_bind(run *self, bool *ret_must_block)
{
    if (!make_room(self)) {
        return section_fail(self->error, SECTION_NO_MEMORY, "no memory for the request");
    }
    section_status status = bind_targets(self, ret_must_block);
    if (status == SECTION_OK && !*ret_must_block) {
        bind_operations(self);
    }
    return status;
}

/* Releases the targets. Closes here at a place that may block, otherwise on the pool. */
static void let_go(const run *self, bound *bound)
{
    entry *entry = bound->entry;
    if (entry == NULL) {
        return;
    }
    bound->entry = NULL;
    entry_note_use(entry);
    if (self->place == PLACE_DISK) {
        registry_unref_here(entry);
    } else if (self->place > PLACE_LOOP) {
        registry_unref(entry);
    } else {
        registry_unref_later(entry, self->server->workers);
    }
}

void run_release_targets(run *self)
{
    call *call = &self->call;
    for (; call->target_count > 0; call->target_count--) {
        let_go(self, &call->targets[call->target_count - 1]);
    }
    for (; call->operation_count > 0; call->operation_count--) {
        let_go(self, &call->operations[call->operation_count - 1].target);
    }
}
