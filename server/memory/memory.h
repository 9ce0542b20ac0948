#ifndef SECTIOND_MEMORY_H
#define SECTIOND_MEMORY_H

#include "api/plan.h"

/**
 * @file
 * The routes of a section's bytes: their plans, executions and parameters' choices, one file each.
 */

/* data_get.c, data_put.c */
plan_function data_get_plan, data_put_plan;
execute_function data_get, data_put;
take_function data_take;
after_function data_put_after;
tag_function data_put_tag;

/* fill_copy_flush.c */
plan_function fill_plan, copy_plan, flush_plan;
execute_function fill_post, copy_post, flush_post;
stage_function copy_stage;

/* find.c */
plan_function find_plan;
execute_function find_get;
extern const parameter find_parameters[];

/* text.c */
plan_function text_get_plan, text_put_plan;
execute_function text_get, text_put;
tag_function text_put_tag;
extern const parameter text_get_parameters[], text_put_parameters[];

/* values.c */
plan_function values_get_plan, values_put_plan;
execute_function values_get, values_put;
tag_function values_put_tag;

/* atomics.c */
plan_function atomic_plan;
execute_function atomic_post;

/* batch.c */
plan_function batch_plan;
execute_function batch_post;

/* events.c */
plan_function events_plan, events_of_many_plan, events_post_plan;
execute_function events_get;
extern const parameter events_parameters[], events_of_many_parameters[];

/* tags.c */

/** The tag of the bytes of the call's first section, as GET …/data with the same range has it. */
tag_function bytes_tag;

/** Notes the range and the bytes of which an answer is made, for a call that `is_watched`. */
void note_origin(const call *call, reply *reply, uint64_t offset_bytes, const void *bytes,
                 size_t length_bytes);

#endif
