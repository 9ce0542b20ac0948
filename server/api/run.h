#ifndef SECTIOND_RUN_H
#define SECTIOND_RUN_H

#include "api/caller.h"
#include "api/plan.h"
#include "api/route.h"
#include "api/server.h"

/**
 * @file
 * The layer between a plan and its execution. It alone applies the rules, so that no route can omit
 * one. A run goes through these steps, each of which may be the last, with an error:
 *
 *     RUN_PLAN     the route reads parameters and body; role and --deny are checked for what it plans,
 *                  and whether the conditions of the request mean anything
 *     RUN_RESOLVE  sections are found, or opened, and their spans fitted; the answer's bytes are taken
 *                  from the budget
 *     RUN_BODY     of an upload that is taken as it comes: its body follows now
 *     RUN_EXECUTE  the quota for a new section; If-Match, under the object's lock; the route does what
 *                  was planned; conditions and ranges of the answer
 *     RUN_CLOSE    of a route that takes a section away: it is closed before that is answered, which may
 *                  wait for a disk; unless others use it still
 *     RUN_DONE     the reply, or the error, is what is to be answered
 *
 * A read that waits goes from RUN_EXECUTE back to RUN_RESOLVE when it has slept. What is not ready yet
 * (`call_nap`) stays at RUN_EXECUTE.
 */

/**
 * Where a step runs. A later place may be slower, and may do everything that an earlier one may do.
 */
typedef enum place {
    PLACE_LOOP,  /* loops of connections: copies of up to 64 KiB, never from a disk */
    PLACE_SHORT, /* the pool for what asks the OS */
    PLACE_LONG,  /* the pool for what has many bytes */
    PLACE_DISK   /* the lanes for what may wait for a disk: of each object one of its own */
} place;

typedef enum run_step {
    RUN_PLAN,
    RUN_RESOLVE,
    RUN_BODY,
    RUN_EXECUTE,
    RUN_CLOSE,
    RUN_DONE
} run_step;

/** The next action that a run needs. */
typedef enum run_next {
    RUN_NEXT_ANSWER, /* it is done */
    RUN_NEXT_BODY,   /* the body, then to go on */
    RUN_NEXT_SHORT,  /* to go on at PLACE_SHORT */
    RUN_NEXT_LONG,   /* to go on at PLACE_LONG */
    RUN_NEXT_DISK,   /* to go on at PLACE_DISK, in the lane of `run_lane` */
    RUN_NEXT_SLEEP,  /* to go on when `wait` is over: begin it */
    RUN_NEXT_LATER   /* to go on in `call.nap_ms`, where it is now */
} run_next;

typedef struct run {
    /* Of one request: `run_clear` zeroes it. */
    call call;             /* first: `call_reserve` finds the run by it */
    section_status status; /* of the steps so far */
    run_step step;
    place place;               /* where it is now */
    bool has_taken;            /* a part of an upload was stored, and nobody was told yet */
    uint64_t reserved_bytes;   /* of the budget */
    unsigned unbudgeted_bytes; /* bytes used of the run's own allowance, without the budget */
    watch_wait *wait;          /* of a read that waits; NULL: has not slept */
    plan plan;                 /* zeroed but for its room */
    /* Of all requests of an exchange: see `run_init`. */
    server *server;
    const request *request;
    const caller *caller;
    reply *reply;
    section_error *error;
    call_means means;
    bound own[PLAN_TARGETS_OWN]; /* room for the call's targets */
    char known_etag[ETAG_BYTES]; /* of a read that waits: what the client knows */
} run;

/** What an exchange hands to its run for good. */
typedef struct run_ends {
    server *server;
    const request *request;
    const caller *caller;
    reply *reply;
    section_error *error;
    sleeper *sleeper;
} run_ends;

/** Prepares a run for the first of its requests. */
void run_init(run *self, const run_ends *ends);

/** Prepares it for another request. */
void run_clear(run *self);

/**
 * Executes the next steps, as far as they may run at `here`. The result says what the transport
 * does next.
 */
run_next run_go(run *self, place here);

/** The lane of a run at PLACE_DISK. */
uint64_t run_lane(const run *self);

/** Whether the memory of one of its sections may wait for a disk. */
bool run_waits_for_disk(const run *self);

/** Gives the next piece of an upload's body to its route. */
section_status run_take(run *self, const void *bytes, size_t length_bytes);

/** Takes bytes of a body from the budget before they are kept. @return SECTION_QUOTA. */
section_status run_reserve(run *self, uint64_t bytes);

/** Answers 503: the daemon is about to end. */
void run_stop(run *self);

/** Ends the run with an error that occurred outside of its steps; `*self->error` is set. */
void run_fail(run *self, section_status status);

/**
 * Releases everything that the run holds. Called on a loop's thread, once the reply was sent or is
 * given up.
 */
void run_retire(run *self);

#endif
