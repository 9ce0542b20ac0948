#include "api/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watch/view.h"

static const char *const domain_names[] = {NULL, "errno", "win32", "ntstatus"};

void reply_add_header(reply *reply, const char *name, const char *value_format, ...)
{
    va_list arguments;
    if (reply->header_count == REPLY_HEADERS_MAX) {
        return;
    }
    reply_header *header = &reply->room.headers[reply->header_count++];
    header->name = name;
    va_start(arguments, value_format);
    (void)vsnprintf(header->value, sizeof header->value, value_format, arguments);
    va_end(arguments);
}

section_status reply_json(reply *reply, unsigned http_status, cJSON *document,
                          section_error *ret_error)
{
    char *text = document != NULL ? cJSON_PrintUnformatted(document) : NULL;
    cJSON_Delete(document);
    if (text == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    reply_owned(reply, http_status, "application/json", text, strlen(text));
    return SECTION_OK;
}

void reply_owned(reply *reply, unsigned http_status, const char *content_type, void *bytes,
                 size_t length_bytes)
{
    reply->http_status = http_status;
    reply->content_type = content_type;
    reply->bytes = bytes;
    reply->length_bytes = length_bytes;
    reply->release = free;
    reply->buffered_bytes = length_bytes;
    reply->context = bytes;
}

void reply_static(reply *reply, unsigned http_status, const char *content_type, const char *text)
{
    reply->http_status = http_status;
    reply->content_type = content_type;
    reply->bytes = text;
    reply->length_bytes = strlen(text);
}

void reply_empty(reply *reply, unsigned http_status)
{
    reply->http_status = http_status;
}

void json_add_number(cJSON *object, const char *key, uint64_t number)
{
    char digits[24]; /* cJSON's own number is a double, printed with 15 digits where it can */
    (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    cJSON_AddRawToObject(object, key, digits);
}

void json_add_number_or_null(cJSON *object, const char *key, bool known, uint64_t number)
{
    if (known) {
        json_add_number(object, key, number);
    } else {
        cJSON_AddNullToObject(object, key);
    }
}

void json_add_text(cJSON *object, const char *key, const char *text)
{
    if (text != NULL) {
        cJSON_AddStringToObject(object, key, text);
    } else {
        cJSON_AddNullToObject(object, key);
    }
}

void json_add_handle(cJSON *object, const char *key, uint64_t handle)
{
    char text[24];
    (void)snprintf(text, sizeof text, "0x%llx", (unsigned long long)handle);
    cJSON_AddStringToObject(object, key, text);
}

static void add_os(cJSON *problem, const section_error *error)
{
    char words[200];
    section_os_error_text(error->os_domain, error->os_number, words, sizeof words);
    cJSON_AddStringToObject(problem, "call", error->call);
    cJSON *os = cJSON_AddObjectToObject(problem, "os");
    json_add_text(os, "domain", domain_names[error->os_domain]);
    json_add_number(os, "code", error->os_number);
    json_add_text(os, "name", section_os_error_name(error->os_domain, error->os_number));
    cJSON_AddStringToObject(os, "message", words);
}

cJSON *problem_json(const section_error *error)
{
    const section_status_facts *facts = section_status_lookup(error->code);
    char type[64];
    cJSON *problem = cJSON_CreateObject();
    (void)snprintf(type, sizeof type, "/v1/errors#%s", facts->slug);
    cJSON_AddStringToObject(problem, "type", type);
    cJSON_AddStringToObject(problem, "title", facts->title);
    json_add_number(problem, "status", facts->http_status);
    cJSON_AddStringToObject(problem, "detail", error->detail);
    cJSON_AddStringToObject(problem, "code", facts->slug);
    if (error->os_domain != SECTION_OS_NONE) {
        add_os(problem, error);
    }
    return problem;
}

void reply_problem(reply *reply, const section_error *error)
{
    static const char no_memory[] =
        "{\"type\":\"/v1/errors#no_memory\",\"title\":\"Memory ran out\",\"status\":507,"
        "\"detail\":\"no memory for the answer\",\"code\":\"no_memory\"}";
    cJSON *problem = problem_json(error);
    if (reply->has_written) {
        json_add_number(problem, "written", reply->written_bytes);
    }
    if (reply->errors != NULL) {
        cJSON_AddRawToObject(problem, "errors", reply->errors);
    }
    if (reply_json(reply, section_status_lookup(error->code)->http_status, problem, NULL) !=
        SECTION_OK) {
        reply_static(reply, 507, "application/problem+json", no_memory);
    }
    reply->content_type = "application/problem+json";
}

void reply_forget_origin(reply *reply)
{
    watch_view_unref(reply->made_of.view);
    reply->made_of = (reply_origin){0};
}

void reply_discard(reply *reply)
{
    if (reply->release != NULL) {
        reply->release(reply->context);
        reply->release = NULL;
    }
    reply_forget_origin(reply);
    reply->bytes = NULL;
    reply->read = NULL;
    reply->source = NULL;
    reply->borrows = false;
    reply->buffered_bytes = 0;
    reply->first_position = 0;
    reply->length_bytes = 0;
    reply->content_type = NULL;
}
