#ifndef SECTIOND_SERVER_H
#define SECTIOND_SERVER_H

#include <stdatomic.h>

#include "api/route.h"
#include "base/budget.h"
#include "base/lanes.h"
#include "base/metrics.h"
#include "base/options.h"
#include "base/rate.h"
#include "base/timer.h"
#include "base/workers.h"
#include "registry/registry.h"
#include "watch/watch.h"

struct auth;
struct layout_store;
struct sessions;

enum {
    SERVER_HOSTS_MAX = OPTIONS_LIST_MAX * 2 + 8,
    SERVER_INSTANCE_BYTES = 33,
    SERVER_BASE_BYTES = 100
};

/** The state that handlers and the transport share. main makes it before they start. */
typedef struct server {
    const options *options;
    route_table routes; /* set by main, so that lower layers need not include the table */
    budget budget;      /* of all bodies and answers in flight */
    registry *registry;
    struct layout_store *layouts;
    struct auth *auth;         /* NULL: --no-token */
    struct sessions *sessions; /* of browsers */
    workers *workers;          /* for what may block: create, open, close, flush … */
    workers *long_workers; /* for work whose time grows with its bytes, apart from the short jobs */
    lanes *lanes;          /* for what may wait for a disk */
    timer *timer;          /* for runs that are to be called again */
    watch_hub *watch;
    metrics *metrics;
    uint16_t port;        /* that we really listen on */
    bool holds_localhost; /* we listen on every address that the name localhost can lead to */
    bool has_unix;        /* we also listen on a Unix socket */
    role unix_role;       /* the role of our user on the Unix socket, without a token */
    char base[SERVER_BASE_BYTES];  /* "http://127.0.0.1:7780", for links */
    char *hosts[SERVER_HOSTS_MAX]; /* exact values of the Host header that we answer to */
    unsigned host_count;
    unsigned max_connections; /* limited by the descriptors */
    uint64_t max_sections;
    atomic_uint connections;  /* event streams that are open */
    rate_limit refusal_lines; /* limits the log lines that unauthorised clients can cause */
    atomic_uint unlogged;     /* refusals since the last line that was logged */
    int64_t started_at_ms;    /* monotonic */
    char instance[SERVER_INSTANCE_BYTES]; /* hex; new at each start, as ids begin anew */
    atomic_bool stopping;                 /* no new requests */
    atomic_bool closing; /* true once the grace period is over: requests in flight are ended, too */
} server;

#endif
