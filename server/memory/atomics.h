#ifndef SECTIOND_ATOMICS_H
#define SECTIOND_ATOMICS_H

#include <section/atomic.h>

#include "api/plan.h"
#include "encode/value_json.h"
#include "registry/registry.h"

/**
 * @file
 * Atomic operations, for a request's body and for the ops of a batch.
 */

/** The members of an operation as JSON has them; NULL: not there. */
typedef struct atomic_members {
    const char *op;
    const char *type;
    uint64_t offset_bytes;
    const cJSON *value;
    const cJSON *expected;
} atomic_members;

/**
 * Checks what needs no section.
 * @return SECTION_BAD_JSON, SECTION_BAD_TYPE, SECTION_BAD_VALUE.
 */
section_status atomics_check(const atomic_members *members, section_atomic_args *ret_args,
                             section_error *ret_error);

/** Says which bytes of a section an operation is about, and whether it writes. */
void atomics_aim(const section_atomic_args *args, plan_target *target);

/** Performs it and adds `previous`, `current` and `swapped` to an object. */
section_status atomics_run(entry *entry, const section_atomic_args *args, cJSON *object,
                           section_error *ret_error);

#endif
