#include "watch/event.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "encode/base64.h"
#include "encode/value_json.h"

enum {
    GROUP_BYTES = 768, /* of base64: 1024 characters */
    GROUP_VALUES = 32,
    /* Changes closer than this are one: naming a run costs more than these bytes. */
    RUN_GAP_BYTES = 16,
    SKIP_BYTES = 64
};

#if defined(__GNUC__)
__attribute__((format(gnu_printf, 2, 3)))
#endif
static void
say(event *event, const char *format, ...)
{
    const size_t room = sizeof event->piece - event->piece_bytes;
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(event->piece + event->piece_bytes, room, format, arguments);
    va_end(arguments);
    event->piece_bytes += length > 0 && (size_t)length < room ? (size_t)length : 0;
}

static void start_piece(event *event)
{
    event->piece_bytes = 0;
    event->piece_sent = 0;
}

void event_begin_stream(event *event)
{
    start_piece(event);
    say(event, "retry: 1000\n\n");
}

/*
 * A client that has gone is noticed at the second write: so the comment is two, at once after each
 * other.
 */
void event_begin_comment(event *event, bool is_first)
{
    start_piece(event);
    say(event, "%s", is_first ? ":\n" : "\n");
}

static void say_place(event *event, const event_place *place)
{
    if (event->format.names_ranges) {
        say(event, "\"section\":%llu,", (unsigned long long)place->section_id);
    }
    say(event, "\"offset\":%llu,\"length\":%llu,", (unsigned long long)place->offset_bytes,
        (unsigned long long)place->length_bytes);
}

void event_begin_gone(event *event, const event_place *place, const char *id, const char *reason)
{
    start_piece(event);
    say(event, "event: gone\nid: %s\ndata: {", id);
    if (event->format.names_ranges) {
        say_place(event, place);
    }
    say(event, "\"reason\":\"%s\"}\n\n", reason);
}

void event_begin(event *event, const event_place *place, const char *id, snapshot *from,
                 snapshot *to)
{
    char at[CLOCK_TEXT_BYTES];
    start_piece(event);
    event->place = *place;
    event->from = from;
    event->to = to;
    event->position = 0;
    event->scanned = 0;
    event->is_first = true;
    if (from != NULL) {
        event->phase = EVENT_RUN;
        event->run_end = 0;
        clock_format(to->at_ms, at);
        say(event, "event: change\nid: %s\ndata: {", id);
        if (event->format.names_ranges) {
            say_place(event, place);
        }
        say(event, "\"at\":\"%s\",\"ranges\":[", at);
        return;
    }
    event->phase = EVENT_BYTES;
    event->run_end = to->length_bytes;
    event->is_run_over = true;
    say(event, "event: snapshot\nid: %s\ndata: {", id);
    say_place(event, place);
    if (event->format.typed) {
        say(event, "\"type\":\"%s\",\"values\":[", section_value_lookup(event->format.type)->name);
    } else {
        say(event, "\"data\":\"");
    }
}

void event_drop(event *event)
{
    snapshot_unref(event->from);
    snapshot_unref(event->to);
    event->from = NULL;
    event->to = NULL;
    event->phase = EVENT_DONE;
}

/* ---- what differs ---- */

/* The first byte from `at` on that differs; the length where none does. */
static size_t find_difference(const snapshot *from, const snapshot *to, size_t at)
{
    while (at < to->length_bytes) {
        const size_t block = at / SNAPSHOT_BLOCK_BYTES;
        if (to->changed_pass[block] <= from->pass) {
            at = (block + 1) * SNAPSHOT_BLOCK_BYTES;
        } else if (at % SKIP_BYTES == 0 && at + SKIP_BYTES <= to->length_bytes &&
                   memcmp(from->bytes + at, to->bytes + at, SKIP_BYTES) == 0) {
            at += SKIP_BYTES;
        } else if (from->bytes[at] == to->bytes[at]) {
            at++;
        } else {
            return at;
        }
    }
    return to->length_bytes;
}

