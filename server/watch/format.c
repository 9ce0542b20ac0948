#include "watch/format.h"

#include <string.h>

#include "base/clock.h"
#include "encode/base64.h"
#include "encode/value_json.h"
#include "watch/event.h"
#include "watch/view.h"

enum {
    GROUP_BYTES = 768, /* of base64: 1024 characters */
    GROUP_VALUES = 32
};

static const char *const kinds[] = {"snapshot", "change", "orphaned", "gone"};

/* ---- the members of the JSON object that is an event, in all formats of today ---- */

static void say_place(event_writer *writer, const event_place *place)
{
    if (place->view != NULL) { /* of an end, or of a name that is lost */
        event_say(writer, "\"section\":%llu,\"layout\":\"%s\",",
                  (unsigned long long)place->section_id, place->view->name);
        return;
    }
    if (writer->style.names_ranges) {
        event_say(writer, "\"section\":%llu,", (unsigned long long)place->section_id);
    }
    event_say(writer, "\"offset\":%llu,\"length\":%llu,", (unsigned long long)place->offset_bytes,
              (unsigned long long)place->length_bytes);
}

static void say_bytes_key(event_writer *writer)
{
    event_say(writer, writer->place.values.typed ? "\"values\":[" : "\"data\":\"");
}

static void say_bytes_end(event_writer *writer)
{
    event_say(writer, writer->place.values.typed ? "]" : "\"");
}

static void say_members(event_writer *writer, const event_head *head)
{
    char at[CLOCK_TEXT_BYTES];
    if (head->kind == EVENT_SNAPSHOT || writer->style.names_ranges) {
        say_place(writer, &head->place);
    }
    switch (head->kind) {
    case EVENT_SNAPSHOT:
        if (head->place.values.typed) {
            event_say(writer, "\"type\":\"%s\",",
                      section_value_lookup(head->place.values.type)->name);
        }
        say_bytes_key(writer);
        break;
    case EVENT_CHANGE:
        clock_format(head->at_ms, at);
        event_say(writer, "\"at\":\"%s\",\"ranges\":[", at);
        break;
    case EVENT_ORPHANED:
        clock_format(head->at_ms, at);
        event_say(writer, "\"at\":\"%s\"", at);
        break;
    case EVENT_GONE:
        event_say(writer, "\"reason\":\"%s\"", head->reason);
        break;
    }
}

static void json_begin_run(event_writer *writer, uint64_t offset_bytes)
{
    event_say(writer, "%s{\"offset\":%llu,", writer->is_first ? "" : ",",
              (unsigned long long)offset_bytes);
    say_bytes_key(writer);
}

static void json_end_run(event_writer *writer)
{
    say_bytes_end(writer);
    event_say(writer, "}");
}

static void say_values(event_writer *writer, const uint8_t *bytes, size_t length_bytes)
{
    const watch_values *values = &writer->place.values;
    const size_t size = event_unit_bytes(values);
    for (size_t at = 0; at < length_bytes; at += size) {
        if (!writer->is_first) {
            writer->piece[writer->piece_bytes++] = ',';
        }
        writer->is_first = false;
        const section_value value = section_value_load(values->type, values->endian, bytes + at);
        writer->piece_bytes +=
            value_to_json(values->type, value, writer->piece + writer->piece_bytes);
    }
}

static void json_bytes(event_writer *writer, const uint8_t *bytes, size_t length_bytes)
{
    if (writer->place.values.typed) {
        say_values(writer, bytes, length_bytes);
        return;
    }
    base64_encode_groups(bytes, length_bytes, writer->piece + writer->piece_bytes);
    writer->piece_bytes += base64_encoded_length(length_bytes);
}

static size_t json_most_bytes(const watch_values *values)
{
    return values->typed ? GROUP_VALUES * event_unit_bytes(values) : GROUP_BYTES;
}

