#include <stdlib.h>
#include <string.h>

#include "api/parameters.h"
#include "layouts/c/c.h"
#include "layouts/routes.h"

section_status layout_path_name(const request *request, const char **ret_name,
                                section_error *ret_error)
{
    *ret_name = request->segments[2];
    return layout_check_name(*ret_name, ret_error);
}

static void release_layout(void *context)
{
    layout_unref(context);
}

void layout_reply(reply *reply, unsigned http_status, layout *layout)
{
    reply->http_status = http_status;
    reply->content_type = "application/json";
    reply->bytes = layout->text;
    reply->length_bytes = layout->text_bytes;
    reply->release = release_layout;
    reply->context = layout_ref(layout);
    memcpy(reply->etag, layout->etag, sizeof reply->etag);
}

/* In the order of `formats`. */
typedef enum layout_format { FORMAT_JSON, FORMAT_C } layout_format;

static const char *const formats[] = {"json", "c", NULL};

typedef struct get_order {
    const char *name;
    int format; /* layout_format */
} get_order;

static const parameter get_parameters[] = {
    CHOICE("format", formats,
           "c: a structure, with a static assertion of every offset; json without it"),
    END,
};

static section_status get_plan(const request *request, plan *plan, section_error *ret_error)
{
    get_order *order = PLAN_ORDER(plan, get_order);
    (void)request_choice(request, "format", formats, &order->format);
    return layout_path_name(request, &order->name, ret_error);
}

static section_status reply_c(reply *reply, const layout *layout, section_error *ret_error)
{
    char *text;
    section_status status =
        c_layout_print(section_layout_description(layout->compiled), &text, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    reply_owned(reply, 200, "text/x-c; charset=utf-8", text, strlen(text));
    etag_of(text, strlen(text), ETAG_OF_C, reply->etag);
    return SECTION_OK;
}

static section_status get(call *call, reply *reply, section_error *ret_error)
{
    const get_order *order = call->order;
    layout *layout;
    section_status status = layout_store_get(call->means->layouts, order->name, &layout, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (order->format == FORMAT_C) {
        status = reply_c(reply, layout, ret_error);
    } else {
        layout_reply(reply, 200, layout);
    }
    layout_unref(layout);
    return status;
}

HANDLER(get_layout) = {
    .parameters = get_parameters,
    .plan = get_plan,
    .execute = get,
};
