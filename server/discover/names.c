#include <section/namespace.h>
#include <stdlib.h>
#include <string.h>

#include "api/json_list.h"
#include "api/parameters.h"
#include "discover/discover.h"
#include "encode/names.h"

/* The index is a section_scope. */
static const char *const scope_names[] = {"local", "global", NULL};

static const parameter names_parameters[] = {
    CHOICE("scope", scope_names, "only those of this scope"),
    WORD("prefix", "only those that begin so"),
    WORD("contains", "only those with this in them, whatever the case of A to Z"),
    FLAG("holders", "1: with who else has each of them"),
    END,
};

/** A name that was found. */
typedef struct found_name {
    char *name;
    section_scope scope;
    bool scoped;
    bool size_known;
    uint64_t size_bytes;
    uint64_t id; /* 0: not ours */
    uint64_t object[2];
    cJSON *holders; /* NULL: none */
} found_name;

/** The filters of the query, and the names found so far. */
typedef struct name_query {
    registry *registry;
    const char *prefix;   /* NULL: all */
    const char *contains; /* NULL: all */
    found_name *rows;
    size_t count;
    size_t capacity;
    uint64_t answer_bytes; /* about */
    bool full;
    bool failed; /* memory ran out */
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

static bool is_asked_for(const name_query *query, const char *name)
{
    return (query->prefix == NULL || strncmp(name, query->prefix, strlen(query->prefix)) == 0) &&
           (query->contains == NULL || discover_contains(name, query->contains));
}

static found_name *add_row(name_query *query)
{
    if (query->count == query->capacity) {
        const size_t capacity = query->capacity == 0 ? 64 : query->capacity * 2;
        found_name *rows = realloc(query->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            query->failed = true;
            return NULL;
        }
        query->rows = rows;
        query->capacity = capacity;
    }
    found_name *row = &query->rows[query->count];
    memset(row, 0, sizeof *row);
    return row;
}

static bool take_room(name_query *query, uint64_t bytes)
{
    query->answer_bytes += bytes;
    query->full = query->answer_bytes > DISCOVER_ANSWER_BYTES_MAX;
    return !query->full;
}

static bool add_name(void *context, const namespace_entry *found)
{
    enum { ROW_BYTES = 64 };
    name_query *query = context;
    if (!is_asked_for(query, found->name->text)) {
        return true;
    }
    if (!take_room(query, strlen(found->name->text) + ROW_BYTES)) {
        return false;
    }
    found_name *row = add_row(query);
    char *name = row != NULL ? strdup(found->name->text) : NULL;
    query->failed = name == NULL;
    if (query->failed) {
        return false;
    }
    entry *own = find_named(query->registry, found);
    row->name = name;
    row->scope = found->name->scope;
    /* On a platform where objects have identities there is one namespace only. */
    row->scoped = found->object[0] == 0 && found->object[1] == 0;
    row->size_known = found->size_known;
    row->size_bytes = found->size_bytes;
    row->id = own != NULL ? own->id : 0;
    memcpy(row->object, found->object, sizeof row->object);
    query->count++;
    registry_unref(own);
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    const found_name *x = a;
    const found_name *y = b;
    const int order = strcmp(x->name, y->name);
    return order != 0 ? order : (int)x->scope - (int)y->scope;
}

static bool is_held(const found_name *row, const process_section *found)
{
    if (!row->scoped) {
        return row->object[0] == found->object[0] && row->object[1] == found->object[1];
    }
    return found->has_scope && found->scope == row->scope && strcmp(found->name, row->name) == 0;
}

/* An object may have several names on Linux: each of them is told who holds it. */
static bool add_holder_of(void *context, const process_entry *process, const process_section *found)
{
    enum { HOLDER_BYTES = 128 };
    name_query *query = context;
    for (size_t i = 0; i < query->count; i++) {
        found_name *row = &query->rows[i];
        if (!is_held(row, found)) {
            continue;
        }
        if (!take_room(query, HOLDER_BYTES)) {
            return false;
        }
        row->holders = row->holders != NULL ? row->holders : cJSON_CreateArray();
        cJSON_AddItemToArray(row->holders, discover_holder(process, found));
    }
    return true;
}

/* The row as it is answered, with what it owns. */
static cJSON *take_row(found_name *row, bool with_holders)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", row->name);
    json_add_text(object, "scope", row->scoped ? section_json_scopes[row->scope] : NULL);
    json_add_number_or_null(object, "size", row->size_known, row->size_bytes);
    json_add_number_or_null(object, "id", row->id != 0, row->id);
    if (with_holders) {
        cJSON_AddItemToObject(object, "holders",
                              row->holders != NULL ? row->holders : cJSON_CreateArray());
        row->holders = NULL;
    }
    return object;
}

static void cleanup_query(const name_query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        free(query->rows[i].name);
        cJSON_Delete(query->rows[i].holders);
    }
    free(query->rows);
}

typedef struct names_order {
    bool has_scope;
    int scope; /* section_scope */
    const char *prefix;
    const char *contains;
    bool with_holders;
} names_order;

static section_status names_plan(const request *request, plan *plan, section_error *ret_error)
{
    names_order *order = PLAN_ORDER(plan, names_order);
    (void)ret_error;
    order->has_scope = request_choice(request, "scope", scope_names, &order->scope);
    order->prefix = request_parameter(request, "prefix");
    order->contains = request_parameter(request, "contains");
    if (request_flag(request, "holders", &order->with_holders) && order->with_holders) {
        plan->cost = COST_LONG;
    }
    return SECTION_OK;
}

/*
 * Searches both scopes, unless the query names one. On a platform with one scope the second search
 * finds nothing.
 */
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

static section_status find_names(const call *call, const names_order *order, name_query *query,
                                 section_error *ret_unseen, section_error *ret_error)
{
    section_status status = list_names(order, query, ret_error);
    if (status == SECTION_OK && order->with_holders && query->count > 0 && !query->full) {
        const process_search search = {.debug_privilege = call->means->search.debug_privilege};
        status = namespace_holders(&search, add_holder_of, query, ret_unseen, ret_error);
    }
    if (status == SECTION_OK && query->failed) {
        status = section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the list");
    }
    if (status == SECTION_OK && query->full) {
        status = section_fail(ret_error, SECTION_QUOTA,
                              "there are more names than an answer of 16 MiB lists: choose with "
                              "?prefix= or ?contains=");
    }
    return status;
}

static section_status names_get(call *call, reply *reply, section_error *ret_error)
{
    const names_order *order = call->order;
    __attribute__((cleanup(cleanup_query))) name_query query = {
        .registry = call->means->registry, .prefix = order->prefix, .contains = order->contains};
    json_list list = {.name = "sections"};
    section_error unseen = {0};
    section_status status = find_names(call, order, &query, &unseen, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (query.count > 0) {
        qsort(query.rows, query.count, sizeof query.rows[0], compare_rows);
    }
    for (size_t i = 0; i < query.count; i++) {
        (void)json_list_add(&list, take_row(&query.rows[i], order->with_holders));
    }
    return json_list_reply(&list, reply, order->with_holders ? discover_unseen(&unseen) : NULL,
                           ret_error);
}

HANDLER(list_names) = {
    .parameters = names_parameters,
    .plan = names_plan,
    .execute = names_get,
};
