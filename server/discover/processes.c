#include <section/namespace.h>
#include <section/process.h>
#include <stdio.h>
#include <string.h>

#include "api/handlers.h"
#include "api/json_list.h"
#include "api/server.h"

/** Which processes are asked for, and what was found of them. */
typedef struct process_query {
    const char *name; /* NULL: all */
    json_list found;
} process_query;

/* Windows' file names know no case; nobody is hurt by that on Linux. */
static bool equals_without_case(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        const char x = *a >= 'A' && *a <= 'Z' ? (char)(*a | 0x20) : *a;
        const char y = *b >= 'A' && *b <= 'Z' ? (char)(*b | 0x20) : *b;
        if (x != y) {
            return false;
        }
        a++;
        b++;
    }
    return *a == *b;
}

static bool add_process(void *context, const process_entry *process)
{
    process_query *query = context;
    if (query->name != NULL && !equals_without_case(query->name, process->name)) {
        return true;
    }
    cJSON *object = cJSON_CreateObject();
    json_add_number(object, "pid", process->pid);
    cJSON_AddStringToObject(object, "name", process->name);
    json_add_number(object, "parent_pid", process->parent_pid);
    return json_list_add(&query->found, object);
}

section_status discover_processes(request *request, reply *reply, section_error *ret_error)
{
    process_query query = {.name = request_parameter(request, "name"),
                           .found = {.name = "processes"}};
    section_status status = process_list(add_process, &query, ret_error);
    if (status != SECTION_OK) {
        json_list_discard(&query.found);
        return status;
    }
    return json_list_reply(&query.found, reply, NULL, ret_error);
}

/* Nobody reads more, and who fills a process or the namespace shall not fill our memory. */
enum { ANSWER_BYTES_MAX = 16 * 1024 * 1024 };

/** A search that becomes a list. */
typedef struct section_query {
    registry *registry;
    json_list found;
    bool full;
} section_query;

/* A page of ours that may be the object: of its traits or, where those are not known, of all. */
static size_t list_candidates(registry *registry, const process_section *found, uint64_t after,
                              entry **ret_entries, size_t capacity)
{
    section_traits traits;
    if (process_section_find_traits(found, &traits)) {
        return registry_list_object(registry, &traits, after, ret_entries, capacity);
    }
    return registry_list(registry, after, NULL, ret_entries, capacity);
}

/* The lowest id of ours that is the object; 0: none. */
static uint64_t find_own(registry *registry, const process_section *found)
{
    enum { PAGE = 64 };
    entry *entries[PAGE];
    uint64_t own = 0;
    uint64_t after = 0;
    size_t count = PAGE;
    while (count == PAGE && own == 0) {
        count = list_candidates(registry, found, after, entries, PAGE);
        for (size_t i = 0; i < count; i++) {
            if (own == 0 && process_section_is(found, entries[i]->section)) {
                own = entries[i]->id;
            }
            after = entries[i]->id;
            registry_unref(entries[i]);
        }
    }
    return own;
}

static void add_number_or_null(cJSON *object, const char *key, bool known, uint64_t number)
{
    if (known) {
        json_add_number(object, key, number);
    } else {
        cJSON_AddNullToObject(object, key);
    }
}

static void add_place(cJSON *object, const process_section *found)
{
    json_add_number(object, "index", found->index);
    if (found->has_handle) {
        json_add_handle(object, "handle", found->handle);
        cJSON_AddNullToObject(object, "address");
    } else {
        cJSON_AddNullToObject(object, "handle");
        json_add_handle(object, "address", found->address);
    }
}

static void add_access(cJSON *object, unsigned access)
{
    static const char *const words[] = {"read", "write", "query"}; /* by bit */
    cJSON *list = cJSON_AddArrayToObject(object, "access");
    for (unsigned i = 0; i < 3; i++) {
        if ((access & 1u << i) != 0) {
            cJSON_AddItemToArray(list, cJSON_CreateString(words[i]));
        }
    }
}

static void add_memory(cJSON *object, const process_section *found)
{
    add_number_or_null(object, "size", found->described, found->size_bytes);
    cJSON_AddBoolToObject(object, "size_exact", found->described && found->size_exact);
    json_add_text(object, "name", found->name);
    json_add_text(object, "scope", found->has_scope ? section_json_scopes[found->scope] : NULL);
    cJSON *backing = cJSON_AddObjectToObject(object, "backing");
    json_add_text(backing, "kind", found->described ? section_json_backings[found->backing] : NULL);
    json_add_text(backing, "file", found->file);
    cJSON *attributes = cJSON_AddArrayToObject(object, "attributes");
    for (size_t i = 0; found->attributes[i] != NULL; i++) {
        cJSON_AddItemToArray(attributes, cJSON_CreateString(found->attributes[i]));
    }
}

