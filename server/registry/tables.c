#include <section/naming.h>
#include <stdlib.h>
#include <string.h>

#include "registry/private.h"

/*
 * The tables in which entries are found. Each entry is in `by_id`, in the list of its origin, in
 * the group of its object and, if it has a name, in the group of its name. Groups keep their
 * entries in the order of ids, so that any of them can be listed page by page.
 */

/** The key of an object's group. */
typedef struct object_key {
    uint64_t words[SECTION_TRAIT_WORDS];
    uint64_t is_only; /* these need no comparison with each other */
} object_key;

static object_key key_of_object(const section_traits *traits, bool is_only)
{
    return (object_key){{traits->words[0], traits->words[1]}, is_only};
}

/* A name as bytes: its scope, then its text. */
static size_t name_key(section_scope scope, const char *text,
                       unsigned char ret_key[1 + SECTION_NAME_BYTES_MAX])
{
    const size_t length = strlen(text);
    ret_key[0] = (unsigned char)scope;
    memcpy(ret_key + 1, text, length);
    return 1 + length;
}

static id_group *find_group(id_group *const *table, const void *key, size_t key_bytes)
{
    id_group *found;
    HASH_FIND(hh, *table, key, key_bytes, found);
    return found;
}

static void drop_if_empty(id_group **table, id_group *group)
{
    if (group != NULL && group->ids.count == 0) {
        HASH_DELETE(hh, *table, group);
        id_list_free(&group->ids);
        free(group);
    }
}

/* The group of a key, made if need be, with room for one more; NULL where memory runs out. */
static id_group *reserve_group(id_group **table, const void *key, size_t key_bytes)
{
    id_group *group = find_group(table, key, key_bytes);
    if (group == NULL) {
        group = calloc(1, sizeof *group + key_bytes);
        if (group == NULL) {
            return NULL;
        }
        memcpy(group->key, key, key_bytes);
        HASH_ADD_KEYPTR(hh, *table, group->key, key_bytes, group);
        if (group->hh.tbl == NULL) {
            free(group);
            return NULL;
        }
    }
    if (!id_list_reserve(&group->ids)) {
        drop_if_empty(table, group);
        return NULL;
    }
    return group;
}

static bool reserve_groups(registry *registry, entry *entry)
{
    const object_key object = key_of_object(&entry->traits, entry->traits.is_only);
    unsigned char key[1 + SECTION_NAME_BYTES_MAX];
    entry->same_object = reserve_group(&registry->by_object, &object, sizeof object);
    if (entry->same_object == NULL) {
        return false;
    }
    if (entry->name == NULL) {
        return true;
    }
    const size_t key_bytes = name_key(entry->name->scope, entry->name->text, key);
    entry->same_name = reserve_group(&registry->by_name, key, key_bytes);
    if (entry->same_name == NULL) {
        drop_if_empty(&registry->by_object, entry->same_object);
        return false;
    }
    return true;
}

/* Ids are counted, so neighbours lie in neighbouring buckets: no hash is better, and none is cheaper. */
static unsigned hash_of_id(uint64_t id)
{
    return (unsigned)id;
}

bool tables_add(registry *registry, entry *entry)
{
    id_list *const same_origin = &registry->by_origin[entry->origin];
    if (!id_list_reserve(same_origin) || !sweep_reserve(registry) ||
        !reserve_groups(registry, entry)) {
        return false;
    }
    entry->id = registry->last_id + 1;
    HASH_ADD_BYHASHVALUE(hh, registry->by_id, id, sizeof entry->id, hash_of_id(entry->id), entry);
    if (entry->hh.tbl == NULL) {
        drop_if_empty(&registry->by_object, entry->same_object);
        drop_if_empty(&registry->by_name, entry->same_name);
        return false;
    }
    registry->last_id = entry->id;
    id_list_append(same_origin, entry->id, entry);
    id_list_append(&entry->same_object->ids, entry->id, entry);
    if (entry->same_name != NULL) {
        id_list_append(&entry->same_name->ids, entry->id, entry);
    }
    return true;
}

void tables_remove(registry *registry, entry *entry)
{
    HASH_DELETE(hh, registry->by_id, entry);
    id_list_remove(&registry->by_origin[entry->origin], entry->id);
    id_list_remove(&entry->same_object->ids, entry->id);
    drop_if_empty(&registry->by_object, entry->same_object);
    if (entry->same_name != NULL) {
        id_list_remove(&entry->same_name->ids, entry->id);
        drop_if_empty(&registry->by_name, entry->same_name);
    }
    sweep_forget(registry, entry);
    entry->same_object = NULL;
    entry->same_name = NULL;
}

entry *tables_find(registry *registry, uint64_t id)
{
    entry *found;
    HASH_FIND_BYHASHVALUE(hh, registry->by_id, &id, sizeof id, hash_of_id(id), found);
    return found;
}

entry *registry_find(registry *registry, uint64_t id)
{
    pthread_mutex_lock(&registry->lock);
    entry *found = registry_ref(tables_find(registry, id));
    pthread_mutex_unlock(&registry->lock);
    return found;
}

/* The entries of a name; NULL where there are none. */
static id_list *find_name(const registry *registry, section_scope scope, const char *text)
{
    unsigned char key[1 + SECTION_NAME_BYTES_MAX];
    const size_t key_bytes = name_key(scope, text, key);
    id_group *group = find_group(&registry->by_name, key, key_bytes);
    return group != NULL ? &group->ids : NULL;
}

