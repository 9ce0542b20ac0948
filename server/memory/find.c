#include <section/cleanup.h>
#include <section/find.h>
#include <section/text.h>
#include <stdlib.h>
#include <string.h>

#include "api/parameters.h"
#include "base/platform.h"
#include "encode/hex.h"
#include "encode/value_json.h"
#include "memory/text.h"
#include "memory/values.h"

/* Searching: the daemon reads, and only what matches is sent. */

enum {
    LIMIT = 1000, /* what the route's own answer_bytes are for */
    LIMIT_MOST = 10000,
    MATCH_BYTES = 384, /* of one match as a JSON tree and as text */
    SEARCH_MS = 1000,
    SEARCH_PIECES = (1 << 30) / SECTION_WHOLE_BYTES
};

static const parameter find_parameters[] = {
    {.name = "bytes",
     .kind = PARAMETER_TEXT,
     .example = "4d5a??00",
     .summary = "what to look for in hexadecimal; ?? is any byte"},
    WORD("text", "or a text, in an encoding"),
    {.name = "encoding",
     .kind = PARAMETER_TEXT,
     .code = SECTION_BAD_ENCODING,
     .summary = "of the text; utf-8 without it"},
    WORD("value", "or a number, of a type"),
    {.name = "type",
     .kind = PARAMETER_CHOICE,
     .choices = value_type_names,
     .code = SECTION_BAD_TYPE,
     .summary = "of the value"},
    ENDIAN,
    OFFSET,
    LENGTH,
    NUMBER("limit", 1, LIMIT_MOST, SECTION_BAD_QUERY, "the most matches; 1000 without it"),
    OPEN,
    END,
};

typedef struct find_order {
    uint64_t limit;
    size_t length_bytes;
    uint8_t bytes[SECTION_PATTERN_BYTES_MAX];
    uint8_t mask[SECTION_PATTERN_BYTES_MAX];
} find_order;

/* ---- the pattern ---- */

static section_status too_long(section_error *ret_error)
{
    return section_fail(ret_error, SECTION_BAD_QUERY, "a pattern has 1 to %u bytes",
                        SECTION_PATTERN_BYTES_MAX);
}

static section_status take_bytes(find_order *order, const void *bytes, size_t length_bytes,
                                 section_error *ret_error)
{
    if (length_bytes == 0 || length_bytes > SECTION_PATTERN_BYTES_MAX) {
        return too_long(ret_error);
    }
    memcpy(order->bytes, bytes, length_bytes);
    memset(order->mask, 1, length_bytes);
    order->length_bytes = length_bytes;
    return SECTION_OK;
}

/* Pairs of digits or of question marks, with spaces between them or not. */
static section_status parse_hex(const char *text, find_order *order, section_error *ret_error)
{
    bool is_any = true;
    size_t length = 0;
    while (*text != '\0') {
        const bool is_open = text[0] == '?' && text[1] == '?';
        const int high = hex_digit(text[0]);
        const int low = high >= 0 ? hex_digit(text[1]) : -1;
        if (*text == ' ') {
            text++;
            continue;
        }
        if (!is_open && low < 0) {
            return section_fail(ret_error, SECTION_BAD_QUERY,
                                "bytes must be pairs of hexadecimal digits; ?? is any byte");
        }
        if (length == SECTION_PATTERN_BYTES_MAX) {
            return too_long(ret_error);
        }
        order->bytes[length] = (uint8_t)(is_open ? 0 : high * 16 + low);
        order->mask[length++] = !is_open;
        is_any = is_any && is_open;
        text += 2;
    }
    order->length_bytes = length;
    return !is_any ? SECTION_OK
                   : section_fail(ret_error, SECTION_BAD_QUERY,
                                  "bytes needs at least one byte that is not ??");
}