static bool add_section(void *context, const process_section *found)
{
    section_query *query = context;
    query->full = query->found.used_bytes > ANSWER_BYTES_MAX;
    if (query->full) {
        return false;
    }
    const uint64_t own = find_own(query->registry, found);
    cJSON *object = cJSON_CreateObject();
    add_place(object, found);
    add_access(object, found->access);
    add_memory(object, found);
    add_number_or_null(object, "handle_count", found->handle_count >= 0,
                       (uint64_t)found->handle_count);
    add_number_or_null(object, "id", own != 0, own);
    return json_list_add(&query->found, object);
}

section_status discover_sections(request *request, reply *reply, section_error *ret_error)
{
    if (!request->may_block) {
        return request_defer_long(request); /* for as long as the process has handles */
    }
    const options *options = request->server->options;
    section_query query = {.registry = request->server->registry, .found = {.name = "sections"}};
    section_error unseen;
    uint64_t pid;
    if (!parse_decimal(request->segments[2], &pid) || pid > UINT32_MAX) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "'%.40s' is no process; GET /v1/processes lists them",
                            request->segments[2]);
    }
    const process_search search = {
        .pid = (uint32_t)pid,
        .file_folder = options->files,
        .debug_privilege = options->debug_privilege,
    };
    section_status status = process_sections(&search, add_section, &query, &unseen, ret_error);
    if (status != SECTION_OK) {
        json_list_discard(&query.found);
        return status;
    }
    if (query.full) {
        (void)section_fail(
            &unseen, SECTION_QUOTA,
            "there are more sections than an answer of 16 MiB lists; duplicate finds "
            "them by their index all the same");
    }
    const bool partial = unseen.code != SECTION_OK;
    cJSON *rest = cJSON_CreateObject();
    cJSON_AddBoolToObject(rest, "partial", partial);
    json_add_text(rest, "reason", partial ? unseen.detail : NULL);
    return json_list_reply(&query.found, reply, rest, ret_error);
}

/** Which names are asked for, and what was found of them. */
typedef struct name_query {
    registry *registry;
    const char *prefix; /* NULL: all */
    json_list found;
    bool full;
} name_query;

/* The lowest id of ours that the name leads to, with a reference; NULL: none. */
static entry *find_named(registry *registry, const namespace_entry *found)
{
    const registry_filter named = {.name = found->name, .exact_scope = true};
    section_traits traits;
    entry *own = NULL;
    if (namespace_entry_find_traits(found, &traits)) {
        (void)registry_list_object(registry, &traits, 0, &own, 1);
    } else {
        (void)registry_list(registry, 0, &named, &own, 1);
    }
    return own;
}

static bool add_name(void *context, const namespace_entry *found)
{
    name_query *query = context;
    if (query->prefix != NULL &&
        strncmp(found->name->text, query->prefix, strlen(query->prefix)) != 0) {
        return true;
    }
    query->full = query->found.used_bytes > ANSWER_BYTES_MAX;
    if (query->full) {
        return false;
    }
    entry *own = find_named(query->registry, found);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", found->name->text);
    /* Where objects have identities, there is one namespace. */
    const bool scoped = found->object[0] == 0 && found->object[1] == 0;
    json_add_text(object, "scope", scoped ? section_json_scopes[found->name->scope] : NULL);
    add_number_or_null(object, "size", found->size_known, found->size_bytes);
    add_number_or_null(object, "id", own != NULL, own != NULL ? own->id : 0);
    registry_unref(own);
    return json_list_add(&query->found, object);
}

/* Both scopes, unless the query names one; a platform with a single one has nothing to add. */
static section_status list_names(const char *scope, name_query *query, section_error *ret_error)
{
    const bool local = scope == NULL || strcmp(scope, "local") == 0;
    const bool global = scope == NULL || strcmp(scope, "global") == 0;
    section_status status = SECTION_OK;
    if (!local && !global) {
        return section_fail(ret_error, SECTION_BAD_QUERY, "scope must be local or global");
    }
    if (local) {
        status = namespace_list(SECTION_SCOPE_LOCAL, add_name, query, ret_error);
    }
    if (status == SECTION_OK && global) {
        status = namespace_list(SECTION_SCOPE_GLOBAL, add_name, query, ret_error);
        if (status == SECTION_UNSUPPORTED && local) {
            status = SECTION_OK;
        }
    }
    return status;
}

section_status discover_names(request *request, reply *reply, section_error *ret_error)
{
    name_query query = {.registry = request->server->registry,
                        .prefix = request_parameter(request, "prefix"),
                        .found = {.name = "sections"}};
    section_status status = list_names(request_parameter(request, "scope"), &query, ret_error);
    if (status == SECTION_OK && query.full) {
        status = section_fail(ret_error, SECTION_QUOTA,
                              "there are more names than an answer of 16 MiB lists: choose with "
                              "?prefix=");
    }
    if (status != SECTION_OK) {
        json_list_discard(&query.found);
        return status;
    }
    return json_list_reply(&query.found, reply, NULL, ret_error);
}
