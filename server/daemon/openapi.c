#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "api/plan.h"
#include "api/server.h"
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

/* The schema of a media type: what is no JSON is bytes or text as it stands. */
static void add_media(cJSON *content, const char *media, const char *schema)
{
    cJSON *object = cJSON_AddObjectToObject(content, media);
    if (schema != NULL || strcmp(media, "application/json") == 0) {
        add_schema_reference(object, schema);
    } else if (strncmp(media, "text/", 5) == 0) {
        cJSON_AddRawToObject(object, "schema", "{\"type\":\"string\"}");
    } else {
        cJSON_AddRawToObject(object, "schema", "{\"type\":\"string\",\"format\":\"binary\"}");
    }
}

/* A media type without its parameters, as documents key their contents. */
static void plain_media(const char *media, char *ret_text, size_t capacity)
{
    (void)snprintf(ret_text, capacity, "%.*s", (int)strcspn(media, ";"), media);
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

static cJSON *make_choices(const char *const *choices)
{
    cJSON *list = cJSON_CreateArray();
    for (; *choices != NULL; choices++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(*choices));
    }
    return list;
}

static cJSON *make_value_schema(const parameter *parameter)
{
    static const char *const flags[] = {"0", "1", NULL};
    cJSON *schema = cJSON_CreateObject();
    cJSON_AddStringToObject(schema, "type",
                            parameter->kind == PARAMETER_NUMBER ? "integer" : "string");
    switch (parameter->kind) {
    case PARAMETER_NUMBER:
        json_add_number(schema, "minimum", parameter->least);
        json_add_number(schema, "maximum", parameter->most);
        break;
    case PARAMETER_FLAG:
        cJSON_AddItemToObject(schema, "enum", make_choices(flags));
        break;
    case PARAMETER_CHOICE:
        cJSON_AddItemToObject(schema, "enum", make_choices(parameter->choices));
        break;
    case PARAMETER_DURATION:
        cJSON_AddStringToObject(schema, "pattern", "^[0-9]+(s|ms)?$");
        break;
    case PARAMETER_TEXT:
        break;
    }
    return schema;
}

static cJSON *make_schema(const parameter *parameter)
{
    cJSON *value = make_value_schema(parameter);
    if (parameter->most_times <= 1) {
        return value;
    }
    cJSON *schema = cJSON_CreateObject();
    cJSON_AddStringToObject(schema, "type", "array");
    json_add_number(schema, "minItems", 1);
    json_add_number(schema, "maxItems", parameter->most_times);
    cJSON_AddItemToObject(schema, "items", value);
    return schema;
}

static void add_path_parameter(cJSON *parameters, const route *route, const char *name,
                               const char *summary, const char *schema)
{
    char segment[32];
    (void)snprintf(segment, sizeof segment, "{%s}", name);
    if (strstr(route->pattern, segment) != NULL) {
        cJSON *parameter = add_parameter(parameters, name, "path", summary, true);
        cJSON_AddRawToObject(parameter, "schema", schema);
    }
}

static void add_parameters(cJSON *operation, const route *route)
{
    static const char text[] = "{\"type\":\"string\"}";
    cJSON *parameters = cJSON_AddArrayToObject(operation, "parameters");
    add_path_parameter(parameters, route, "id", "the number, or @NAME: what has that name now",
                       text);
    add_path_parameter(parameters, route, "pid", "of a process",
                       "{\"type\":\"integer\",\"minimum\":0}");
    add_path_parameter(parameters, route, "asset", "as the page names it", text);
    add_path_parameter(parameters, route, "name", "of a layout",
                       "{\"type\":\"string\",\"pattern\":\"^[a-z0-9][a-z0-9._-]{0,63}$\"}");
    for (const parameter *each = route->handler->parameters; each != NULL && each->name != NULL;
         each++) {
        cJSON *query =
            add_parameter(parameters, each->name, "query", each->summary, each->required);
        cJSON_AddItemToObject(query, "schema", make_schema(each));
        if (each->example != NULL && each->most_times <= 1) {
            cJSON_AddStringToObject(query, "example", each->example);
        } else if (each->example != NULL) {
            const char *const example[] = {each->example, NULL};
            cJSON_AddItemToObject(query, "example", make_choices(example));
        }
    }
}

