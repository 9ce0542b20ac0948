#include <stdlib.h>
#include <string.h>

#include <section/cleanup.h>
#include <section/fields.h>

#include "api/json_list.h"
#include "api/parameters.h"
#include "layouts/routes.h"

/* The layouts that fit a section, the best first. */

/* In the order of `reasons`: the later weighs less. */
enum { BY_NAME = 4, BY_FIELDS = 2, BY_SIZE = 1, ALL_MAX = LAYOUTS_MAX + 256 };

static const struct {
    unsigned reason;
    const char *name;
} reasons[] = {{BY_NAME, "name"}, {BY_FIELDS, "fields"}, {BY_SIZE, "size"}};

typedef struct suggestion {
    unsigned reasons;
    char name[LAYOUT_NAME_CHARACTERS_MAX + 1];
} suggestion;

static bool has_text(const char *wanted, const char *text)
{
    const size_t length = strlen(wanted);
    return length > 0 && wanted[length - 1] == '*' ? strncmp(wanted, text, length - 1) == 0
                                                   : strcmp(wanted, text) == 0;
}

/*
 * Whether a name of a layout is that of a section. Where there is one namespace, the prefix says nothing:
 * what stands between a program of Windows and this one has dropped it.
 */
static bool is_name_of(const char *wanted, const section_info *info)
{
    static const char local[] = "Local\\";
    static const char global[] = "Global\\";
    const section_name *name = info->name;
    const bool is_global = strncmp(wanted, global, sizeof global - 1) == 0;
    const bool has_scopes = info->backing != SECTION_BACKING_SHM;
    const char *text = is_global                                       ? wanted + sizeof global - 1
                       : strncmp(wanted, local, sizeof local - 1) == 0 ? wanted + sizeof local - 1
                                                                       : wanted;
    return (!has_scopes || is_global == (name->scope == SECTION_SCOPE_GLOBAL)) &&
           has_text(text, name->text);
}

static bool matches_name(const section_layout_source *source, const section_info *info)
{
    for (size_t i = 0; info->name != NULL && i < source->match_name_count; i++) {
        if (is_name_of(source->match_names[i], info)) {
            return true;
        }
    }
    return false;
}

/* Page-file sections are as long as their pages. */
static bool matches_size(uint64_t wanted_bytes, uint64_t view_bytes, bool is_known)
{
    const uint64_t page_bytes = 4096;
    const uint64_t rounded = (wanted_bytes + page_bytes - 1) / page_bytes * page_bytes;
    return wanted_bytes > 0 && (wanted_bytes == view_bytes || (is_known && rounded == view_bytes));
}

/* A guard that does not hold may hold later: the program has not begun yet, or has ended. */
static unsigned find_reasons(section *section, const section_info *info, const layout *layout)
{
    const section_layout_source *source = section_layout_description(layout->compiled);
    const uint64_t view_bytes = section_length(section);
    if (source->whole.size_bytes > view_bytes) {
        return 0;
    }
    unsigned found = matches_name(source, info) ? BY_NAME : 0;
    if (source->guard_count > 0) {
        const bool holds = section_fields_check(section, layout->compiled, NULL) == SECTION_OK;
        if (!holds) {
            return found;
        }
        found |= BY_FIELDS;
    }
    return matches_size(source->whole.size_bytes, view_bytes, found != 0) ? found | BY_SIZE : found;
}

static int compare_suggestions(const void *left, const void *right)
{
    const suggestion *a = left;
    const suggestion *b = right;
    return a->reasons != b->reasons ? (a->reasons > b->reasons ? -1 : 1) : strcmp(a->name, b->name);
}

static cJSON *make_entry(const suggestion *suggestion)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "name", suggestion->name);
    cJSON *by = cJSON_AddArrayToObject(entry, "by");
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if ((suggestion->reasons & reasons[i].reason) != 0) {
            cJSON_AddItemToArray(by, cJSON_CreateString(reasons[i].name));
        }
    }
    return entry;
}

static size_t find_all(call *call, const section_info *info, layout **layouts,
                       suggestion *suggestions)
{
    size_t found = 0;
    const size_t count = layout_store_list(call->means->layouts, "", layouts, ALL_MAX);
    for (size_t i = 0; i < count; i++) {
        suggestion *next = &suggestions[found];
        next->reasons = find_reasons(call->targets[0].entry->section, info, layouts[i]);
        memcpy(next->name, layouts[i]->name, sizeof next->name);
        found += next->reasons != 0 ? 1 : 0;
        layout_unref(layouts[i]);
    }
    qsort(suggestions, found, sizeof suggestions[0], compare_suggestions);
    return found;
}

static const parameter suggest_parameters[] = {OPEN, END};

static section_status suggest_plan(const request *request, plan *plan, section_error *ret_error)
{
    (void)ret_error;
    plan_path_section(plan, request);
    return SECTION_OK;
}

static section_status suggest(call *call, reply *reply, section_error *ret_error)
{
    section_info info;
    _cleanup_free_ layout **layouts = calloc(ALL_MAX, sizeof(layout *));
    _cleanup_free_ suggestion *suggestions = calloc(ALL_MAX, sizeof *suggestions);
    if (layouts == NULL || suggestions == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the layouts");
    }
    section_status status = section_describe(call->targets[0].entry->section, &info, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    json_list entries = {.name = "layouts"};
    const size_t count = find_all(call, &info, layouts, suggestions);
    for (size_t i = 0; i < count; i++) {
        (void)json_list_add(&entries, make_entry(&suggestions[i]));
    }
    return json_list_reply(&entries, reply, NULL, ret_error);
}

HANDLER(suggest_layouts) = {
    .parameters = suggest_parameters,
    .plan = suggest_plan,
    .execute = suggest,
};