static void say_members_end(event_writer *writer, event_kind kind)
{
    if (kind == EVENT_SNAPSHOT) {
        say_bytes_end(writer);
    } else if (kind == EVENT_CHANGE) {
        event_say(writer, "]");
    }
    event_say(writer, "}");
}

/* ---- text/event-stream, as HTML defines it ---- */

static void sse_end(event_writer *writer, event_kind kind)
{
    say_members_end(writer, kind);
    event_say(writer, "\n\n");
}

static void sse_begin(event_writer *writer, const event_head *head)
{
    event_say(writer, "event: %s\nid: %s\ndata: {", kinds[head->kind], head->id);
    say_members(writer, head);
    if (!event_has_bytes(head->kind)) {
        sse_end(writer, head->kind);
    }
}

static void sse_begin_text(event_writer *writer, const char *kind, const char *id)
{
    event_say(writer, "event: %s\nid: %s\ndata: {", kind, id);
}

static void sse_end_text(event_writer *writer)
{
    event_say(writer, "}\n\n");
}

static const event_encoder sse = {.opening = "retry: 1000\n\n",
                                  .ping = {":\n", "\n"},
                                  .begin = sse_begin,
                                  .begin_run = json_begin_run,
                                  .end_run = json_end_run,
                                  .bytes = json_bytes,
                                  .most_bytes = json_most_bytes,
                                  .end = sse_end,
                                  .begin_text = sse_begin_text,
                                  .end_text = sse_end_text};

/* ---- one JSON object a line, for programs that read line by line: each line is one ---- */

static void ndjson_end(event_writer *writer, event_kind kind)
{
    say_members_end(writer, kind);
    event_say(writer, "\n");
}

static void ndjson_begin_text(event_writer *writer, const char *kind, const char *id)
{
    /* A tag is between quotes: its text in JSON has them, too. */
    event_say(writer, "{\"event\":\"%s\",\"id\":\"\\\"%.*s\\\"\",", kind, (int)(strlen(id) - 2),
              id + 1);
}

static void ndjson_end_text(event_writer *writer)
{
    event_say(writer, "}\n");
}

static void ndjson_begin(event_writer *writer, const event_head *head)
{
    ndjson_begin_text(writer, kinds[head->kind], head->id);
    say_members(writer, head);
    if (!event_has_bytes(head->kind)) {
        ndjson_end(writer, head->kind);
    }
}

static const event_encoder ndjson = {.opening = "",
                                     .ping = {"{\"event\":", "\"ping\"}\n"},
                                     .begin = ndjson_begin,
                                     .begin_run = json_begin_run,
                                     .end_run = json_end_run,
                                     .bytes = json_bytes,
                                     .most_bytes = json_most_bytes,
                                     .end = ndjson_end,
                                     .begin_text = ndjson_begin_text,
                                     .end_text = ndjson_end_text};

/* ---- the table ---- */

static const char event_stream[] = "text/event-stream";

/* X(name, media type, takes a type, needs a type, encoder). The first is taken where none is asked for. */
#define FORMATS(X)                                                                                 \
    X("base64", event_stream, false, false, &sse)                                                  \
    X("values", event_stream, true, true, &sse)                                                    \
    X("ndjson", "application/x-ndjson", true, false, &ndjson)

#define ROW(name_, media_type_, takes_type_, needs_type_, encoder_)                                \
    {name_, media_type_, takes_type_, needs_type_, encoder_},
#define NAME(name_, media_type_, takes_type_, needs_type_, encoder_) name_,

static const watch_format formats[] = {FORMATS(ROW)};

const char *const watch_format_names[] = {FORMATS(NAME) NULL};

const watch_format *watch_format_at(unsigned index)
{
    return index < sizeof formats / sizeof formats[0] ? &formats[index] : NULL;
}

const watch_format *watch_format_parse(const char *name)
{
    const watch_format *found = &formats[0];
    for (unsigned i = 0; name != NULL && found != NULL; i++) {
        found = watch_format_at(i);
        if (found != NULL && strcmp(found->name, name) == 0) {
            break;
        }
    }
    return found;
}
