#include "fields_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* The rule `mutex`: copies and stores hold it, for a bounded time, and release nothing else. */

enum { WORDS = 256, READERS = 4 };

static const section_layout_field fields[] = {NUMBER(SECTION_U64, "words", COUNT(WORDS))};

typedef struct fixture {
    char name[64];
    HANDLE mutex;
    section_layout *layout;
    section *self;
    section_image *image;
    _Atomic uint64_t *words;
    unsigned reads_of_each;
    atomic_bool stop;
    atomic_uint reads, tries, torn, failed;
} fixture;

static fixture made(void)
{
    fixture fixture = {.image = section_image_new(), .reads_of_each = reads_of_each()};
    (void)snprintf(fixture.name, sizeof fixture.name, "Local\\%s-mutex", fresh_name());
    const section_layout_source source = {
        .consistency = {.rule = SECTION_CONSISTENCY_MUTEX, .name = fixture.name}, WHOLE(fields)};
    fixture.mutex = CreateMutexA(NULL, FALSE, fixture.name);
    assert_non_null(fixture.mutex);
    fixture.layout = compiled(&source);
    fixture.self = create_section(NULL, WORDS * sizeof(uint64_t));
    /* The test writes where other processes would. */
    fixture.words = (_Atomic uint64_t *)(uintptr_t)section_borrow(fixture.self, 0,
                                                                  WORDS * sizeof(uint64_t), &why);
    assert_non_null(fixture.words);
    return fixture;
}

static void end(fixture *fixture)
{
    section_close(fixture->self);
    section_layout_free(fixture->layout);
    section_image_free(fixture->image);
    (void)CloseHandle(fixture->mutex);
}

static section_status read_once(fixture *fixture, section_fields_outcome *ret_outcome)
{
    const section_fields_options options = {.timeout_ms = 20};
    return section_fields_read(fixture->self, fixture->layout, NULL, &options, fixture->image,
                               ret_outcome, &why);
}

static void *take(void *context)
{
    const fixture *fixture = context;
    const DWORD result = WaitForSingleObject(fixture->mutex, 0);
    if (result == WAIT_OBJECT_0) {
        (void)ReleaseMutex(fixture->mutex);
    }
    return (void *)(uintptr_t)result;
}

/* Whether another thread could take it now. */
static bool is_free(fixture *fixture)
{
    pthread_t other;
    void *result;
    assert_int_equal(pthread_create(&other, NULL, take, fixture), 0);
    assert_int_equal(pthread_join(other, &result), 0);
    return (DWORD)(uintptr_t)result == WAIT_OBJECT_0;
}

static void *write_on(void *context)
{
    fixture *fixture = context;
    for (uint64_t number = 1; !atomic_load(&fixture->stop); number++) {
        (void)WaitForSingleObject(fixture->mutex, INFINITE);
        for (size_t i = 0; i < WORDS; i++) {
            atomic_store_explicit(&fixture->words[i], number, memory_order_relaxed);
        }
        (void)ReleaseMutex(fixture->mutex);
    }
    return NULL;
}

static void compare(void *context, const section_field_at *at, const section_field_value *value)
{
    uint64_t *seen = context;
    if (at->index == 0) {
        seen[0] = value->number.unsigned_number;
    }
    seen[1] |= seen[0] ^ value->number.unsigned_number;
}

static void *read_on(void *context)
{
    fixture *fixture = context;
    section_image *image = section_image_new();
    const section_fields_options options = {.timeout_ms = 1000};
    for (unsigned i = 0; i < fixture->reads_of_each; i++) {
        uint64_t seen[2] = {0};
        const section_fields_visitor visitor = {NULL, NULL, compare, seen};
        section_fields_outcome outcome;
        section_status status;
        do { /* on a busy machine a writer may be kept from going on for longer than the timeout */
            status = section_fields_read(fixture->self, fixture->layout, NULL, &options, image,
                                         &outcome, NULL);
            atomic_fetch_add(&fixture->tries, outcome.tries);
        } while (status == SECTION_TORN);
        if (status != SECTION_OK || outcome.consistent != SECTION_CONSISTENT_YES ||
            section_fields_visit(image, &visitor, NULL) != SECTION_OK) {
            atomic_fetch_add(&fixture->failed, 1);
        }
        atomic_fetch_add(&fixture->torn, seen[1] != 0);
        atomic_fetch_add(&fixture->reads, 1);
    }
    section_image_free(image);
    return NULL;
}

