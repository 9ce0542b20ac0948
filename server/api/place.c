#include "api/private.h"

/*
 * Chooses where a step runs. Invariant: no step that may block or takes long runs on a loop that
 * serves connections.
 */

/* Printing one byte of a value costs as much time as copying this many bytes. */
enum { COST_OF_TEXT = 32 };

/*
 * The lane of all runs that may wait for several disks: together they use no more threads than one
 * disk.
 */
enum { LANE_OF_SEVERAL = 1 };

/*
 * Finds the lane of the run's sections (those of its operations included) that may wait for a disk.
 * There is one lane for the whole run.
 */
static bool find_lane(const run *self, uint64_t *ret_lane)
{
    bool found = false;
    const call *call = &self->call;
    for (size_t i = 0; i < call->target_count + call->operation_count; i++) {
        const bound *bound = i < call->target_count
                                 ? &call->targets[i]
                                 : &call->operations[i - call->target_count].target;
        if (bound->entry != NULL && section_may_wait_for_disk(bound->entry->section)) {
            const uint64_t lane = entry_lane(bound->entry);
            *ret_lane = found && lane != *ret_lane ? LANE_OF_SEVERAL : lane;
            found = true;
        }
    }
    return found;
}

bool run_waits_for_disk(const run *self)
{
    uint64_t lane = 0;
    return find_lane(self, &lane);
}

uint64_t run_lane(const run *self)
{
    uint64_t lane = self->plan.lane;
    (void)find_lane(self, &lane);
    return lane;
}

/*
 * The cost of the run in copied bytes. A byte that is printed or parsed counts as the number of
 * bytes that are copied in the same time.
 */
static uint64_t copied_bytes(const run *self)
{
    const uint64_t factor = self->plan.cost_per_byte > 0 ? self->plan.cost_per_byte : 1;
    uint64_t bytes = run_add_bounded(self->plan.cost_bytes, run_tag_cost(self), 1);
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

/* With If-Match, a route without a span reads all the bytes of which its tag is made. */
static bool tags_more_than_it_says(const run *self)
{
    return run_is_guarded(self) && self->plan.target_count > 0 && !self->plan.targets[0].has_span;
}

/* Whether the system must be asked how long a file is, which may wait for its disk. */
static bool checks_a_file(const run *self)
{
    for (unsigned i = 0; i < self->call.target_count && self->plan.checks_presence; i++) {
        if (section_check_may_wait_for_disk(self->call.targets[i].entry->section)) {
            return true;
        }
    }
    return false;
}

static place place_of_execution(const run *self)
{
    /*
     * With If-Match, the object's lock is taken. Another thread may hold it while it waits for a
     * disk.
     */
    const bool touches_memory =
        !self->plan.describes_only || self->request->headers[HEADER_IF_MATCH] != NULL;
    if (self->plan.cost == COST_DISK || checks_a_file(self) ||
        (touches_memory && run_waits_for_disk(self))) {
        return PLACE_DISK;
    }
    if (self->plan.cost == COST_LONG) {
        return PLACE_LONG;
    }
    if (copied_bytes(self) > SECTION_WHOLE_BYTES) {
        return PLACE_LONG;
    }
    return self->plan.cost == COST_SYSTEM || tags_more_than_it_says(self) ? PLACE_SHORT
                                                                          : PLACE_LOOP;
}

static place place_of_plan(const run *self)
{
    const route *route = self->request->route;
    /* Macros of C may expand to much more than they are. */
    return route->body == BODY_LAYOUT ||
                   (route_parses_body(route) && self->request->body_bytes > PLAN_TEXT_BYTES)
               ? PLACE_SHORT
               : PLACE_LOOP;
}

/* The number of bytes that the operations copy. */
void run_reckon_operations(run *self)
{
    plan *plan = &self->plan;
    for (size_t i = 0; i < self->call.operation_count; i++) {
        const call_operation *operation = &self->call.operations[i];
        if (operation->status != SECTION_OK) {
            continue;
        }
        plan->cost_bytes = run_add_bounded(plan->cost_bytes, operation->target.length_bytes,
                                           plan->operations[i].is_text ? COST_OF_TEXT : 1);
    }
}

place run_place_of_step(const run *self)
{
    switch (self->step) {
    case RUN_PLAN:
        return place_of_plan(self);
    case RUN_EXECUTE:
        return place_of_execution(self);
    case RUN_CLOSE:
        return run_waits_for_disk(self) ? PLACE_DISK : PLACE_LOOP;
    case RUN_RESOLVE:
        return self->plan.ask != NULL ? PLACE_SHORT : PLACE_LOOP;
    case RUN_BODY:
    case RUN_DONE:
        break;
    }
    return PLACE_LOOP;
}