static section_status parse_text(const request *request, const char *text, plan *plan,
                                 find_order *order, section_error *ret_error)
{
    const char *name = request_parameter(request, "encoding");
    section_encoding encoding;
    _cleanup_free_ void *bytes = NULL;
    size_t length = 0;
    section_status status =
        text_plan_encoding(name != NULL ? name : "utf-8", plan, &encoding, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = section_text_encode(encoding, text, strlen(text), false, &bytes, &length, ret_error);
    return status != SECTION_OK ? status : take_bytes(order, bytes, length, ret_error);
}

/* A whole number is taken as a string, because JSON's numbers are rounded above 2^53. */
static cJSON *value_item(section_value_type type, const char *text)
{
    const section_value_kind kind = section_value_lookup(type)->kind;
    cJSON *item = kind == SECTION_KIND_REAL || kind == SECTION_KIND_BOOL
                      ? cJSON_ParseWithOpts(text, NULL, true)
                      : NULL;
    return item != NULL ? item : cJSON_CreateString(text);
}

static section_status parse_value(const request *request, const char *text, find_order *order,
                                  section_error *ret_error)
{
    int type = 0;
    int endian = SECTION_LITTLE_ENDIAN;
    size_t count = 0;
    _cleanup_free_ void *bytes = NULL;
    if (!request_choice(request, "type", value_type_names, &type)) {
        return section_fail(ret_error, SECTION_BAD_TYPE, "a value needs its type, as type=u32");
    }
    (void)request_choice(request, "endian", endian_names, &endian);
    cJSON *array = cJSON_CreateArray();
    cJSON *item = value_item((section_value_type)type, text);
    if (array == NULL || item == NULL || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(array);
        cJSON_Delete(item);
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the value");
    }
    section_status status = values_from_json(array, (section_value_type)type,
                                             (section_endian)endian, &bytes, &count, ret_error);
    cJSON_Delete(array);
    return status != SECTION_OK
               ? status
               : take_bytes(order, bytes,
                            section_value_lookup((section_value_type)type)->size_bytes, ret_error);
}

static section_status find_plan(const request *request, plan *plan, section_error *ret_error)
{
    const char *bytes = request_parameter(request, "bytes");
    const char *text = request_parameter(request, "text");
    const char *value = request_parameter(request, "value");
    find_order *order = PLAN_ORDER(plan, find_order);
    plan_path_range(plan, request);
    if ((bytes != NULL) + (text != NULL) + (value != NULL) != 1) {
        return section_fail(ret_error, SECTION_BAD_QUERY,
                            "say what to look for by one of bytes, text and value");
    }
    order->limit = LIMIT;
    (void)request_number(request, "limit", &order->limit);
    plan->answer_bytes += order->limit > LIMIT ? (order->limit - LIMIT) * MATCH_BYTES : 0;
    if (bytes != NULL) {
        return parse_hex(bytes, order, ret_error);
    }
    return text != NULL ? parse_text(request, text, plan, order, ret_error)
                        : parse_value(request, value, order, ret_error);
}

/* ---- the search ---- */

/* What ends a search before its range does. */
typedef struct patience {
    const section_pause *pause;
    int64_t deadline_ms;
    unsigned pieces;
    bool is_over; /* and not: the daemon stops */
} patience;

static bool may_go_on(void *context)
{
    patience *left = context;
    left->is_over = left->pieces-- == 0 || platform_monotonic_ms() >= left->deadline_ms;
    return !left->is_over && left->pause->may_go_on(left->pause->context);
}

static bool add_match(cJSON *matches, uint64_t offset_bytes, uint64_t length_bytes)
{
    cJSON *match = cJSON_CreateObject();
    if (match == NULL || !cJSON_AddItemToArray(matches, match)) {
        cJSON_Delete(match);
        return false;
    }
    json_add_number(match, "offset", offset_bytes);
    json_add_number(match, "length", length_bytes);
    return true;
}

/* Fills `matches`; `ret_next` is where to go on, the range's end where all was searched. */
static section_status collect(call *call, cJSON *matches, uint64_t *ret_next,
                              section_error *ret_error)
{
    const find_order *order = call->order;
    const bound *bound = &call->targets[0];
    const section_pattern pattern = {order->bytes, order->mask, order->length_bytes};
    patience patience = {.pause = &call->means->pause,
                         .deadline_ms = platform_monotonic_ms() + SEARCH_MS,
                         .pieces = SEARCH_PIECES};
    const section_pause pause = {may_go_on, &patience};
    const uint64_t end = bound->offset_bytes + bound->length_bytes;
    uint64_t at = bound->offset_bytes;
    for (uint64_t found = 0; at < end && found < order->limit; found++) {
        section_status status =
            section_find(bound->entry->section, &pattern, at, end - at, &pause, &at, ret_error);
        if (status != SECTION_OK) {
            *ret_next = at;
            return status == SECTION_STOPPING && patience.is_over ? SECTION_OK : status;
        }
        if (at < end && !add_match(matches, at++, pattern.length_bytes)) {
            return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the matches");
        }
    }
    *ret_next = at;
    return SECTION_OK;
}

static section_status find_get(call *call, reply *reply, section_error *ret_error)
{
    const bound *bound = &call->targets[0];
    const uint64_t end = bound->offset_bytes + bound->length_bytes;
    uint64_t next = end;
    cJSON *answer = cJSON_CreateObject();
    cJSON *matches = cJSON_AddArrayToObject(answer, "matches");
    if (matches == NULL) {
        cJSON_Delete(answer);
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the matches");
    }
    section_status status = collect(call, matches, &next, ret_error);
    if (status != SECTION_OK) {
        cJSON_Delete(answer);
        return status;
    }
    entry_note_read(bound->entry, next - bound->offset_bytes);
    json_add_number_or_null(answer, "next", next < end, next);
    return reply_json(reply, 200, answer, ret_error);
}

HANDLER(find) = {
    .parameters = find_parameters,
    .plan = find_plan,
    .execute = find_get,
};
