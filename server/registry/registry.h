#ifndef SECTIOND_REGISTRY_H
#define SECTIOND_REGISTRY_H

#include <section/section.h>
#include <stdatomic.h>
#include <uthash.h>

#include "base/job.h"
#include "base/journal.h"

/**
 * @file
 * The sections that we hold, by id and by name, and their quotas.
 *
 * An `entry` is a reference-counted section: the registry holds one reference until the id is
 * deleted, each request in flight holds one, and dropping the last one unmaps and closes.
 */

typedef struct registry registry;
struct entry;
struct lanes;
struct workers;

/** The observer of sections: server/watch. */
typedef struct registry_observer {
    atomic_uint interest; /* 0: nothing is told */
    /** Called when a section was written through us, and when its id was deleted. */
    void (*touched)(struct registry_observer *observer, const struct entry *entry);
} registry_observer;

/** A section that we hold. Members without a comment never change after `registry_add`. */
typedef struct entry {
    uint64_t id;
    section *section;
    const section_name *name; /* NULL: anonymous; owned by the section */
    section_origin origin;
    uint64_t object[2];                   /* as section_info has it */
    uint64_t committed_bytes;             /* what it counts for in the quota; under the lock */
    bool is_sparse;                       /* it had pages without memory when it came */
    int64_t created_at_ms;                /* wall clock */
    int64_t created_ms;                   /* monotonic */
    char *label;                          /* NULL: none; guarded by the registry's lock */
    char *layout;                         /* name of its layout; the same */
    atomic_uint_least64_t ttl_s;          /* close it after so long without use; 0: never */
    atomic_int_least64_t last_used_at_ms; /* monotonic */
    atomic_uint_least64_t reads;
    atomic_uint_least64_t writes;
    atomic_uint_least64_t bytes_read;
    atomic_uint_least64_t bytes_written;
    atomic_uint watchers;
    atomic_bool closed;     /* the id was taken away */
    atomic_bool is_passing; /* opened in passing: its use does not keep it once it is orphaned */
    /* The registry's own: */
    atomic_uint references;
    registry *registry;
    job closing;
    section_traits traits;
    struct id_group *same_object; /* NULL: in no table any more */
    struct id_group *same_name;   /* NULL: anonymous */
    int64_t due_ms;               /* monotonic; not before it, its time may be up */
    size_t due_at;                /* its place in the heap, from 1; 0: none */
    UT_hash_handle hh;
} entry;

typedef struct registry_limits {
    uint64_t sections;
    uint64_t section_bytes;
    uint64_t total_bytes;
} registry_limits;

/** Places and bytes that were reserved before the OS was called; see quota.h. */
typedef struct reservation {
    uint64_t bytes;
} reservation;

/** The filter of a list. */
typedef struct registry_filter {
    const section_name *name;     /* NULL: any */
    bool exact_scope;             /* of `name`; else both */
    const section_origin *origin; /* NULL: any */
} registry_filter;

/**
 * `journal` and `lanes` outlive the registry. NULL where memory runs out.
 * @param lanes where sections are closed that may wait for a disk; NULL: wherever others are.
 */
registry *registry_new(registry_limits limits, journal *journal, struct lanes *lanes);

/** Sets the observer; NULL: none. */
void registry_observe(registry *registry, registry_observer *observer);

/** Takes every section out; those still in use close with their last user. */
void registry_clear(registry *registry);

/** Frees the registry; all entries must be gone. NULL is fine. */
void registry_free(registry *registry);

/**
 * Gives a section an id. Takes over the section and the reservation, also on failure.
 * @param charged whether the section really took the reserved bytes (false: it existed already)
 * @param label copied; NULL for none
 * @return the entry in `ret_entry`, with a reference for the caller: `registry_unref` it;
 *     SECTION_NO_MEMORY; SECTION_NOT_FOUND where its name leads to another object by now, so that it
 *     is to be opened or created again. A name that leads to what was added is not taken away by the
 *     end of another id of the object.
 */