static void add_body(cJSON *operation, const route *route)
{
    if (route->body == BODY_NONE) {
        return;
    }
    cJSON *body = cJSON_AddObjectToObject(operation, "requestBody");
    cJSON_AddBoolToObject(body, "required", true);
    cJSON *content = cJSON_AddObjectToObject(body, "content");
    switch (route->body) {
    case BODY_BYTES:
        add_media(content, "application/octet-stream", NULL);
        break;
    case BODY_TEXT:
        add_media(content, "text/plain", NULL);
        break;
    case BODY_PATCH:
        add_media(content, "application/merge-patch+json", route->body_schema);
        add_media(content, "application/json", route->body_schema);
        break;
    case BODY_LAYOUT:
        add_media(content, "application/json", route->body_schema);
        add_media(content, "text/x-c", NULL);
        break;
    case BODY_JSON:
    case BODY_NONE:
        add_media(content, "application/json", route->body_schema);
        break;
    }
}

static const char *describe(unsigned http_status)
{
    switch (http_status) {
    case 201:
        return "made; Location names it";
    case 204:
        return "done";
    case 206:
        return "the ranges asked for";
    case 304:
        return "it is what If-None-Match names";
    default:
        return "the answer";
    }
}

/* Several media types of one status stand in one response. */
static void add_answer(cJSON *responses, const route_answer *answer)
{
    char status[16];
    char media[64];
    (void)snprintf(status, sizeof status, "%u", answer->http_status);
    cJSON *response = cJSON_GetObjectItemCaseSensitive(responses, status);
    if (response == NULL) {
        response = cJSON_AddObjectToObject(responses, status);
        cJSON_AddStringToObject(response, "description", describe(answer->http_status));
    }
    if (answer->media != NULL) {
        cJSON *content = cJSON_GetObjectItemCaseSensitive(response, "content");
        if (content == NULL) {
            content = cJSON_AddObjectToObject(response, "content");
        }
        plain_media(answer->media, media, sizeof media);
        add_media(content, media, answer->schema);
    }
}

static void add_answers(cJSON *operation, const route *route)
{
    cJSON *responses = cJSON_AddObjectToObject(operation, "responses");
    for (const route_answer *each = route->answers; each->http_status != 0; each++) {
        add_answer(responses, each);
    }
    static const char *const problems[] = {"4XX", "5XX"};
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++) {
        cJSON *problem = cJSON_AddObjectToObject(responses, problems[i]);
        cJSON_AddStringToObject(problem, "description", "what went wrong");
        cJSON *content = cJSON_AddObjectToObject(problem, "content");
        add_media(content, "application/problem+json", "Problem");
    }
}

static const char *tag_of(const route *route)
{
    static const struct {
        const char *part;
        const char *tag;
    } tags[] = {
        {"/v1/processes", "discover"},    {"/v1/namespace", "discover"},
        {"/v1/sections/{id}/", "memory"}, {"/v1/events", "memory"},
        {"/v1/batch", "memory"},          {"/v1/sections", "sections"},
        {"/v1/layouts", "layouts"},
    };
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (strncmp(route->pattern, tags[i].part, strlen(tags[i].part)) == 0) {
            return tags[i].tag;
        }
    }
    return "daemon";
}

