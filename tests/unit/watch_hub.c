#include "watch_hub_reader.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- tests ---- */

static void test_many_watchers_of_one_range_cost_one_comparison(void **state)
{
    enum { MANY = 100 };
    const fixture *all = *state;
    reader *readers = calloc(MANY, sizeof *readers);
    for (size_t i = 0; i < MANY; i++) {
        open_reader(all, &readers[i], RANGE(all->source, 0, 8), 10);
    }
    assert_int_equal(watch_hub_count(all->hub).ranges, 1);
    assert_int_equal(compared_at(all, 0), 1);
    for (size_t i = 0; i < MANY; i++) {
        expect_heard(&readers[i], "{\"event\":\"snapshot\"");
    }
    store(all->source, 7, 1);
    assert_int_equal(compared_at(all, 10 * MS - 1), 0);
    assert_int_equal(compared_at(all, 10 * MS), 1);
    for (size_t i = 0; i < MANY; i++) {
        expect_heard(&readers[i], "\"ranges\":[{\"offset\":7,\"data\":\"AQ==\"}]");
        assert_int_equal(readers[i].sleeps, 3);
        watch_stream_close(readers[i].stream);
    }
    free(readers);
}

static void test_a_range_is_compared_when_it_is_due_and_no_other_is(void **state)
{
    enum { RANGES = 60, ROUNDS = 400 };
    static reader readers[RANGES];
    const fixture *all = *state;
    for (size_t i = 0; i < RANGES; i++) {
        open_reader(all, &readers[i], RANGE(all->source, i * 8, 8), i % 37 + 1);
    }
    assert_int_equal(compared_at(all, 0), RANGES);
    for (int64_t ms = 1; ms <= ROUNDS; ms++) {
        uint64_t due = 0;
        for (int64_t i = 0; i < RANGES; i++) {
            due += ms % (i % 37 + 1) == 0;
        }
        assert_int_equal(compared_at(all, ms * MS), due);
        if (ms % 10 == 0 && ms / 10 <= 20) { /* some leave, and come back with the next interval */
            watch_stream_close(readers[ms / 10].stream);
            assert_int_equal(compared_at(all, ms * MS), 0);
            open_reader(all, &readers[ms / 10], RANGE(all->source, (uint64_t)ms / 10 * 8, 8),
                        (uint64_t)(ms / 10 % 37 + 1));
            assert_int_equal(compared_at(all, ms * MS), 1);
        }
    }
    for (size_t i = 0; i < RANGES; i++) {
        watch_stream_close(readers[i].stream);
    }
}

static void test_each_watcher_has_its_own_interval(void **state)
{
    static reader quick, slow;
    const fixture *all = *state;
    open_reader(all, &quick, RANGE(all->source, 0, 8), 10);
    open_reader(all, &slow, RANGE(all->source, 0, 8), 100);
    step_at(all, 0);
    expect_heard(&quick, "snapshot");
    expect_heard(&slow, "snapshot");
    for (int turn = 1; turn < 10; turn++) {
        store(all->source, 0, (uint8_t)turn);
        step_at(all, turn * 10 * MS);
        expect_heard(&quick, "change");
        assert_string_equal(hear(&slow), "");
    }
    step_at(all, 100 * MS);
    assert_string_equal(hear(&quick), "");
    expect_heard(&slow, "\"data\":\"CQ==\"");
    watch_stream_close(quick.stream);
    store(all->source, 0, 99);
    step_at(all, 110 * MS); /* the last comparison that was agreed on with the quick one */
    assert_int_equal(compared_at(all, 199 * MS), 0);
    assert_string_equal(hear(&slow), "");
    step_at(all, 200 * MS);
    expect_heard(&slow, "\"data\":\"Yw==\"");
    watch_stream_close(slow.stream);
}

