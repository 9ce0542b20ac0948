#ifndef SECTIOND_REGISTRY_PRIVATE_H
#define SECTIOND_REGISTRY_PRIVATE_H

#include <pthread.h>

#include "base/waker.h"
#include "registry/id_list.h"
#include "registry/registry.h"

/** Shared by the files of this folder only. */

enum { ORIGINS = SECTION_DUPLICATED + 1 };

/** The entries that have something in common. */
typedef struct id_group {
    UT_hash_handle hh;
    id_list ids;
    unsigned char key[];
} id_group;

struct registry {
    pthread_mutex_t lock;    /* never held across an OS call */
    pthread_mutex_t joining; /* one new section at a time looks for others of its object */
    /*
     * Between `joining` and `lock`: whether a name leads to a new section is asked, and a name of ours
     * is taken away, one at a time. Both are a call of the OS on the folder of names.
     */
    pthread_mutex_t naming;
    registry_limits limits;
    journal *journal;
    struct lanes *lanes;                   /* NULL: sections of files are closed as others are */
    _Atomic(registry_observer *) observer; /* NULL: none */
    /* The tables; see tables.c: */
    uint64_t last_id;
    entry *by_id;
    id_list by_origin[ORIGINS];
    id_group *by_name;
    id_group *by_object;
    /* The sweeper's; see sweep.c: */
    waker *waker; /* rung when a time to live was set, or to stop */
    atomic_bool stop_sweeping;
    entry **due; /* a heap: the entries with a time to live, whose `due_ms` is lowest first */
    size_t due_count;
    size_t due_capacity; /* at least as many as there are entries */
    /* The quota's: */
    uint64_t sections; /* places taken: in the table, reserved, or still closing */
    uint64_t bytes;
    uint64_t mapped_bytes;
};

/** A `section_commit` whose context is the entry: counts memory as writes through us take it. */
section_status quota_commit(void *entry, uint64_t bytes, section_error *ret_error);

/** A `section_uncommit` of the same: the write has failed. */
void quota_uncommit(void *entry, uint64_t bytes);

/** Returns the place and the bytes that a reservation or an entry took. */
void quota_give_back(registry *registry, uint64_t sections, uint64_t bytes);

/** Gives an entry its id and puts it into all tables, or, without memory, into none; lock held. */
bool tables_add(registry *registry, entry *entry);

/** Finds by id; NULL; lock held. */
entry *tables_find(registry *registry, uint64_t id);

/** Takes an entry out of all tables; lock held. */
void tables_remove(registry *registry, entry *entry);

/** Makes room in the heap for one more entry; lock held. */
bool sweep_reserve(registry *registry);

/** Takes an entry out of the heap, if it is there; lock held. */
void sweep_forget(registry *registry, entry *entry);

/** The entries that may be of an object, of those that are the only one of it or of the others. */
id_list *tables_of_object(const registry *registry, const section_traits *traits, bool is_only);

/** `registry_list_object`, with or without those that are the only one of their object. */
size_t tables_list_object(registry *registry, const section_traits *traits, bool with_only,
                          uint64_t after, entry **ret_entries, size_t capacity);

#endif
