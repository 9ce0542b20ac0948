#include <string.h>

#include "api/handlers.h"
#include "api/server.h"
#include "memory/values.h"

/* Streams of server-sent events: what is asked for; the hub does the rest. */

static const char event_stream[] = "text/event-stream";

static section_status parse_format(const request *request, watch_order *order,
                                   section_error *ret_error)
{
    const char *format = request_parameter(request, "format");
    const char *type = request_parameter(request, "type");
    const char *endian = request_parameter(request, "endian");
    order->typed = format != NULL && strcmp(format, "values") == 0;
    if (format != NULL && !order->typed && strcmp(format, "base64") != 0) {
        return section_fail(ret_error, SECTION_BAD_QUERY,
                            "format must be base64 or values, not '%.40s'", format);
    }
    if (!order->typed) {
        return type == NULL && endian == NULL
                   ? SECTION_OK
                   : section_fail(ret_error, SECTION_BAD_QUERY,
                                  "type and endian are for format=values");
    }
    section_status status =
        section_value_type_parse(type != NULL ? type : "", &order->type, ret_error);
    return status == SECTION_OK ? values_parse_endian(request, &order->endian, ret_error) : status;
}

static section_status parse_interval(const request *request, watch_order *order,
                                     section_error *ret_error)
{
    order->interval_ms = WATCH_INTERVAL_MS;
    section_status status =
        request_number(request, "interval_ms", SECTION_BAD_QUERY, &order->interval_ms, ret_error);
    if (status == SECTION_OK &&
        (order->interval_ms < 1 || order->interval_ms > WATCH_INTERVAL_MS_MAX)) {
        status = section_fail(ret_error, SECTION_BAD_QUERY, "interval_ms must be 1 to %d",
                              WATCH_INTERVAL_MS_MAX);
    }
    return status;
}

/* What a stream is asked to do, but for the ranges. */
static section_status parse_order(const request *request, watch_order *order,
                                  section_error *ret_error)
{
    section_status status = parse_interval(request, order, ret_error);
    order->last_event_id = request->headers[HEADER_LAST_EVENT_ID];
    return status == SECTION_OK ? parse_format(request, order, ret_error) : status;
}

/* Values are whole: a length that was not given is rounded down to them. */
static section_status fit_values(const watch_order *order, byte_range *range, reply *reply,
                                 uint64_t view_bytes, section_error *ret_error)
{
    const size_t size = section_value_lookup(order->type)->size_bytes;
    const uint64_t rest = range->length_bytes % size;
    if (range->length_given && rest != 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "length must be a multiple of %u, for %s",
                            (unsigned)size, section_value_lookup(order->type)->name);
    }
    range->length_bytes -= rest;
    return range->length_bytes > 0
               ? SECTION_OK
               : handlers_bad_range(reply, view_bytes, ret_error, range->offset_bytes, size);
}

/* Adds a range of a section to what is watched; it must be there now. */
static section_status add_target(watch_order *order, entry *entry, byte_range range, reply *reply,
                                 section_error *ret_error)
{
    const uint64_t view_bytes = section_length(entry->section);
    section_status status = handlers_fit_range(&range, reply, view_bytes, ret_error);
    if (status == SECTION_OK && order->typed) {
        status = fit_values(order, &range, reply, view_bytes, ret_error);
    }
    if (status == SECTION_OK && range.length_bytes > WATCH_BYTES_MAX) {
        status = section_fail(ret_error, SECTION_TOO_LARGE,
                              "a range of %d bytes at most can be watched; say which, with offset "
                              "and length",
                              WATCH_BYTES_MAX);
    }
    if (status == SECTION_OK) {
        status = section_check(entry->section, range.offset_bytes, range.length_bytes, ret_error);
    }
    if (status == SECTION_OK) {
        order->targets[order->count++] =
            (watch_target){entry, range.offset_bytes, (size_t)range.length_bytes};
    }
    return status;
}

static int64_t no_events(void *context, void *ret_bytes, size_t capacity)
{
    (void)context;
    (void)ret_bytes;
    (void)capacity;
    return -1;
}