static void test_what_is_stored_through_us_is_told_at_once(void **state)
{
    static reader first, second, elsewhere;
    const section_create_options options = {.size_bytes = SIZE};
    const fixture *all = *state;
    entry *other = add_section(all->registry, &options);
    open_reader(all, &first, RANGE(all->source, 0, 8), 60000);
    open_reader(all, &second, RANGE(all->source, 4096, 8), 60000);
    open_reader(all, &elsewhere, RANGE(other, 0, 8), 60000);
    assert_int_equal(compared_at(all, 0), 3);
    expect_heard(&first, "snapshot");
    store(all->source, 0, 1);
    entry_note_store(all->source);
    assert_int_equal(compared_at(all, MS - 1), 0); /* not more often than each millisecond */
    assert_int_equal(compared_at(all, MS), 2);     /* all ranges of that object */
    expect_heard(&first, "\"data\":\"AQ==\"");
    assert_int_equal(compared_at(all, 2 * MS), 0);
    store(all->source, 0, 2);
    entry_note_store(all->source);
    entry_note_store(all->source);
    assert_int_equal(compared_at(all, 5 * MS), 2);
    expect_heard(&first, "\"data\":\"Ag==\"");
    watch_stream_close(first.stream);
    watch_stream_close(second.stream);
    watch_stream_close(elsewhere.stream);
    registry_unref(other);
}

static void test_a_slow_reader_receives_coalesced_changes_always_including_the_latest(void **state)
{
    static reader slow;
    const fixture *all = *state;
    open_reader(all, &slow, RANGE(all->source, 0, 64), 1);
    for (int turn = 1; turn <= 20; turn++) {
        store(all->source, (uint64_t)turn % 4 * 16, (uint8_t)turn);
        step_at(all, turn * MS);
    }
    assert_false(slow.is_asleep);
    const char *heard = hear(&slow);
    assert_int_equal(lines_of(heard), 1);
    assert_non_null(strstr(heard, "snapshot"));
    store(all->source, 0, 98);
    step_at(all, 21 * MS);
    store(all->source, 0, 99);
    step_at(all, 22 * MS);
    heard = hear(&slow);
    assert_int_equal(lines_of(heard), 1);
    assert_non_null(strstr(heard, "\"ranges\":[{\"offset\":0,\"data\":\"Yw==\"}]"));
    store(all->source, 0, 1);
    step_at(all, 23 * MS);
    store(all->source, 0, 99);
    step_at(all, 24 * MS);
    assert_string_equal(hear(&slow), ""); /* what went and came back is no change */
    watch_stream_close(slow.stream);
}

static void test_who_leaves_takes_the_range_along(void **state)
{
    static reader one;
    const fixture *all = *state;
    open_reader(all, &one, RANGE(all->source, 0, 8), 10);
    step_at(all, 0);
    assert_int_equal(atomic_load(&all->source->watchers), 1);
    assert_int_equal(atomic_load(&all->hub->observer.interest), 1);
    const unsigned references = atomic_load(&all->source->references);
    watch_stream_close(one.stream);
    assert_int_equal(compared_at(all, 1), 0);
    const watch_counts counts = watch_hub_count(all->hub);
    assert_int_equal(counts.watchers, 0);
    assert_int_equal(counts.bytes, 0);
    assert_int_equal(counts.ranges, 0);
    assert_int_equal(atomic_load(&all->source->watchers), 0);
    assert_int_equal(atomic_load(&all->hub->observer.interest), 0);
    assert_int_equal(atomic_load(&all->source->references), references - 1);
    assert_true(hub_step(all->hub) == WAKER_NEVER);
}

