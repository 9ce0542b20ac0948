#include "harness.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

/* Everything that opens and closes, once, failures included. */
static void one_round(void)
{
    section *self = NULL;
    section *again = NULL;
    const section_name name = parsed(fresh_name());
    const section_name missing = parsed(fresh_name());
    section_create_options options = {.name = &name, .size_bytes = 5000, .protect = true};
    const section_open_options absent = {.name = &missing};

    works(section_create(&options, &self, &why));
    works(section_create(&options, &again, &why));
    section_close(again);
    section_close(open_section(name.text));
    section_close(duplicate_section(own_process_id(), describe(self).handle));
    set_byte(self, 0, 1);

    options.must_be_new = true;
    fails(SECTION_ALREADY_EXISTS, section_create(&options, &again, &why));
    options = (section_create_options){.size_bytes = 4096, .view = {9000, 1}};
    fails(SECTION_BAD_OFFSET, section_create(&options, &again, &why));
    fails(SECTION_NOT_FOUND, section_open(&absent, &again, &why));
    const section_duplicate_options stranger = {.pid = 0x7FFFFFF0, .handle = 4};
    fails(SECTION_NOT_FOUND, section_duplicate(&stranger, &again, &why));
    section_close(self);
}

static void test_a_thousand_rounds_leave_nothing_behind(void **state)
{
    (void)state;
    one_round();
    const resources before = count_resources();
    for (int i = 0; i < 1000; i++) {
        one_round();
    }
    const resources after = count_resources();
    assert_int_equal(after.handle_count, before.handle_count);
    assert_int_equal(after.view_count, before.view_count);
}

static void test_closing_nothing_is_fine(void **state)
{
    (void)state;
    section_close(NULL);
}

static void test_a_name_is_free_when_its_sections_are_closed(void **state)
{
    (void)state;
    other_section other;
    const char *name = fresh_name();
    section *first = create_section(name, 4096);
    section *second = create_section(name, 4096);
    section *third = open_section(name);
    section_close(third);
    section_close(second);
    assert_true(other_open(name, &other));
    other_close(&other);
    section_close(first);
    assert_false(other_open(name, &other));
}

static void test_the_handle_count_counts_handles(void **state)
{
    (void)state;
    section *first = create_section(NULL, 4096);
    assert_int_equal(describe(first).handle_count, told_handle_count(1));
    section *second = duplicate_section(own_process_id(), describe(first).handle);
    assert_int_equal(describe(first).handle_count, told_handle_count(2));
    section_close(second);
    assert_int_equal(describe(first).handle_count, told_handle_count(1));
    section_close(first);
}

/*
 * cmocka's assertions belong to the main thread: workers count what goes wrong.
 */
typedef struct work {
    section *shared;
    const section_name *name;
    unsigned number;
    unsigned rounds;
    unsigned failures;
} work;

static void run_workers(void *(*worker)(void *), work *works_of, size_t count)
{
    pthread_t threads[16];
    assert_true(count <= sizeof threads / sizeof threads[0]);
    for (size_t i = 0; i < count; i++) {
        works_of[i].number = (unsigned)i;
        assert_int_equal(pthread_create(&threads[i], NULL, worker, &works_of[i]), 0);
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(works_of[i].failures, 0);
    }
}

/* Writers fill the block with one value each; whoever reads must never see two. */
static void *write_or_read_whole_blocks(void *argument)
{
    work *self = argument;
    uint8_t *block = malloc(SECTION_WHOLE_BYTES);
    for (unsigned i = 0; block != NULL && i < self->rounds; i++) {
        if (self->number % 2 == 0) {
            memset(block, (int)(self->number + i), SECTION_WHOLE_BYTES);
            self->failures +=
                section_write(self->shared, 100, block, SECTION_WHOLE_BYTES, NULL) != SECTION_OK;
        } else {
            self->failures +=
                section_read(self->shared, 100, block, SECTION_WHOLE_BYTES, NULL) != SECTION_OK;
            self->failures += memcmp(block, block + 1, SECTION_WHOLE_BYTES - 1) != 0;
        }
    }
    self->failures += block == NULL;
    free(block);
    return NULL;
}

