#ifndef SECTIOND_SERVER_H
#define SECTIOND_SERVER_H

#include <stdatomic.h>

#include "api/route.h"
#include "base/budget.h"
#include "base/lanes.h"
#include "base/metrics.h"
#include "base/options.h"
#include "base/rate.h"
#include "base/workers.h"
#include "registry/registry.h"
#include "watch/watch.h"

struct auth;
struct sessions;

enum {
    SERVER_HOSTS_MAX = OPTIONS_LIST_MAX * 2 + 8,
    SERVER_INSTANCE_BYTES = 33,
    SERVER_BASE_BYTES = 100
};

/** What handlers and the transport share; made by main, older than all of them. */
typedef struct server {
    const options *options;
    route_table routes; /* handed in by main: nobody reaches up for it */
    budget budget;      /* of all bodies and answers in flight */
    registry *registry;
    struct auth *auth;         /* NULL: --no-token */
    struct sessions *sessions; /* of browsers */
    workers *workers;          /* for what may block: create, open, close, flush … */
    workers *long_workers; /* for what takes as long as it has bytes, so that it holds up nobody */
    lanes *lanes;          /* for what may wait for a disk */
    watch_hub *watch;
    metrics *metrics;
    uint16_t port;                 /* that we really listen on */
    bool holds_localhost;          /* nobody but us listens where that name may lead to */
    bool has_unix;                 /* a Unix socket, beside the port */
    role unix_role;                /* what its user may there without a token */
    char base[SERVER_BASE_BYTES];  /* "http://127.0.0.1:7780", for those who follow a link */
    char *hosts[SERVER_HOSTS_MAX]; /* exact values of the Host header that we answer to */
    unsigned host_count;
    unsigned max_connections; /* what the descriptors allow of them, and of sections */
    uint64_t max_sections;
    atomic_uint connections;  /* that are open, and meant to stay so */
    rate_limit refusal_lines; /* of the log, whose length shall not be up to strangers */
    atomic_uint unlogged;     /* refusals since the last line of one */
    int64_t started_at_ms;    /* monotonic */
    char instance[SERVER_INSTANCE_BYTES]; /* hex, another at each start: ids begin anew then */
    atomic_bool stopping;                 /* no new requests */
    atomic_bool closing; /* nor the end of those that are there: the grace is over */
} server;

#endif
