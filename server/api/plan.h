#ifndef SECTIOND_PLAN_H
#define SECTIOND_PLAN_H

#include <section/process.h>
#include <stdalign.h>
#include <stddef.h>

#include "api/reply.h"
#include "api/request.h"
#include "base/capability.h"
#include "registry/registry.h"
#include "watch/watch.h"

/**
 * @file
 * A route has two parts: a plan, which reads the request and touches nothing, and an execution,
 * which does what was planned. Between the two the layer that runs requests (api/run.h) applies
 * every rule: roles, --deny, quotas, conditions, budgets, threads. So the plan says what the
 * request needs. The execution is given a `call`, which contains neither the caller nor its rights.
 */

/** A stretch of a view. */
typedef struct plan_span {
    uint64_t offset_bytes;
    uint64_t length_bytes;
    bool length_given;    /* false: to the view's end */
    uint64_t least_bytes; /* that must be there where no length was given; 0: one */
    uint64_t most_bytes;  /* that are meant where no length was given; 0: all */
} plan_span;

/** A section that the request is about. */
typedef struct plan_target {
    const char *text; /* an id or @NAME; NULL: `id` */
    uint64_t id;
    bool may_open; /* open @NAME where we do not hold it */
    bool writes;   /* a view that is read-only is refused */
    bool has_span; /* `span` must lie inside the view */
    bool has_gaps; /* of `span` not all is written */
    plan_span span;
} plan_target;

/** The kind of cost of the execution, which decides where it runs. */
typedef enum plan_cost {
    COST_COPY,   /* copies memory: `cost_bytes`, and the spans times `cost_per_byte` */
    COST_SYSTEM, /* asks the operating system, which may take a moment */
    COST_LONG,   /* takes as long as there are bytes or handles */
    COST_DISK    /* may wait for a disk, for ever: in its `lane` */
} plan_cost;

enum {
    PLAN_TARGETS_OWN = 2,
    PLAN_ORDER_BYTES = 1280,
    /* A body that is parsed, or an answer that is printed: more of it takes longer than a copy of
     * 64 KiB. */
    PLAN_TEXT_BYTES = 8192
};

struct plan_operation;

/**
 * What the tag under If-Match costs: an answer is made, and not sent. Zeroed: the spans, up to what If-Match
 * covers, are copied.
 */
typedef struct plan_tag {
    bool has_span; /* `span` is what it is made of, else the targets' spans */
    plan_span span;
    uint64_t bytes;         /* the most that is buffered for it, with what follows */
    unsigned per_item;      /* of the items, each of `item_bytes`; 0: one */
    uint64_t item_bytes;    /* 0: one */
    unsigned cost_per_byte; /* 0: one */
} plan_tag;

/** Room of a plan: see base/clear.h. */
typedef struct plan_room {
    plan_target targets[PLAN_TARGETS_OWN];
    alignas(max_align_t) unsigned char order[PLAN_ORDER_BYTES];
} plan_room;