static void test_reads_and_writes_are_whole_among_threads(void **state)
{
    (void)state;
    const char *const names[] = {fresh_name(), NULL}; /* copied from carefully, and plainly */
    for (size_t i = 0; i < 2; i++) {
        work workers[4];
        section *shared = create_section(names[i], 100 + SECTION_WHOLE_BYTES);
        for (size_t k = 0; k < 4; k++) {
            workers[k] = (work){.shared = shared, .rounds = 1000};
        }
        run_workers(write_or_read_whole_blocks, workers, 4);
        section_close(shared);
    }
}

/* A counter that everybody increments while nobody else writes. */
static void *increment(void *argument)
{
    work *self = argument;
    for (unsigned done = 0; done < self->rounds; done++) {
        uint32_t count = 0;
        section_hold_lock(self->shared);
        self->failures += section_read(self->shared, 8, &count, sizeof count, NULL) != SECTION_OK;
        count++;
        self->failures += section_write(self->shared, 8, &count, sizeof count, NULL) != SECTION_OK;
        section_release_lock();
    }
    return NULL;
}

static void test_writes_under_the_lock_lose_nothing_among_threads(void **state)
{
    (void)state;
    uint32_t sum;
    work workers[4];
    section *shared = create_section(NULL, 4096);
    for (size_t k = 0; k < 4; k++) {
        workers[k] = (work){.shared = shared, .rounds = 2000};
    }
    run_workers(increment, workers, 4);
    works(section_read(shared, 8, &sum, sizeof sum, &why));
    assert_int_equal(sum, 8000);
    section_close(shared);
}

/* Everybody creates, opens and closes one name: it comes and goes under all of them. */
static void *come_and_go(void *argument)
{
    work *self = argument;
    const section_create_options making = {.name = self->name, .size_bytes = 4096};
    const section_open_options opening = {.name = self->name};
    for (unsigned i = 0; i < self->rounds; i++) {
        section *made = NULL;
        section *opened = NULL;
        uint8_t byte = 1;
        section_status status = section_create(&making, &made, NULL);
        self->failures += status != SECTION_OK;
        if (made != NULL) {
            self->failures += section_write(made, 4095, &byte, 1, NULL) != SECTION_OK;
        }
        status = section_open(&opening, &opened, NULL);
        self->failures += status != SECTION_OK && status != SECTION_NOT_FOUND;
        if (opened != NULL) {
            self->failures += section_read(opened, 4095, &byte, 1, NULL) != SECTION_OK;
        }
        section_close(opened);
        section_close(made);
    }
    return NULL;
}

static void test_many_threads_may_make_and_close_one_name(void **state)
{
    (void)state;
    other_section other;
    work workers[8];
    const section_name name = parsed(fresh_name());
    const resources before = count_resources();
    for (size_t k = 0; k < 8; k++) {
        workers[k] = (work){.name = &name, .rounds = 200};
    }
    run_workers(come_and_go, workers, 8);
    const resources after = count_resources();
    assert_int_equal(after.view_count, before.view_count);
    assert_false(other_open(name.text, &other));
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_thousand_rounds_leave_nothing_behind),
        cmocka_unit_test(test_closing_nothing_is_fine),
        cmocka_unit_test(test_a_name_is_free_when_its_sections_are_closed),
        cmocka_unit_test(test_the_handle_count_counts_handles),
        cmocka_unit_test(test_reads_and_writes_are_whole_among_threads),
        cmocka_unit_test(test_writes_under_the_lock_lose_nothing_among_threads),
        cmocka_unit_test(test_many_threads_may_make_and_close_one_name),
    };
    return cmocka_run_group_tests_name("lifetime", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
