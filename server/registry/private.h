#ifndef SECTIOND_REGISTRY_PRIVATE_H
#define SECTIOND_REGISTRY_PRIVATE_H

#include <pthread.h>

#include "registry/registry.h"

/** What registry.c and registry_sweep.c share, and nobody else sees. */
struct registry {
    pthread_mutex_t lock;   /* never held across an OS call */
    pthread_cond_t changed; /* for the sweeper: a time to live was set, or it shall stop */
    bool stop_sweeping;
    pthread_mutex_t joining; /* one new section at a time looks for others of its object */
    registry_limits limits;
    journal *journal;
    _Atomic(registry_observer *) observer; /* NULL: none */
    uint64_t last_id;
    entry *by_id;      /* in the order of ids, as entries are only ever appended */
    uint64_t sections; /* places taken: in the table, reserved, or still closing */
    uint64_t bytes;
    uint64_t mapped_bytes;
};

#endif
