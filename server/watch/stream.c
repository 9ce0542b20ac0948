#include <stdlib.h>
#include <string.h>

#include "watch/event.h"
#include "watch/format.h"
#include "watch/private.h"
#include "watch/view.h"

/** One range of a stream. */
typedef struct stream_part {
    watcher watcher;
    watch_stream *stream;
    event_place place;
    watch_view *view;     /* a reference, for the place; NULL: bytes */
    snapshot *ready;      /* of a view: the picture that is told next; NULL: none yet */
    view_text *text;      /* that leads there from what the reader has seen; NULL: none yet */
    int64_t due_us;       /* the end of the interval in which it was told that */
    bool is_due;          /* that has come, or something was stored through us */
    bool is_over;         /* `gone` was said */
    unsigned losses_told; /* of the name's, the last that was said */
} stream_part;

struct watch_stream {
    heartbeat heartbeat;
    watch_hub *hub;
    suspension suspension;
    unsigned pings_left;            /* halves of the ping that is due */
    char last_event_id[ETAG_BYTES]; /* empty: none, or dealt with */
    event_writer writer;
    unsigned turn; /* which part comes first, so that none waits for ever */
    unsigned count;
    stream_part parts[];
};

static const char *const reasons[] = {NULL, "closed", "shutdown", "section_gone"};

/* ---- what there is to say; the lock is held ---- */

/* The latest picture of a part that the reader may see; NULL: none. */
static snapshot *latest(const stream_part *part)
{
    const watcher *self = &part->watcher;
    if (self->range == NULL) {
        return self->last;
    }
    return range_is_fresh(self) ? self->range->current : NULL;
}

/* Others may have the same range compared more often; a reader is told at its own pace. */
static bool is_due(const stream_part *part)
{
    return part->is_due || part->watcher.seen == NULL || part->watcher.range == NULL;
}

/* Whether the reader has a picture already; a change that was undone while it was busy is none. */
static bool is_known(const stream_part *part, const snapshot *picture)
{
    const snapshot *seen = part->watcher.seen;
    return seen != NULL && (picture == seen || strcmp(picture->etag, seen->etag) == 0);
}

static void forget_ready(stream_part *part)
{
    snapshot_unref(part->ready);
    view_text_unref(part->text);
    part->ready = NULL;
    part->text = NULL;
}

/* What the reader has from now on; NULL: none. */
static void set_seen(stream_part *part, snapshot *picture)
{
    snapshot *before = part->watcher.seen;
    part->watcher.seen = picture != NULL ? snapshot_ref(picture) : NULL;
    snapshot_unref(before);
    forget_ready(part); /* it led there from another one */
}

/*
 * Of a view a picture is told once its text is there. It is kept until the reader takes it, however
 * fast the next ones come: else a slow reader would never be told any.
 */
static void prepare(stream_part *part)
{
    watcher *self = &part->watcher;
    snapshot *picture = latest(part);
    if (part->view == NULL || picture == NULL) {
        return;
    }
    if (is_known(part, picture)) {
        forget_ready(part);
        self->wants_text = false;
        return;
    }
    if (part->ready != NULL || !is_due(part)) {
        return;
    }
    view_text *text =
        self->range != NULL ? texts_find(&self->range->told, self->seen) : self->last_text;
    if (text != NULL) {
        part->ready = snapshot_ref(picture);
        part->text = view_text_ref(text);
        self->wants_text = false;
    } else if (self->range != NULL) {
        hub_want_text(part->stream->hub, self);
    }
}

/* The picture that is told next; NULL: none. */
static snapshot *next_picture(stream_part *part)
{
    prepare(part);
    if (part->view != NULL) {
        return part->ready;
    }
    snapshot *picture = latest(part);
    return picture != NULL && !is_known(part, picture) && is_due(part) ? picture : NULL;
}

/* Told after the picture that it is about. */
static bool part_is_orphaned_anew(const stream_part *part)
{
    const watched_name *name = names_looked_at(&part->watcher);
    return name != NULL && name->is_orphaned && name->losses != part->losses_told &&
           part->watcher.seen != NULL;
}

static bool part_has_news(stream_part *part)
{
    return !part->is_over && (part->watcher.range == NULL || next_picture(part) != NULL ||
                              part_is_orphaned_anew(part));
}

static bool has_news(watch_stream *stream)
{
    bool all_over = true;
    for (unsigned i = 0; i < stream->count; i++) {
        if (part_has_news(&stream->parts[i])) {
            return true;
        }
        all_over = all_over && stream->parts[i].is_over;
    }
    return all_over || stream->pings_left > 0;
}

static void wake_if_news(watch_stream *stream, sleeper **woken)
{
    if (has_news(stream)) {
        suspension_end(&stream->suspension, woken);
    }
}

/* It is asked again when its interval is over. */
static void note_due(const stream_part *part)
{
    watch_range *range = part->watcher.range;
    if (part->due_us < range->deadline_us) {
        range->deadline_us = part->due_us;
    }
}

