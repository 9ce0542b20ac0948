#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "api/handlers.h"
#include "schemas.h"

/* /openapi.json, made from the table of routes, so that it cannot say anything else than they do. */

static void add_schema_reference(cJSON *object, const char *name)
{
    char reference[64];
    cJSON *schema = cJSON_AddObjectToObject(object, "schema");
    if (name != NULL) {
        (void)snprintf(reference, sizeof reference, "#/components/schemas/%s", name);
        cJSON_AddStringToObject(schema, "$ref", reference);
    }
}

static void add_media(cJSON *object, const char *media, const char *schema)
{
    cJSON *content = cJSON_AddObjectToObject(object, "content");
    add_schema_reference(cJSON_AddObjectToObject(content, media), schema);
}

static cJSON *add_parameter(cJSON *parameters, const char *name, const char *in,
                            const char *summary, bool required)
{
    cJSON *parameter = cJSON_CreateObject();
    cJSON_AddStringToObject(parameter, "name", name);
    cJSON_AddStringToObject(parameter, "in", in);
    cJSON_AddStringToObject(parameter, "description", summary);
    cJSON_AddBoolToObject(parameter, "required", required);
    cJSON_AddItemToArray(parameters, parameter);
    return parameter;
}

static void add_parameters(cJSON *operation, const route *route)
{
    cJSON *parameters = cJSON_AddArrayToObject(operation, "parameters");
    if (strstr(route->pattern, "{id}") != NULL) {
        cJSON *id = add_parameter(parameters, "id", "path", "the number, or @NAME", true);
        cJSON_AddRawToObject(id, "schema", "{\"type\":\"string\"}");
    }
    if (strstr(route->pattern, "{pid}") != NULL) {
        cJSON *pid = add_parameter(parameters, "pid", "path", "of a process", true);
        cJSON_AddRawToObject(pid, "schema", "{\"type\":\"integer\",\"minimum\":0}");
    }
    if (strstr(route->pattern, "{asset}") != NULL) {
        cJSON *asset = add_parameter(parameters, "asset", "path", "as the page names it", true);
        cJSON_AddRawToObject(asset, "schema", "{\"type\":\"string\"}");
    }
    for (const parameter *each = route->parameters; each != NULL && each->name != NULL; each++) {
        cJSON *query =
            add_parameter(parameters, each->name, "query", each->summary, each->required);
        cJSON_AddRawToObject(query, "schema", each->schema);
    }
}

static void add_body(cJSON *operation, const route *route)
{
    if (route->body == BODY_NONE) {
        return;
    }
    cJSON *body = cJSON_AddObjectToObject(operation, "requestBody");
    cJSON_AddBoolToObject(body, "required", route->body != BODY_RAW);
    cJSON *content = cJSON_AddObjectToObject(body, "content");
    const char *media = route->body == BODY_RAW ? "*/*" : "application/json";
    add_schema_reference(cJSON_AddObjectToObject(content, media), route->body_schema);
    if (route->body == BODY_PATCH) {
        add_schema_reference(cJSON_AddObjectToObject(content, "application/merge-patch+json"),
                             route->body_schema);
    }
}

static void add_answers(cJSON *operation, const route *route)
{
    cJSON *responses = cJSON_AddObjectToObject(operation, "responses");
    for (const route_answer *each = route->answers; each->http_status != 0; each++) {
        char status[16];
        (void)snprintf(status, sizeof status, "%u", each->http_status);
        cJSON *response = cJSON_AddObjectToObject(responses, status);
        cJSON_AddStringToObject(response, "description", each->media != NULL ? "done" : "no body");
        if (each->media != NULL) {
            add_media(response, each->media, each->schema);
        }
    }
    cJSON *problem = cJSON_AddObjectToObject(responses, "default");
    cJSON_AddStringToObject(problem, "description", "what went wrong");
    add_media(problem, "application/problem+json", "Problem");
}

static cJSON *make_operation(const route *route)
{
    cJSON *operation = cJSON_CreateObject();
    cJSON_AddStringToObject(operation, "summary", route->summary);
    if (route->role == ROLE_NONE) {
        cJSON_AddRawToObject(operation, "security", "[]");
    } else {
        cJSON_AddStringToObject(operation, "x-role", role_name(route->role));
    }
    if (route->capability != CAPABILITY_NONE) {
        cJSON_AddStringToObject(operation, "x-denied-by", capability_name(route->capability));
    }
    add_parameters(operation, route);
    add_body(operation, route);
    add_answers(operation, route);
    return operation;
}

static void add_paths(cJSON *document)
{
    cJSON *paths = cJSON_AddObjectToObject(document, "paths");
    for (size_t i = 0; i < route_count; i++) {
        char name[16] = "";
        const char *method = method_name(routes[i].method);
        for (size_t j = 0; method[j] != '\0' && j + 1 < sizeof name; j++) {
            name[j] = (char)tolower((unsigned char)method[j]);
        }
        cJSON *path = cJSON_GetObjectItemCaseSensitive(paths, routes[i].pattern);
        if (path == NULL) {
            path = cJSON_AddObjectToObject(paths, routes[i].pattern);
        }
        cJSON_AddItemToObject(path, name, make_operation(&routes[i]));
    }
}

section_status openapi_get(request *request, reply *reply, section_error *ret_error)
{
    (void)request;
    cJSON *document = cJSON_CreateObject();
    cJSON_AddStringToObject(document, "openapi", "3.1.0");
    cJSON *info = cJSON_AddObjectToObject(document, "info");
    cJSON_AddStringToObject(info, "title", "sectiond");
    cJSON_AddStringToObject(info, "version", SECTIOND_VERSION);
    cJSON_AddStringToObject(info, "summary", "Shared-memory sections over HTTP");
    cJSON_AddRawToObject(document, "security", "[{\"token\":[]}]");
    add_paths(document);
    cJSON *components = cJSON_AddObjectToObject(document, "components");
    cJSON_AddRawToObject(components, "securitySchemes",
                         "{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}");
    cJSON_AddItemToObject(components, "schemas", cJSON_Parse((const char *)schemas_json));
    return reply_json(reply, 200, document, ret_error);
}