static void test_no_torn_copy_is_made_while_the_mutex_is_held(void **state)
{
    (void)state;
    fixture fixture = made();
    pthread_t writer, readers[READERS];
    assert_int_equal(pthread_create(&writer, NULL, write_on, &fixture), 0);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &fixture), 0);
    }
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    }
    atomic_store(&fixture.stop, true);
    assert_int_equal(pthread_join(writer, NULL), 0);
    print_message("%u reads, %u copies made for them, %u torn\n", atomic_load(&fixture.reads),
                  atomic_load(&fixture.tries), atomic_load(&fixture.torn));
    assert_int_equal(atomic_load(&fixture.reads), READERS * fixture.reads_of_each);
    assert_int_equal(atomic_load(&fixture.torn), 0);
    assert_int_equal(atomic_load(&fixture.failed), 0);
    end(&fixture);
}

/* A thread that takes the mutex, and ends with or without releasing it. */
typedef struct holder {
    fixture *fixture;
    atomic_bool has_it, may_go, released;
    bool releases;
} holder;

static void *hold(void *context)
{
    holder *self = context;
    unsigned looks = 0;
    (void)WaitForSingleObject(self->fixture->mutex, INFINITE);
    atomic_store(&self->has_it, true);
    while (!atomic_load(&self->may_go)) {
        wait_a_moment(&looks);
    }
    if (self->releases) {
        atomic_store(&self->released, ReleaseMutex(self->fixture->mutex));
    }
    return NULL;
}

static pthread_t start(holder *holder)
{
    pthread_t thread;
    unsigned looks = 0;
    assert_int_equal(pthread_create(&thread, NULL, hold, holder), 0);
    while (!atomic_load(&holder->has_it)) {
        wait_a_moment(&looks);
    }
    return thread;
}

static void test_a_mutex_that_others_keep_is_waited_for_in_bounds_and_never_released(void **state)
{
    (void)state;
    fixture fixture = made();
    section_fields_outcome outcome;
    holder holder = {.fixture = &fixture, .releases = true};
    const section_fields_options torn = {.timeout_ms = 5, .allow_torn = true};
    const section_field_input input = {.path = "words[0]", .kind = SECTION_INPUT_NUMBER};
    const section_fields_store_options store = {.timeout_ms = 5};
    pthread_t thread = start(&holder);
    fails(SECTION_TORN, read_once(&fixture, &outcome));
    assert_int_equal(outcome.tries, 0);
    works(section_fields_read(fixture.self, fixture.layout, NULL, &torn, fixture.image, &outcome,
                              &why));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_NO);
    fails(SECTION_TORN,
          section_fields_store(fixture.self, fixture.layout, &input, 1, &store, NULL, NULL, &why));
    atomic_store(&holder.may_go, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(atomic_load(&holder.released));
    works(read_once(&fixture, &outcome));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_YES);
    assert_false(outcome.was_abandoned);
    assert_true(is_free(&fixture));
    end(&fixture);
}

static void test_an_abandoned_mutex_is_used_and_told(void **state)
{
    (void)state;
    fixture fixture = made();
    section_fields_outcome outcome;
    holder holder = {.fixture = &fixture, .may_go = true};
    pthread_t thread = start(&holder);
    assert_int_equal(pthread_join(thread, NULL), 0);
    works(read_once(&fixture, &outcome));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_YES);
    assert_true(outcome.was_abandoned);
    assert_true(is_free(&fixture));
    works(read_once(&fixture, &outcome));
    assert_false(outcome.was_abandoned);
    end(&fixture);
}

static void test_a_store_gives_the_mutex_back(void **state)
{
    (void)state;
    fixture fixture = made();
    const section_field_input good = {
        .path = "words[0]", .kind = SECTION_INPUT_NUMBER, .number = 7};
    const section_field_input bad = {
        .path = "words[0]", .kind = SECTION_INPUT_NUMBER, .number = -7};
    works(section_fields_store(fixture.self, fixture.layout, &good, 1, NULL, NULL, NULL, &why));
    assert_true(is_free(&fixture));
    fails(SECTION_BAD_VALUE,
          section_fields_store(fixture.self, fixture.layout, &bad, 1, NULL, NULL, NULL, &why));
    assert_true(is_free(&fixture));
    assert_int_equal(byte_at(fixture.self, 0), 7);
    end(&fixture);
}

static void test_where_the_name_is_that_of_another_object_consistency_is_unknown(void **state)
{
    (void)state;
    fixture fixture = made();
    section_fields_outcome outcome;
    (void)CloseHandle(fixture.mutex);
    works(read_once(&fixture, &outcome));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_UNKNOWN);
    fixture.mutex = CreateEventA(NULL, TRUE, TRUE, fixture.name);
    assert_non_null(fixture.mutex);
    works(read_once(&fixture, &outcome));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_UNKNOWN);
    end(&fixture);
}

