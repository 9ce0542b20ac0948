#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/server.h"

enum { LIST_LIMIT = 100, LIST_LIMIT_MAX = 1000 };

/** What the query asks for. */
typedef struct list_query {
    uint64_t limit;
    uint64_t after;
    const char *name_text; /* NULL: any */
    section_name name;
    bool exact_scope;
    const char *origin_text; /* NULL: any */
    section_origin origin;
} list_query;

static section_status parse_list(const request *request, list_query *query,
                                 section_error *ret_error)
{
    static const char *const origins[] = {"created", "opened", "duplicated"};
    query->limit = LIST_LIMIT;
    query->name_text = request_parameter(request, "name");
    query->origin_text = request_parameter(request, "origin");
    section_status status =
        request_number(request, "limit", SECTION_BAD_QUERY, &query->limit, ret_error);
    if (status == SECTION_OK) {
        status = request_number(request, "after", SECTION_BAD_QUERY, &query->after, ret_error);
    }
    if (status == SECTION_OK && query->name_text != NULL) {
        query->exact_scope = strchr(query->name_text, '\\') != NULL;
        status = section_name_parse(query->name_text, &query->name, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    if (query->limit == 0 || query->limit > LIST_LIMIT_MAX) {
        return section_fail(ret_error, SECTION_BAD_QUERY, "limit must be 1 to %d", LIST_LIMIT_MAX);
    }
    for (int i = 0; query->origin_text != NULL && i < 3; i++) {
        if (strcmp(origins[i], query->origin_text) == 0) {
            query->origin = (section_origin)i;
            return SECTION_OK;
        }
    }
    return query->origin_text == NULL
               ? SECTION_OK
               : section_fail(ret_error, SECTION_BAD_QUERY,
                              "origin must be created, opened or duplicated");
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
                   query->origin_text != NULL ? "&origin=" : "",
                   query->origin_text != NULL ? query->origin_text : "",
                   query->name_text != NULL ? "&name=" : "", name);
    cJSON_AddStringToObject(list, "next", path);
}

section_status sections_list(request *request, reply *reply, section_error *ret_error)
{
    list_query query = {0};
    section_status status = parse_list(request, &query, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    /* One more than asked for tells whether there is a next page. */
    entry **entries = calloc(query.limit + 1, sizeof(entry *));
    if (entries == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the list");
    }
    const registry_filter filter = {query.name_text != NULL ? &query.name : NULL, query.exact_scope,
                                    query.origin_text != NULL ? &query.origin : NULL};
    const size_t count = registry_list(request->server->registry, query.after, &filter, entries,
                                       (size_t)query.limit + 1);
    cJSON *list = cJSON_CreateObject();
    cJSON *sections = cJSON_AddArrayToObject(list, "sections");
    for (size_t i = 0; i < count; i++) {
        cJSON *object;
        if (i < query.limit && section_to_json(entries[i], &object, NULL) == SECTION_OK) {
            cJSON_AddItemToArray(sections, object);
        }
    }
    if (count > query.limit) {
        add_next(list, &query, entries[query.limit - 1]->id);
    } else {
        cJSON_AddNullToObject(list, "next");
    }
    for (size_t i = 0; i < count; i++) {
        registry_unref(entries[i]); /* being listed is not being used */
    }
    free(entries);
    return reply_json(reply, 200, list, ret_error);
}
