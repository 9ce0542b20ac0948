#include "registry_fixture.h"

#include <stdio.h>
#include <string.h>

#include "api/private.h"
#include "base/log.h"

/*
 * Where a run is executed: under If-Match making the tag takes time, too, and a stream that is opened
 * may ask a disk how long its file is.
 */

enum { SIZE = 65536 };

/** A run that is about to store 16 bytes to a section of 64 KiB. */
typedef struct small_write {
    route route;
    request request;
    reply reply;
    section_error error;
    run run;
} small_write;

/* `file` NULL: of memory. */
static void begin_on(fixture *all, small_write *self, const char *file, bool is_guarded)
{
    reservation reservation;
    section *section;
    const section_create_options options = {
        .size_bytes = SIZE, .file = file, .file_folder = file != NULL ? "." : NULL};
    memset(self, 0, sizeof *self);
    assert_int_equal(section_create(&options, &section, NULL), SECTION_OK);
    assert_int_equal(registry_reserve(all->registry, SIZE, &reservation, NULL), SECTION_OK);
    assert_int_equal(registry_add(all->registry, reservation, true, section, NULL,
                                  &self->run.own[0].entry, NULL),
                     SECTION_OK);
    self->route.conditions = CONDITIONS_ON_STATE;
    self->request.route = &self->route;
    self->request.headers[HEADER_IF_MATCH] = is_guarded ? "*" : NULL;
    self->run.request = &self->request;
    self->run.reply = &self->reply;
    self->run.error = &self->error;
    self->run.step = RUN_EXECUTE;
    self->run.own[0].length_bytes = 16;
    self->run.call.targets = self->run.own;
    self->run.call.target_count = 1;
    self->run.plan.target_count = 1;
    self->run.plan.room.targets[0].has_span = true;
    self->run.plan.targets = self->run.plan.room.targets;
}

static void begin(fixture *all, small_write *self, bool is_guarded)
{
    begin_on(all, self, NULL, is_guarded);
}

static void end(small_write *self)
{
    registry_unref(self->run.own[0].entry);
}

static void test_a_small_tag_is_made_where_connections_are_served(void **state)
{
    small_write write;
    begin(*state, &write, true);
    assert_int_equal(run_place_of_step(&write.run), PLACE_LOOP);
    assert_int_equal(run_tag_bytes(&write.run), 16);
    end(&write);
}

static void test_what_is_printed_for_a_tag_counts_as_what_is_printed_for_an_answer(void **state)
{
    small_write write;
    begin(*state, &write, true);
    write.run.plan.tag = (plan_tag){.bytes = 100, .per_item = 104, .cost_per_byte = 256};
    write.run.own[0].length_bytes = 255;
    assert_int_equal(run_place_of_step(&write.run), PLACE_LOOP);
    assert_int_equal(run_tag_bytes(&write.run), 100 + 255 * 104);
    write.run.own[0].length_bytes = 256;
    assert_int_equal(run_place_of_step(&write.run), PLACE_LONG);
    write.request.headers[HEADER_IF_MATCH] = NULL;
    assert_int_equal(run_place_of_step(&write.run), PLACE_LOOP);
    assert_int_equal(run_tag_bytes(&write.run), 0);
    end(&write);
}

static void test_a_tag_of_more_than_is_written_counts_for_all_that_it_is_made_of(void **state)
{
    small_write write;
    begin(*state, &write, true);
    write.run.plan.tag = (plan_tag){.has_span = true,
                                    .span = {.offset_bytes = 4096, .most_bytes = 1 << 20},
                                    .per_item = 4,
                                    .cost_per_byte = 4};
    assert_int_equal(run_tag_bytes(&write.run), (SIZE - 4096) * 4);
    assert_int_equal(run_place_of_step(&write.run), PLACE_LONG);
    write.run.plan.tag.span.offset_bytes = SIZE + 1; /* there is none */
    assert_int_equal(run_tag_bytes(&write.run), 0);
    assert_int_equal(run_place_of_step(&write.run), PLACE_LOOP);
    end(&write);
}

/* As a stream is opened: the hub copies, and what is asked is whether the range is there. */
static place place_of_stream(fixture *all, const char *file, bool *ret_asks_disk)
{
    small_write stream;
    begin_on(all, &stream, file, false);
    stream.run.plan.streams = true;
    stream.run.plan.describes_only = true;
    stream.run.plan.checks_presence = true;
    *ret_asks_disk = section_check_may_wait_for_disk(stream.run.own[0].entry->section);
    const place found = run_place_of_step(&stream.run);
    end(&stream);
    return found;
}

static void test_a_stream_is_opened_by_the_loop_unless_a_disk_is_asked(void **state)
{
    static const char file[] = "place-of-a-stream";
    bool asks_disk;
    assert_int_equal(place_of_stream(*state, NULL, &asks_disk), PLACE_LOOP);
    assert_false(asks_disk);
    const place found = place_of_stream(*state, file, &asks_disk);
    assert_int_equal(found, asks_disk ? PLACE_DISK : PLACE_LOOP);
    assert_int_equal(remove(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REGISTRY(test_a_small_tag_is_made_where_connections_are_served),
        WITH_REGISTRY(test_what_is_printed_for_a_tag_counts_as_what_is_printed_for_an_answer),
        WITH_REGISTRY(test_a_stream_is_opened_by_the_loop_unless_a_disk_is_asked),
        WITH_REGISTRY(test_a_tag_of_more_than_is_written_counts_for_all_that_it_is_made_of),
    };
    log_setup(LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
