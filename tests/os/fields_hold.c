#include "fields_support.h"

#include <pthread.h>
#include <stdatomic.h>

/* Sequences of fields, in which nothing is waited for; and what walks over fields may cost. */

enum { ITEMS = 10000 };

static const section_layout_field fields[] = {NUMBER(SECTION_U32, "sequence"),
                                              NUMBER(SECTION_U32, "magic"),
                                              NUMBER(SECTION_U8, "items", COUNT(ITEMS))};
static const section_layout_guard guard = {
    .field = "magic", .kind = SECTION_KIND_UNSIGNED, .value = {.unsigned_number = 0}};
static const section_layout_source source = {
    .guards = &guard,
    .guard_count = 1,
    .consistency = {.rule = SECTION_CONSISTENCY_SEQLOCK, .field = "sequence"},
    WHOLE(fields)};

static section_layout *layout;
static section *self;
static section_image *image;

static int set_up(void **state)
{
    (void)state;
    layout = compiled(&source);
    self = create_section(NULL, 8 + ITEMS);
    image = section_image_new();
    return image == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    section_image_free(image);
    section_close(self);
    section_layout_free(layout);
    return 0;
}

/* A `section_pause` that counts, and says no from some time on. */
typedef struct asked {
    unsigned times, most;
} asked;

static bool count(void *context)
{
    asked *asked = context;
    return ++asked->times <= asked->most;
}

static section_status read_fields(const section_fields_options *options,
                                  section_fields_outcome *ret_outcome)
{
    return section_fields_read(self, layout, NULL, options, image, ret_outcome, &why);
}

static void test_amid_a_sequence_nothing_is_waited_for(void **state)
{
    (void)state;
    asked asked = {.most = 1000000};
    const section_pause pause = {count, &asked};
    const section_fields_options options = {.timeout_ms = 1000, .pause = &pause};
    const section_fields_store_options store = {.timeout_ms = 1000, .pause = &pause};
    const section_field_input input = {.path = "items[1]", .kind = SECTION_INPUT_NUMBER};
    section_fields_outcome outcome;
    set_byte(self, 0, 1);
    works(section_fields_hold(self, layout, 0, &why));
    fails(SECTION_TORN, read_fields(&options, &outcome));
    assert_int_equal(outcome.tries, 0);
    fails(SECTION_TORN, section_fields_store(self, layout, &input, 1, &store, NULL, NULL, &why));
    assert_int_equal(asked.times, 0); /* which is asked before each wait */
    section_fields_release(self);
    set_byte(self, 0, 2);
    works(read_fields(&options, &outcome));
}

typedef struct other {
    atomic_bool has_begun, has_read;
} other;

static void *read_byte(void *context)
{
    other *other = context;
    atomic_store(&other->has_begun, true);
    (void)byte_at(self, 8);
    atomic_store(&other->has_read, true);
    return NULL;
}

static void test_nothing_comes_between_the_calls_of_a_sequence(void **state)
{
    (void)state;
    other other = {0};
    pthread_t thread;
    unsigned looks = 0;
    const section_field_input input = {
        .path = "items[1]", .kind = SECTION_INPUT_NUMBER, .number = 7};
    works(section_fields_hold(self, layout, 0, &why));
    assert_int_equal(pthread_create(&thread, NULL, read_byte, &other), 0);
    while (!atomic_load(&other.has_begun)) {
        wait_a_moment(&looks);
    }
    works(read_fields(NULL, NULL));
    works(section_fields_store(self, layout, &input, 1, NULL, NULL, NULL, &why));
    assert_false(atomic_load(&other.has_read));
    section_fields_release(self);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(atomic_load(&other.has_read));
    assert_int_equal(byte_at(self, 9), 7);
}

static void test_of_no_values_it_is_checked_that_the_layout_fits(void **state)
{
    (void)state;
    const section_fields_store_options store = {.timeout_ms = 1};
    works(section_fields_store(self, layout, NULL, 0, &store, NULL, NULL, &why));
    set_byte(self, 0, 1);
    fails(SECTION_TORN, section_fields_store(self, layout, NULL, 0, &store, NULL, NULL, &why));
    set_byte(self, 0, 2);
    set_byte(self, 4, 1);
    fails(SECTION_LAYOUT_MISMATCH,
          section_fields_store(self, layout, NULL, 0, &store, NULL, NULL, &why));
    section *small = create_section(NULL, 4);
    const section_layout_source sized = {
        .whole = {.size_bytes = 1 << 20, .fields = fields, .field_count = 1}};
    section_layout *large = compiled(&sized);
    fails(SECTION_LAYOUT_MISMATCH,
          section_fields_store(small, large, NULL, 0, NULL, NULL, NULL, &why));
    section_layout_free(large);
    section_close(small);
}

