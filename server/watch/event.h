#ifndef SECTIOND_WATCH_EVENT_H
#define SECTIOND_WATCH_EVENT_H

#include "watch/snapshot.h"
#include "watch/view.h"
#include "watch/watch.h"

/**
 * @file
 * Events as text, made piece by piece while they are sent: an event costs its two snapshots and a
 * buffer of a kilobyte, however long it is. The text of a view is there already, for all its readers.
 */

/** Room for any piece: a group of base64, of values, or what stands before them. */
enum { EVENT_PIECE_BYTES = 1100 };

typedef enum event_kind { EVENT_SNAPSHOT, EVENT_CHANGE, EVENT_ORPHANED, EVENT_GONE } event_kind;

/** The range that an event is about. */
typedef struct event_place {
    uint64_t section_id;
    uint64_t offset_bytes;
    uint64_t length_bytes;
    watch_values values;           /* what its bytes are told as */
    const struct watch_view *view; /* what is told instead of bytes; NULL: these */
} event_place;

/** The facts of an event that come before its bytes. */
typedef struct event_head {
    event_kind kind;
    event_place place;
    const char *id;
    int64_t at_ms;      /* of a change, or of when it was found orphaned: wall clock */
    const char *reason; /* of the end */
} event_head;

typedef enum event_phase {
    PHASE_DONE,
    PHASE_SNAPSHOT_BYTES,
    PHASE_NEXT_RUN,
    PHASE_RUN_BYTES,
    PHASE_TEXT /* of a view */
} event_phase;

/** The form of all events of a stream. */
typedef struct event_style {
    const struct event_encoder *encoder;
    bool names_ranges;
} event_style;

/**
 * The writer of the events of a stream, one after the other. Zeroed but for its style, it is idle.
 */
typedef struct event_writer {
    event_style style; /* set once */
    event_phase phase;
    event_place place;
    snapshot *from; /* NULL: a snapshot, all of `to` */
    snapshot *to;
    size_t position;  /* of the range: what is before it is done with */
    size_t run_end;   /* behind the last byte of this run that differs, as far as is known */
    size_t scanned;   /* up to where that was looked for */
    bool is_first;    /* no run, or no value of this run, was told yet */
    bool is_run_over; /* `run_end` is its end */
    view_text *text;  /* of a view's event: a reference */
    size_t piece_bytes;
    size_t piece_sent;
    char piece[EVENT_PIECE_BYTES];
} event_writer;

/** The text of a format, with `event_say`; each call adds to one piece at most EVENT_PIECE_BYTES. */
typedef struct event_encoder {
    const char *opening; /* of the stream; may be empty */
    /* The heartbeat of a stream without events: two pieces, which are sent apart. */
    const char *ping[2];
    /* All of `orphaned` and `gone`; of others, what stands before the bytes of a snapshot or the runs of a change. */
    void (*begin)(event_writer *writer, const event_head *head);
    /* The text around the bytes of one run of a change. */
    void (*begin_run)(event_writer *writer, uint64_t offset_bytes);
    void (*end_run)(event_writer *writer);
    /* The next bytes of a snapshot or a run, of which there are most at a time. */
    void (*bytes)(event_writer *writer, const uint8_t *bytes, size_t length_bytes);
    size_t (*most_bytes)(const watch_values *values);
    void (*end)(event_writer *writer, event_kind kind);
    /* Around the members of an event of a view, which come as text. */
    void (*begin_text)(event_writer *writer, const char *kind, const char *id);
    void (*end_text)(event_writer *writer);
} event_encoder;

/** Whether an event of a kind tells bytes, which come after its beginning. */
bool event_has_bytes(event_kind kind);

/** Adds to the piece under way. */
void event_say(event_writer *writer, const char *text_format, ...)
#if defined(__GNUC__)
    __attribute__((format(gnu_printf, 2, 3)))
#endif
    ;

/** The size of a value; 1 if bytes are reported. */
size_t event_unit_bytes(const watch_values *values);

/** Begins the stream itself. */
void event_begin_stream(event_writer *writer);

/** Begins a `snapshot`, or, from another picture, a `change`. Takes the snapshots over. */
void event_begin(event_writer *writer, const event_place *place, const char *id, snapshot *from,
                 snapshot *to);

/** Begins an event of the place's view. Takes the text over. */
void event_begin_view(event_writer *writer, const event_place *place, const char *id,
                      view_text *text);

/** Begins an `orphaned`. */
void event_begin_orphaned(event_writer *writer, const event_place *place, const char *id,
                          int64_t at_ms);

/** Begins a `gone`. */
void event_begin_gone(event_writer *writer, const event_place *place, const char *id,
                      const char *reason);

/** Begins the first or the second half of a ping. */
void event_begin_ping(event_writer *writer, unsigned half);

/** Writes what comes next; less than `capacity` only where the event is over. */
size_t event_write(event_writer *writer, char *ret_bytes, size_t capacity);

/** Lets go of what an event has that is not over. */
void event_drop(event_writer *writer);

#endif
