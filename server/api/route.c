#include "api/route.h"

#include <stdio.h>
#include <string.h>

static const char *const method_names[] = {"GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"};

const char *method_name(method method)
{
    return method < METHOD_UNKNOWN ? method_names[method] : "?";
}

method method_parse(const char *name, bool *ret_head)
{
    *ret_head =
        name[0] == 'H' && strcmp(name, "HEAD") == 0; /* the letter saves most of the calls */
    if (*ret_head) {
        return METHOD_GET;
    }
    for (int i = 0; i < METHOD_UNKNOWN; i++) {
        if (name[0] == method_names[i][0] && strcmp(name, method_names[i]) == 0) {
            return (method)i;
        }
    }
    return METHOD_UNKNOWN;
}

/* Whether a segment may stand for `{id}`: a number or @NAME, so no id hides a word of the API. */
static bool is_id(const char *segment)
{
    return segment[0] == '@' || (segment[0] >= '0' && segment[0] <= '9');
}

/* Compares while it walks: this runs for route after route at every request. */
static bool matches(const char *pattern, const request *request)
{
    for (unsigned i = 0; i < request->segment_count; i++) {
        const char *segment = request->segments[i];
        if (*pattern++ != '/') {
            return false;
        }
        if (*pattern == '{') {
            /* {id} and {pid} are; {asset} and {name} are any. */
            if ((pattern[1] == 'i' || pattern[1] == 'p') && !is_id(segment)) {
                return false;
            }
            pattern += pattern[1] == 'i' ? sizeof "{id}" - 1 : strcspn(pattern, "/");
            continue;
        }
        while (*segment != '\0' && *segment == *pattern) {
            segment++;
            pattern++;
        }
        if (*segment != '\0' || (*pattern != '/' && *pattern != '\0')) {
            return false;
        }
    }
    return *pattern == '\0';
}

static route_match find_with_method(route_table table, const request *request)
{
    route_match match = {0};
    for (size_t i = 0; i < table.count; i++) {
        if (table.routes[i].method == request->method &&
            matches(table.routes[i].pattern, request)) {
            match.path_methods = 1u << table.routes[i].method;
            match.route = &table.routes[i];
            break;
        }
    }
    return match;
}

route_match route_find(route_table table, const request *request)
{
    if (request->segment_count > REQUEST_SEGMENTS_MAX) {
        return (route_match){0};
    }
    route_match match = find_with_method(table, request);
    if (match.route != NULL) {
        return match;
    }
    /* The other methods of the path are needed only for OPTIONS and for the answer 405. */
    for (size_t i = 0; i < table.count; i++) {
        if (matches(table.routes[i].pattern, request)) {
            match.path_methods |= 1u << table.routes[i].method;
        }
    }
    return match;
}

void route_allow(unsigned path_methods, char *ret_text, size_t capacity)
{
    size_t used = 0;
    for (int i = 0; i < METHOD_OPTIONS && used < capacity; i++) {
        if ((path_methods & 1u << i) != 0) {
            used += (size_t)snprintf(ret_text + used, capacity - used, "%s, ",
                                     i == METHOD_GET ? "GET, HEAD" : method_names[i]);
        }
    }
    if (used < capacity) {
        (void)snprintf(ret_text + used, capacity - used, "OPTIONS");
    }
}
