#ifndef TESTS_UNIT_WATCH_HUB_READER_H
#define TESTS_UNIT_WATCH_HUB_READER_H

#include <string.h>

#include "watch/format.h"

#include "watch_hub_fixture.h"

/** @file A reader of a stream, whose connection is the test. */

typedef struct reader {
    sleeper sleeper; /* first */
    bool is_asleep;
    unsigned sleeps;
    watch_stream *stream;
    bool has_ended;
    char text[TEXT_BYTES];
} reader;

static void suspend(sleeper *sleeper)
{
    reader *self = (reader *)sleeper;
    assert_false(self->is_asleep);
    self->is_asleep = true;
    self->sleeps++;
}

static void resume(sleeper *sleeper)
{
    reader *self = (reader *)sleeper;
    assert_true(self->is_asleep); /* exactly once */
    self->is_asleep = false;
}

static section_status try_open(const fixture *all, reader *self, watch_target target,
                               uint64_t interval_ms, section_error *ret_error)
{
    const watch_order order = {.targets = {target},
                               .count = 1,
                               .interval_ms = interval_ms,
                               .format = watch_format_parse("ndjson")};
    self->sleeper = (sleeper){suspend, resume, NULL, true};
    return watch_stream_open(all->hub, &order, &self->sleeper, &self->stream, ret_error);
}

/* All that it is told until it sleeps, or the stream ends. */
static const char *hear(reader *self)
{
    size_t used = 0;
    int64_t got = 1;
    if (self->is_asleep) {
        return "";
    }
    while (got > 0) {
        got = watch_stream_read(self->stream, self->text + used, sizeof self->text - 1 - used);
        used += got > 0 ? (size_t)got : 0;
    }
    self->text[used] = '\0';
    self->has_ended = got < 0;
    assert_int_equal(self->is_asleep, got == 0);
    return self->text;
}

static void open_reader(const fixture *all, reader *self, watch_target target, uint64_t interval_ms)
{
    memset(self, 0, offsetof(reader, text));
    assert_int_equal(try_open(all, self, target, interval_ms, NULL), SECTION_OK);
    assert_string_equal(hear(self), "");
}

static void expect_heard(reader *self, const char *wanted)
{
    const char *heard = hear(self);
    if (strstr(heard, wanted) == NULL) {
        fail_msg("no %s but %s", wanted, heard);
    }
}

static unsigned lines_of(const char *text)
{
    const char *end = strchr(text, '\n');
    return end == NULL ? 0 : 1 + lines_of(end + 1);
}

#endif