section_status registry_add(registry *registry, reservation reservation, bool charged,
                            section *section, const char *label, entry **ret_entry,
                            section_error *ret_error);

/**
 * Finds by id; NULL, or an entry with a reference for the caller, who notes the use when letting go.
 */
entry *registry_find(registry *registry, uint64_t id);

/**
 * Finds the newest id of the object that has a name now; where we hold none and not `exact_scope`, of
 * the name in the other scope. Asks the OS where the name leads, which does not block.
 */
entry *registry_find_name(registry *registry, const section_name *name, bool exact_scope);

/**
 * Takes the id away. The name, where ours to take away, passes to another id that holds the object.
 * @return false where it was gone already.
 */
bool registry_remove(registry *registry, entry *entry);

/**
 * Copies up to `capacity` entries with an id above `after`, lowest first, each with a reference.
 * @param after any number: also an id that is gone, or that never was.
 * @param filter NULL for all.
 */
size_t registry_list(registry *registry, uint64_t after, const registry_filter *filter,
                     entry **ret_entries, size_t capacity);

/** The same of those that may be of one object, and on Linux are. */
size_t registry_list_object(registry *registry, const section_traits *traits, uint64_t after,
                            entry **ret_entries, size_t capacity);

/** Another reference, for somebody who has one. */
entry *registry_ref(entry *entry);

/** Drops a reference; the last one closes the section, here unless that may wait for a disk. NULL is fine. */
void registry_unref(entry *entry);

/** The same, and closes here whatever it is: for a thread that may wait for this section. */
void registry_unref_here(entry *entry);

/** The same for a thread that must not block: closing happens on the pool, or in a lane. */
void registry_unref_later(entry *entry, struct workers *workers);

/** The lane of what waits for this section. */
uint64_t entry_lane(const entry *entry);

/** A copy of the label, NULL for none; the caller frees it. */
char *registry_copy_label(registry *registry, const entry *entry);

/** Sets the label, taken over; NULL for none. */
void registry_set_label(registry *registry, entry *entry, char *label);

/** A copy of the name of its layout, NULL for none; the caller frees it. */
char *registry_copy_layout(registry *registry, const entry *entry);

/** Sets the name of its layout, taken over; NULL for none. */
void registry_set_layout(registry *registry, entry *entry, char *layout);

/** Whether a section has the layout of this name. */
bool registry_uses_layout(registry *registry, const char *layout);

/** Sets the time to live, from now on. */
void registry_set_ttl(registry *registry, entry *entry, uint64_t ttl_s);

/**
 * The same for what was opened in passing: once it is orphaned, use does not extend its time any
 * more, so that repeated requests for the name do not keep a dead object.
 */
void registry_set_passing(registry *registry, entry *entry, uint64_t ttl_s);

/**
 * Closes what has outlived its `ttl_s` at `now_ms` (monotonic), unless it is protected or in use.
 * @return when to look again at the latest; INT64_MAX: not before a time to live is set.
 */
int64_t registry_expire(registry *registry, int64_t now_ms);

/** Does that whenever it is time, until `registry_stop_sweeping`: on a thread of its own. */
void registry_sweep(registry *registry);
void registry_stop_sweeping(registry *registry);

/** Notes that it was in use until now. */
void entry_note_use(entry *entry);

/** Counts what was moved. */
void entry_note_read(entry *entry, uint64_t bytes);
void entry_note_write(entry *entry, uint64_t bytes);

/** Its bytes may have been changed: whoever watches is told. */
void entry_note_store(const entry *entry);

/** Bytes of the views of all sections held. */
uint64_t registry_mapped_bytes(registry *registry);

/** The present numbers of sections and bytes. */
void registry_usage(registry *registry, uint64_t *ret_sections, uint64_t *ret_bytes);

#endif
