#include "watch_byte_view.h"
#include "watch_hub_reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/lanes.h"

/* Views, as the hub looks at them: what they cost, and to whom their texts are told. */

static void expect_told(reader *self, int from, int to)
{
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "\"from\":%d,\"to\":%d", from, to);
    expect_heard(self, wanted);
    assert_int_equal(lines_of(self->text), 1);
}

static void close_readers(reader *readers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        watch_stream_close(readers[i].stream);
    }
}

/* ---- tests ---- */

static void test_many_watchers_of_one_view_cost_one_look_and_one_text(void **state)
{
    enum { MANY = 100 };
    const fixture *all = *state;
    static byte_view view = {0};
    const watch_target target = watched(all, &view);
    reader *readers = calloc(MANY, sizeof *readers);
    for (size_t i = 0; i < MANY; i++) {
        open_reader(all, &readers[i], target, 10);
    }
    step_at(all, 0);
    assert_int_equal(view.looks, 1);
    assert_int_equal(view.tells, 1);
    for (size_t i = 0; i < MANY; i++) {
        expect_told(&readers[i], -1, 0);
    }
    store(all->source, 0, 7);
    step_at(all, 10 * MS);
    for (size_t i = 0; i < MANY; i++) {
        expect_told(&readers[i], 0, 7);
        assert_int_equal(readers[i].sleeps, 3);
    }
    assert_int_equal(view.tells, 2);
    step_at(all, 20 * MS);
    assert_int_equal(view.looks, 3);
    assert_int_equal(view.tells, 2);
    close_readers(readers, MANY);
    free(readers);
}

static void test_a_view_rests_ten_times_as_long_as_it_took(void **state)
{
    enum { TOOK_US = 2 * MS, RESTS_US = 10 * TOOK_US };
    static reader readers[2];
    const fixture *all = *state;
    static byte_view view = {.look_us = TOOK_US - 500, .tell_us = 500};
    const watch_target target = watched(all, &view);
    open_reader(all, &readers[0], target, 1);
    step_at(all, 0);
    expect_told(&readers[0], -1, 0);
    assert_int_equal(now_us, TOOK_US);
    open_reader(all, &readers[1], target, 1); /* who comes hastens nothing, nor what is stored */
    entry_note_store(all->source);
    for (int64_t at_us = now_us; at_us < TOOK_US + RESTS_US; at_us += MS) {
        assert_int_equal(compared_at(all, at_us), 0);
    }
    assert_int_equal(compared_at(all, TOOK_US + RESTS_US), 1);
    assert_int_equal(view.looks, 2);
    expect_told(&readers[1], -1, 0);
    close_readers(readers, 2);
}

static void test_a_waiting_read_ends_in_time_while_the_view_rests(void **state)
{
    enum { TOOK_US = 2 * MS, WAIT_US = 5 * MS };
    static reader watching, waiting;
    const fixture *all = *state;
    static byte_view view = {.look_us = TOOK_US};
    const watch_target target = watched(all, &view);
    char etag[ETAG_BYTES];
    const uint8_t zero = 0;
    etag_of(&zero, 1, ETAG_OF_FIELDS, etag);
    open_reader(all, &watching, target, 1);
    step_at(all, 0);
    expect_told(&watching, -1, 0);
    waiting = (reader){.sleeper = {suspend, resume, NULL, true}, .is_asleep = true};
    watch_wait *wait = watch_wait_new(all->hub, &waiting.sleeper, WAIT_US);
    assert_non_null(wait);
    assert_int_equal(watch_wait_aim(wait, &target, etag, NULL), SECTION_OK);
    watch_wait_begin(wait);
    step_at(all, TOOK_US + WAIT_US - 1);
    assert_true(waiting.is_asleep);
    step_at(all, TOOK_US + WAIT_US);
    assert_false(waiting.is_asleep);
    assert_true(watch_wait_was_in_vain(wait));
    assert_int_equal(view.looks, 1);
    step_at(all, TOOK_US + 10 * TOOK_US);
    assert_int_equal(view.looks, 2);
    watch_wait_free(wait);
    watch_stream_close(watching.stream);
}

static void begin_wait(watch_wait *wait, reader *waiting, const watch_target *target, uint8_t byte)
{
    char etag[ETAG_BYTES];
    etag_of(&byte, 1, ETAG_OF_FIELDS, etag);
    waiting->is_asleep = true; /* as the transport does it */
    assert_int_equal(watch_wait_aim(wait, target, etag, NULL), SECTION_OK);
    watch_wait_begin(wait);
}