static void test_without_a_mutex_is_stored_only_where_there_is_none(void **state)
{
    (void)state;
    fixture fixture = made();
    const section_field_input input = {
        .path = "words[0]", .kind = SECTION_INPUT_NUMBER, .number = 7};
    (void)CloseHandle(fixture.mutex);
    fixture.mutex = CreateEventA(NULL, TRUE, TRUE, fixture.name); /* cannot be opened as a mutex */
    assert_non_null(fixture.mutex);
    assert_int_not_equal(
        section_fields_store(fixture.self, fixture.layout, &input, 1, NULL, NULL, NULL, &why),
        SECTION_OK);
    assert_int_not_equal(section_fields_hold(fixture.self, fixture.layout, 0, &why), SECTION_OK);
    assert_int_equal(byte_at(fixture.self, 0), 0); /* the lock is free */
    (void)CloseHandle(fixture.mutex);
    works(section_fields_store(fixture.self, fixture.layout, &input, 1, NULL, NULL, NULL, &why));
    assert_int_equal(byte_at(fixture.self, 0), 7);
    fixture.mutex = CreateMutexA(NULL, FALSE, fixture.name);
    end(&fixture);
}

/* More than three pieces of a copy. */
enum { MANY = 4 * SECTION_WHOLE_BYTES / sizeof(uint64_t) };

static const section_layout_field many[] = {NUMBER(SECTION_U64, "words", COUNT(MANY))};

/* Who keeps a reader busy in its first copy for longer than a mutex is held. */
typedef struct slow {
    fixture *fixture;
    unsigned asked;
    bool was_held, was_free;
} slow;

static bool go_on_slowly(void *context)
{
    slow *self = context;
    const ULONGLONG start = GetTickCount64();
    unsigned looks = 0;
    switch (self->asked++) {
    case 0: /* between two pieces */
        self->was_held = !is_free(self->fixture);
        while (GetTickCount64() - start < 30) {
            wait_a_moment(&looks);
        }
        break;
    case 1: /* between two tries */
        self->was_free = is_free(self->fixture);
        break;
    default:
        break;
    }
    return true;
}

static void test_a_mutex_is_not_held_for_longer_than_10_ms(void **state)
{
    (void)state;
    fixture fixture = made();
    const section_layout_source source = {
        .consistency = {.rule = SECTION_CONSISTENCY_MUTEX, .name = fixture.name}, WHOLE(many)};
    section_layout *layout = compiled(&source);
    section *self = create_section(NULL, MANY * sizeof(uint64_t));
    slow slow = {.fixture = &fixture};
    const section_pause pause = {go_on_slowly, &slow};
    section_fields_options options = {.timeout_ms = 1000, .pause = &pause};
    section_fields_outcome outcome;
    works(section_fields_read(self, layout, NULL, &options, fixture.image, &outcome, &why));
    assert_true(outcome.tries > 1);
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_YES);
    assert_true(slow.was_held);
    assert_true(slow.was_free);
    assert_true(is_free(&fixture));
    slow.asked = 0;
    options.timeout_ms = 1;
    fails(SECTION_TORN,
          section_fields_read(self, layout, NULL, &options, fixture.image, &outcome, &why));
    assert_true(is_free(&fixture));
    section_close(self);
    section_layout_free(layout);
    end(&fixture);
}

static bool go_on_slower_than_the_mutex(void *context)
{
    const ULONGLONG start = GetTickCount64();
    unsigned looks = 0;
    while (*(bool *)context && GetTickCount64() - start < 30) {
        wait_a_moment(&looks);
    }
    return true;
}

static void count_value(void *context, const section_field_at *at, const section_field_value *value)
{
    (void)at;
    (void)value;
    ++*(size_t *)context;
}

static void test_a_torn_copy_that_takes_longer_than_the_mutex_is_whole(void **state)
{
    (void)state;
    fixture fixture = made();
    const section_layout_source source = {
        .consistency = {.rule = SECTION_CONSISTENCY_MUTEX, .name = fixture.name}, WHOLE(many)};
    section_layout *layout = compiled(&source);
    section *self = create_section(NULL, MANY * sizeof(uint64_t));
    bool is_slow = true;
    size_t shown = 0;
    const section_pause pause = {go_on_slower_than_the_mutex, &is_slow};
    const section_fields_options options = {.once = true, .allow_torn = true, .pause = &pause};
    const section_fields_visitor visitor = {NULL, NULL, count_value, &shown};
    section_fields_outcome outcome;
    works(section_fields_read(self, layout, NULL, &options, fixture.image, &outcome, &why));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_NO);
    assert_true(is_free(&fixture));
    is_slow = false;
    works(section_fields_visit(fixture.image, &visitor, &why));
    assert_int_equal(shown, MANY);
    section_close(self);
    section_layout_free(layout);
    end(&fixture);
}

