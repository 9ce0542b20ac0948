#include "api/request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *role_name(role role)
{
    static const char *const names[] = {"none", "read", "write", "admin"};
    return names[role];
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    const char lower = (char)(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Reads what `%XX` stands for; a NUL would cut our strings, so -1, as for what are no two digits. */
static int percent_byte(const char *text)
{
    const int high = hex_digit(text[1]);
    const int low = high < 0 ? -1 : hex_digit(text[2]);
    return low < 0 || (high == 0 && low == 0) ? -1 : high << 4 | low;
}

/* Decodes in place, where it only gets shorter. */
static bool decode_query(char *text)
{
    char *out = text;
    for (; *text != '\0'; text++) {
        int byte = *text == '+' ? ' ' : *text;
        if (byte == '%') {
            byte = percent_byte(text);
            if (byte < 0) {
                return false;
            }
            text += 2;
        }
        *out++ = (char)byte;
    }
    *out = '\0';
    return true;
}

/*
 * Takes one segment off a path that begins with `/`, decoded in place: in one walk, because every
 * request pays for it. Returns what follows (`/`, `?` or the end), NULL for a wrong `%`.
 */
static char *parse_segment(char *path, const char **ret_segment, char *ret_end)
{
    char *in = path + 1;
    char *out = in;
    *ret_segment = in;
    while (*in != '/' && *in != '?' && *in != '\0') {
        int byte = *in;
        if (byte == '%') {
            byte = percent_byte(in);
            if (byte < 0) {
                return NULL;
            }
            in += 2;
        }
        in++;
        *out++ = (char)byte;
    }
    *ret_end = *in; /* about to be overwritten where nothing was decoded */
    *out = '\0';
    return in;
}

static section_status parse_path(request *request, char *path, section_error *ret_error)
{
    char end = *path;
    while (end == '/') {
        const char *segment;
        path = parse_segment(path, &segment, &end);
        if (path == NULL) {
            return section_fail(ret_error, SECTION_BAD_REQUEST,
                                "the path has a %% that two hex digits do not follow, or %%00");
        }
        if (request->segment_count < REQUEST_SEGMENTS_MAX) {
            request->segments[request->segment_count] = segment;
        }
        request->segment_count++;
    }
    request->query = end == '?' ? path + 1 : NULL;
    if (request->query != NULL && strstr(request->query, "%00") != NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "the query has %%00 in it");
    }
    return SECTION_OK;
}

section_status request_parse_query(request *request, section_error *ret_error)
{
    char *query = request->query;
    while (query != NULL) {
        char *next = strchr(query, '&');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (*query != '\0') {
            char *value = strchr(query, '=');
            if (value != NULL) {
                *value++ = '\0';
            }
            if (request->parameter_count == REQUEST_PARAMETERS_MAX) {
                return section_fail(ret_error, SECTION_BAD_QUERY, "at most %d query parameters",
                                    REQUEST_PARAMETERS_MAX);
            }
            if (!decode_query(query) || (value != NULL && !decode_query(value))) {
                return section_fail(
                    ret_error, SECTION_BAD_QUERY,
                    "the query has a %% that two hex digits do not follow, or %%00");
            }
            request->parameters[request->parameter_count++] =
                (query_parameter){query, value != NULL ? value : ""};
        }
        query = next;
    }
    return SECTION_OK;
}

section_status request_parse_target(request *request, char *target, section_error *ret_error)
{
    if (target[0] != '/') {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "the request target must be a path, as in GET /v1/sections");
    }
    return parse_path(request, target, ret_error);
}

request_header request_find_header(const char *name, size_t name_bytes)
{
    static const struct {
        const char *name;
        size_t length;
    } known[HEADER_COUNT] = {
#define REQUEST_HEADER_NAME(constant, name) {name, sizeof name - 1},
        REQUEST_HEADERS(REQUEST_HEADER_NAME)
#undef REQUEST_HEADER_NAME
    };
    for (int i = 0; i < HEADER_COUNT; i++) {
        if (known[i].length == name_bytes && strncasecmp(known[i].name, name, name_bytes) == 0) {
            return (request_header)i;
        }
    }
    return HEADER_COUNT;
}

void request_format_path(const request *request, char *ret_text, size_t capacity)
{
    size_t used = 0;
    ret_text[0] = '\0';
    for (unsigned i = 0; i < request->segment_count && i < REQUEST_SEGMENTS_MAX; i++) {
        const int length = snprintf(ret_text + used, capacity - used, "/%s", request->segments[i]);
        used += length > 0 ? (size_t)length : 0;
        if (used >= capacity) {
            return;
        }
    }
}

static const query_parameter *find_parameter(const request *request, const char *name)
{
    for (unsigned i = 0; i < request->parameter_count; i++) {
        if (strcmp(request->parameters[i].name, name) == 0) {
            return &request->parameters[i];
        }
    }
    return NULL;
}

static const parameter *find_known(const char *name, const parameter *known)
{
    while (known->name != NULL && strcmp(known->name, name) != 0) {
        known++;
    }
    return known->name != NULL ? known : NULL;
}

section_status request_check_parameters(const request *request, const parameter *known,
                                        section_error *ret_error)
{
    for (unsigned i = 0; i < request->parameter_count; i++) {
        const char *name = request->parameters[i].name;
        const parameter *found = find_known(name, known);
        if (found == NULL) {
            return section_fail(ret_error, SECTION_BAD_QUERY, "there is no parameter '%.64s' here",
                                name);
        }
        if (!found->repeats && find_parameter(request, name) != &request->parameters[i]) {
            return section_fail(ret_error, SECTION_BAD_QUERY, "the parameter '%s' stands twice",
                                name);
        }
    }
    return SECTION_OK;
}

const char *request_parameter(const request *request, const char *name)
{
    const query_parameter *parameter = find_parameter(request, name);
    return parameter != NULL ? parameter->value : NULL;
}

bool parse_decimal(const char *text, uint64_t *ret_number)
{
    const uint64_t largest = (UINT64_C(1) << 53) - 1;
    uint64_t number = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > largest) {
            return false;
        }
    }
    *ret_number = number;
    return true;
}

section_status request_number(const request *request, const char *name, section_status code,
                              uint64_t *ret_value, section_error *ret_error)
{
    const char *text = request_parameter(request, name);
    if (text == NULL || parse_decimal(text, ret_value)) {
        return SECTION_OK;
    }
    return section_fail(ret_error, code, "%s must be a whole number from 0 to 2^53-1, not '%.40s'",
                        name, text);
}

section_status request_flag(const request *request, const char *name, bool *ret_value,
                            section_error *ret_error)
{
    const char *text = request_parameter(request, name);
    if (text == NULL) {
        return SECTION_OK;
    }
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0) {
        return section_fail(ret_error, SECTION_BAD_QUERY, "%s must be 0 or 1, not '%.40s'", name,
                            text);
    }
    *ret_value = text[0] == '1';
    return SECTION_OK;
}

section_status request_defer(request *request)
{
    request->deferred = true;
    return SECTION_OK;
}

section_status request_defer_long(request *request)
{
    request->is_long = true;
    return request_defer(request);
}
