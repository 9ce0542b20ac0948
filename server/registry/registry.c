#include "registry/registry.h"

#include <section/commit.h>
#include <section/naming.h>
#include <stdlib.h>
#include <string.h>

#include "base/lanes.h"
#include "base/platform.h"
#include "base/workers.h"
#include "registry/private.h"

registry *registry_new(registry_limits limits, journal *journal, lanes *lanes)
{
    registry *self = calloc(1, sizeof *self);
    if (self == NULL || (self->waker = waker_new()) == NULL) {
        free(self);
        return NULL;
    }
    pthread_mutex_init(&self->lock, NULL);
    pthread_mutex_init(&self->joining, NULL);
    pthread_mutex_init(&self->naming, NULL);
    self->limits = limits;
    self->journal = journal;
    self->lanes = lanes;
    return self;
}

void registry_free(registry *registry)
{
    if (registry == NULL) {
        return;
    }
    for (int i = 0; i < ORIGINS; i++) {
        id_list_free(&registry->by_origin[i]);
    }
    free(registry->due);
    waker_free(registry->waker);
    pthread_mutex_destroy(&registry->naming);
    pthread_mutex_destroy(&registry->joining);
    pthread_mutex_destroy(&registry->lock);
    free(registry);
}

/*
 * Moves the name to another id of the object, if there is one. A name is removed only with the last
 * id that holds its object.
 */
static void pass_name_on(registry *registry, entry *leaving)
{
    bool passed = false;
    pthread_mutex_lock(&registry->lock);
    id_list *others = tables_of_object(registry, &leaving->traits, false);
    size_t at = others != NULL ? id_list_above(others, 0) : 0;
    while (others != NULL && at < others->used && !passed) {
        passed = section_pass_name(leaving->section, others->slots[at].entry->section);
        at = id_list_next(others, at);
    }
    pthread_mutex_unlock(&registry->lock);
}

/*
 * Removes a name that we made, unless another id takes it over. `naming` keeps new ids out
 * meanwhile.
 */
static void leave_name(registry *registry, entry *leaving)
{
    if (!section_owns_name(leaving->section)) {
        return;
    }
    const section_info info = {.name = leaving->name,
                               .object = {leaving->object[0], leaving->object[1]}};
    pthread_mutex_lock(&registry->naming);
    pass_name_on(registry, leaving);
    const bool is_last = section_owns_name(leaving->section);
    section_release_name(leaving->section);
    pthread_mutex_unlock(&registry->naming);
    if (is_last) {
        journal_remove(registry->journal, &info);
    }
}

static void close_entry(entry *entry)
{
    registry *registry = entry->registry;
    const uint64_t bytes = entry->committed_bytes;
    const uint64_t mapped_bytes = section_length(entry->section);
    leave_name(registry, entry);
    section_close(entry->section);
    free(entry->label);
    free(entry->layout);
    free(entry);
    pthread_mutex_lock(&registry->lock);
    registry->mapped_bytes -= mapped_bytes;
    pthread_mutex_unlock(&registry->lock);
    quota_give_back(registry, 1, bytes);
}

/*
 * Each id has its own handle and view. Ids of one object share the lock that makes their reads and
 * writes atomic.
 */
static void join_object(registry *registry, entry *new)
{
    enum { PAGE = 64 };
    entry *others[PAGE];
    size_t capacity = 1; /* where objects have identities, the first is it */
    size_t count = capacity;
    uint64_t after = 0;
    bool joined = false;
    while (count == capacity && !joined) {
        capacity = after == 0 ? 1 : PAGE;
        count = tables_list_object(registry, &new->traits, !new->traits.is_only, after, others,
                                   capacity);
        for (size_t i = 0; i < count; i++) {
            joined = joined || section_share_lock(new->section, others[i]->section);
            after = others[i]->id;
            registry_unref(others[i]);
        }
    }
}

/* An entry that is in no table yet, with the caller's reference; takes over what it is made of. */
static section_status new_entry(registry *registry, reservation reservation, bool charged,
                                section *section, const char *label, entry **ret_entry,
                                section_error *ret_error)
{
    section_info info;
    entry *new = calloc(1, sizeof *new);
    char *label_copy = label != NULL ? strdup(label) : NULL;
    section_status status = section_describe(section, &info, ret_error);
    if (new == NULL || (label != NULL && label_copy == NULL)) {
        status = section_fail(ret_error, SECTION_NO_MEMORY, "the daemon's own memory ran out");
    }
    if (status != SECTION_OK) {
        free(new);
        free(label_copy);
        section_close(section);
        quota_give_back(registry, 1, reservation.bytes);
        return status;
    }
    new->section = section;
    new->name = info.name;
    new->object[0] = info.object[0];
    new->object[1] = info.object[1];
    new->traits = section_find_traits(section);
    new->origin = info.origin;
    new->committed_bytes = charged ? reservation.bytes : 0;
    new->is_sparse = section_missing_bytes(section, 0, info.view.length_bytes) > 0;
    if (new->is_sparse) {
        section_on_commit(section, quota_commit, quota_uncommit, new);
    }
    new->created_at_ms = platform_wall_clock_ms();
    new->created_ms = platform_monotonic_ms();
    new->label = label_copy;
    new->registry = registry;
    pthread_mutex_lock(&registry->lock);
    registry->mapped_bytes +=
        section_length(section); /* until it is closed, in the tables or not */
    pthread_mutex_unlock(&registry->lock);
    atomic_init(&new->last_used_at_ms, new->created_ms);
    atomic_init(&new->references, 1);
    if (section_owns_name(section)) {
        journal_add(registry->journal, &info);
    }
    if (!charged) {
        quota_give_back(registry, 0, reservation.bytes);
    }
    *ret_entry = new;
    return SECTION_OK;
}