/* A thread that has the lock of the object, as one has that waits for a disk. */
static void *hold_object(void *context)
{
    holder *self = context;
    unsigned looks = 0;
    section_hold_lock(self->fixture->self);
    atomic_store(&self->has_it, true);
    while (!atomic_load(&self->may_go)) {
        wait_a_moment(&looks);
    }
    section_release_lock();
    return NULL;
}

static void test_with_the_mutex_in_hand_the_lock_is_not_waited_for_without_end(void **state)
{
    (void)state;
    fixture fixture = made();
    holder holder = {.fixture = &fixture};
    pthread_t thread;
    unsigned looks = 0;
    const section_field_input input = {.path = "words[0]", .kind = SECTION_INPUT_NUMBER};
    const section_fields_store_options store = {.timeout_ms = 20};
    const section_fields_options once = {.once = true};
    section_fields_outcome outcome;
    assert_int_equal(pthread_create(&thread, NULL, hold_object, &holder), 0);
    while (!atomic_load(&holder.has_it)) {
        wait_a_moment(&looks);
    }
    fails(SECTION_TORN, read_once(&fixture, NULL));
    assert_true(is_free(&fixture));
    /* Who reads once has kept others waiting once, then. */
    fails(SECTION_TORN, section_fields_read(fixture.self, fixture.layout, NULL, &once,
                                            fixture.image, &outcome, &why));
    assert_int_equal(outcome.tries, 1);
    fails(SECTION_TORN,
          section_fields_store(fixture.self, fixture.layout, &input, 1, &store, NULL, NULL, &why));
    assert_true(is_free(&fixture));
    fails(SECTION_TORN, section_fields_hold(fixture.self, fixture.layout, 20, &why));
    assert_true(is_free(&fixture));
    atomic_store(&holder.may_go, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    works(read_once(&fixture, NULL));
    end(&fixture);
}

/* On a busy machine it may take longer than the mutex is held. */
static section_status read_and_store_in_sequence(fixture *fixture)
{
    const section_field_input input = {.path = "words[0]", .kind = SECTION_INPUT_NUMBER};
    section_fields_outcome outcome;
    works(section_fields_hold(fixture->self, fixture->layout, 1000, &why));
    section_status status = read_once(fixture, &outcome);
    if (status == SECTION_OK) {
        assert_int_equal(outcome.consistent, SECTION_CONSISTENT_YES);
        status = section_fields_store(fixture->self, fixture->layout, &input, 1, NULL, NULL,
                                      &outcome, &why);
    }
    if (status == SECTION_OK) {
        assert_int_equal(outcome.consistent, SECTION_CONSISTENT_YES);
    }
    assert_false(is_free(fixture));
    section_fields_release(fixture->self);
    assert_true(is_free(fixture));
    return status;
}

static void test_a_sequence_has_the_mutex_until_its_end(void **state)
{
    (void)state;
    fixture fixture = made();
    section_status status;
    do {
        status = read_and_store_in_sequence(&fixture);
    } while (status == SECTION_TORN);
    assert_int_equal(status, SECTION_OK);
    end(&fixture);
}

static void test_with_the_lock_in_hand_the_mutex_is_not_taken(void **state)
{
    (void)state;
    fixture fixture = made();
    section_fields_outcome outcome;
    holder holder = {.fixture = &fixture, .releases = true};
    section_hold_lock(fixture.self);
    fails(SECTION_TORN, read_once(&fixture, &outcome));
    assert_int_equal(outcome.tries, 0);
    section_release_lock();
    pthread_t thread = start(&holder);
    fails(SECTION_TORN, section_fields_hold(fixture.self, fixture.layout, 5, &why));
    assert_int_equal(byte_at(fixture.self, 0), 0); /* the lock is free */
    atomic_store(&holder.may_go, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    end(&fixture);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_no_torn_copy_is_made_while_the_mutex_is_held),
        cmocka_unit_test(test_a_mutex_that_others_keep_is_waited_for_in_bounds_and_never_released),
        cmocka_unit_test(test_a_mutex_is_not_held_for_longer_than_10_ms),
        cmocka_unit_test(test_a_torn_copy_that_takes_longer_than_the_mutex_is_whole),
        cmocka_unit_test(test_with_the_mutex_in_hand_the_lock_is_not_waited_for_without_end),
        cmocka_unit_test(test_with_the_lock_in_hand_the_mutex_is_not_taken),
        cmocka_unit_test(test_a_sequence_has_the_mutex_until_its_end),
        cmocka_unit_test(test_an_abandoned_mutex_is_used_and_told),
        cmocka_unit_test(test_a_store_gives_the_mutex_back),
        cmocka_unit_test(test_where_the_name_is_that_of_another_object_consistency_is_unknown),
        cmocka_unit_test(test_without_a_mutex_is_stored_only_where_there_is_none),
    };
    return cmocka_run_group_tests_name("fields_mutex", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