static size_t unit_bytes(const event *event)
{
    return event->format.typed ? section_value_lookup(event->format.type)->size_bytes : 1;
}

/* Finds the next run; false where there is none. Values are told whole. */
static bool start_run(event *event)
{
    const size_t start = find_difference(event->from, event->to, event->position);
    if (start == event->to->length_bytes) {
        return false;
    }
    event->position = start - start % unit_bytes(event);
    event->run_end = start + 1;
    event->scanned = start + 1;
    event->is_run_over = false;
    return true;
}

/* Looks for the end of the run, no further than is needed: a run may be a megabyte. */
static void extend_run(event *event, size_t needed_end)
{
    const uint8_t *from = event->from != NULL ? event->from->bytes : NULL;
    const uint8_t *to = event->to->bytes;
    while (!event->is_run_over && event->run_end < needed_end) {
        if (event->scanned == event->to->length_bytes ||
            event->scanned - event->run_end == RUN_GAP_BYTES) {
            const size_t unit = unit_bytes(event);
            event->run_end += (unit - event->run_end % unit) % unit;
            event->is_run_over = true;
        } else if (from[event->scanned] != to[event->scanned]) {
            event->run_end = ++event->scanned;
        } else {
            event->scanned++;
        }
    }
}

/* ---- pieces ---- */

static void say_bytes(event *event, size_t length)
{
    base64_encode_groups(event->to->bytes + event->position, length,
                         event->piece + event->piece_bytes);
    event->piece_bytes += base64_encoded_length(length);
}

static void say_values(event *event, size_t length)
{
    const event_format *format = &event->format;
    const size_t size = unit_bytes(event);
    for (size_t i = 0; i < length; i += size) {
        if (!event->is_first) {
            event->piece[event->piece_bytes++] = ',';
        }
        event->is_first = false;
        const section_value value = section_value_load(format->type, format->endian,
                                                       event->to->bytes + event->position + i);
        event->piece_bytes += value_to_json(format->type, value, event->piece + event->piece_bytes);
    }
}

/* The next bytes or values of a run; false where it has no more. */
static bool say_group(event *event)
{
    const size_t most = event->format.typed ? GROUP_VALUES * unit_bytes(event) : GROUP_BYTES;
    extend_run(event, event->position + most);
    const size_t rest = event->run_end - event->position;
    const size_t length = rest < most ? rest : most;
    if (length == 0) {
        return false;
    }
    if (event->format.typed) {
        say_values(event, length);
    } else {
        say_bytes(event, length);
    }
    event->position += length;
    return true;
}

static void next_piece(event *event)
{
    const bool typed = event->format.typed;
    start_piece(event);
    switch (event->phase) {
    case EVENT_BYTES:
        if (!say_group(event)) {
            say(event, "%s}\n\n", typed ? "]" : "\"");
            event_drop(event);
        }
        break;
    case EVENT_RUN:
        if (start_run(event)) {
            say(event, "%s{\"offset\":%llu,\"%s", event->is_first ? "" : ",",
                (unsigned long long)(event->place.offset_bytes + event->position),
                typed ? "values\":[" : "data\":\"");
            event->is_first = true;
            event->phase = EVENT_RUN_BYTES;
        } else {
            say(event, "]}\n\n");
            event_drop(event);
        }
        break;
    case EVENT_RUN_BYTES:
        if (!say_group(event)) {
            say(event, "%s}", typed ? "]" : "\"");
            event->is_first = false;
            event->phase = EVENT_RUN;
        }
        break;
    case EVENT_DONE:
        break;
    }
}

size_t event_write(event *event, char *ret_bytes, size_t capacity)
{
    size_t used = 0;
    while (used < capacity) {
        if (event->piece_sent == event->piece_bytes) {
            if (event->phase == EVENT_DONE) {
                break;
            }
            next_piece(event);
        }
        const size_t rest = event->piece_bytes - event->piece_sent;
        const size_t length = rest < capacity - used ? rest : capacity - used;
        memcpy(ret_bytes + used, event->piece + event->piece_sent, length);
        event->piece_sent += length;
        used += length;
    }
    return used;
}
