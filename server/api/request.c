#include "api/request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "encode/hex.h"

/*
 * Decodes `%XX`. Returns -1 if two hex digits do not follow, and for NUL, which would end our
 * strings.
 */
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
    *ret_segment = in;
    while ((unsigned char)*in > '?') { /* letters, nearly all that there is, stay where they are */
        in++;
    }
    char *out = in;
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
    *ret_end = *in; /* read now: if nothing was decoded, the terminator overwrites it */
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
            request->room.parameters[request->parameter_count++] =
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
        if (known[i].length == name_bytes &&
            (memcmp(known[i].name, name, name_bytes) == 0 || /* nearly always, and cheaper */
             strncasecmp(known[i].name, name, name_bytes) == 0)) {
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
        if (strcmp(request->room.parameters[i].name, name) == 0) {
            return &request->room.parameters[i];
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

bool parse_decimal(const char *text, uint64_t *ret_number)
{
    uint64_t number = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > PARAMETER_MOST) {
            return false;
        }
    }
    *ret_number = number;
    return true;
}

/* `30s`, `1500ms`, or `30`, which are seconds. */
static bool parse_duration(const char *text, uint64_t most_s, int64_t *ret_us)
{
    char digits[16];
    uint64_t number;
    const size_t length = strspn(text, "0123456789");
    const char *unit = text + length;
    if (length == 0 || length >= sizeof digits) {
        return false;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    const bool is_ms = strcmp(unit, "ms") == 0;
    if ((!is_ms && *unit != '\0' && strcmp(unit, "s") != 0) || !parse_decimal(digits, &number) ||
        number > most_s * (is_ms ? 1000 : 1)) {
        return false;
    }
    *ret_us = (int64_t)number * (is_ms ? 1000 : 1000000);
    return true;
}

static int find_choice(const char *const *choices, const char *text)
{
    for (int i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], text) == 0) {
            return i;
        }
    }
    return -1;
}

static void list_choices(const char *const *choices, char *ret_text, size_t capacity)
{
    size_t used = 0;
    ret_text[0] = '\0';
    for (; *choices != NULL && used < capacity; choices++) {
        const int length = snprintf(ret_text + used, capacity - used, "%s%s", *choices,
                                    choices[1] != NULL ? ", " : "");
        used += length > 0 ? (size_t)length : 0;
    }
}

static section_status check_value(const parameter *known, const char *text,
                                  section_error *ret_error)
{
    const section_status code = known->code != 0 ? known->code : SECTION_BAD_QUERY;
    char list[160];
    uint64_t number;
    int64_t us;
    switch (known->kind) {
    case PARAMETER_TEXT:
        return SECTION_OK;
    case PARAMETER_NUMBER:
        return parse_decimal(text, &number) && number >= known->least && number <= known->most
                   ? SECTION_OK
                   : section_fail(ret_error, code,
                                  "%s must be a whole number from %llu to %llu, not '%.40s'",
                                  known->name, (unsigned long long)known->least,
                                  (unsigned long long)known->most, text);
    case PARAMETER_FLAG:
        return strcmp(text, "0") == 0 || strcmp(text, "1") == 0
                   ? SECTION_OK
                   : section_fail(ret_error, code, "%s must be 0 or 1, not '%.40s'", known->name,
                                  text);
    case PARAMETER_CHOICE:
        if (find_choice(known->choices, text) >= 0) {
            return SECTION_OK;
        }
        list_choices(known->choices, list, sizeof list);
        return section_fail(ret_error, code, "%s must be one of %s, not '%.40s'", known->name, list,
                            text);
    case PARAMETER_DURATION:
        break;
    }
    return parse_duration(text, known->most, &us)
               ? SECTION_OK
               : section_fail(ret_error, code,
                              "%s takes seconds, as in 30 or 30s, or milliseconds, as in 500ms, up "
                              "to %llus, not '%.40s'",
                              known->name, (unsigned long long)known->most, text);
}

static unsigned count_before(const request *request, unsigned index)
{
    unsigned count = 0;
    for (unsigned i = 0; i < index; i++) {
        count +=
            strcmp(request->room.parameters[i].name, request->room.parameters[index].name) == 0;
    }
    return count;
}

static section_status check_parameter(const request *request, unsigned index,
                                      const parameter *known, section_error *ret_error)
{
    const char *name = request->room.parameters[index].name;
    const parameter *found = find_known(name, known);
    if (found == NULL) {
        return section_fail(ret_error, SECTION_BAD_QUERY, "there is no parameter '%.64s' here",
                            name);
    }
    if (count_before(request, index) >= (found->most_times > 0 ? found->most_times : 1)) {
        return found->most_times > 1
                   ? section_fail(ret_error, SECTION_BAD_QUERY, "%s may stand %u times at most",
                                  name, found->most_times)
                   : section_fail(ret_error, SECTION_BAD_QUERY, "the parameter '%s' stands twice",
                                  name);
    }
    return check_value(found, request->room.parameters[index].value, ret_error);
}

section_status request_check_parameters(const request *request, const parameter *known,
                                        section_error *ret_error)
{
    for (unsigned i = 0; i < request->parameter_count; i++) {
        section_status status = check_parameter(request, i, known, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    for (; known->required; known++) { /* which stand first */
        if (find_parameter(request, known->name) == NULL) {
            return section_fail(ret_error, known->code != 0 ? known->code : SECTION_BAD_QUERY,
                                "?%s= is needed: %s", known->name, known->summary);
        }
    }
    return SECTION_OK;
}

const char *request_parameter(const request *request, const char *name)
{
    const query_parameter *parameter = find_parameter(request, name);
    return parameter != NULL ? parameter->value : NULL;
}

bool request_number(const request *request, const char *name, uint64_t *ret_value)
{
    const char *text = request_parameter(request, name);
    return text != NULL && parse_decimal(text, ret_value);
}

bool request_flag(const request *request, const char *name, bool *ret_value)
{
    const char *text = request_parameter(request, name);
    if (text != NULL) {
        *ret_value = text[0] == '1';
    }
    return text != NULL;
}

bool request_choice(const request *request, const char *name, const char *const *choices,
                    int *ret_index)
{
    const char *text = request_parameter(request, name);
    const int index = text != NULL ? find_choice(choices, text) : -1;
    if (index >= 0) {
        *ret_index = index;
    }
    return index >= 0;
}

bool request_duration(const request *request, const char *name, int64_t *ret_us)
{
    const char *text = request_parameter(request, name);
    return text != NULL && parse_duration(text, PARAMETER_MOST / 1000, ret_us);
}
