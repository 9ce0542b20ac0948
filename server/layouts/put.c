#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <section/cleanup.h>

#include "api/parameters.h"
#include "base/log.h"
#include "base/platform.h"
#include "layouts/from_c.h"
#include "layouts/routes.h"

/* PUT and DELETE of a layout, which wait for the disk: all in one lane. */

enum { LANE_OF_LAYOUTS = 2 };

typedef struct change_order {
    const char *name;
    layout *layout; /* that is put */
    bool is_dry_run;
} change_order;

static void release_order(void *context)
{
    layout_unref(((change_order *)context)->layout);
}

static section_status hold(call *call, section_error *ret_error)
{
    (void)ret_error;
    layout_store_hold(call->means->layouts);
    return SECTION_OK;
}

static void let_go(call *call)
{
    layout_store_let_go(call->means->layouts);
}

/* Of GET, without `format`. */
static section_status tag(call *call, char ret_etag[ETAG_BYTES], section_error *ret_error)
{
    const change_order *order = call->order;
    layout *found = layout_store_find(call->means->layouts, order->name);
    (void)ret_error;
    if (found != NULL) {
        memcpy(ret_etag, found->etag, ETAG_BYTES);
        layout_unref(found);
    }
    return SECTION_OK;
}

/* ---- PUT ---- */

static const parameter put_parameters[] = {
    WORD("struct", "of C: the structure or union that the layout is, the last one without it"),
    CHOICE("abi", c_abi_names,
           "of C: whose rules place its members; those of this build without it"),
    FLAG("dry_run", "1: check it and answer, and keep nothing"),
    END,
};

static bool is_json(const request *request)
{
    return strncasecmp(request->headers[HEADER_CONTENT_TYPE], "application/json", 16) == 0;
}

static section_status read_body(const request *request, change_order *order, cJSON **ret_errors,
                                section_error *ret_error)
{
    const char *structure = request_parameter(request, "struct");
    int choice = 0;
    c_abi abi = C_ABI_SYSV64;
    (void)abi_parse(platform_abi, &abi);
    const bool abi_given = request_choice(request, "abi", c_abi_names, &choice);
    if (abi_given) {
        abi = (c_abi)choice;
    }
    if (!is_json(request)) {
        return layout_from_c(order->name, request->body, request->body_bytes, structure, abi,
                             &order->layout, ret_errors, ret_error);
    }
    if (structure != NULL || abi_given) {
        return section_fail(ret_error, SECTION_BAD_QUERY,
                            "struct and abi are for a body of C, text/x-c");
    }
    return layout_new(order->name, request->body, request->body_bytes, &order->layout, ret_errors,
                      ret_error);
}

static section_status put_plan(const request *request, plan *plan, section_error *ret_error)
{
    cJSON *errors = NULL;
    change_order *order = PLAN_ORDER(plan, change_order);
    plan->release = release_order;
    plan->lane = LANE_OF_LAYOUTS;
    (void)request_flag(request, "dry_run", &order->is_dry_run);
    section_status status = layout_path_name(request, &order->name, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = read_body(request, order, &errors, ret_error);
    plan->errors = errors != NULL ? cJSON_PrintUnformatted(errors) : NULL;
    cJSON_Delete(errors);
    return status;
}

static section_status put(call *call, reply *reply, section_error *ret_error)
{
    const change_order *order = call->order;
    bool replaced = false;
    section_status status =
        order->is_dry_run
            ? layout_store_check(call->means->layouts, order->name, ret_error)
            : layout_store_put(call->means->layouts, order->layout, &replaced, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (order->is_dry_run) {
        layout_reply(reply, 200, order->layout);
        reply->etag[0] = '\0'; /* of what is not there */
        return SECTION_OK;
    }
    log_write(LOG_INFO, "layout %s %s", order->name, replaced ? "replaced" : "made");
    if (!replaced) {
        reply_add_header(reply, "Location", "/v1/layouts/%s", order->name);
    }
    layout_reply(reply, replaced ? 200 : 201, order->layout);
    return SECTION_OK;
}

HANDLER(put_layout) = {
    .parameters = put_parameters,
    .plan = put_plan,
    .hold = hold,
    .let_go = let_go,
    .tag = tag,
    .execute = put,
};

/* ---- DELETE ---- */

static section_status delete_plan(const request *request, plan *plan, section_error *ret_error)
{
    change_order *order = PLAN_ORDER(plan, change_order);
    plan->lane = LANE_OF_LAYOUTS;
    return layout_path_name(request, &order->name, ret_error);
}

static section_status delete(call *call, reply *reply, section_error *ret_error)
{
    const change_order *order = call->order;
    section_status status =
        layout_store_remove(call->means->layouts, call->means->registry, order->name, ret_error);
    if (status == SECTION_OK) {
        log_write(LOG_INFO, "layout %s deleted", order->name);
        reply_empty(reply, 204);
    }
    return status;
}

HANDLER(delete_layout) = {
    .plan = delete_plan,
    .hold = hold,
    .let_go = let_go,
    .tag = tag,
    .execute = delete,
};