static void test_a_waiting_read_that_sleeps_again_looks_once_in_an_interval(void **state)
{
    enum { WAIT_US = 1000 * MS, INTERVAL_US = WATCH_INTERVAL_MS * MS };
    static reader waiting;
    const fixture *all = *state;
    waiting = (reader){.sleeper = {suspend, resume, NULL, true}};
    watch_wait *wait = watch_wait_new(all->hub, &waiting.sleeper, WAIT_US);
    assert_non_null(wait);
    for (uint8_t others = 1; others < 4; others++) { /* each time the byte is another one already */
        static byte_view views[4];
        const int64_t began_us = now_us;
        const watch_target target = watched(all, &views[others]);
        begin_wait(wait, &waiting, &target, others);
        entry_note_store(all->source);
        for (int64_t past_us = 0; others > 1 && past_us < INTERVAL_US; past_us += MS) {
            assert_int_equal(compared_at(all, began_us + past_us), 0);
            assert_true(waiting.is_asleep);
        }
        assert_int_equal(compared_at(all, began_us + (others > 1 ? INTERVAL_US : 0)), 1);
        assert_false(waiting.is_asleep);
        assert_int_equal(views[others].looks, 1);
    }
    watch_wait_free(wait);
}

static void test_a_waiting_read_that_is_awake_holds_no_view(void **state)
{
    static reader waiting;
    static byte_view view;
    const fixture *all = *state;
    waiting = (reader){.sleeper = {suspend, resume, NULL, true}};
    watch_wait *wait = watch_wait_new(all->hub, &waiting.sleeper, 1000 * MS);
    assert_non_null(wait);
    const watch_target target = watched(all, &view);
    begin_wait(wait, &waiting, &target, 1);
    step_at(all, 0);
    assert_false(waiting.is_asleep);
    step_at(all, 0); /* and nobody watches its range */
    watch_wait_let_go(wait);
    assert_int_equal(atomic_load(&view.base.references), 1);
    assert_int_equal(watch_hub_count(all->hub).bytes, 0);
    watch_wait_free(wait);
}

static void test_who_looks_rarely_is_told_what_has_changed_since(void **state)
{
    static reader often, rarely;
    const fixture *all = *state;
    static byte_view view = {0};
    const watch_target target = watched(all, &view);
    open_reader(all, &often, target, 10);
    open_reader(all, &rarely, target, 35);
    step_at(all, 0);
    expect_told(&often, -1, 0);
    expect_told(&rarely, -1, 0);
    for (int i = 1; i <= 3; i++) {
        store(all->source, 0, (uint8_t)i);
        step_at(all, i * 10 * MS);
        expect_told(&often, i - 1, i);
        assert_string_equal(hear(&rarely), "");
    }
    step_at(all, 40 * MS); /* its time is up: the text from what it has seen is made next */
    step_at(all, 41 * MS);
    expect_told(&rarely, 0, 3);
    assert_string_equal(hear(&often), "");
    watch_stream_close(often.stream);
    watch_stream_close(rarely.stream);
}

static void test_a_reader_that_is_slower_than_the_changes_is_told_a_chain_of_them(void **state)
{
    static reader slow;
    const fixture *all = *state;
    static byte_view view = {0};
    long last = 0;
    open_reader(all, &slow, watched(all, &view), 1);
    step_at(all, 0);
    expect_told(&slow, -1, 0);
    for (int ms = 1; ms <= 60; ms++) {
        store(all->source, 0, (uint8_t)ms);
        step_at(all, ms * MS);
        if (ms % 7 != 0 || slow.is_asleep) {
            continue;
        }
        const char *heard = hear(&slow);
        const char *told = strstr(heard, "\"from\":");
        assert_non_null(told);
        const long from = strtol(strchr(told, ':') + 1, NULL, 10);
        const long to = strtol(strstr(told, "\"to\":") + 5, NULL, 10);
        assert_int_equal(from, last);
        assert_true(to > from);
        last = to;
    }
    assert_true(last > 30);
    for (int ms = 61; ms <= 63; ms++) { /* once it keeps up it is told the latest */
        step_at(all, ms * MS);
        if (!slow.is_asleep) {
            (void)hear(&slow);
        }
    }
    assert_non_null(strstr(slow.text, "\"to\":60"));
    watch_stream_close(slow.stream);
}

