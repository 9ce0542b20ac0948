#include <stdio.h>
#include <string.h>

#include "api/plan.h"
#include "api/server.h"
#include "base/clock.h"
#include "base/platform.h"
#include "encode/json.h"
#include "gate/sessions.h"

/* Codes for the dashboard: see gate/sessions.h. */

static section_status codes_post(server *server, call *call, reply *reply, section_error *ret_error)
{
    (void)call;
    char code[SESSION_CODE_BYTES];
    char expires_at[CLOCK_TEXT_BYTES];
    char url[SERVER_BASE_BYTES + SESSION_CODE_BYTES + 16];
    /* Only the role admin may make a code. */
    section_status status = sessions_make_code(server->sessions, ROLE_ADMIN, code, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    clock_format(platform_wall_clock_ms() + SESSION_CODE_MS, expires_at);
    (void)snprintf(url, sizeof url, "%s/#code=%s", server->base, code);
    cJSON *document = cJSON_CreateObject();
    cJSON_AddStringToObject(document, "code", code);
    cJSON_AddStringToObject(document, "expires_at", expires_at);
    cJSON_AddStringToObject(document, "url", url);
    return reply_json(reply, 200, document, ret_error);
}

HANDLER(create_code) = {
    .tell = codes_post,
};

typedef struct redeem_order {
    char code[SESSION_CODE_BYTES];
} redeem_order;

static section_status redeem_plan(const request *request, plan *plan, section_error *ret_error)
{
    cJSON *body;
    const char *code = NULL;
    redeem_order *order = PLAN_ORDER(plan, redeem_order);
    const json_member members[] = {{.key = "code", .kind = JSON_TEXT, .target = &code}};
    section_status status = json_parse_object(request->body, request->body_bytes, &body, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = json_read(body, members, 1, ret_error);
    if (status == SECTION_OK && code == NULL) {
        status = section_fail(ret_error, SECTION_BAD_JSON, "\"code\" is missing");
    }
    if (status == SECTION_OK) {
        const bool is_too_long = strlen(code) >= sizeof order->code; /* and so wrong */
        (void)snprintf(order->code, sizeof order->code, "%s", is_too_long ? "" : code);
    }
    cJSON_Delete(body);
    return status;
}

static section_status redeem_post(server *server, call *call, reply *reply,
                                  section_error *ret_error)
{
    const redeem_order *order = call->order;
    char token[SESSION_TOKEN_BYTES];
    role granted;
    section_status status =
        sessions_redeem(server->sessions, order->code, token, &granted, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    cJSON *document = cJSON_CreateObject();
    cJSON_AddStringToObject(document, "token", token);
    cJSON_AddStringToObject(document, "role", role_name(granted));
    platform_wipe(token, sizeof token);
    return reply_json(reply, 200, document, ret_error);
}

HANDLER(redeem_code) = {
    .plan = redeem_plan,
    .tell = redeem_post,
};
