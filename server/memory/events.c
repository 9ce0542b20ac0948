#include <stdlib.h>
#include <string.h>

#include "api/parameters.h"
#include "encode/json.h"
#include "memory/json_target.h"
#include "memory/tags.h"
#include "memory/values.h"
#include "watch/format.h"

/* Streams of server-sent events: reads the request; server/watch does the rest. */

static const parameter events_parameters[] = {OFFSET,     LENGTH, INTERVAL, EVENT_FORMAT,
                                              EVENT_TYPE, ENDIAN, OPEN,     END};

static const parameter events_of_many_parameters[] = {
    {.name = "watch",
     .kind = PARAMETER_TEXT,
     .summary = "ID:OFFSET:LENGTH or ID:OFFSET:LENGTH:TYPE, for each range once",
     .required = true,
     .example = "1:0:64",
     .most_times = WATCH_RANGES_MAX},
    INTERVAL,
    EVENT_FORMAT,
    EVENT_TYPE,
    ENDIAN,
    END,
};

/* The form in which one range is reported. */
typedef struct range_order {
    watch_values values;
    bool length_given;
} range_order;

typedef struct events_order {
    bool head;
    bool names_ranges;
    const watch_format *format;
    uint64_t interval_ms;
    const char *last_event_id;
    range_order ranges[WATCH_RANGES_MAX]; /* by target */
    char *texts;                          /* what the targets' texts point into */
    cJSON *document;                      /* the same, of a body */
} events_order;

static void release_order(void *context)
{
    events_order *order = context;
    free(order->texts);
    cJSON_Delete(order->document);
}

static events_order *new_order(const request *request, plan *plan)
{
    events_order *order = PLAN_ORDER(plan, events_order);
    plan->release = release_order;
    plan->streams = true; /* the hub copies */
    plan->describes_only = true;
    plan->checks_presence = true;
    order->head = request->head;
    order->last_event_id = request->headers[HEADER_LAST_EVENT_ID];
    order->interval_ms = WATCH_INTERVAL_MS;
    return order;
}

/* Reads the parameters of all ranges; `*ret_values` is of ranges without a type of their own. */
static section_status parse_query(const request *request, events_order *order,
                                  watch_values *ret_values, section_error *ret_error)
{
    (void)request_number(request, "interval_ms", &order->interval_ms);
    order->format = watch_format_parse(request_parameter(request, "format"));
    ret_values->typed = request_parameter(request, "type") != NULL;
    values_parse_type(request, &ret_values->type, &ret_values->endian);
    if (ret_values->typed && !order->format->takes_type) {
        return section_fail(ret_error, SECTION_BAD_QUERY,
                            "type is for format=values and ndjson, and for single ranges");
    }
    return SECTION_OK;
}

/* Once all ranges are known. */
static section_status check_types(const request *request, const plan *plan,
                                  section_error *ret_error)
{
    const events_order *order = (const events_order *)plan->room.order;
    unsigned typed = 0;
    for (unsigned i = 0; i < plan->target_count; i++) {
        typed += order->ranges[i].values.typed ? 1 : 0;
    }
    if (order->format->needs_type && typed < plan->target_count) {
        return section_fail(ret_error, SECTION_BAD_TYPE, "format=values needs a type");
    }
    if (typed == 0 && request_parameter(request, "endian") != NULL) {
        return section_fail(ret_error, SECTION_BAD_QUERY, "endian is for values: give a type");
    }
    return SECTION_OK;
}

static section_status events_plan(const request *request, plan *plan, section_error *ret_error)
{
    events_order *order = new_order(request, plan);
    section_status status = parse_query(request, order, &order->ranges[0].values, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    order->ranges[0].length_given = plan_path_range(plan, request)->span.length_given;
    return check_types(request, plan, ret_error);
}

/* ---- several ranges ---- */

/* Cuts the last `:WORD` off; NULL where there is none. */
static char *cut_word(char *text)
{
    char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return NULL;
    }
    *colon = '\0';
    return colon + 1;
}

/* `ID:OFFSET:LENGTH` or `ID:OFFSET:LENGTH:TYPE`; ID may be @NAME, and a name may have colons: no type
 * is a number. Cuts the text in place. */