static void test_a_change_that_was_undone_meanwhile_is_not_told(void **state)
{
    static reader often, rarely;
    const fixture *all = *state;
    static byte_view view = {0};
    const watch_target target = watched(all, &view);
    open_reader(all, &often, target, 10);
    open_reader(all, &rarely, target, 1000);
    step_at(all, 0);
    expect_told(&often, -1, 0);
    expect_told(&rarely, -1, 0);
    store(all->source, 0, 1);
    step_at(all, 10 * MS);
    expect_told(&often, 0, 1);
    store(all->source, 0, 0);
    step_at(all, 20 * MS);
    expect_told(&often, 1, 0);
    step_at(all, 1000 * MS);
    step_at(all, 1001 * MS);
    assert_string_equal(hear(&rarely), "");
    watch_stream_close(often.stream);
    watch_stream_close(rarely.stream);
}

static void test_the_last_values_are_told_before_the_end(void **state)
{
    enum { MANY = 5 };
    static reader readers[MANY];
    const fixture *all = *state;
    static byte_view view = {0};
    const watch_target target = watched(all, &view);
    for (size_t i = 0; i < MANY; i++) { /* the later ones have seen other values */
        store(all->source, 0, (uint8_t)i);
        open_reader(all, &readers[i], target, i == 0 ? 1 : 60000);
        step_at(all, (int64_t)i * MS);
        expect_told(&readers[i], -1, (int)i);
        (void)hear(&readers[0]);
    }
    store(all->source, 0, 99);
    assert_true(registry_remove(all->registry, all->source));
    step_at(all, MANY * MS);
    for (size_t i = 0; i < MANY; i++) {
        const char *heard = hear(&readers[i]);
        assert_non_null(strstr(heard, "\"to\":99"));
        assert_non_null(strstr(strstr(heard, "\"to\":99"), "\"gone\""));
        assert_true(readers[i].has_ended);
    }
    close_readers(readers, MANY);
}

static void test_each_watcher_counts_for_the_room_that_the_view_takes(void **state)
{
    static reader readers[3];
    const fixture *all = *state;
    static byte_view view = {0};
    const watch_target target = watched(all, &view);
    const uint64_t most = all->hub->limits.bytes;
    section_error why;
    open_reader(all, &readers[0], target, 1);
    open_reader(all, &readers[1], target, 1);
    assert_int_equal(watch_hub_count(all->hub).bytes, 2 * VIEW_BYTES);
    view.wanted_bytes = most / 2;
    step_at(all, 0);
    assert_true(view.is_granted);
    assert_int_equal(watch_hub_count(all->hub).bytes, most / 2 * 2);
    assert_int_equal(try_open(all, &readers[2], target, 1, &why), SECTION_QUOTA);
    view.wanted_bytes = most / 2 + 1;
    step_at(all, 1 * MS);
    assert_false(view.is_granted);
    assert_int_equal(watch_hub_count(all->hub).bytes, most / 2 * 2);
    view.wanted_bytes = 1; /* no less than what it began with */
    step_at(all, 2 * MS);
    assert_int_equal(watch_hub_count(all->hub).bytes, 2 * VIEW_BYTES);
    watch_stream_close(readers[0].stream);
    view.wanted_bytes = most;
    step_at(all, 3 * MS);
    assert_true(view.is_granted);
    watch_stream_close(readers[1].stream);
    assert_int_equal(watch_hub_count(all->hub).bytes, 0);
}

/* What was found in a lane is told by the step behind it. */
static void step_behind_lanes(const fixture *all, int64_t at_us)
{
    step_at(all, at_us);
    pthread_mutex_lock(&all->hub->lock);
    while (all->hub->lane_count > 0) {
        pthread_cond_wait(&all->hub->lanes_done, &all->hub->lock);
    }
    pthread_mutex_unlock(&all->hub->lock);
    step_at(all, at_us);
}

static void test_the_hubs_thread_makes_short_looks_only(void **state)
{
    static reader watching, other;
    const fixture *all = *state;
    static byte_view view = {0};
    all->hub->lanes = lanes_start(1);
    open_reader(all, &watching, watched(all, &view), 1);
    open_reader(all, &other, RANGE(all->source, 0, 1), 1);
    step_behind_lanes(all, 0);
    expect_told(&watching, -1, 0);
    assert_true(pthread_equal(view.looked_by, pthread_self()));
    assert_int_equal(view.short_looks, 1);
    view.is_large = true;
    store(all->source, 0, 1);
    step_behind_lanes(all, 1 * MS);
    expect_told(&watching, 0, 1);
    assert_false(pthread_equal(view.looked_by, pthread_self()));
    assert_int_equal(view.short_looks, 2);
    assert_int_equal(view.looks, 3);
    store(all->source, 0, 2);
    step_behind_lanes(all, 2 * MS); /* from now on no short one is tried */
    expect_told(&watching, 1, 2);
    assert_int_equal(view.short_looks, 2);
    assert_int_equal(view.looks, 4);
    watch_stream_close(watching.stream);
    watch_stream_close(other.stream);
    step_behind_lanes(all, 3 * MS);
    lanes_stop(all->hub->lanes);
    all->hub->lanes = NULL;
}

