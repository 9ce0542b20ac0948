#ifndef SECTIOND_EVENTS_H
#define SECTIOND_EVENTS_H

#include "api/plan.h"
#include "base/arena.h"
#include "encode/json.h"
#include "watch/format.h"

/**
 * @file
 * What a stream of events is to tell, for the files that read requests for one.
 */

enum { EVENTS_SELECTS_BYTES_MAX = 256 * 1024 };

/* The form in which one range is reported. */
typedef struct range_order {
    watch_values values;
    bool length_given;
    bool is_fields;     /* instead of bytes */
    const char *layout; /* NULL: the section's own */
    const char *select; /* NULL: all */
} range_order;

typedef struct events_order {
    bool head;
    bool names_ranges;
    const watch_format *format;
    uint64_t interval_ms;
    const char *last_event_id;
    range_order *ranges; /* by target; allocated, WATCH_RANGES_MAX */
    char *texts;         /* what the targets' texts point into */
    arena selects;       /* the selections of a body */
    cJSON *document;     /* the same, of a body */
} events_order;

/** Reads the ranges of a body into the plan's targets and its order. events_body.c */
section_status events_read_ranges(const cJSON *list, plan *plan, section_error *ret_error);

#endif