static void test_limits_hold_and_what_is_refused_takes_nothing(void **state)
{
    static reader readers[3], refused;
    section_error why = {0};
    const fixture *all = *state;
    all->hub->limits = (watch_limits){.watchers = 3, .bytes = 100};
    assert_int_equal(try_open(all, &refused, RANGE(all->source, 0, 101), 1, &why), SECTION_QUOTA);
    assert_non_null(strstr(why.detail, "--max-watched-bytes"));
    for (size_t i = 0; i < 3; i++) {
        open_reader(all, &readers[i], RANGE(all->source, i, 30), 1);
    }
    assert_int_equal(try_open(all, &refused, RANGE(all->source, 0, 1), 1, &why), SECTION_QUOTA);
    assert_non_null(strstr(why.detail, "--max-watchers"));
    assert_int_equal(watch_hub_count(all->hub).watchers, 3);
    assert_int_equal(watch_hub_count(all->hub).bytes, 90);
    watch_stream_close(readers[0].stream);
    open_reader(all, &readers[0], RANGE(all->source, 0, 40), 1);
    for (size_t i = 0; i < 3; i++) {
        watch_stream_close(readers[i].stream);
    }
}

static void test_a_section_that_is_closed_ends_with_its_last_bytes_and_gone(void **state)
{
    static reader one;
    const fixture *all = *state;
    open_reader(all, &one, RANGE(all->source, 0, 8), 60000);
    step_at(all, 0);
    expect_heard(&one, "snapshot");
    store(all->source, 0, 1);
    assert_true(registry_remove(all->registry, all->source));
    step_at(all, MS);
    const char *heard = hear(&one);
    assert_int_equal(lines_of(heard), 2);
    assert_true(strstr(heard, "\"data\":\"AQ==\"") < strstr(heard, "\"reason\":\"closed\""));
    assert_true(one.has_ended);
    assert_int_equal(watch_hub_count(all->hub).ranges, 0);
    watch_stream_close(one.stream);
}

static void test_memory_that_vanishes_ends_with_gone(void **state)
{
    static const char path[] = "watch_hub_vanishing";
    static reader one;
    const section_create_options options = {.size_bytes = SIZE, .file = path, .file_folder = "."};
    const fixture *all = *state;
    entry *source = add_section(all->registry, &options);
    open_reader(all, &one, RANGE(source, 0, 8), 10);
    step_at(all, 0);
    expect_heard(&one, "snapshot");
    FILE *cut = fopen(path, "wb");
    if (cut != NULL) { /* Windows refuses it, Wine does not */
        assert_int_equal(fclose(cut), 0);
        step_at(all, 10 * MS);
        expect_heard(&one, "{\"event\":\"gone\"");
        assert_non_null(strstr(one.text, "\"reason\":\"section_gone\""));
        assert_true(one.has_ended);
    }
    watch_stream_close(one.stream);
    step_at(all, 20 * MS);
    assert_true(registry_remove(all->registry, source));
    registry_unref(source);
    (void)remove(path);
}

static void test_the_end_of_the_hub_wakes_everybody_and_lets_nobody_in(void **state)
{
    static reader busy, asleep, late;
    const fixture *all = *state;
    open_reader(all, &busy, RANGE(all->source, 0, 8), 10);
    open_reader(all, &asleep, RANGE(all->source, 8, 8), 10);
    step_at(all, 0);
    expect_heard(&asleep, "snapshot");
    watch_hub_end(all->hub);
    assert_false(busy.is_asleep || asleep.is_asleep);
    expect_heard(&asleep, "\"reason\":\"shutdown\"");
    expect_heard(&busy, "\"reason\":\"shutdown\"");
    assert_non_null(strstr(busy.text, "snapshot")); /* which was made before the end */
    assert_int_equal(try_open(all, &late, RANGE(all->source, 0, 8), 10, NULL), SECTION_STOPPING);
    watch_stream_close(busy.stream);
    watch_stream_close(asleep.stream);
}

static void test_a_stream_with_nothing_to_tell_is_heard_of_each_15_seconds(void **state)
{
    static reader one;
    const fixture *all = *state;
    open_reader(all, &one, RANGE(all->source, 0, 8), 60000);
    step_at(all, 0);
    expect_heard(&one, "snapshot");
    for (int64_t turn = 1; turn <= 3; turn++) {
        step_at(all, turn * HEARTBEAT_US - 1);
        assert_string_equal(hear(&one), "");
        step_at(all, turn * HEARTBEAT_US);
        assert_string_equal(hear(&one), "{\"event\":\"ping\"}\n");
    }
    watch_stream_close(one.stream);
}

