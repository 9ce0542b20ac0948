#include <section/process.h>
#include <stdio.h>
#include <string.h>

#include "encode/json.h"
#include "sections/members.h"
#include "sections/sections.h"

/** The section to take from another process, named by a handle or by a search. */
typedef struct wanted {
    uint64_t pid;
    int64_t handle;
    uint64_t index;
    int64_t address;
    uint64_t size_bytes;
    bool pid_given;
    bool handle_given;
    bool index_given;
    bool address_given;
    bool size_given;
} wanted;

/**
 * The facts that were listed beside an index. They are compared, because the list may have changed
 * since.
 */
typedef struct listed {
    bool has_handle;
    bool has_address;
    bool has_size;
    uint64_t handle;
    uint64_t address;
    uint64_t size_bytes;
} listed;

/** A search for the one section that a name or an index means. */
typedef struct quest {
    const char *name; /* NULL: by the index */
    uint64_t index;
    listed listed;                      /* with an index */
    section_duplicate_options *options; /* learn where it is */
    bool found;
    bool changed; /* found, and not what was listed */
    /* The object that was found: its handle may be another's by the time that we take it. */
    uint64_t object[2];
    bool sized;
    uint64_t size_bytes;
    bool named;
    char found_name[SECTION_NAME_BYTES_MAX + 1];
} quest;

/* A prefix says which scope; without one the first that has the name will do. */
static bool has_name(const process_section *found, const char *name)
{
    static const char *const prefixes[] = {"Local\\", "Global\\"}; /* by section_scope */
    if (found->name == NULL) {
        return false;
    }
    const char *prefix = found->has_scope ? prefixes[found->scope] : "";
    const size_t length = strlen(prefix);
    return strcmp(found->name, name) == 0 ||
           (strncmp(name, prefix, length) == 0 && strcmp(found->name, name + length) == 0);
}

static bool is_as_listed(const listed *listed, const process_section *found)
{
    const bool same_handle =
        !listed->has_handle || (found->has_handle && found->handle == listed->handle);
    const bool same_address =
        !listed->has_address || (!found->has_handle && found->address == listed->address);
    const bool same_size =
        !listed->has_size || (found->described && found->size_bytes == listed->size_bytes);
    return same_handle && same_address && same_size;
}

static bool is_it(void *context, const process_section *found)
{
    quest *quest = context;
    quest->found =
        quest->name != NULL ? has_name(found, quest->name) : found->index == quest->index;
    quest->changed = quest->found && !is_as_listed(&quest->listed, found);
    if (quest->found) {
        quest->options->handle = found->handle;
        quest->options->address = found->has_handle ? 0 : found->address;
        memcpy(quest->object, found->object, sizeof quest->object);
        quest->sized = found->described && found->backing == SECTION_BACKING_PAGEFILE;
        quest->size_bytes = found->size_bytes;
        quest->named = found->has_scope;
        (void)snprintf(quest->found_name, sizeof quest->found_name, "%.*s", SECTION_NAME_BYTES_MAX,
                       found->has_scope ? found->name : "");
    }
    return !quest->found;
}

static bool is_what_was_found(const quest *quest, const section *section)
{
    section_info info;
    if (section_describe(section, &info, NULL) != SECTION_OK) {
        return false;
    }
    const char *name = info.name != NULL ? info.name->text : "";
    return memcmp(info.object, quest->object, sizeof info.object) == 0 &&
           (!quest->sized || info.size_bytes == quest->size_bytes) &&
           (!quest->named || strcmp(name, quest->found_name) == 0);
}

static section_status take_found(const quest *quest, section **ret_section,
                                 section_error *ret_error)
{
    section *taken;
    section_status status = section_duplicate(quest->options, &taken, ret_error);
    if (status == SECTION_OK && !is_what_was_found(quest, taken)) {
        section_close(taken);
        return section_fail(ret_error, SECTION_NOT_FOUND,
                            "the process closed it while it was being taken");
    }
    if (status == SECTION_OK) {
        *ret_section = taken;
    }
    return status;
}

/* Searches when it is asked to open, so that quotas are refused without a search. */
static section_status find_and_duplicate(const quest *asked, section **ret_section,
                                         section_error *ret_error)
{
    section_duplicate_options options = *asked->options;
    quest quest = *asked;
    quest.options = &options;
    section_error unseen;
    const process_search search = {.pid = options.pid,
                                   .file_folder = options.file_folder,
                                   .debug_privilege = options.debug_privilege};
    section_status status = process_sections(&search, is_it, &quest, &unseen, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const bool is_checked =
        quest.listed.has_handle || quest.listed.has_address || quest.listed.has_size;
    if (quest.changed || (!quest.found && is_checked)) {
        return section_fail(ret_error, SECTION_CHANGED,
                            "process %u has another section, or none, at index %llu by now: list "
                            "its sections again",
                            options.pid, (unsigned long long)quest.index);
    }
    if (!quest.found) {
        char what[24];
        (void)snprintf(what, sizeof what, "index %llu", (unsigned long long)quest.index);
        return section_fail(
            ret_error, SECTION_NOT_FOUND,
            "the search of process %u shows no section with %s%.80s%s%.120s", options.pid,
            quest.name != NULL ? "the name " : what, quest.name != NULL ? quest.name : "",
            unseen.code != SECTION_OK ? "; " : "", unseen.code != SECTION_OK ? unseen.detail : "");
    }
    return take_found(&quest, ret_section, ret_error);
}

static section_status check_wanted(const wanted *wanted, const char *name, section_error *ret_error)
{
    const int places = wanted->handle_given + wanted->address_given;
    const int ways = (name != NULL) + (wanted->index_given ? 1 : places);
    if (!wanted->pid_given || ways == 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "\"pid\" and \"handle\" are needed; instead of the handle also "
                            "\"name\", \"index\" or \"address\", as GET /v1/processes/PID/sections "
                            "shows them");
    }
    if (ways > 1 || places > 1) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "give one of \"handle\", \"name\", \"index\" and \"address\"; "
                            "beside the index a handle or an address is a check");
    }
    if (wanted->size_given && !wanted->index_given) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "\"size\" checks what was listed with an \"index\": give both");
    }
    if (wanted->handle < 0) {
        return section_fail(ret_error, SECTION_BAD_HANDLE,
                            "pseudo-handles mean the process itself, never a section");
    }
    if (wanted->address_given && wanted->address <= 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "nothing is mapped at that address");
    }
    if (wanted->pid > UINT32_MAX) {
        return section_fail(ret_error, SECTION_NOT_FOUND, "no process has an id that large");
    }
    return SECTION_OK;
}