static void on_news(watcher *self, int64_t now_us, sleeper **woken)
{
    stream_part *part = (stream_part *)self;
    watch_range *range = self->range;
    if (range != NULL && !part->is_due) {
        const bool is_stored =
            range->passes_done == range->touched_pass && latest(part) != part->watcher.seen;
        part->is_due = now_us >= part->due_us || is_stored;
        if (!part->is_due) {
            note_due(part);
        }
    }
    wake_if_news(part->stream, woken);
}

/*
 * What the reader has seen when it is given `picture` (NULL: none) of a part. Of one range it is the range's tag;
 * of several, a tag of their tags.
 */
static void make_id(const watch_stream *stream, const stream_part *part, const snapshot *picture,
                    char ret_id[ETAG_BYTES])
{
    char tags[WATCH_RANGES_MAX][ETAG_BYTES] = {{0}};
    if (stream->count == 1 && picture != NULL) {
        memcpy(ret_id, picture->etag, ETAG_BYTES);
        return;
    }
    for (unsigned i = 0; i < stream->count; i++) {
        const stream_part *each = &stream->parts[i];
        const snapshot *seen = each == part ? picture : each->watcher.seen;
        if (seen != NULL) {
            memcpy(tags[i], seen->etag, strlen(seen->etag));
        }
    }
    etag_of(tags, stream->count * sizeof tags[0], ETAG_OF_BYTES, ret_id);
}

/* Where the reader has come back and all is as it was, there is nothing to tell. */
static void resume(watch_stream *stream)
{
    char id[ETAG_BYTES];
    for (unsigned i = 0; i < stream->count; i++) {
        if (latest(&stream->parts[i]) == NULL && stream->parts[i].watcher.range != NULL) {
            return; /* not before all have been looked at */
        }
    }
    for (unsigned i = 0; i < stream->count; i++) {
        set_seen(&stream->parts[i], latest(&stream->parts[i]));
    }
    const stream_part *first = &stream->parts[0];
    bool same = first->watcher.seen != NULL;
    if (same) {
        make_id(stream, first, first->watcher.seen, id);
        same = strcmp(id, stream->last_event_id) == 0;
    }
    stream->last_event_id[0] = '\0';
    for (unsigned i = 0; i < stream->count && !same; i++) {
        set_seen(&stream->parts[i], NULL);
    }
}

static void begin_picture(stream_part *part, snapshot *picture)
{
    char id[ETAG_BYTES];
    watcher *self = &part->watcher;
    event_writer *writer = &part->stream->writer;
    make_id(part->stream, part, picture, id);
    if (part->view != NULL) {
        event_begin_view(writer, &part->place, id, view_text_ref(part->text));
    } else {
        event_begin(writer, &part->place, id, self->seen != NULL ? snapshot_ref(self->seen) : NULL,
                    snapshot_ref(picture));
    }
    set_seen(part, picture);
    part->is_due = false;
    if (self->range != NULL) {
        part->due_us = range_interval_end(self->interval_us, self->range->compared_us);
    }
    if (self->range != NULL && !is_known(part, latest(part))) {
        note_due(part); /* it has just been told an older one */
    }
}

static void begin_part(watch_stream *stream, stream_part *part)
{
    char id[ETAG_BYTES];
    snapshot *picture = next_picture(part);
    if (picture != NULL) {
        begin_picture(part, picture);
        return;
    }
    make_id(stream, part, part->watcher.seen, id);
    if (part->watcher.range != NULL) {
        const watched_name *name = part->watcher.range->name;
        event_begin_orphaned(&stream->writer, &part->place, id, name->at_ms);
        part->losses_told = name->losses;
    } else {
        event_begin_gone(&stream->writer, &part->place, id, reasons[part->watcher.end]);
        part->is_over = true;
    }
}

typedef enum stream_next {
    STREAM_EVENT,
    STREAM_PING, /* which has to be sent before anything else is made */
    STREAM_NOTHING,
    STREAM_END
} stream_next;

static stream_next begin_ping(watch_stream *stream)
{
    event_begin_ping(&stream->writer, 2 - stream->pings_left);
    stream->pings_left--;
    return STREAM_PING;
}

static stream_next begin_next(watch_stream *stream)
{
    bool all_over = true;
    if (stream->pings_left == 1) {
        return begin_ping(stream); /* no event may stand within a ping */
    }
    if (stream->last_event_id[0] != '\0') {
        resume(stream);
        if (stream->last_event_id[0] != '\0') {
            return STREAM_NOTHING;
        }
    }
    for (unsigned i = 0; i < stream->count; i++) {
        stream_part *part = &stream->parts[(stream->turn + i) % stream->count];
        if (part_has_news(part)) {
            stream->turn = (stream->turn + i + 1) % stream->count;
            begin_part(stream, part);
            return STREAM_EVENT;
        }
        all_over = all_over && part->is_over;
    }
    if (all_over) {
        return STREAM_END;
    }
    if (stream->pings_left > 0) {
        return begin_ping(stream);
    }
    return STREAM_NOTHING;
}