static void count_value(void *context, const section_field_at *at, const section_field_value *value)
{
    (void)at;
    (void)value;
    ++*(size_t *)context;
}

static void test_reads_and_visits_share_the_steps_that_they_may_take(void **state)
{
    (void)state;
    size_t shown = 0;
    uint64_t steps = 3 * UINT64_C(11000);
    const section_fields_visitor visitor = {NULL, NULL, count_value, &shown};
    const section_fields_options options = {.steps_left = &steps};
    works(read_fields(&options, NULL));
    works(section_fields_visit(image, &visitor, &why));
    assert_int_equal(shown, 2 + ITEMS);
    assert_in_range(steps, 11000, 13000);
    works(read_fields(&options, NULL));
    fails(SECTION_TOO_LARGE, section_fields_visit(image, &visitor, &why));
    fails(SECTION_TOO_LARGE, read_fields(&options, NULL));
}

static void test_a_walk_asks_in_between_whether_it_may_go_on(void **state)
{
    (void)state;
    asked asked = {.most = 1};
    size_t shown = 0;
    const section_pause pause = {count, &asked};
    const section_fields_visitor visitor = {NULL, NULL, count_value, &shown};
    const section_fields_options options = {.pause = &pause};
    works(read_fields(&options, NULL));
    asked.times = 0;
    fails(SECTION_STOPPING, section_fields_visit(image, &visitor, &why));
    assert_int_equal(asked.times, 2);
    assert_in_range(shown, 4096, 2 * 4096);
}

/* Who wants the lock amid a long walk, which asks its pause while it has the lock. */
typedef struct amid {
    other other;
    pthread_t thread;
    bool has_started, has_read;
} amid;

static bool look_amid(void *context)
{
    amid *amid = context;
    unsigned looks = 0;
    if (!amid->has_started) {
        amid->has_started = pthread_create(&amid->thread, NULL, read_byte, &amid->other) == 0;
        while (!atomic_load(&amid->other.has_begun)) {
            wait_a_moment(&looks);
        }
    }
    amid->has_read = amid->has_read || atomic_load(&amid->other.has_read);
    if (!amid->has_read) {
        wait_a_moment(&looks); /* the thread queues for the lock soon */
    }
    return true;
}

static bool is_read_amid_a_walk(const section_selection *selection)
{
    amid amid = {0};
    const section_pause pause = {look_amid, &amid};
    const section_fields_options options = {.pause = &pause};
    works(section_fields_read(self, layout, selection, &options, image, NULL, &why));
    assert_true(amid.has_started);
    assert_int_equal(pthread_join(amid.thread, NULL), 0);
    return amid.has_read;
}

/* That may come too late for the only turn of a walk: then once more. */
static bool is_read_amid_one_of_many(const section_selection *selection, unsigned walks)
{
    while (walks > 0 && !is_read_amid_a_walk(selection)) {
        walks--;
    }
    return walks > 0;
}

static void test_a_long_walk_lets_others_in_though_it_copies_little(void **state)
{
    (void)state;
    enum { PATHS = 30, WALKS = 30 };
    const char *paths[PATHS];
    for (size_t i = 0; i < PATHS; i++) {
        paths[i] = "items[*]";
    }
    section_selection *few, *many;
    works(section_selection_make(layout, paths, 2, &few, &why));
    works(section_selection_make(layout, paths, PATHS, &many, &why));
    assert_true(is_read_amid_one_of_many(many, WALKS));
    assert_false(is_read_amid_one_of_many(few, 5)); /* what is copied is whole */
    assert_true(section_image_bytes(image) < SECTION_WHOLE_BYTES);
    section_selection_free(few);
    section_selection_free(many);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static int tests(void)
{
    const struct CMUnitTest list[] = {
        TEST(test_amid_a_sequence_nothing_is_waited_for),
        TEST(test_nothing_comes_between_the_calls_of_a_sequence),
        TEST(test_of_no_values_it_is_checked_that_the_layout_fits),
        TEST(test_reads_and_visits_share_the_steps_that_they_may_take),
        TEST(test_a_walk_asks_in_between_whether_it_may_go_on),
        TEST(test_a_long_walk_lets_others_in_though_it_copies_little),
    };
    return cmocka_run_group_tests_name("fields_hold", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