static cJSON *make_operation(const route *route)
{
    static const char *const conditions[] = {"none", "answer", "state", "existence"};
    cJSON *operation = cJSON_CreateObject();
    cJSON_AddStringToObject(operation, "operationId", route->operation);
    cJSON_AddStringToObject(operation, "summary", route->summary);
    cJSON_AddStringToObject(operation, "description", route->summary);
    cJSON *tags = cJSON_AddArrayToObject(operation, "tags");
    cJSON_AddItemToArray(tags, cJSON_CreateString(tag_of(route)));
    cJSON_AddStringToObject(operation, "x-conditions", conditions[route->conditions]);
    json_add_number(operation, "x-answer-bytes", route->answer_bytes);
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

static void add_paths(cJSON *document, route_table table)
{
    cJSON *paths = cJSON_AddObjectToObject(document, "paths");
    for (size_t i = 0; i < table.count; i++) {
        char name[16] = "";
        const route *route = &table.routes[i];
        const char *method = method_name(route->method);
        for (size_t j = 0; method[j] != '\0' && j + 1 < sizeof name; j++) {
            name[j] = (char)tolower((unsigned char)method[j]);
        }
        cJSON *path = cJSON_GetObjectItemCaseSensitive(paths, route->pattern);
        if (path == NULL) {
            path = cJSON_AddObjectToObject(paths, route->pattern);
        }
        cJSON_AddItemToObject(path, name, make_operation(route));
    }
}

static void add_info(cJSON *document)
{
    cJSON *info = cJSON_AddObjectToObject(document, "info");
    cJSON_AddStringToObject(info, "title", "sectiond");
    cJSON_AddStringToObject(info, "version", SECTIOND_VERSION);
    cJSON_AddStringToObject(info, "summary", "Shared-memory sections over HTTP");
    cJSON_AddStringToObject(info, "description",
                            "A local daemon that owns shared-memory sections: whatever speaks HTTP "
                            "creates, opens, reads, writes and watches them.");
    cJSON_AddRawToObject(info, "license", "{\"name\":\"MIT\",\"identifier\":\"MIT\"}");
    cJSON_AddRawToObject(info, "contact", "{\"name\":\"the developers of sectiond\"}");
}

/* Where the document comes from, whatever address and port that is. */
static void add_servers(cJSON *document)
{
    cJSON_AddRawToObject(document, "servers", "[{\"url\":\"/\",\"description\":\"this daemon\"}]");
    cJSON_AddRawToObject(document, "tags",
                         "[{\"name\":\"daemon\",\"description\":\"the daemon itself\"},"
                         "{\"name\":\"discover\",\"description\":\"what others share\"},"
                         "{\"name\":\"layouts\",\"description\":\"what the bytes mean\"},"
                         "{\"name\":\"memory\",\"description\":\"the bytes of a section\"},"
                         "{\"name\":\"sections\",\"description\":\"sections themselves\"}]");
}

static cJSON *make_word(const schema_word *word)
{
    char digits[24];
    if (word->choices != NULL) {
        return make_choices(word->choices);
    }
    (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)word->number);
    return cJSON_CreateRaw(digits);
}

static const schema_word *find_word(const schema_word *words, const char *name)
{
    while (words->name != NULL && strcmp(words->name, name) != 0) {
        words++;
    }
    return words->name != NULL ? words : NULL;
}

/* Puts limits and lists of the code in the place of each member "$NAME". */
static void fill_words(cJSON *json, const schema_word *words)
{
    cJSON *next;
    for (cJSON *each = json->child; each != NULL; each = next) {
        next = each->next;
        const bool is_word = cJSON_IsString(each) && each->valuestring[0] == '$';
        const schema_word *word = is_word ? find_word(words, each->valuestring + 1) : NULL;
        if (word != NULL) {
            cJSON_ReplaceItemInObjectCaseSensitive(json, each->string, make_word(word));
        } else {
            fill_words(each, words);
        }
    }
}

static cJSON *make_schemas(const schema_word *words)
{
    cJSON *schemas = cJSON_Parse((const char *)schemas_json);
    if (schemas != NULL) {
        fill_words(schemas, words);
    }
    return schemas;
}

static section_status openapi_get(server *server, call *call, reply *reply,
                                  section_error *ret_error)
{
    (void)call;
    cJSON *document = cJSON_CreateObject();
    cJSON_AddStringToObject(document, "openapi", "3.1.0");
    add_info(document);
    add_servers(document);
    cJSON_AddRawToObject(document, "security", "[{\"token\":[]}]");
    add_paths(document, server->routes);
    cJSON *components = cJSON_AddObjectToObject(document, "components");
    cJSON_AddRawToObject(components, "securitySchemes",
                         "{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}");
    cJSON_AddItemToObject(components, "schemas", make_schemas(server->routes.words));
    return reply_json(reply, 200, document, ret_error);
}

HANDLER(get_open_api) = {
    .tell = openapi_get,
};
