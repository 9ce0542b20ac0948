#ifndef SECTIOND_WATCH_EVENTS_H
#define SECTIOND_WATCH_EVENTS_H

#include "watch/private.h"

/**
 * @file
 * Server-sent events, made piece by piece while they are sent: an event costs its two snapshots and
 * a buffer of a kilobyte, however long it is.
 */

/** Room for any piece: a group of base64, of values, or the first line of an event. */
enum { EVENT_PIECE_BYTES = 1100 };

/** How the bytes of a range are told, the same for all events of a stream. */
typedef struct event_format {
    bool names_ranges;
    bool typed;
    section_value_type type;
    section_endian endian;
} event_format;

/** Which range an event is about. */
typedef struct event_place {
    uint64_t section_id;
    uint64_t offset_bytes;
    uint64_t length_bytes;
} event_place;

typedef enum event_phase { EVENT_DONE, EVENT_RUN, EVENT_RUN_BYTES, EVENT_BYTES } event_phase;

/** An event under way. Zeroed, it is none. */
typedef struct event {
    event_format format; /* set once */
    event_phase phase;
    event_place place;
    snapshot *from; /* NULL: a snapshot, all of `to` */
    snapshot *to;
    size_t position;  /* of the range: what is before it is done with */
    size_t run_end;   /* behind the last byte of this run that differs, as far as is known */
    size_t scanned;   /* up to where that was looked for */
    bool is_first;    /* no run, or no value of this run, was told yet */
    bool is_run_over; /* `run_end` is its end */
    size_t piece_bytes;
    size_t piece_sent;
    char piece[EVENT_PIECE_BYTES];
} event;

/** Begins the stream itself. */
void event_begin_stream(event *event);

/** Begins a `snapshot`, or, from another picture, a `change`. Takes the snapshots over. */
void event_begin(event *event, const event_place *place, const char *id, snapshot *from,
                 snapshot *to);

/** Begins a `gone`. */
void event_begin_gone(event *event, const event_place *place, const char *id, const char *reason);

/** Begins a comment, of which two make a whole one: see there. */
void event_begin_comment(event *event, bool is_first);

/** Writes what comes next; less than `capacity` only where the event is over. */
size_t event_write(event *event, char *ret_bytes, size_t capacity);

/** Lets go of what an event has that is not over. */
void event_drop(event *event);

#endif
