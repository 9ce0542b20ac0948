#include <stdlib.h>
#include <string.h>

#include "memory/memory.h"
#include "memory/values.h"
#include "watch/format.h"

/* Streams of server-sent events: what is asked for; the hub does the rest. */

typedef struct events_order {
    bool head;
    bool names_ranges;
    bool length_given;
    const watch_format *format;
    bool typed;
    section_value_type type;
    section_endian endian;
    uint64_t interval_ms;
    const char *last_event_id;
    char *texts; /* what the targets' texts point into */
} events_order;

static void release_order(void *context)
{
    events_order *order = context;
    free(order->texts);
}

/* What a stream is asked to do, but for the ranges. */
static section_status parse_order(const request *request, plan *plan, section_error *ret_error)
{
    events_order *order = PLAN_ORDER(plan, events_order);
    plan->release = release_order;
    plan->streams = true; /* the hub copies */
    order->head = request->head;
    order->last_event_id = request->headers[HEADER_LAST_EVENT_ID];
    order->interval_ms = WATCH_INTERVAL_MS;
    (void)request_number(request, "interval_ms", &order->interval_ms);
    order->format = watch_format_parse(request_parameter(request, "format"));
    const bool has_type = request_parameter(request, "type") != NULL;
    order->typed = order->format->needs_type || (order->format->takes_type && has_type);
    if (!order->typed && (has_type || request_parameter(request, "endian") != NULL)) {
        return section_fail(ret_error, SECTION_BAD_QUERY,
                            "type and endian are for format=values, and type for ndjson");
    }
    if (order->typed && !has_type) {
        return section_fail(ret_error, SECTION_BAD_TYPE, "format=values needs a type");
    }
    values_parse_type(request, &order->type, &order->endian);
    return SECTION_OK;
}

section_status events_plan(const request *request, plan *plan, section_error *ret_error)
{
    section_status status = parse_order(request, plan, ret_error);
    const plan_target *target = plan_path_range(plan, request);
    ((events_order *)plan->order)->length_given = target->span.length_given;
    return status;
}

/* ---- several ranges ---- */

/* `ID:OFFSET:LENGTH`; ID may be @NAME, and a name may have colons. Cuts the text in place. */
static section_status parse_watch(char *text, plan_target *target, section_error *ret_error)
{
    plan_span *span = &target->span;
    char *length = strrchr(text, ':');
    char *offset = NULL;
    if (length != NULL) {
        *length++ = '\0';
        offset = strrchr(text, ':');
    }
    if (offset != NULL) {
        *offset++ = '\0';
    }
    if (offset == NULL || !parse_decimal(offset, &span->offset_bytes) ||
        !parse_decimal(length, &span->length_bytes) || span->length_bytes == 0) {
        return section_fail(ret_error, SECTION_BAD_QUERY,
                            "watch takes ID:OFFSET:LENGTH, such as watch=1:0:64");
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
        bytes += strlen(request->parameters[i].value) + 1;
    }
    char *texts = malloc(bytes);
    ((events_order *)plan->order)->texts = texts;
    *ret_texts = texts;
    plan->targets = calloc(WATCH_RANGES_MAX, sizeof *plan->targets);
    return texts != NULL && plan->targets != NULL
               ? SECTION_OK
               : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the ranges");
}

section_status events_of_many_plan(const request *request, plan *plan, section_error *ret_error)
{
    char *text;
    section_status status = parse_order(request, plan, ret_error);
    if (status == SECTION_OK) {
        status = make_room(request, plan, &text, ret_error);
    }
    events_order *order = (events_order *)plan->order;
    order->names_ranges = true;
    order->length_given = true;
    for (unsigned i = 0; i < request->parameter_count && status == SECTION_OK; i++) {
        if (strcmp(request->parameters[i].name, "watch") == 0) {
            const size_t bytes = strlen(request->parameters[i].value) + 1;
            memcpy(text, request->parameters[i].value, bytes);
            status = parse_watch(text, plan_add_target(plan), ret_error);
            text += bytes;
        }
    }
    return status;
}

/* ---- the execution ---- */

/* Values are whole: a length that was not given is rounded down to them. */
static section_status fit_values(const events_order *order, const bound *bound, bool length_given,
                                 size_t *ret_length, section_error *ret_error)
{
    const size_t size = section_value_lookup(order->type)->size_bytes;
    const size_t rest = (size_t)(bound->length_bytes % size);
    if (length_given && rest != 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "length must be a multiple of %u, for %s",
                            (unsigned)size, section_value_lookup(order->type)->name);
    }
    *ret_length = (size_t)bound->length_bytes - rest;
    return *ret_length > 0
               ? SECTION_OK
               : section_fail(ret_error, SECTION_BAD_RANGE,
                              "there is no room for a value of %u bytes", (unsigned)size);
}

/* A range must be there now. */
static section_status aim(const events_order *order, const bound *bound, watch_target *ret_target,
                          section_error *ret_error)
{
    size_t length = (size_t)bound->length_bytes;
    if (bound->length_bytes > WATCH_BYTES_MAX) {
        return section_fail(ret_error, SECTION_TOO_LARGE,
                            "a range of %d bytes at most can be watched; say which, with offset "
                            "and length",
                            WATCH_BYTES_MAX);
    }
    if (order->typed) {
        section_status status = fit_values(order, bound, order->length_given, &length, ret_error);
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

section_status events_get(call *call, reply *reply, section_error *ret_error)
{
    const events_order *order = call->order;
    watch_stream *stream = NULL;
    watch_order watched = {.count = call->target_count,
                           .format = order->format,
                           .names_ranges = order->names_ranges,
                           .has_all = call->has_all_watchers,
                           .interval_ms = order->interval_ms,
                           .typed = order->typed,
                           .type = order->type,
                           .endian = order->endian,
                           .last_event_id = order->last_event_id};
    section_status status = SECTION_OK;
    for (unsigned i = 0; i < call->target_count && status == SECTION_OK; i++) {
        status = aim(order, &call->targets[i], &watched.targets[i], ret_error);
    }
    if (status == SECTION_OK && !order->head) {
        status = watch_stream_open(call->watch, &watched, call->sleeper, &stream, ret_error);
    }
    if (status == SECTION_OK) {
        reply->http_status = 200;
        reply->content_type = order->format->media_type;
        reply->source = stream != NULL ? watch_stream_read : no_events;
        reply->release = stream != NULL ? watch_stream_close : NULL;
        reply->context = stream;
    }
    return status;
}