static section_status parse_watch(char *text, plan_target *target, watch_values *values,
                                  section_error *ret_error)
{
    plan_span *span = &target->span;
    char *length = cut_word(text);
    if (length != NULL && section_value_type_parse(length, &values->type, NULL) == SECTION_OK) {
        values->typed = true;
        length = cut_word(text);
    }
    const char *offset = length != NULL ? cut_word(text) : NULL;
    if (offset == NULL || !parse_decimal(offset, &span->offset_bytes) ||
        !parse_decimal(length, &span->length_bytes) || span->length_bytes == 0) {
        return section_fail(
            ret_error, SECTION_BAD_QUERY,
            "watch takes ID:OFFSET:LENGTH, such as watch=1:0:64, or, with one of the "
            "types, ID:OFFSET:LENGTH:TYPE");
    }
    span->length_given = true;
    target->text = text;
    target->has_span = true;
    return SECTION_OK;
}

/* Room for as many targets as the query names, and for a copy of their texts. */
static section_status make_room(const request *request, plan *plan, char **ret_texts,
                                section_error *ret_error)
{
    size_t bytes = 1;
    for (unsigned i = 0; i < request->parameter_count; i++) {
        bytes += strlen(request->room.parameters[i].value) + 1;
    }
    char *texts = malloc(bytes);
    ((events_order *)plan->room.order)->texts = texts;
    *ret_texts = texts;
    plan->targets = calloc(WATCH_RANGES_MAX, sizeof *plan->targets);
    return texts != NULL && plan->targets != NULL
               ? SECTION_OK
               : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the ranges");
}