static void on_beat(heartbeat *beat, sleeper **woken)
{
    watch_stream *stream = (watch_stream *)beat;
    if (stream->pings_left == 0) {
        stream->pings_left = 2;
    }
    wake_if_news(stream, woken);
}

/* ---- opening, reading, closing ---- */

static void leave_all(watch_stream *stream)
{
    for (unsigned i = 0; i < stream->count; i++) {
        hub_leave(stream->hub, &stream->parts[i].watcher);
    }
}

static void free_stream(watch_stream *stream)
{
    event_drop(&stream->writer);
    for (unsigned i = 0; i < stream->count; i++) {
        set_seen(&stream->parts[i], NULL);
        snapshot_unref(stream->parts[i].watcher.last);
        view_text_unref(stream->parts[i].watcher.last_text);
        watch_view_unref(stream->parts[i].view);
    }
    free(stream);
}

static watch_stream *new_stream(watch_hub *hub, const watch_order *order, sleeper *sleeper)
{
    watch_stream *stream = calloc(1, sizeof *stream + order->count * sizeof stream->parts[0]);
    if (stream == NULL) {
        return NULL;
    }
    stream->hub = hub;
    stream->suspension.who = sleeper;
    stream->heartbeat.on_beat = on_beat;
    const watch_format *format = order->format != NULL ? order->format : watch_format_parse(NULL);
    stream->writer.style = (event_style){format->encoder, order->names_ranges};
    event_begin_stream(&stream->writer);
    if (order->last_event_id != NULL && strlen(order->last_event_id) < ETAG_BYTES) {
        memcpy(stream->last_event_id, order->last_event_id, strlen(order->last_event_id));
    }
    stream->count = order->count;
    for (unsigned i = 0; i < order->count; i++) {
        const watch_target *target = &order->targets[i];
        stream_part *part = &stream->parts[i];
        part->stream = stream;
        part->place = (event_place){target->entry->id, target->offset_bytes, target->length_bytes,
                                    order->values[i], target->view};
        part->view = watch_view_ref(target->view);
        part->watcher.on_news = on_news;
        part->watcher.wants_text = target->view != NULL;
        part->watcher.interval_us = (int64_t)order->interval_ms * 1000;
        part->watcher.has_all = sleeper->has_all;
    }
    return stream;
}

section_status watch_stream_open(watch_hub *hub, const watch_order *order, sleeper *sleeper,
                                 watch_stream **ret_stream, section_error *ret_error)
{
    section_status status = SECTION_OK;
    watch_stream *stream = new_stream(hub, order, sleeper);
    if (stream == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a stream");
    }
    pthread_mutex_lock(&hub->lock);
    for (unsigned i = 0; i < order->count && status == SECTION_OK; i++) {
        status = hub_join(hub, &stream->parts[i].watcher, &order->targets[i], ret_error);
    }
    if (status == SECTION_OK) {
        hub_add_heartbeat(hub, &stream->heartbeat);
    } else {
        leave_all(stream);
    }
    pthread_mutex_unlock(&hub->lock);
    if (status != SECTION_OK) {
        free_stream(stream);
        return status;
    }
    *ret_stream = stream;
    return SECTION_OK;
}

/* Chooses the next event. If there is none and none is under way, the reader sleeps. */
static stream_next begin_or_sleep(watch_stream *stream, bool may_sleep)
{
    pthread_mutex_lock(&stream->hub->lock);
    const stream_next next = begin_next(stream);
    if (next == STREAM_NOTHING && may_sleep) {
        suspension_begin(&stream->suspension);
    }
    pthread_mutex_unlock(&stream->hub->lock);
    return next;
}

int64_t watch_stream_read(void *context, void *ret_bytes, size_t capacity)
{
    watch_stream *stream = context;
    size_t used = event_write(&stream->writer, ret_bytes, capacity);
    bool is_ping = false;
    while (used < capacity && !is_ping) {
        const stream_next next = begin_or_sleep(stream, used == 0);
        if (next == STREAM_END && used == 0) {
            return -1;
        }
        if (next == STREAM_END || next == STREAM_NOTHING) {
            break;
        }
        is_ping = next == STREAM_PING;
        used += event_write(&stream->writer, (char *)ret_bytes + used, capacity - used);
    }
    return (int64_t)used;
}

void watch_stream_close(void *context)
{
    watch_stream *stream = context;
    watch_hub *hub = stream->hub;
    pthread_mutex_lock(&hub->lock);
    leave_all(stream);
    hub_remove_heartbeat(hub, &stream->heartbeat);
    pthread_mutex_unlock(&hub->lock);
    free_stream(stream);
}
