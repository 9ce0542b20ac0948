#ifndef SECTIOND_BATCH_H
#define SECTIOND_BATCH_H

#include <section/atomic.h>

#include "base/arena.h"
#include "encode/json.h"
#include "memory/text.h"
#include "memory/values.h"

/**
 * @file
 * The ops of a batch, for those files that make it.
 */

enum { BATCH_OPERATIONS_MAX = 1024 };

typedef enum verb { VERB_READ, VERB_WRITE, VERB_ATOMIC } verb;

/** The kind of data that is read or written. */
typedef enum kind { KIND_BYTES, KIND_VALUES, KIND_TEXT, KIND_FIELDS } kind;

/** One op of the batch; texts and arrays are borrowed from the body. */
typedef struct operation {
    verb verb;
    kind kind; /* of reads and writes */
    const cJSON *id;
    plan_span bytes;
    const char *data;
    values_place values;
    const cJSON *array;
    text_place text;
    const char *text_value;
    const char *layout; /* of fields: NULL: the section's own */
    const char *select; /* NULL: all */
    section_atomic_args atomic;
} operation;

/** Reads an op, zeroed; notes in the plan what its encoding takes. @param selects has texts of its own. */
section_status operation_parse(const cJSON *json, plan *plan, arena *selects, operation *ret,
                               section_error *ret_error);

#endif