static section_scope other_scope(section_scope scope)
{
    return scope == SECTION_SCOPE_LOCAL ? SECTION_SCOPE_GLOBAL : SECTION_SCOPE_LOCAL;
}

static bool has_name(const entry *entry, const section_name *name, bool exact_scope)
{
    return entry->name != NULL && strcmp(entry->name->text, name->text) == 0 &&
           (!exact_scope || entry->name->scope == name->scope);
}

/* The newest id of an object under a name; NULL. An object has one name, as a rule. */
static entry *last_of_object(const registry *registry, const section_traits *traits,
                             const section_name *name, bool exact_scope)
{
    const id_list *ids = tables_of_object(registry, traits, false);
    for (size_t at = ids != NULL ? ids->used : 0; at > 0; at--) {
        entry *each = ids->slots[at - 1].entry;
        if (each != NULL && has_name(each, name, exact_scope)) {
            return each;
        }
    }
    return NULL;
}

/* The newest id of a name; NULL. */
static entry *last_of_name(const registry *registry, const section_name *name, bool exact_scope)
{
    const id_list *same = find_name(registry, name->scope, name->text);
    if (same == NULL && !exact_scope) {
        same = find_name(registry, other_scope(name->scope), name->text);
    }
    return same != NULL ? id_list_last(same) : NULL;
}

entry *registry_find_name(registry *registry, const section_name *name, bool exact_scope)
{
    section_traits traits;
    const section_status status = section_find_named(name, &traits, NULL);
    if (status != SECTION_OK && status != SECTION_UNSUPPORTED) {
        return NULL;
    }
    pthread_mutex_lock(&registry->lock);
    entry *found =
        registry_ref(status == SECTION_OK ? last_of_object(registry, &traits, name, exact_scope)
                                          : last_of_name(registry, name, exact_scope));
    pthread_mutex_unlock(&registry->lock);
    return found;
}

id_list *tables_of_object(const registry *registry, const section_traits *traits, bool is_only)
{
    const object_key key = key_of_object(traits, is_only);
    id_group *group = find_group(&registry->by_object, &key, sizeof key);
    return group != NULL ? &group->ids : NULL;
}

enum { LISTS_MAX = ORIGINS };

/** Some lists, gone through as one. */
typedef struct merge {
    id_list *lists[LISTS_MAX];
    size_t positions[LISTS_MAX];
    unsigned count;
} merge;

/* Adds a list, NULL for an empty one. */
static void merge_add(merge *merge, id_list *list, uint64_t after)
{
    if (list != NULL) {
        merge->lists[merge->count] = list;
        merge->positions[merge->count++] = id_list_above(list, after);
    }
}

/* The entry with the lowest id that has not been returned yet; NULL at the end. */
static entry *merge_next(merge *merge)
{
    const id_slot *lowest = NULL;
    unsigned which = 0;
    for (unsigned i = 0; i < merge->count; i++) {
        const id_list *list = merge->lists[i];
        const id_slot *slot = list->slots + merge->positions[i];
        if (merge->positions[i] < list->used && (lowest == NULL || slot->id < lowest->id)) {
            lowest = slot;
            which = i;
        }
    }
    if (lowest == NULL) {
        return NULL;
    }
    entry *entry = lowest->entry;
    merge->positions[which] = id_list_next(merge->lists[which], merge->positions[which]);
    return entry;
}

/* The next of them, each with a reference; of one origin, or, where that is NULL, of any. */
static size_t take_page(merge *merge, const section_origin *origin, entry **ret_entries,
                        size_t capacity)
{
    entry *each;
    size_t count = 0;
    while (count < capacity && (each = merge_next(merge)) != NULL) {
        if (origin == NULL || each->origin == *origin) {
            ret_entries[count++] = registry_ref(each);
        }
    }
    return count;
}

size_t registry_list(registry *registry, uint64_t after, const registry_filter *filter,
                     entry **ret_entries, size_t capacity)
{
    const section_name *name = filter != NULL ? filter->name : NULL;
    const section_origin *origin = filter != NULL ? filter->origin : NULL;
    merge merge = {.count = 0};
    pthread_mutex_lock(&registry->lock);
    for (unsigned i = 0; i < ORIGINS && name == NULL; i++) {
        if (origin == NULL || *origin == i) {
            merge_add(&merge, &registry->by_origin[i], after);
        }
    }
    if (name != NULL) {
        merge_add(&merge, find_name(registry, name->scope, name->text), after);
    }
    if (name != NULL && !filter->exact_scope) {
        merge_add(&merge, find_name(registry, other_scope(name->scope), name->text), after);
    }
    const size_t count = take_page(&merge, origin, ret_entries, capacity);
    pthread_mutex_unlock(&registry->lock);
    return count;
}

size_t tables_list_object(registry *registry, const section_traits *traits, bool with_only,
                          uint64_t after, entry **ret_entries, size_t capacity)
{
    merge merge = {.count = 0};
    pthread_mutex_lock(&registry->lock);
    merge_add(&merge, tables_of_object(registry, traits, false), after);
    if (with_only) {
        merge_add(&merge, tables_of_object(registry, traits, true), after);
    }
    const size_t count = take_page(&merge, NULL, ret_entries, capacity);
    pthread_mutex_unlock(&registry->lock);
    return count;
}

size_t registry_list_object(registry *registry, const section_traits *traits, uint64_t after,
                            entry **ret_entries, size_t capacity)
{
    return tables_list_object(registry, traits, true, after, ret_entries, capacity);
}
