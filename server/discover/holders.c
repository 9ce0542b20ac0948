#include <section/process.h>

#include "api/json_list.h"
#include "api/parameters.h"
#include "discover/discover.h"

/** The list of a section's holders while it is made. */
typedef struct holder_query {
    json_list found;
    bool full;
} holder_query;

static bool add_holder(void *context, const process_entry *process, const process_section *found)
{
    holder_query *query = context;
    query->full = query->found.used_bytes > DISCOVER_ANSWER_BYTES_MAX;
    return !query->full && json_list_add(&query->found, discover_holder(process, found));
}

static const parameter open_parameters[] = {OPEN, END};

static section_status holders_plan(const request *request, plan *plan, section_error *ret_error)
{
    (void)ret_error;
    plan->describes_only = true;
    plan_path_section(plan, request);
    return SECTION_OK;
}

static section_status holders_get(call *call, reply *reply, section_error *ret_error)
{
    holder_query query = {.found = {.name = "holders"}};
    section_error unseen;
    section_status status = section_holders(call->targets[0].entry->section, &call->means->search,
                                            add_holder, &query, &unseen, ret_error);
    if (status != SECTION_OK) {
        json_list_discard(&query.found);
        return status;
    }
    if (query.full) {
        (void)section_fail(&unseen, SECTION_QUOTA,
                           "there are more holders than an answer of 16 MiB lists");
    }
    return json_list_reply(&query.found, reply, discover_unseen(&unseen), ret_error);
}

HANDLER(list_holders) = {
    .parameters = open_parameters,
    .plan = holders_plan,
    .execute = holders_get,
};