/** The needs of a request. Zeroed but for its room, it needs nothing. */
typedef struct plan {
    plan_target *targets; /* in the room, or allocated */
    unsigned target_count;
    /* Nullable: what the OS must be asked before sections are looked for, where that may block. */
    section_status (*ask)(const void *order, section_error *ret_error);
    bool writes;           /* more than the route says: the role write, and no --deny write */
    unsigned capabilities; /* a bit for each that --deny must not have switched off, besides */
    plan_cost cost;
    uint64_t cost_bytes;
    uint64_t lane;        /* of COST_DISK where no section is found yet */
    bool describes_only;  /* it reads and writes no memory of its sections */
    bool closes;          /* it takes its section away: what is answered is that it is closed */
    bool checks_presence; /* where it describes only: and asks whether the spans are there still */
    unsigned cost_per_byte;   /* of the spans; 0: one */
    uint64_t answer_bytes;    /* the most that the answer buffers, with what follows */
    unsigned answer_per_item; /* of the items of the spans, each of `item_bytes` */
    uint64_t item_bytes;      /* 0: one */
    plan_tag tag;             /* of a route with one */
    bool
        streams; /* spans of more than SECTION_WHOLE_BYTES are not copied, but sent from the view */
    /* A read that waits: until the bytes differ, or for so long. */
    bool waits;
    bool waits_on_less; /* than the span: what the answer is made of is known when it is made */
    int64_t wait_us;
    /* A new section, which `route.open` gets from the OS. */
    uint64_t committed_bytes; /* that it takes of the quota */
    const char *label;
    uint64_t ttl_s;
    /* A batch: each is a plan of its own. */
    struct plan_operation *operations; /* allocated */
    size_t operation_count;
    void (*release)(void *order); /* nullable: frees what the order owns */
    char *
        errors; /* allocated: a JSON array, the member "errors" of the problem that the plan ends with */
    plan_room room;
} plan;

ROOM_IS_LAST(plan);

/** An operation of a batch: planned, or refused already. */
typedef struct plan_operation {
    section_status status;
    section_error error; /* where the status is one */
    plan_target target;
    bool writes;
    bool is_text; /* its answer or what it writes is printed or parsed, which costs more */
    uint64_t answer_bytes;
    unsigned answer_per_item;
    uint64_t item_bytes; /* 0: one */
} plan_operation;

/** A section that was found, referenced, with its span fitted into the view. */
typedef struct bound {
    entry *entry;
    uint64_t offset_bytes;
    uint64_t length_bytes;
} bound;

/** An operation of a batch: its section, or why there is none. */
typedef struct call_operation {
    section_status status;
    section_error error;
    bound target;
} call_operation;

/** The means that all calls of a run share. */
typedef struct call_means {
    registry *registry;
    struct layout_store *layouts; /* layouts/store.h */
    watch_hub *watch;
    sleeper *sleeper;
    section_pause pause;   /* asked between pieces of what takes long */
    process_search search; /* how sections of other processes are looked for */
} call_means;

/** The arguments of an execution. */
typedef struct call {
    void *order; /* what the plan left for it */
    const call_means *means;
    bound *targets; /* as the plan has them; of a new section, the first */
    unsigned target_count;
    bool is_watched; /* says what the answer is made of: `note_origin` */
    unsigned nap_ms; /* of an execution that is to be called again: see `call_nap` */
    call_operation *operations;
    size_t operation_count;
    const char *known_tags; /* If-None-Match of a read, or NULL: see `call_is_known` */
    const char *body;
    size_t body_bytes;
    uint64_t written_bytes; /* of an upload that is taken as it comes, so far */
} call;

/** Reads parameters and body; touches nothing. */
typedef section_status plan_function(const request *request, plan *plan, section_error *ret_error);

/** Does it: fills the reply. */
typedef section_status execute_function(call *call, reply *reply, section_error *ret_error);

/** Called after an execution, once no lock is held; an error is the answer. */
typedef section_status after_function(call *call, section_error *ret_error);

/** Takes the next piece of a body that is too long to keep. */
typedef section_status take_function(call *call, const void *bytes, size_t length_bytes,
                                     section_error *ret_error);

/** What the OS is asked for a new section with. */
typedef struct opening {
    void *order;
    struct layout_store *layouts;
    const char *file_folder; /* of --files, or NULL */
    bool debug_privilege;
    section_permit *permit_change; /* asked before its file is made or changed */
    void *permit_context;
} opening;

/** Asks the OS for a new section. */
typedef section_status open_function(const opening *opening, section **ret_section,
                                     section_error *ret_error);

struct server;

/** Executes what tells of the daemon itself or lets into it: it alone is given the daemon. */
typedef section_status tell_function(struct server *server, call *call, reply *reply,
                                     section_error *ret_error);