/* The order for the call of the OS. */
typedef struct duplicate_order {
    section_order common;
    cJSON *body; /* what texts point into */
    const char *name;
    uint64_t index;
    listed listed;
    bool by_search;
    section_duplicate_options options;
} duplicate_order;

static void release_order(void *context)
{
    cJSON_Delete(((duplicate_order *)context)->body);
}

static section_status read_body(const cJSON *body, section_members *common, wanted *wanted,
                                section_error *ret_error)
{
    const json_member members[] = {
        {.key = "pid", .kind = JSON_NUMBER, .target = &wanted->pid, .present = &wanted->pid_given},
        {.key = "handle",
         .kind = JSON_HANDLE,
         .target = &wanted->handle,
         .code = SECTION_BAD_HANDLE,
         .present = &wanted->handle_given},
        {.key = "name", .kind = JSON_TEXT, .target = &common->name},
        {.key = "index",
         .kind = JSON_NUMBER,
         .target = &wanted->index,
         .present = &wanted->index_given},
        {.key = "address",
         .kind = JSON_HANDLE,
         .target = &wanted->address,
         .present = &wanted->address_given},
        {.key = "size",
         .kind = JSON_NUMBER,
         .target = &wanted->size_bytes,
         .present = &wanted->size_given},
        {.key = "access",
         .kind = JSON_CHOICE,
         .target = &common->access,
         .choices = members_access_choices},
        {.key = "view", .kind = JSON_OBJECT, .target = &common->view},
        {.key = "label", .kind = JSON_TEXT, .target = &common->label},
        {.key = "layout", .kind = JSON_TEXT, .target = &common->layout},
        {.key = "ttl_s", .kind = JSON_NUMBER, .target = &common->ttl_s},
    };
    section_status status = json_read(body, members, sizeof members / sizeof members[0], ret_error);
    return status == SECTION_OK ? check_wanted(wanted, common->name, ret_error) : status;
}

static section_status duplicate_plan(const request *request, plan *plan, section_error *ret_error)
{
    section_members common = {.access = -1};
    wanted wanted = {0};
    duplicate_order *order = PLAN_ORDER(plan, duplicate_order);
    section_duplicate_options *options = &order->options;
    plan->release = release_order;
    section_status status =
        json_parse_object(request->body, request->body_bytes, &order->body, ret_error);
    if (status == SECTION_OK) {
        status = read_body(order->body, &common, &wanted, ret_error);
    }
    if (status == SECTION_OK) {
        status = members_check(&common, plan, &options->view, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    options->pid = (uint32_t)wanted.pid;
    options->handle = (uint64_t)wanted.handle;
    options->address = (uint64_t)wanted.address;
    options->access = members_access(common.access);
    order->name = common.name;
    order->index = wanted.index;
    order->by_search = wanted.index_given || order->name != NULL;
    if (wanted.index_given) {
        order->listed = (listed){
            .has_handle = wanted.handle_given,
            .has_address = wanted.address_given,
            .has_size = wanted.size_given,
            .handle = (uint64_t)wanted.handle,
            .address = (uint64_t)wanted.address,
            .size_bytes = wanted.size_bytes,
        };
    }
    plan->cost = COST_DISK; /* the handle may be that of a file */
    plan->lane = options->pid;
    if (order->by_search) {
        plan->capabilities |= 1u << CAPABILITY_DISCOVER;
    }
    return SECTION_OK;
}

static section_status duplicate_section(const opening *opening, section **ret_section,
                                        section_error *ret_error)
{
    duplicate_order *order = opening->order;
    order->options.file_folder = opening->file_folder;
    order->options.debug_privilege = opening->debug_privilege;
    section_status status = members_check_layout(opening, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (!order->by_search) {
        return section_duplicate(&order->options, ret_section, ret_error);
    }
    const quest asked = {.name = order->name,
                         .index = order->index,
                         .listed = order->listed,
                         .options = &order->options};
    return find_and_duplicate(&asked, ret_section, ret_error);
}

HANDLER(duplicate_section) = {
    .plan = duplicate_plan,
    .open = duplicate_section,
    .execute = section_answer_new,
};
