#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/parameters.h"
#include "sections/sections.h"

enum { LIST_LIMIT = 100 };

/** The parameters of the query. */
typedef struct list_query {
    uint64_t limit;
    uint64_t after;
    const char *name_text; /* NULL: any */
    section_name name;
    bool exact_scope;
    bool has_origin;
    int origin; /* section_origin */
} list_query;

static const parameter list_parameters[] = {
    WORD("name", "only those of this name"),
    CHOICE("origin", section_origin_names, "only those of this origin"),
    NUMBER("limit", 1, LIST_LIMIT_MAX, SECTION_BAD_QUERY, "how many, 100 without it"),
    NUMBER("after", 0, PARAMETER_MOST, SECTION_BAD_QUERY, "only ids above this one"),
    END,
};

static section_status list_plan(const request *request, plan *plan, section_error *ret_error)
{
    list_query *query = PLAN_ORDER(plan, list_query);
    query->limit = LIST_LIMIT;
    (void)request_number(request, "limit", &query->limit);
    (void)request_number(request, "after", &query->after);
    query->has_origin = request_choice(request, "origin", section_origin_names, &query->origin);
    query->name_text = request_parameter(request, "name");
    if (query->name_text == NULL) {
        return SECTION_OK;
    }
    query->exact_scope = strchr(query->name_text, '\\') != NULL;
    return section_name_parse(query->name_text, &query->name, ret_error);
}

/* Text percent-encoded as a query value; `ret_out` has room for three times its length and a NUL. */
static void percent_encode(const char *text, char *ret_out)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (isalnum(byte) || strchr("-._~", byte) != NULL) {
            *ret_out++ = *text;
        } else {
            *ret_out++ = '%';
            *ret_out++ = digits[byte >> 4];
            *ret_out++ = digits[byte & 15];
        }
    }
    *ret_out = '\0';
}

static void add_next(cJSON *list, const list_query *query, uint64_t last_id)
{
    char name[3 * (SECTION_NAME_BYTES_MAX + 8) + 1] = ""; /* a parsed name and its prefix fit */
    char path[sizeof name + 128];
    if (query->name_text != NULL) {
        percent_encode(query->name_text, name);
    }
    (void)snprintf(path, sizeof path, "/v1/sections?limit=%llu&after=%llu%s%s%s%s",
                   (unsigned long long)query->limit, (unsigned long long)last_id,
                   query->has_origin ? "&origin=" : "",
                   query->has_origin ? section_origin_names[query->origin] : "",
                   query->name_text != NULL ? "&name=" : "", name);
    cJSON_AddStringToObject(list, "next", path);
}

static section_status list_get(call *call, reply *reply, section_error *ret_error)
{
    const list_query *query = call->order;
    /* One more than asked for tells whether there is a next page. */
    entry **entries = calloc(query->limit + 1, sizeof(entry *));
    if (entries == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the list");
    }
    const section_origin origin = (section_origin)query->origin;
    const registry_filter filter = {query->name_text != NULL ? &query->name : NULL,
                                    query->exact_scope, query->has_origin ? &origin : NULL};
    const size_t count = registry_list(call->means->registry, query->after, &filter, entries,
                                       (size_t)query->limit + 1);
    cJSON *list = cJSON_CreateObject();
    cJSON *sections = cJSON_AddArrayToObject(list, "sections");
    for (size_t i = 0; i < count; i++) {
        cJSON *object;
        if (i < query->limit && section_to_json(entries[i], &object, NULL) == SECTION_OK) {
            cJSON_AddItemToArray(sections, object);
        }
    }
    if (count > query->limit) {
        add_next(list, query, entries[query->limit - 1]->id);
    } else {
        cJSON_AddNullToObject(list, "next");
    }
    for (size_t i = 0; i < count; i++) {
        registry_unref(entries[i]); /* does not count as a use of the section */
    }
    free(entries);
    return reply_json(reply, 200, list, ret_error);
}

HANDLER(list_sections) = {
    .parameters = list_parameters,
    .plan = list_plan,
    .execute = list_get,
};
