#ifndef SECTIOND_API_PRIVATE_H
#define SECTIOND_API_PRIVATE_H

#include "api/run.h"

/**
 * @file
 * The parts of the layer that runs requests, each in the file of its name: for those files only.
 */

/** permit.c: whether role and --deny allow what was planned. */
section_status run_permit(const run *self);
section_status run_permit_operation(const run *self, const plan_operation *operation,
                                    section_error *ret_error);

/** A `section_permit` whose context is the server: whether --deny allows files to be changed. */
section_status run_permit_change(void *server, section_error *ret_error);

/**
 * resolve.c: finds a section, referenced; and opens it where that is planned and `may_block`.
 * @param ret_must_block set where it is to be opened, and may not block here.
 */
section_status run_find(const run *self, const plan_target *target, bool may_block,
                        entry **ret_entry, bool *ret_must_block, section_error *ret_error);

/** hold.c: asks the OS for a section by way of `open`, within the quotas, and gives it an id. */
section_status run_hold(const run *self, void *order, open_function *open, entry **ret_entry,
                        section_error *ret_error);

/**
 * bind.c: finds the sections of the plan, or continues after an interruption, and fits their spans.
 * @param ret_must_block set where one is to be opened, and may not block here.
 */
section_status run_bind(run *self, bool *ret_must_block);

/**
 * Releases the sections. Closes the last reference here at a place that may block, otherwise on the
 * pool.
 */
void run_release_targets(run *self);

/** place.c: where the next step runs. */
place run_place_of_step(const run *self);

/** Adds up the cost of the operations of a batch, and stores it in the plan. */
void run_reckon_operations(run *self);

/** preconditions.c: whether the request's conditions make sense at all. */
section_status run_check_headers(const run *self);

/** Executes under If-Match: the tag is compared, and the route executed, under the object's lock. */
section_status run_execute_guarded(run *self);

/** Executes under the lock of what may not be there yet, after both conditions were compared. */
section_status run_execute_held(run *self);

/** Executes the route; what it may have stored to, whatever came of it, is noted for those who watch. */
section_status run_execute_route(run *self);

/** The conditions of a read, on its answer's tag. @param ret_is_known it is what the client has. */
section_status run_check_answer(run *self, bool *ret_is_known);

/** reserve.c: takes bytes from the budget. @return SECTION_QUOTA. */
section_status run_reserve_for(run *self, uint64_t bytes, section_error *ret_error);
section_status run_reserve_answer(run *self);

/** Gives back all but what the answer buffers until it is sent; or all. */
void run_settle(run *self);
void run_give_back(run *self);

/** tag.c: whether a tag is made under If-Match; then what that buffers, and how many bytes it takes the time of. */
bool run_is_guarded(const run *self);
uint64_t run_tag_bytes(const run *self);
uint64_t run_tag_cost(const run *self);

/** `bytes + length * factor`, or the most that there is. */
uint64_t run_add_bounded(uint64_t bytes, uint64_t length, unsigned factor);

/** The same for the items that a length has, each of so many bytes. */
uint64_t run_add_items(uint64_t bytes, uint64_t length, uint64_t item_bytes, unsigned per_item);

#endif
