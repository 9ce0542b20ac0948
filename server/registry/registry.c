#include "registry/private.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform.h"

registry *registry_new(registry_limits limits, journal *journal)
{
    registry *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    pthread_mutex_init(&self->lock, NULL);
    pthread_mutex_init(&self->joining, NULL);
    pthread_cond_init(&self->changed, NULL);
    self->limits = limits;
    self->journal = journal;
    return self;
}

void registry_free(registry *registry)
{
    if (registry == NULL) {
        return;
    }
    pthread_cond_destroy(&registry->changed);
    pthread_mutex_destroy(&registry->joining);
    pthread_mutex_destroy(&registry->lock);
    free(registry);
}

section_status registry_reserve(registry *registry, uint64_t committed_bytes,
                                reservation *ret_reservation, section_error *ret_error)
{
    const registry_limits *limits = &registry->limits;
    section_status status = SECTION_OK;
    pthread_mutex_lock(&registry->lock);
    if (registry->sections >= limits->sections) {
        status = section_fail(ret_error, SECTION_QUOTA,
                              "we hold %llu sections, as many as --max-sections allows; close some",
                              (unsigned long long)registry->sections);
    } else if (committed_bytes > limits->section_bytes) {
        status = section_fail(ret_error, SECTION_QUOTA,
                              "--max-section-bytes allows %llu bytes a section",
                              (unsigned long long)limits->section_bytes);
    } else if (registry->bytes > limits->total_bytes ||
               committed_bytes > limits->total_bytes - registry->bytes) {
        status = section_fail(ret_error, SECTION_QUOTA,
                              "our sections have %llu bytes, --max-total-bytes allows %llu in all",
                              (unsigned long long)registry->bytes,
                              (unsigned long long)limits->total_bytes);
    } else {
        registry->sections++;
        registry->bytes += committed_bytes;
        ret_reservation->bytes = committed_bytes;
    }
    pthread_mutex_unlock(&registry->lock);
    return status;
}

static void give_back(registry *registry, uint64_t sections, uint64_t bytes)
{
    pthread_mutex_lock(&registry->lock);
    registry->sections -= sections;
    registry->bytes -= bytes;
    pthread_mutex_unlock(&registry->lock);
}

section_status registry_extend(registry *registry, reservation *reservation, uint64_t more_bytes,
                               section_error *ret_error)
{
    struct reservation more = {0};
    section_status status = registry_reserve(registry, more_bytes, &more, ret_error);
    if (status == SECTION_OK) {
        give_back(registry, 1, 0); /* the place is taken already */
        reservation->bytes += more.bytes;
    }
    return status;
}

void registry_cancel(registry *registry, reservation reservation)
{
    give_back(registry, 1, reservation.bytes);
}

/* "Our last id on it": while another id holds the object, its name stays, and becomes that one's. */
static void pass_name_on(registry *registry, entry *leaving)
{
    bool passed = !section_owns_name(leaving->section);
    pthread_mutex_lock(&registry->lock);
    for (entry *each = registry->by_id; each != NULL && !passed; each = each->hh.next) {
        passed = section_pass_name(leaving->section, each->section);
    }
    pthread_mutex_unlock(&registry->lock);
}

static void close_entry(entry *entry)
{
    registry *registry = entry->registry;
    const uint64_t bytes = entry->committed_bytes;
    const uint64_t mapped_bytes = section_length(entry->section);
    pass_name_on(registry, entry);
    if (section_owns_name(entry->section)) {
        const section_name name = *entry->name; /* the section's own, which is about to go */
        const section_info info = {.name = &name, .object = {entry->object[0], entry->object[1]}};
        section_close(entry->section);
        journal_remove(registry->journal, &info);
    } else {
        section_close(entry->section);
    }
    free(entry->label);
    free(entry);
    pthread_mutex_lock(&registry->lock);
    registry->mapped_bytes -= mapped_bytes;
    pthread_mutex_unlock(&registry->lock);
    give_back(registry, 1, bytes);
}

/*
 * Each id has a handle and a view of its own; where two lead to one object, they share the lock
 * that keeps reads and writes whole.
 */
static void join_object(registry *registry, entry *new)
{
    enum { PAGE = 64 };
    entry *others[PAGE];
    size_t count = PAGE;
    uint64_t after = 0;
    bool joined = false;
    while (count == PAGE && !joined) {
        count = registry_list(registry, after, NULL, NULL, others, PAGE);
        for (size_t i = 0; i < count; i++) {
            joined = joined || section_share_lock(new->section, others[i]->section);
            after = others[i]->id;
            registry_unref(others[i]);
        }
    }
}

