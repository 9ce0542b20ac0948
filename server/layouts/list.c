#include <stdio.h>
#include <stdlib.h>

#include "api/json_list.h"
#include "api/parameters.h"
#include "layouts/routes.h"

/* The layouts that there are, by name, page by page. */

enum { LIST_LIMIT = 100 };

typedef struct list_order {
    uint64_t limit;
    const char *after; /* "": from the first */
} list_order;

static const parameter list_parameters[] = {
    NUMBER("limit", 1, LAYOUT_LIST_MAX, SECTION_BAD_QUERY, "how many, 100 without it"),
    WORD("after", "only names above this one"),
    END,
};

static section_status list_plan(const request *request, plan *plan, section_error *ret_error)
{
    list_order *order = PLAN_ORDER(plan, list_order);
    order->limit = LIST_LIMIT;
    (void)request_number(request, "limit", &order->limit);
    const char *after = request_parameter(request, "after");
    order->after = after != NULL ? after : "";
    return after != NULL ? layout_check_name(after, ret_error) : SECTION_OK;
}

static cJSON *make_entry(const layout *layout)
{
    const section_layout_source *source = section_layout_description(layout->compiled);
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "name", layout->name);
    json_add_text(entry, "title", source->title);
    json_add_text(entry, "source", source->source);
    cJSON_AddBoolToObject(entry, "built_in", layout->is_built_in);
    cJSON_AddItemToObject(
        entry, "names",
        source->match_name_count > 0
            ? cJSON_CreateStringArray(source->match_names, (int)source->match_name_count)
            : cJSON_CreateArray());
    return entry;
}

static cJSON *make_rest(const list_order *order, const layout *last)
{
    char path[128 + LAYOUT_NAME_CHARACTERS_MAX];
    cJSON *rest = cJSON_CreateObject();
    if (last == NULL) {
        cJSON_AddNullToObject(rest, "next");
        return rest;
    }
    (void)snprintf(path, sizeof path, "/v1/layouts?limit=%llu&after=%s",
                   (unsigned long long)order->limit, last->name);
    cJSON_AddStringToObject(rest, "next", path);
    return rest;
}

static section_status list(call *call, reply *reply, section_error *ret_error)
{
    const list_order *order = call->order;
    const size_t limit = (size_t)order->limit;
    /* One more than are told, which says that there are more. */
    layout **found = calloc(limit + 1, sizeof(layout *));
    if (found == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the list");
    }
    const size_t count = layout_store_list(call->means->layouts, order->after, found, limit + 1);
    const size_t told = count < limit ? count : limit;
    json_list entries = {.name = "layouts"};
    for (size_t i = 0; i < told; i++) {
        (void)json_list_add(&entries, make_entry(found[i]));
    }
    cJSON *rest = make_rest(order, count > told ? found[told - 1] : NULL);
    for (size_t i = 0; i < count; i++) {
        layout_unref(found[i]);
    }
    free(found);
    return json_list_reply(&entries, reply, rest, ret_error);
}

HANDLER(list_layouts) = {
    .parameters = list_parameters,
    .plan = list_plan,
    .execute = list,
};