static section_status open_stream(const request *request, reply *reply, const watch_order *order,
                                  section_error *ret_error)
{
    watch_stream *stream = NULL;
    section_status status = SECTION_OK;
    if (!request->head) {
        status =
            watch_stream_open(request->server->watch, order, request->sleeper, &stream, ret_error);
    }
    if (status == SECTION_OK) {
        reply->http_status = 200;
        reply->content_type = event_stream;
        reply->source = stream != NULL ? watch_stream_read : no_events;
        reply->release = stream != NULL ? watch_stream_close : NULL;
        reply->context = stream;
    }
    return status;
}

section_status events_get(request *request, reply *reply, section_error *ret_error)
{
    entry *entry;
    byte_range range;
    watch_order order = {.count = 0};
    section_status status = handlers_parse_range(request, &range, ret_error);
    if (status == SECTION_OK) {
        status = parse_order(request, &order, ret_error);
    }
    if (status == SECTION_OK) {
        status = handlers_find(request, &entry, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    status = add_target(&order, entry, range, reply, ret_error);
    if (status == SECTION_OK) {
        status = open_stream(request, reply, &order, ret_error);
    }
    handlers_release(request, entry);
    return status;
}

/* `ID:OFFSET:LENGTH`; ID may be @NAME, and a name may have colons. Cuts the text in place. */
static section_status parse_watch(char *text, byte_range *ret_range, section_error *ret_error)
{
    char *length = strrchr(text, ':');
    char *offset = NULL;
    ret_range->length_given = true;
    if (length != NULL) {
        *length++ = '\0';
        offset = strrchr(text, ':');
    }
    if (offset != NULL) {
        *offset++ = '\0';
    }
    if (offset == NULL || !parse_decimal(offset, &ret_range->offset_bytes) ||
        !parse_decimal(length, &ret_range->length_bytes) || ret_range->length_bytes == 0) {
        return section_fail(ret_error, SECTION_BAD_QUERY,
                            "watch takes ID:OFFSET:LENGTH, such as watch=1:0:64");
    }
    return SECTION_OK;
}

static section_status add_watch(const request *request, const char *watch, watch_order *order,
                                reply *reply, section_error *ret_error)
{
    char text[1024]; /* the longest name, in UTF-8, is shorter */
    byte_range range;
    entry *entry;
    if (order->count == WATCH_RANGES_MAX) {
        return section_fail(ret_error, SECTION_BAD_QUERY, "a stream carries %d ranges at most",
                            WATCH_RANGES_MAX);
    }
    if (strlen(watch) >= sizeof text) {
        return section_fail(ret_error, SECTION_BAD_QUERY, "watch takes ID:OFFSET:LENGTH");
    }
    memcpy(text, watch, strlen(watch) + 1);
    section_status status = parse_watch(text, &range, ret_error);
    if (status == SECTION_OK) {
        status = handlers_find_id(request, text, &entry, ret_error);
    }
    if (status == SECTION_OK) {
        status = add_target(order, entry, range, reply, ret_error);
        if (status != SECTION_OK) {
            handlers_release(request, entry);
        }
    }
    return status;
}

section_status events_get_many(request *request, reply *reply, section_error *ret_error)
{
    watch_order order = {.names_ranges = true};
    section_status status = parse_order(request, &order, ret_error);
    for (unsigned i = 0; i < request->parameter_count && status == SECTION_OK; i++) {
        if (strcmp(request->parameters[i].name, "watch") == 0) {
            status = add_watch(request, request->parameters[i].value, &order, reply, ret_error);
        }
    }
    if (status == SECTION_OK && order.count == 0) {
        status = section_fail(ret_error, SECTION_BAD_QUERY,
                              "say what to watch: ?watch=ID:OFFSET:LENGTH&watch=…");
    }
    if (status == SECTION_OK) {
        status = open_stream(request, reply, &order, ret_error);
    }
    for (unsigned i = 0; i < order.count; i++) {
        handlers_release(request, order.targets[i].entry);
    }
    return status;
}