static section_status events_of_many_plan(const request *request, plan *plan,
                                          section_error *ret_error)
{
    char *text;
    watch_values values;
    events_order *order = new_order(request, plan);
    order->names_ranges = true;
    section_status status = parse_query(request, order, &values, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = make_room(request, plan, &text, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    for (unsigned i = 0; i < request->parameter_count; i++) {
        if (strcmp(request->room.parameters[i].name, "watch") != 0) {
            continue;
        }
        const size_t bytes = strlen(request->room.parameters[i].value) + 1;
        range_order *range = &order->ranges[plan->target_count];
        *range = (range_order){.values = values, .length_given = true};
        memcpy(text, request->room.parameters[i].value, bytes);
        status = parse_watch(text, plan_add_target(plan), &range->values, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        text += bytes;
    }
    return check_types(request, plan, ret_error);
}

/* ---- several ranges of a body ---- */

/* `{"id","offset","length","type","endian"}` */
static section_status read_range(const cJSON *json, plan_target *target, range_order *range,
                                 section_error *ret_error)
{
    const cJSON *id = NULL;
    const char *type = NULL;
    int endian = SECTION_LITTLE_ENDIAN;
    bool endian_given = false;
    plan_span *span = &target->span;
    const json_member members[] = {
        {.key = "id", .kind = JSON_ANY, .target = &id},
        {.key = "offset",
         .kind = JSON_NUMBER,
         .target = &span->offset_bytes,
         .code = SECTION_BAD_OFFSET},
        {.key = "length",
         .kind = JSON_NUMBER,
         .target = &span->length_bytes,
         .code = SECTION_BAD_SIZE,
         .present = &span->length_given},
        {.key = "type", .kind = JSON_TEXT, .target = &type},
        {.key = "endian",
         .kind = JSON_CHOICE,
         .target = &endian,
         .choices = endian_names,
         .present = &endian_given},
    };
    section_status status = json_read(json, members, sizeof members / sizeof members[0], ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = target_from_json(id, target, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (span->length_given && span->length_bytes == 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "length must be at least 1");
    }
    if (endian_given && type == NULL) {
        return section_fail(ret_error, SECTION_BAD_JSON,
                            "\"endian\" is for values: give a \"type\"");
    }
    range->values.endian = (section_endian)endian;
    range->values.typed = type != NULL;
    range->length_given = span->length_given;
    target->has_span = true;
    return type != NULL ? section_value_type_parse(type, &range->values.type, ret_error)
                        : SECTION_OK;
}

static section_status read_ranges(const cJSON *list, plan *plan, section_error *ret_error)
{
    events_order *order = (events_order *)plan->room.order;
    const int count = list != NULL ? cJSON_GetArraySize(list) : 0;
    const cJSON *json;
    section_status status = SECTION_OK;
    if (count == 0 || count > WATCH_RANGES_MAX) {
        return section_fail(ret_error, SECTION_BAD_JSON,
                            "\"watch\" must be an array of 1 to %d ranges", WATCH_RANGES_MAX);
    }
    plan->targets = calloc(WATCH_RANGES_MAX, sizeof *plan->targets);
    if (plan->targets == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the ranges");
    }
    cJSON_ArrayForEach(json, list)
    {
        range_order *range = &order->ranges[plan->target_count];
        if (!cJSON_IsObject(json)) {
            return section_fail(ret_error, SECTION_BAD_JSON, "a range must be an object");
        }
        status = read_range(json, plan_add_target(plan), range, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

static section_status events_post_plan(const request *request, plan *plan, section_error *ret_error)
{
    events_order *order = new_order(request, plan);
    const cJSON *list = NULL;
    int format = 0;
    const json_member members[] = {
        {.key = "watch", .kind = JSON_ARRAY, .target = &list},
        {.key = "interval_ms", .kind = JSON_NUMBER, .target = &order->interval_ms},
        {.key = "format", .kind = JSON_CHOICE, .target = &format, .choices = watch_format_names},
    };
    order->names_ranges = true;
    section_status status =
        json_parse_object(request->body, request->body_bytes, &order->document, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = json_read(order->document, members, sizeof members / sizeof members[0], ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (order->interval_ms == 0 || order->interval_ms > WATCH_INTERVAL_MS_MAX) {
        return section_fail(ret_error, SECTION_BAD_JSON, "\"interval_ms\" must be 1 to %d",
                            WATCH_INTERVAL_MS_MAX);
    }
    status = read_ranges(list, plan, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    order->format = watch_format_at((unsigned)format);
    return check_types(request, plan, ret_error);
}

/* ---- the execution ---- */

/* Values are whole: a length that was not given is rounded down to them. */
static section_status fit_values(const range_order *range, const bound *bound, size_t *ret_length,
                                 section_error *ret_error)
{
    const size_t size = section_value_lookup(range->values.type)->size_bytes;
    const size_t rest = (size_t)(bound->length_bytes % size);
    if (range->length_given && rest != 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "length must be a multiple of %u, for %s",
                            (unsigned)size, section_value_lookup(range->values.type)->name);
    }
    *ret_length = (size_t)bound->length_bytes - rest;
    return *ret_length > 0
               ? SECTION_OK
               : section_fail(ret_error, SECTION_BAD_RANGE,
                              "there is no room for a value of %u bytes", (unsigned)size);
}

/* A range must be there now. */
static section_status aim(const range_order *range, const bound *bound, watch_target *ret_target,
                          section_error *ret_error)
{
    size_t length = (size_t)bound->length_bytes;
    if (bound->length_bytes > WATCH_BYTES_MAX) {
        return section_fail(ret_error, SECTION_TOO_LARGE,
                            "a range of %d bytes at most can be watched; say which, with offset "
                            "and length",
                            WATCH_BYTES_MAX);
    }
    if (range->values.typed) {
        section_status status = fit_values(range, bound, &length, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    *ret_target = (watch_target){
        .entry = bound->entry, .offset_bytes = bound->offset_bytes, .length_bytes = length};
    return section_check(bound->entry->section, bound->offset_bytes, length, ret_error);
}

static int64_t no_events(void *context, void *ret_bytes, size_t capacity)
{
    (void)context;
    (void)ret_bytes;
    (void)capacity;
    return -1;
}

static section_status events_get(call *call, reply *reply, section_error *ret_error)
{
    const events_order *order = call->order;
    watch_stream *stream = NULL;
    watch_order watched = {.count = call->target_count,
                           .format = order->format,
                           .names_ranges = order->names_ranges,
                           .interval_ms = order->interval_ms,
                           .last_event_id = order->last_event_id};
    for (unsigned i = 0; i < call->target_count; i++) {
        watched.values[i] = order->ranges[i].values;
        section_status status =
            aim(&order->ranges[i], &call->targets[i], &watched.targets[i], ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    if (!order->head) {
        section_status status = watch_stream_open(call->means->watch, &watched,
                                                  call->means->sleeper, &stream, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    reply->http_status = 200;
    reply->content_type = order->format->media_type;
    reply->source = stream != NULL ? watch_stream_read : no_events;
    reply->release = stream != NULL ? watch_stream_close : NULL;
    reply->context = stream;
    return SECTION_OK;
}

HANDLER(watch) = {
    .plan = events_post_plan,
    .execute = events_get,
};

HANDLER(watch_ranges) = {
    .parameters = events_of_many_parameters,
    .plan = events_of_many_plan,
    .execute = events_get,
};

HANDLER(watch_section) = {
    .parameters = events_parameters,
    .plan = events_plan,
    .execute = events_get,
};
