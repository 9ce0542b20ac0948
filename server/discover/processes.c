#include <section/process.h>

#include "api/json_list.h"
#include "api/parameters.h"
#include "discover/discover.h"
#include "encode/names.h"

static const parameter processes_parameters[] = {
    WORD("name", "only programs of this name, whatever their case"),
    FLAG("sharing", "1: only those that hold sections, with how many, command line and user"),
    END,
};

/** The filters of the query, and the processes found so far. */
typedef struct process_query {
    const char *name; /* NULL: all */
    json_list found;
    bool full;
} process_query;

static cJSON *describe_process(const process_entry *process)
{
    cJSON *object = cJSON_CreateObject();
    json_add_number(object, "pid", process->pid);
    cJSON_AddStringToObject(object, "name", process->name);
    json_add_number(object, "parent_pid", process->parent_pid);
    return object;
}

static bool add_process(void *context, const process_entry *process)
{
    process_query *query = context;
    if (query->name != NULL && !discover_equals(query->name, process->name)) {
        return true;
    }
    return json_list_add(&query->found, describe_process(process));
}

static bool add_sharer(void *context, const process_sharer *found)
{
    process_query *query = context;
    if (query->name != NULL && !discover_equals(query->name, found->process->name)) {
        return true;
    }
    query->full = query->found.used_bytes > DISCOVER_ANSWER_BYTES_MAX;
    if (query->full) {
        return false;
    }
    cJSON *object = describe_process(found->process);
    json_add_number(object, "sections", found->section_count);
    json_add_text(object, "command", found->command);
    json_add_text(object, "user", found->user);
    return json_list_add(&query->found, object);
}

typedef struct processes_order {
    const char *name;
    bool sharing;
} processes_order;

static section_status processes_plan(const request *request, plan *plan, section_error *ret_error)
{
    processes_order *order = PLAN_ORDER(plan, processes_order);
    (void)ret_error;
    order->name = request_parameter(request, "name");
    if (request_flag(request, "sharing", &order->sharing) && order->sharing) {
        plan->cost = COST_LONG;
    }
    return SECTION_OK;
}

static section_status list_processes(const call *call, process_query *query,
                                     section_error *ret_unseen, section_error *ret_error)
{
    const processes_order *order = call->order;
    if (!order->sharing) {
        return process_list(add_process, query, ret_error);
    }
    return process_sharing(&call->means->search, add_sharer, query, ret_unseen, ret_error);
}

static section_status processes_get(call *call, reply *reply, section_error *ret_error)
{
    const processes_order *order = call->order;
    process_query query = {.name = order->name, .found = {.name = "processes"}};
    section_error unseen = {0};
    section_status status = list_processes(call, &query, &unseen, ret_error);
    if (status != SECTION_OK) {
        json_list_discard(&query.found);
        return status;
    }
    if (query.full) {
        (void)section_fail(&unseen, SECTION_QUOTA,
                           "there are more processes than an answer of 16 MiB lists: choose with "
                           "?name=");
    }
    return json_list_reply(&query.found, reply, order->sharing ? discover_unseen(&unseen) : NULL,
                           ret_error);
}

HANDLER(list_processes) = {
    .parameters = processes_parameters,
    .plan = processes_plan,
    .execute = processes_get,
};

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

static void add_memory(cJSON *object, const process_section *found)
{
    json_add_number_or_null(object, "size", found->described, found->size_bytes);
    cJSON_AddBoolToObject(object, "size_exact", found->described && found->size_exact);
    json_add_text(object, "name", found->name);
    json_add_text(object, "scope", found->has_scope ? section_json_scopes[found->scope] : NULL);
    if (found->is_elsewhere) {
        json_add_text(object, "namespace", "other");
    }
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
    query->full = query->found.used_bytes > DISCOVER_ANSWER_BYTES_MAX;
    if (query->full) {
        return false;
    }
    const uint64_t own = find_own(query->registry, found);
    cJSON *object = cJSON_CreateObject();
    json_add_number(object, "index", found->index);
    discover_add_place(object, found);
    add_memory(object, found);
    json_add_number_or_null(object, "handle_count", found->handle_count >= 0,
                            (uint64_t)found->handle_count);
    json_add_number_or_null(object, "id", own != 0, own);
    return json_list_add(&query->found, object);
}

typedef struct sections_order {
    uint32_t pid;
} sections_order;

static section_status process_sections_plan(const request *request, plan *plan,
                                            section_error *ret_error)
{
    uint64_t pid;
    if (!parse_decimal(request->segments[2], &pid) || pid > UINT32_MAX) {
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "'%.40s' is no process; GET /v1/processes lists them",
                            request->segments[2]);
    }
    PLAN_ORDER(plan, sections_order)->pid = (uint32_t)pid;
    return SECTION_OK;
}

static section_status process_sections_get(call *call, reply *reply, section_error *ret_error)
{
    const sections_order *order = call->order;
    section_query query = {.registry = call->means->registry, .found = {.name = "sections"}};
    section_error unseen;
    process_search search = call->means->search;
    search.pid = order->pid;
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
    return json_list_reply(&query.found, reply, discover_unseen(&unseen), ret_error);
}

HANDLER(list_process_sections) = {
    .plan = process_sections_plan,
    .execute = process_sections_get,
};