/**
 * Under If-Match, before the lock of what is changed is taken: reads what is needed of another object,
 * which may wait for a disk or for another lock. The execution finds it in its order.
 */
typedef section_status stage_function(call *call, section_error *ret_error);

/**
 * Takes the lock of what an unsafe method changes, where that is more than the first section's; a failure holds
 * nothing.
 */
typedef section_status hold_function(call *call, section_error *ret_error);

/** Releases it. */
typedef void let_go_function(call *call);

/** The entity tag of what an unsafe method is about to change; its object's lock is held. */
typedef section_status tag_function(call *call, char ret_etag[ETAG_BYTES],
                                    section_error *ret_error);

/** What an operation of the API is made of: `execute` or `tell`; the other members may be NULL. */
typedef struct handler {
    const parameter *parameters; /* of the query, ended by a NULL name */
    plan_function *plan;         /* with `take` it runs before the body */
    open_function *open;         /* asks the OS for the section that `execute` answers with */
    tag_function *tag; /* of a route whose conditions are about a state, or about existence */
    hold_function *
        hold; /* where they are about existence; about a state: the section's own lock without it */
    let_go_function *let_go;
    stage_function *stage;
    execute_function *execute;
    tell_function *tell;
    after_function *after;
    take_function *take;
} handler;

/** Defines the handler that a ROUTE of routes.h names, which needs no declaration in a header. */
#define HANDLER(name)                                                                              \
    extern const handler name##_handler;                                                           \
    const handler name##_handler

/* ---- for executions ---- */

/**
 * Takes bytes from the budget before memory is allocated, for an answer whose length nobody knows before
 * it is made. They are given back with those that the plan has named. @return SECTION_QUOTA.
 */
section_status call_reserve(call *call, uint64_t bytes, section_error *ret_error);

/**
 * Has the execution called again in so many milliseconds, without a thread meanwhile, for what is not ready yet: the
 * answer of the caller's, SECTION_TORN, is none. The sections stay as they are, and so does the order: what was
 * done before is not done again. Only for executions that run on a pool or in a lane.
 */
section_status call_nap(call *call, unsigned milliseconds);

/** Whether the client has what has this tag, so that it is answered without a body, which need not be made. */
bool call_is_known(const call *call, const char *etag);

/* ---- for plans ---- */

/** The order as the route's own type, zeroed. */
#define PLAN_ORDER(plan, type)                                                                     \
    ((type *)plan_order((plan), sizeof(type) +                                                     \
                                    0 * sizeof(char[sizeof(type) <= PLAN_ORDER_BYTES ? 1 : -1])))
void *plan_order(plan *plan, size_t size_bytes);

/** Adds a section; there is room for PLAN_TARGETS_OWN unless `targets` was allocated. */
plan_target *plan_add_target(plan *plan);

/** Adds the section that the path names, and reads `open`. */
plan_target *plan_path_section(plan *plan, const request *request);

/** Adds the section that the path names, and its span, `offset` and `length`. */
plan_target *plan_path_range(plan *plan, const request *request);

/** Reads `wait`. */
void plan_wait(plan *plan, const request *request);

/** Frees what it holds. */
void plan_discard(plan *plan);

/**
 * The lane of a file: the same for all of one folder, however the path is spelled. Links and `..` are
 * not followed: what they lead to has a lane of its own for each way.
 * @param separators of steps: `platform_separators`.
 */
uint64_t plan_lane_of_file(const char *path, const char *separators);

/** Whether If-Match may be about so many bytes: as many as are read at one moment. @return SECTION_BAD_SIZE. */
section_status plan_check_tagged(uint64_t length_bytes, section_error *ret_error);

/** Whether a span lies inside a view; fits what is open-ended. @return SECTION_BAD_RANGE. */
section_status plan_fit(const plan_span *span, const section *section, uint64_t *ret_length_bytes,
                        section_error *ret_error);

#endif
