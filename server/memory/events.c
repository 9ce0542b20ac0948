#include <section/cleanup.h>
#include <stdlib.h>
#include <string.h>

#include "api/parameters.h"
#include "encode/json.h"
#include "layouts/watch_fields.h"
#include "memory/events.h"
#include "memory/tags.h"
#include "memory/values.h"
#include "watch/format.h"

/* Streams of server-sent events: reads the request; server/watch does the rest. */

static const parameter events_parameters[] = {
    OFFSET,
    LENGTH,
    INTERVAL,
    EVENT_FORMAT,
    EVENT_TYPE,
    ENDIAN,
    WORD("layout", "fields instead of bytes, by this layout"),
    WORD("select", "these fields; with it alone, by the section's own layout"),
    OPEN,
    END,
};

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

static void release_order(void *context)
{
    events_order *order = context;
    free(order->ranges);
    free(order->texts);
    arena_release(&order->selects);
    cJSON_Delete(order->document);
}

static section_status no_memory(section_error *ret_error)
{
    return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the ranges");
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
    arena_init(&order->selects, EVENTS_SELECTS_BYTES_MAX);
    order->ranges = calloc(WATCH_RANGES_MAX, sizeof *order->ranges);
    return order->ranges != NULL ? order : NULL;
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
        if (order->ranges[i].is_fields && order->format->needs_type) {
            return section_fail(ret_error, SECTION_BAD_QUERY,
                                "fields have types of their own, and no format=values");
        }
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
    if (order == NULL) {
        return no_memory(ret_error);
    }
    section_status status = parse_query(request, order, &order->ranges[0].values, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    range_order *range = &order->ranges[0];
    plan_target *target = plan_path_range(plan, request);
    range->length_given = target->span.length_given;
    range->layout = request_parameter(request, "layout");
    range->select = request_parameter(request, "select");
    range->is_fields = range->layout != NULL || range->select != NULL;
    if (range->is_fields) {
        target->has_span = false;
        if (range->length_given || range->values.typed ||
            request_parameter(request, "offset") != NULL) {
            return section_fail(ret_error, SECTION_BAD_QUERY,
                                "layout and select are for fields, which have no offset, length "
                                "and type");
        }
    }
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
    if (order == NULL) {
        return no_memory(ret_error);
    }
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

static section_status events_post_plan(const request *request, plan *plan, section_error *ret_error)
{
    events_order *order = new_order(request, plan);
    if (order == NULL) {
        return no_memory(ret_error);
    }
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
    status = events_read_ranges(list, plan, ret_error);
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
static section_status aim(const call_means *means, const range_order *range, const bound *bound,
                          watch_target *ret_target, section_error *ret_error)
{
    size_t length = (size_t)bound->length_bytes;
    if (range->is_fields) {
        *ret_target = (watch_target){.entry = bound->entry, .length_bytes = FIELDS_WATCHED_BYTES};
        return fields_watch(means, bound->entry, range->layout, range->select, &ret_target->view,
                            ret_error);
    }
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

/* The stream has references of its own. */
static void let_views_go(watch_order *watched)
{
    for (unsigned i = 0; i < watched->count; i++) {
        watch_view_unref(watched->targets[i].view);
    }
}

static section_status events_get(call *call, reply *reply, section_error *ret_error)
{
    const events_order *order = call->order;
    watch_stream *stream = NULL;
    _cleanup_(let_views_go) watch_order watched = {.count = call->target_count,
                                                   .format = order->format,
                                                   .names_ranges = order->names_ranges,
                                                   .interval_ms = order->interval_ms,
                                                   .last_event_id = order->last_event_id};
    for (unsigned i = 0; i < call->target_count; i++) {
        watched.values[i] = order->ranges[i].values;
        section_status status =
            aim(call->means, &order->ranges[i], &call->targets[i], &watched.targets[i], ret_error);
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