section_status registry_add(registry *registry, reservation reservation, bool charged,
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
        registry_cancel(registry, reservation);
        return status;
    }
    if (!charged) {
        give_back(registry, 0, reservation.bytes);
    }
    new->section = section;
    new->name = info.name;
    new->object[0] = info.object[0];
    new->object[1] = info.object[1];
    new->origin = info.origin;
    new->committed_bytes = charged ? reservation.bytes : 0;
    new->created_at_ms = platform_wall_clock_ms();
    new->created_ms = platform_monotonic_ms();
    new->label = label_copy;
    new->registry = registry;
    atomic_init(&new->last_used_at_ms, new->created_ms);
    atomic_init(&new->references, 2); /* the registry's and the caller's */
    if (section_owns_name(section)) {
        journal_add(registry->journal, &info);
    }
    pthread_mutex_lock(&registry->joining);
    join_object(registry, new);
    pthread_mutex_lock(&registry->lock);
    new->id = ++registry->last_id;
    HASH_ADD(hh, registry->by_id, id, sizeof new->id, new);
    registry->mapped_bytes += section_length(section);
    pthread_mutex_unlock(&registry->lock);
    pthread_mutex_unlock(&registry->joining);
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

entry *registry_find(registry *registry, uint64_t id)
{
    entry *found;
    pthread_mutex_lock(&registry->lock);
    HASH_FIND(hh, registry->by_id, &id, sizeof id, found);
    registry_ref(found);
    pthread_mutex_unlock(&registry->lock);
    return found;
}

entry *registry_find_name(registry *registry, const section_name *name, bool exact_scope)
{
    entry *other_scope = NULL;
    entry *found = NULL;
    pthread_mutex_lock(&registry->lock);
    for (entry *each = registry->by_id; each != NULL && found == NULL; each = each->hh.next) {
        if (each->name == NULL || strcmp(each->name->text, name->text) != 0) {
            continue;
        }
        if (each->name->scope == name->scope) {
            found = each;
        } else if (!exact_scope && other_scope == NULL) {
            other_scope = each;
        }
    }
    found = registry_ref(found != NULL ? found : other_scope);
    pthread_mutex_unlock(&registry->lock);
    return found;
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
    struct entry *found;
    pthread_mutex_lock(&registry->lock);
    HASH_FIND(hh, registry->by_id, &entry->id, sizeof entry->id, found);
    if (found != NULL) {
        HASH_DELETE(hh, registry->by_id, found);
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
    while (registry_list(registry, 0, NULL, NULL, &each, 1) == 1) {
        (void)registry_remove(registry, each);
        registry_unref(each);
    }
}

size_t registry_list(registry *registry, uint64_t after,
                     bool (*wanted)(void *context, const entry *), void *context,
                     entry **ret_entries, size_t capacity)
{
    size_t count = 0;
    pthread_mutex_lock(&registry->lock);
    for (entry *each = registry->by_id; each != NULL && count < capacity; each = each->hh.next) {
        if (each->id > after && (wanted == NULL || wanted(context, each))) {
            ret_entries[count++] = registry_ref(each);
        }
    }
    pthread_mutex_unlock(&registry->lock);
    return count;
}

static bool drop(entry *entry)
{
    return entry != NULL &&
           atomic_fetch_sub_explicit(&entry->references, 1, memory_order_acq_rel) == 1;
}

void registry_unref(entry *entry)
{
    if (drop(entry)) {
        close_entry(entry);
    }
}

static void close_on_worker(job *job)
{
    close_entry((entry *)((char *)job - offsetof(entry, closing)));
}

void registry_unref_later(entry *entry, workers *workers)
{
    if (drop(entry)) {
        entry->closing.run = close_on_worker;
        workers_submit(workers, &entry->closing);
    }
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
    tell(entry);
}

uint64_t registry_mapped_bytes(registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    const uint64_t bytes = registry->mapped_bytes;
    pthread_mutex_unlock(&registry->lock);
    return bytes;
}

void registry_usage(registry *registry, uint64_t *ret_sections, uint64_t *ret_bytes)
{
    pthread_mutex_lock(&registry->lock);
    *ret_sections = registry->sections;
    *ret_bytes = registry->bytes;
    pthread_mutex_unlock(&registry->lock);
}