/* ---- reads that wait ---- */

static watch_wait *begin_wait(const fixture *all, reader *self, int64_t wait_us)
{
    char tag[ETAG_BYTES];
    uint8_t bytes[8];
    const watch_target target = RANGE(all->source, 0, sizeof bytes);
    memset(self, 0, offsetof(reader, text));
    self->sleeper = (sleeper){suspend, resume, NULL, true};
    watch_wait *wait = watch_wait_new(all->hub, &self->sleeper, wait_us);
    assert_int_equal(section_read(all->source->section, 0, bytes, sizeof bytes, NULL), SECTION_OK);
    etag_of(bytes, sizeof bytes, ETAG_OF_BYTES, tag);
    assert_int_equal(watch_wait_aim(wait, &target, tag, NULL), SECTION_OK);
    suspend(&self->sleeper); /* as the transport does */
    watch_wait_begin(wait);
    return wait;
}

static void test_a_waiting_read_is_woken_by_news_or_when_its_time_is_up(void **state)
{
    static reader woken, late;
    const fixture *all = *state;
    watch_wait *first = begin_wait(all, &woken, 1000 * MS);
    watch_wait *second = begin_wait(all, &late, 25 * MS);
    step_at(all, 0);
    step_at(all, 10 * MS);
    assert_true(woken.is_asleep && late.is_asleep);
    step_at(all, 30 * MS);
    assert_true(woken.is_asleep && !late.is_asleep);
    assert_true(watch_wait_is_late(second) && !watch_wait_is_late(first));
    store(all->source, 0, 1);
    step_at(all, 40 * MS);
    assert_false(woken.is_asleep);
    assert_int_equal(watch_hub_count(all->hub).watchers, 0);
    watch_wait_free(first);
    watch_wait_free(second);
    step_at(all, 50 * MS);
}

static void test_a_waiting_read_is_cut_or_cannot_begin(void **state)
{
    static reader cut, refused;
    section_error why = {0};
    const fixture *all = *state;
    watch_wait *first = begin_wait(all, &cut, 1000 * MS);
    step_at(all, 0);
    watch_wait_cut(first);
    step_at(all, 10 * MS);
    assert_false(cut.is_asleep);
    watch_wait_cut(first); /* one that is awake is left alone */
    all->hub->limits.watchers = 0;
    watch_wait *second = begin_wait(all, &refused, 1000 * MS);
    assert_false(refused.is_asleep);
    const watch_target target = RANGE(all->source, 0, 8);
    assert_int_equal(watch_wait_aim(second, &target, "\"\"", &why), SECTION_QUOTA);
    watch_wait_free(first);
    watch_wait_free(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_many_watchers_of_one_range_cost_one_comparison),
        TEST(test_a_range_is_compared_when_it_is_due_and_no_other_is),
        TEST(test_each_watcher_has_its_own_interval),
        TEST(test_what_is_stored_through_us_is_told_at_once),
        TEST(test_a_slow_reader_receives_coalesced_changes_always_including_the_latest),
        TEST(test_who_leaves_takes_the_range_along),
        TEST(test_limits_hold_and_what_is_refused_takes_nothing),
        TEST(test_a_section_that_is_closed_ends_with_its_last_bytes_and_gone),
        TEST(test_memory_that_vanishes_ends_with_gone),
        TEST(test_the_end_of_the_hub_wakes_everybody_and_lets_nobody_in),
        TEST(test_a_stream_with_nothing_to_tell_is_heard_of_each_15_seconds),
        TEST(test_a_waiting_read_is_woken_by_news_or_when_its_time_is_up),
        TEST(test_a_waiting_read_is_cut_or_cannot_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
