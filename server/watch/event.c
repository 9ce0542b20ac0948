#include "watch/event.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Changes closer than this are one: naming a run costs more than these bytes. */
enum { RUN_GAP_BYTES = 16 };

void event_say(event_writer *writer, const char *text_format, ...)
{
    const size_t room = sizeof writer->piece - writer->piece_bytes;
    va_list arguments;
    va_start(arguments, text_format);
    const int length = vsnprintf(writer->piece + writer->piece_bytes, room, text_format, arguments);
    va_end(arguments);
    writer->piece_bytes += length > 0 && (size_t)length < room ? (size_t)length : 0;
}

size_t event_unit_bytes(const watch_values *values)
{
    return values->typed ? section_value_lookup(values->type)->size_bytes : 1;
}

/* ---- beginning ---- */

static void start_piece(event_writer *writer)
{
    writer->piece_bytes = 0;
    writer->piece_sent = 0;
}

void event_begin_stream(event_writer *writer)
{
    start_piece(writer);
    event_say(writer, "%s", writer->style.encoder->opening);
}

/* A client that has gone is noticed at the second write: hence the halves, at once after each other. */
void event_begin_ping(event_writer *writer, unsigned half)
{
    start_piece(writer);
    event_say(writer, "%s", writer->style.encoder->ping[half]);
}

bool event_has_bytes(event_kind kind)
{
    return kind == EVENT_SNAPSHOT || kind == EVENT_CHANGE;
}

void event_begin_orphaned(event_writer *writer, const event_place *place, const char *id,
                          int64_t at_ms)
{
    const event_head head = {.kind = EVENT_ORPHANED, .place = *place, .id = id, .at_ms = at_ms};
    start_piece(writer);
    writer->style.encoder->begin(writer, &head);
}

void event_begin_gone(event_writer *writer, const event_place *place, const char *id,
                      const char *reason)
{
    const event_head head = {.kind = EVENT_GONE, .place = *place, .id = id, .reason = reason};
    start_piece(writer);
    writer->style.encoder->begin(writer, &head);
}

void event_begin(event_writer *writer, const event_place *place, const char *id, snapshot *from,
                 snapshot *to)
{
    const bool is_change = from != NULL;
    const event_head head = {.kind = is_change ? EVENT_CHANGE : EVENT_SNAPSHOT,
                             .place = *place,
                             .id = id,
                             .at_ms = to->at_ms};
    start_piece(writer);
    writer->place = *place;
    writer->from = from;
    writer->to = to;
    writer->position = 0;
    writer->scanned = 0;
    writer->is_first = true;
    writer->phase = is_change ? PHASE_NEXT_RUN : PHASE_SNAPSHOT_BYTES;
    writer->run_end = is_change ? 0 : to->length_bytes;
    writer->is_run_over = !is_change;
    writer->style.encoder->begin(writer, &head);
}

void event_begin_view(event_writer *writer, const event_place *place, const char *id,
                      view_text *text)
{
    start_piece(writer);
    writer->place = *place;
    writer->text = text;
    writer->position = 0;
    writer->phase = PHASE_TEXT;
    writer->style.encoder->begin_text(writer, text->kind, id);
    if (writer->style.names_ranges) {
        event_say(writer, "\"section\":%llu,", (unsigned long long)place->section_id);
    }
    event_say(writer, "\"layout\":\"%s\",", place->view->name);
}

void event_drop(event_writer *writer)
{
    view_text_unref(writer->text);
    writer->text = NULL;
    snapshot_unref(writer->from);
    snapshot_unref(writer->to);
    writer->from = NULL;
    writer->to = NULL;
    writer->phase = PHASE_DONE;
}

static void end(event_writer *writer)
{
    writer->style.encoder->end(writer, writer->from != NULL ? EVENT_CHANGE : EVENT_SNAPSHOT);
    event_drop(writer);
}

/* ---- runs of what differs ---- */

/* Finds the next run; false where there is none. Values are told whole. */
static bool find_run(event_writer *writer)
{
    const size_t start = snapshot_find_difference(writer->from, writer->to, writer->position);
    if (start == writer->to->length_bytes) {
        return false;
    }
    writer->position = start - start % event_unit_bytes(&writer->place.values);
    writer->run_end = start + 1;
    writer->scanned = start + 1;
    writer->is_run_over = false;
    return true;
}

/* Looks for the end of the run, no further than is needed: a run may be a megabyte. */
static void extend_run(event_writer *writer, size_t needed_end)
{
    const uint8_t *from = writer->from != NULL ? writer->from->bytes : NULL;
    const uint8_t *to = writer->to->bytes;
    while (!writer->is_run_over && writer->run_end < needed_end) {
        if (writer->scanned == writer->to->length_bytes ||
            writer->scanned - writer->run_end == RUN_GAP_BYTES) {
            const size_t unit = event_unit_bytes(&writer->place.values);
            writer->run_end += (unit - writer->run_end % unit) % unit;
            writer->is_run_over = true;
        } else if (from[writer->scanned] != to[writer->scanned]) {
            writer->run_end = ++writer->scanned;
        } else {
            writer->scanned++;
        }
    }
}

/* ---- pieces ---- */

/* The next bytes or values of a run; false where it has no more. */
static bool say_bytes(event_writer *writer)
{
    const event_encoder *encoder = writer->style.encoder;
    const size_t most = encoder->most_bytes(&writer->place.values);
    extend_run(writer, writer->position + most);
    const size_t rest = writer->run_end - writer->position;
    const size_t length = rest < most ? rest : most;
    if (length == 0) {
        return false;
    }
    encoder->bytes(writer, writer->to->bytes + writer->position, length);
    writer->is_first = false;
    writer->position += length;
    return true;
}

static void say_text(event_writer *writer)
{
    const size_t rest = writer->text->length_bytes - writer->position;
    const size_t length = rest < EVENT_PIECE_BYTES ? rest : EVENT_PIECE_BYTES;
    if (length == 0) {
        writer->style.encoder->end_text(writer);
        event_drop(writer);
        return;
    }
    memcpy(writer->piece, writer->text->bytes + writer->position, length);
    writer->piece_bytes = length;
    writer->position += length;
}

static void next_piece(event_writer *writer)
{
    const event_encoder *encoder = writer->style.encoder;
    start_piece(writer);
    switch (writer->phase) {
    case PHASE_SNAPSHOT_BYTES:
        if (!say_bytes(writer)) {
            end(writer);
        }
        break;
    case PHASE_NEXT_RUN:
        if (find_run(writer)) {
            encoder->begin_run(writer, writer->place.offset_bytes + writer->position);
            writer->is_first = true;
            writer->phase = PHASE_RUN_BYTES;
        } else {
            end(writer);
        }
        break;
    case PHASE_RUN_BYTES:
        if (!say_bytes(writer)) {
            encoder->end_run(writer);
            writer->is_first = false;
            writer->phase = PHASE_NEXT_RUN;
        }
        break;
    case PHASE_TEXT:
        say_text(writer);
        break;
    case PHASE_DONE:
        break;
    }
}

size_t event_write(event_writer *writer, char *ret_bytes, size_t capacity)
{
    size_t used = 0;
    while (used < capacity) {
        if (writer->piece_sent == writer->piece_bytes) {
            if (writer->phase == PHASE_DONE) {
                break;
            }
            next_piece(writer);
        }
        const size_t rest = writer->piece_bytes - writer->piece_sent;
        const size_t length = rest < capacity - used ? rest : capacity - used;
        memcpy(ret_bytes + used, writer->piece + writer->piece_sent, length);
        writer->piece_sent += length;
        used += length;
    }
    return used;
}
