#include <section/cleanup.h>

#include "api/parameters.h"
#include "layouts/fields.h"
#include "layouts/print.h"
#include "layouts/wait_fields.h"

/* GET …/fields: what a section holds, by its layout. */

typedef struct get_order {
    const char *layout; /* NULL: the section's own */
    const char *select; /* NULL: all */
    int format;         /* fields_format */
    bool allow_torn;
    fields_effort effort;
} get_order;

static const parameter get_parameters[] = {
    LAYOUT,
    WORD("select", "paths with commas between them: NAME, .NAME, [N], [*], [KEY=VALUE]; all fields "
                   "without it"),
    CHOICE("format", fields_format_names, "json without it"),
    FLAG("allow_torn", "1: after the time that the layout gives, a copy that may be torn"),
    WAIT,
    OPEN,
    END,
};

static section_status get_plan(const request *request, plan *plan, section_error *ret_error)
{
    get_order *order = PLAN_ORDER(plan, get_order);
    (void)ret_error;
    order->layout = request_parameter(request, "layout");
    order->select = request_parameter(request, "select");
    (void)request_choice(request, "format", fields_format_names, &order->format);
    (void)request_flag(request, "allow_torn", &order->allow_torn);
    plan_path_section(plan, request);
    plan_wait(plan, request);
    plan->waits_on_less = true;
    return SECTION_OK;
}

static section_status print(call *call, const get_order *order, fields_read *read, reply *reply,
                            section_error *ret_error)
{
    text_out out = {.call = call};
    section_status status = fields_print(&out, (fields_format)order->format, read, ret_error);
    if (status == SECTION_OK && out.status != SECTION_OK) {
        *ret_error = out.error;
        status = out.status;
    }
    if (status != SECTION_OK) {
        out_free(&out);
        return status;
    }
    reply_owned(reply, 200, fields_format_media[order->format], out.text, out.used_bytes);
    reply->buffered_bytes = out.room_bytes;
    return SECTION_OK;
}

static section_status answer(call *call, const get_order *order, fields_read *read, reply *reply,
                             section_error *ret_error)
{
    section_status status =
        fields_copy(read, call, call->targets[0].entry, order->allow_torn, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    reply_add_header(reply, "Sectiond-Tries", "%u", read->outcome.tries);
    if (read->outcome.consistent != SECTION_CONSISTENT_NO) {
        status =
            fields_tag(read, (fields_format)order->format, order->select, reply->etag, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        if (call_is_known(call, reply->etag)) { /* nothing is decoded */
            reply_empty(reply, 200);
            return SECTION_OK;
        }
    }
    return print(call, order, read, reply, ret_error);
}

static section_status get(call *call, reply *reply, section_error *ret_error)
{
    get_order *order = call->order;
    _cleanup_(fields_end) fields_read read = {.effort = &order->effort};
    section_status status = fields_begin(&read, call->means, call->targets[0].entry, order->layout,
                                         order->select, ret_error);
    if (status == SECTION_OK) {
        status = answer(call, order, &read, reply, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    order->effort =
        (fields_effort){0}; /* of a read that waits, which looks again when it is woken */
    return call->is_watched ? fields_note_origin(&read, reply, ret_error) : SECTION_OK;
}

HANDLER(get_fields) = {
    .parameters = get_parameters,
    .plan = get_plan,
    .execute = get,
};