static section_status enter(registry *registry, entry *new, section_error *ret_error)
{
    pthread_mutex_lock(&registry->lock);
    const bool added = tables_add(registry, new);
    if (added) {
        registry_ref(new); /* the registry's own */
    }
    pthread_mutex_unlock(&registry->lock);
    return added ? SECTION_OK
                 : section_fail(ret_error, SECTION_NO_MEMORY, "the daemon's own memory ran out");
}

/* A section that was opened by name is added only if the name still leads to it. */
static section_status enter_named(registry *registry, entry *new, section_error *ret_error)
{
    pthread_mutex_lock(&registry->naming);
    const bool is_meant =
        new->origin == SECTION_DUPLICATED || section_name_leads_here(new->section);
    section_status status = is_meant ? enter(registry, new, ret_error)
                                     : section_fail(ret_error, SECTION_NOT_FOUND,
                                                    "its name was taken away while it was opened");
    pthread_mutex_unlock(&registry->naming);
    return status;
}

section_status registry_add(registry *registry, reservation reservation, bool charged,
                            section *section, const char *label, entry **ret_entry,
                            section_error *ret_error)
{
    entry *new;
    section_status status =
        new_entry(registry, reservation, charged, section, label, &new, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    pthread_mutex_lock(&registry->joining);
    join_object(registry, new);
    status = enter_named(registry, new, ret_error);
    pthread_mutex_unlock(&registry->joining);
    if (status != SECTION_OK) {
        registry_unref(new);
        return status;
    }
    *ret_entry = new;
    return SECTION_OK;
}

entry *registry_ref(entry *entry)
{
    if (entry != NULL) {
        atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
    }
    return entry;
}

void entry_note_use(entry *entry)
{
    atomic_store_explicit(&entry->last_used_at_ms, platform_monotonic_ms(), memory_order_relaxed);
}

void registry_observe(registry *registry, registry_observer *observer)
{
    atomic_store(&registry->observer, observer);
}

/* At every write: no more than two loads while nobody watches. */
static void tell(const entry *entry)
{
    registry_observer *observer =
        atomic_load_explicit(&entry->registry->observer, memory_order_acquire);
    if (observer != NULL && atomic_load_explicit(&observer->interest, memory_order_relaxed) > 0) {
        observer->touched(observer, entry);
    }
}

bool registry_remove(registry *registry, entry *entry)
{
    pthread_mutex_lock(&registry->lock);
    struct entry *found = tables_find(registry, entry->id);
    if (found != NULL) {
        tables_remove(registry, found);
    }
    pthread_mutex_unlock(&registry->lock);
    if (found != NULL) {
        atomic_store(&found->closed, true);
        tell(found);
    }
    registry_unref(found);
    return found != NULL;
}

void registry_clear(registry *registry)
{
    entry *each;
    while (registry_list(registry, 0, NULL, &each, 1) == 1) {
        (void)registry_remove(registry, each);
        registry_unref(each);
    }
}

static bool drop(entry *entry)
{
    return entry != NULL &&
           atomic_fetch_sub_explicit(&entry->references, 1, memory_order_acq_rel) == 1;
}

static void close_on_worker(job *job)
{
    close_entry((entry *)((char *)job - offsetof(entry, closing)));
}

/* Closing a file may wait for whoever serves it. */
static bool close_in_lane(entry *entry)
{
    registry *registry = entry->registry;
    if (registry->lanes == NULL || !section_may_wait_for_disk(entry->section)) {
        return false;
    }
    entry->closing.run = close_on_worker;
    lanes_submit(registry->lanes, &entry->closing, entry_lane(entry));
    return true;
}

void registry_unref_here(entry *entry)
{
    if (drop(entry)) {
        close_entry(entry);
    }
}

void registry_unref(entry *entry)
{
    if (drop(entry) && !close_in_lane(entry)) {
        close_entry(entry);
    }
}

void registry_unref_later(entry *entry, workers *workers)
{
    if (drop(entry) && !close_in_lane(entry)) {
        entry->closing.run = close_on_worker;
        workers_submit(workers, &entry->closing);
    }
}

uint64_t entry_lane(const entry *entry)
{
    return (uint64_t)(uintptr_t)section_object_key(entry->section);
}

void entry_note_read(entry *entry, uint64_t bytes)
{
    atomic_fetch_add_explicit(&entry->reads, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&entry->bytes_read, bytes, memory_order_relaxed);
}

void entry_note_write(entry *entry, uint64_t bytes)
{
    atomic_fetch_add_explicit(&entry->writes, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&entry->bytes_written, bytes, memory_order_relaxed);
}

void entry_note_store(const entry *entry)
{
    tell(entry);
}

uint64_t registry_mapped_bytes(registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    const uint64_t bytes = registry->mapped_bytes;
    pthread_mutex_unlock(&registry->lock);
    return bytes;
}
