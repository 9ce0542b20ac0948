#include <section/namespace.h>
#include <string.h>

#include "api/json_list.h"
#include "discover/discover.h"
#include "encode/names.h"

const char *const scope_names[] = {"local", "global", NULL};

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
    query->full = query->found.used_bytes > DISCOVER_ANSWER_BYTES_MAX;
    if (query->full) {
        return false;
    }
    entry *own = find_named(query->registry, found);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", found->name->text);
    /* Where objects have identities, there is one namespace. */
    const bool scoped = found->object[0] == 0 && found->object[1] == 0;
    json_add_text(object, "scope", scoped ? section_json_scopes[found->name->scope] : NULL);
    json_add_number_or_null(object, "size", found->size_known, found->size_bytes);
    json_add_number_or_null(object, "id", own != NULL, own != NULL ? own->id : 0);
    registry_unref(own);
    return json_list_add(&query->found, object);
}

typedef struct names_order {
    bool has_scope;
    int scope; /* section_scope */
    const char *prefix;
} names_order;

section_status names_plan(const request *request, plan *plan, section_error *ret_error)
{
    names_order *order = PLAN_ORDER(plan, names_order);
    (void)ret_error;
    order->has_scope = request_choice(request, "scope", scope_names, &order->scope);
    order->prefix = request_parameter(request, "prefix");
    return SECTION_OK;
}

/* Both scopes, unless the query names one; a platform with a single one has nothing to add. */
static section_status list_names(const names_order *order, name_query *query,
                                 section_error *ret_error)
{
    section_status status = SECTION_OK;
    if (!order->has_scope || order->scope == SECTION_SCOPE_LOCAL) {
        status = namespace_list(SECTION_SCOPE_LOCAL, add_name, query, ret_error);
    }
    if (status == SECTION_OK && (!order->has_scope || order->scope == SECTION_SCOPE_GLOBAL)) {
        status = namespace_list(SECTION_SCOPE_GLOBAL, add_name, query, ret_error);
        if (status == SECTION_UNSUPPORTED && !order->has_scope) {
            status = SECTION_OK;
        }
    }
    return status;
}

section_status names_get(call *call, reply *reply, section_error *ret_error)
{
    const names_order *order = call->order;
    name_query query = {
        .registry = call->registry, .prefix = order->prefix, .found = {.name = "sections"}};
    section_status status = list_names(order, &query, ret_error);
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