/* ---- the list of texts ---- */

static snapshot *seen_at(uint64_t pass)
{
    snapshot *made = snapshot_new(1);
    assert_non_null(made);
    made->pass = pass;
    made->bytes[0] = (uint8_t)pass;
    (void)snprintf(made->etag, sizeof made->etag, "\"%llu\"", (unsigned long long)pass);
    return made;
}

static void test_of_many_texts_those_from_the_oldest_pictures_are_made(void **state)
{
    enum { SEEN = 3 * TEXTS_MAX };
    snapshot *seen[SEEN + 1];
    byte_view view = {0};
    texts all = {0};
    (void)state;
    view.base.tell = tell_byte;
    for (uint64_t i = 0; i <= SEEN; i++) {
        seen[i] = seen_at(i + 1);
    }
    for (size_t i = 0; i < SEEN; i++) {
        texts_want(&all, seen[(i * 7) % SEEN]); /* 7 and SEEN have no common divisor */
        texts_want(&all, seen[(i * 7) % SEEN]);
    }
    texts_want(&all, NULL);
    texts_want_first(&all, seen[SEEN - 1]);
    texts_want_first(&all, seen[SEEN - 1]);
    assert_int_equal(texts_make(&all, &view.base, seen[SEEN]), TEXTS_MAX);
    assert_int_equal(view.tells, TEXTS_MAX);
    assert_non_null(texts_find(&all, NULL));
    assert_non_null(texts_find(&all, seen[SEEN - 1]));
    for (size_t i = 0; i < SEEN - 1; i++) {
        assert_int_equal(texts_find(&all, seen[i]) != NULL, i < TEXTS_MAX - 2);
    }
    texts_drop(&all);
    for (size_t i = 0; i <= SEEN; i++) {
        assert_int_equal(atomic_load(&seen[i]->references), 1);
        snapshot_unref(seen[i]);
    }
}

static void test_no_text_is_begun_beyond_the_limit_of_their_bytes(void **state)
{
    enum { SEEN = 8, TEXT = TEXTS_BYTES_MAX / 4 };
    snapshot *seen[SEEN + 1];
    byte_view view = {.text_bytes = TEXT};
    texts all = {0}, kept = {0};
    (void)state;
    view.base.tell = tell_byte;
    for (uint64_t i = 0; i <= SEEN; i++) {
        seen[i] = seen_at(i + 1);
        texts_want(&all, seen[i]);
    }
    assert_int_equal(texts_make(&all, &view.base, seen[SEEN]), 4);
    texts_move(&kept, &all);
    assert_int_equal(kept.count, 4);
    assert_int_equal(all.count, 0);
    texts_drop(&kept);
    for (size_t i = 0; i <= SEEN; i++) {
        assert_int_equal(atomic_load(&seen[i]->references), 1);
        snapshot_unref(seen[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_many_watchers_of_one_view_cost_one_look_and_one_text),
        TEST(test_a_view_rests_ten_times_as_long_as_it_took),
        TEST(test_a_waiting_read_ends_in_time_while_the_view_rests),
        TEST(test_a_waiting_read_that_sleeps_again_looks_once_in_an_interval),
        TEST(test_a_waiting_read_that_is_awake_holds_no_view),
        TEST(test_who_looks_rarely_is_told_what_has_changed_since),
        TEST(test_a_reader_that_is_slower_than_the_changes_is_told_a_chain_of_them),
        TEST(test_a_change_that_was_undone_meanwhile_is_not_told),
        TEST(test_the_last_values_are_told_before_the_end),
        TEST(test_each_watcher_counts_for_the_room_that_the_view_takes),
        TEST(test_the_hubs_thread_makes_short_looks_only),
        cmocka_unit_test(test_of_many_texts_those_from_the_oldest_pictures_are_made),
        cmocka_unit_test(test_no_text_is_begun_beyond_the_limit_of_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
