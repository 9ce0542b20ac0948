#include <stdio.h>

#include "api/plan.h"
#include "api/server.h"
#include "base/platform.h"

static section_status health_get(call *call, reply *reply, section_error *ret_error)
{
    (void)call;
    (void)ret_error;
    reply_static(reply, 200, "text/plain; charset=utf-8", "ok\n");
    return SECTION_OK;
}

HANDLER(get_health) = {
    .execute = health_get,
};

static void add_limits(cJSON *info, const server *server)
{
    uint64_t sections;
    uint64_t bytes;
    const options *options = server->options;
    cJSON *limits = cJSON_AddObjectToObject(info, "limits");
    json_add_number(limits, "max_sections", server->max_sections);
    json_add_number(limits, "max_section_bytes", options->max_section_bytes);
    json_add_number(limits, "max_total_bytes", options->max_total_bytes);
    json_add_number(limits, "max_body_bytes", options->max_body_bytes);
    json_add_number(limits, "max_watchers", options->max_watchers);
    json_add_number(limits, "max_watched_bytes", options->max_watched_bytes);
    json_add_number(limits, "max_connections", server->max_connections);
    json_add_number(limits, "max_buffer_bytes", server->budget.most);
    cJSON *usage = cJSON_AddObjectToObject(info, "usage");
    registry_usage(server->registry, &sections, &bytes);
    json_add_number(usage, "sections", sections);
    json_add_number(usage, "committed_bytes", bytes);
}

static void add_denied(cJSON *info, unsigned denied)
{
    cJSON *names = cJSON_AddArrayToObject(info, "denied");
    for (int i = CAPABILITY_NONE + 1; i < CAPABILITY_COUNT; i++) {
        if ((denied & 1u << i) != 0) {
            cJSON_AddItemToArray(names, cJSON_CreateString(capability_name((capability)i)));
        }
    }
}

static section_status info_get(server *server, call *call, reply *reply, section_error *ret_error)
{
    (void)call;
    const int64_t uptime_ms = platform_monotonic_ms() - server->started_at_ms;
    cJSON *info = cJSON_CreateObject();
    cJSON_AddStringToObject(info, "version", SECTIOND_VERSION);
    cJSON_AddStringToObject(info, "platform", platform_name);
    json_add_number(info, "page_size", section_page_size());
    json_add_number(info, "allocation_granularity", section_granularity());
    json_add_number(info, "pid", platform_process_id());
    cJSON_AddStringToObject(info, "instance", server->instance);
    cJSON *privileges = cJSON_AddObjectToObject(info, "privileges");
    cJSON_AddBoolToObject(privileges, "elevated", platform_is_elevated());
    cJSON_AddBoolToObject(privileges, "debug_privilege", server->options->debug_privilege);
    add_limits(info, server);
    json_add_number(info, "connections", atomic_load(&server->connections));
    json_add_number(info, "buffer_bytes", atomic_load(&server->budget.used));
    add_denied(info, server->options->denied);
    cJSON_AddNumberToObject(info, "uptime_s", (double)uptime_ms / 1000);
    return reply_json(reply, 200, info, ret_error);
}

HANDLER(get_info) = {
    .tell = info_get,
};

static section_status errors_get(call *call, reply *reply, section_error *ret_error)
{
    (void)call;
    cJSON *document = cJSON_CreateObject();
    cJSON *errors = cJSON_AddArrayToObject(document, "errors");
    for (int i = SECTION_OK + 1; i < SECTION_STATUS_COUNT; i++) {
        const section_status_facts *facts = section_status_lookup((section_status)i);
        cJSON *error = cJSON_CreateObject();
        cJSON_AddStringToObject(error, "code", facts->slug);
        json_add_number(error, "status", facts->http_status);
        cJSON_AddStringToObject(error, "title", facts->title);
        cJSON_AddItemToArray(errors, error);
    }
    return reply_json(reply, 200, document, ret_error);
}

HANDLER(list_errors) = {
    .execute = errors_get,
};
