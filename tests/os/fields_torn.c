#include "fields_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/*
 * Consistent copies while a writer writes at full speed, as programs do that know of no reader: by
 * plain stores to shared memory.
 */

enum { WORDS = 256, READERS = 4, SLOTS = 4 };

/* What every rule's writer has: all words of a slot are the same number after each write. */
typedef struct shared {
    _Atomic uint32_t sequence, begin, end, busy, counter, offset;
    struct {
        _Atomic int32_t tick, offset;
    } buffers[SLOTS];
    _Atomic uint64_t words[SLOTS][WORDS];
} shared;

#define WORDS_AT(of_slot)                                                                          \
    ((int64_t)(offsetof(shared, words) + (of_slot) * WORDS * sizeof(uint64_t)))

static const section_layout_field buffer[] = {NUMBER(SECTION_I32, "tick"),
                                              NUMBER(SECTION_I32, "offset")};
static const section_layout_type types[] = {TYPE("buffer", buffer)};
static const section_layout_field fields[] = {
    NUMBER(SECTION_U32, "sequence"),
    NUMBER(SECTION_U32, "begin"),
    NUMBER(SECTION_U32, "end"),
    NUMBER(SECTION_U32, "busy"),
    NUMBER(SECTION_U32, "counter"),
    NUMBER(SECTION_U32, "offset"),
    STRUCTURE("buffer", "buffers", COUNT(SLOTS)),
    NUMBER(SECTION_U64, "words", AT(WORDS_AT(0)), COUNT(WORDS)),
    NUMBER(SECTION_U64, "current", AT_FIELD("offset"), COUNT(WORDS)),
    NUMBER(SECTION_U64, "newest", COUNT(WORDS),
           .place = {
               .rule = SECTION_PLACE_NEWEST, .of = "buffers", .by = "tick", .offset = "offset"})};

static void write_words(shared *to, size_t slot, uint64_t number)
{
    for (size_t i = 0; i < WORDS; i++) {
        atomic_store_explicit(&to->words[slot][i], number, memory_order_relaxed);
    }
}

/* Release orders make plain stores of them on x86; they keep the order that the rule needs. */
#define SET(cell, number) atomic_store_explicit(&(cell), (number), memory_order_release)

static void write_sequence(shared *to, uint32_t number)
{
    atomic_store(&to->sequence, 2 * number + 1);
    write_words(to, 0, number);
    SET(to->sequence, 2 * number + 2);
}

static void write_pair(shared *to, uint32_t number)
{
    atomic_store(&to->begin, number);
    write_words(to, 0, number);
    SET(to->end, number);
}

static void write_flag(shared *to, uint32_t number)
{
    atomic_store(&to->busy, 1);
    write_words(to, 0, number);
    SET(to->busy, 0);
}

/* Into a slot that nobody is told of until it is complete. */
static void write_counter(shared *to, uint32_t number)
{
    const size_t slot = number % SLOTS;
    write_words(to, slot, number);
    SET(to->offset, (uint32_t)WORDS_AT(slot));
    atomic_store(&to->counter, number);
}

/* Always the same one of the buffers, so that readers are often overtaken. */
static void write_newest(shared *to, uint32_t number)
{
    const size_t slot = 0;
    atomic_store(&to->buffers[slot].tick, -1);
    write_words(to, slot, number);
    SET(to->buffers[slot].offset, (int32_t)WORDS_AT(slot));
    SET(to->buffers[slot].tick, (int32_t)number);
}

typedef struct trial {
    char name[64]; /* readers open it, each for itself: they do not wait for each other */
    section *self;
    section_layout *layout;
    section_selection *selection;
    shared *memory;
    void (*write)(shared *to, uint32_t number);
    atomic_bool stop;
    unsigned reads_of_each;
    atomic_uint reads, tries, timeouts, torn, failed;
} trial;

/* It rests for as long as it writes, or nobody would ever read. */
static void *write_on(void *argument)
{
    trial *trial = argument;
    volatile unsigned rest = 0;
    for (uint32_t number = 1; !atomic_load(&trial->stop); number++) {
        trial->write(trial->memory, number % 0x3FFFFFFF);
        for (unsigned i = 0; i < 4 * WORDS; i++) {
            rest = rest + 1;
        }
    }
    return NULL;
}

typedef struct look {
    uint64_t first;
    bool is_torn, has_first;
    unsigned count;
} look;

static void compare(void *context, const section_field_at *at, const section_field_value *value)
{
    look *look = context;
    (void)at;
    if (!look->has_first) {
        look->first = value->number.unsigned_number;
        look->has_first = true;
    }
    look->is_torn = look->is_torn || look->first != value->number.unsigned_number;
    look->count++;
}

static void *read_on(void *argument)
{
    trial *trial = argument;
    const section_fields_options options = {.timeout_ms = 1000};
    const section_name name = parsed(trial->name);
    const section_open_options opening = {.name = &name, .access = SECTION_ACCESS_READ};
    section *self = NULL;
    if (section_open(&opening, &self, NULL) != SECTION_OK) {
        atomic_fetch_add(&trial->failed, 1);
        return NULL;
    }
    section_image *image = section_image_new();
    for (unsigned done = 0; done < trial->reads_of_each; done++) {
        look look = {0};
        const section_fields_visitor visitor = {NULL, NULL, compare, &look};
        section_fields_outcome outcome;
        section_status status;
        do { /* on a busy machine a writer may be kept from going on for longer than the timeout */
            status = section_fields_read(self, trial->layout, trial->selection, &options, image,
                                         &outcome, NULL);
            atomic_fetch_add(&trial->tries, outcome.tries);
            atomic_fetch_add(&trial->timeouts, status == SECTION_TORN);
        } while (status == SECTION_TORN);
        if (status != SECTION_OK || outcome.consistent != whole_by(trial->layout) ||
            section_fields_visit(image, &visitor, NULL) != SECTION_OK || look.count != WORDS) {
            atomic_fetch_add(&trial->failed, 1);
        }
        atomic_fetch_add(&trial->torn, look.is_torn);
        atomic_fetch_add(&trial->reads, 1);
    }
    section_image_free(image);
    section_close(self);
    return NULL;
}

static trial made(section_layout_consistency consistency, const char *field,
                  void (*write)(shared *to, uint32_t number))
{
    const section_layout_source source = {.consistency = consistency, TYPES(types), WHOLE(fields)};
    trial trial = {.write = write, .reads_of_each = reads_of_each()};
    trial.layout = compiled(&source);
    (void)snprintf(trial.name, sizeof trial.name, "%s", fresh_name());
    trial.self = create_section(trial.name, sizeof(shared));
    /* The test writes where other processes would. */
    trial.memory = (shared *)(uintptr_t)section_borrow(trial.self, 0, sizeof(shared), &why);
    assert_non_null(trial.memory);
    works(section_selection_make(trial.layout, &field, 1, &trial.selection, &why));
    atomic_store(&trial.memory->offset, (uint32_t)WORDS_AT(0));
    for (size_t i = 0; i < SLOTS; i++) {
        atomic_store(&trial.memory->buffers[i].offset, (int32_t)WORDS_AT(i));
    }
    return trial;
}

static void tell(const trial *trial)
{
    print_message("%u reads, %u copies made for them, %u timeouts, %u torn\n",
                  atomic_load(&trial->reads), atomic_load(&trial->tries),
                  atomic_load(&trial->timeouts), atomic_load(&trial->torn));
}

static void end(trial *trial)
{
    section_close(trial->self);
    section_selection_free(trial->selection);
    section_layout_free(trial->layout);
}

static void run(trial *trial)
{
    pthread_t writer, readers[READERS];
    assert_int_equal(pthread_create(&writer, NULL, write_on, trial), 0);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, trial), 0);
    }
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    }
    atomic_store(&trial->stop, true);
    assert_int_equal(pthread_join(writer, NULL), 0);
}

static void expect_none_torn(section_layout_consistency consistency, const char *field,
                             void (*write)(shared *to, uint32_t number))
{
    trial trial = made(consistency, field, write);
    run(&trial);
    tell(&trial);
    assert_int_equal(atomic_load(&trial.reads), READERS * trial.reads_of_each);
    assert_int_equal(atomic_load(&trial.torn), 0);
    assert_int_equal(atomic_load(&trial.failed), 0);
    end(&trial);
}

static void test_without_a_rule_torn_copies_are_found(void **state)
{
    (void)state;
    trial trial = made((section_layout_consistency){0}, "words", write_sequence);
    unsigned rounds = 0;
    do {
        atomic_store(&trial.stop, false);
        run(&trial);
        wait_a_moment(&rounds); /* on a machine with little to spare a round may find none */
    } while (atomic_load(&trial.torn) == 0);
    tell(&trial);
    assert_int_equal(atomic_load(&trial.failed), 0);
    end(&trial);
}

static void test_a_seqlock_lets_no_torn_copy_through(void **state)
{
    (void)state;
    expect_none_torn((section_layout_consistency){SECTION_CONSISTENCY_SEQLOCK, .field = "sequence"},
                     "words", write_sequence);
}

static void test_a_version_pair_lets_no_torn_copy_through(void **state)
{
    (void)state;
    expect_none_torn((section_layout_consistency){SECTION_CONSISTENCY_VERSION_PAIR,
                                                  .begin = "begin", .end = "end"},
                     "words", write_pair);
}

static void test_a_busy_flag_lets_no_torn_copy_through(void **state)
{
    (void)state;
    expect_none_torn((section_layout_consistency){SECTION_CONSISTENCY_BUSY_FLAG, .field = "busy"},
                     "words", write_flag);
}

static void test_a_counter_that_is_unchanged_lets_no_torn_copy_through(void **state)
{
    (void)state;
    expect_none_torn(
        (section_layout_consistency){SECTION_CONSISTENCY_UNCHANGED, .field = "counter"}, "current",
        write_counter);
}

static void test_the_newest_buffer_is_not_read_while_it_is_overwritten(void **state)
{
    (void)state;
    expect_none_torn((section_layout_consistency){0}, "newest", write_newest);
}

/* A writer that stopped in the middle: each rule's cells as they stand then. */
typedef struct stopped {
    section_layout_consistency consistency;
    size_t cell; /* offset of the number that tells */
} stopped;

static void expect_torn(const stopped *stopped)
{
    trial trial = made(stopped->consistency, "words", NULL);
    section_image *image = section_image_new();
    section_fields_outcome outcome;
    section_fields_options options = {.timeout_ms = 5};
    works(section_fields_read(trial.self, trial.layout, trial.selection, &options, image, &outcome,
                              &why));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_YES);
    assert_int_equal(outcome.tries, 1);
    set_byte(trial.self, stopped->cell, 1);
    fails(SECTION_TORN, section_fields_read(trial.self, trial.layout, trial.selection, &options,
                                            image, &outcome, &why));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_NO);
    options.once = true;
    fails(SECTION_TORN, section_fields_read(trial.self, trial.layout, trial.selection, &options,
                                            image, &outcome, &why));
    options.allow_torn = true;
    works(section_fields_read(trial.self, trial.layout, trial.selection, &options, image, &outcome,
                              &why));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_NO);
    assert_true(outcome.tries > 0);
    const section_field_input input = {
        .path = "words[1]", .kind = SECTION_INPUT_NUMBER, .number = 5};
    const section_fields_store_options store = {.timeout_ms = 5};
    fails(SECTION_TORN,
          section_fields_store(trial.self, trial.layout, &input, 1, &store, NULL, NULL, &why));
    section_image_free(image);
    end(&trial);
}

static void test_a_writer_that_stopped_in_the_middle_is_told(void **state)
{
    (void)state;
    static const stopped all[] = {
        {{SECTION_CONSISTENCY_SEQLOCK, .field = "sequence"}, offsetof(shared, sequence)},
        {{SECTION_CONSISTENCY_VERSION_PAIR, .begin = "begin", .end = "end"},
         offsetof(shared, begin)},
        {{SECTION_CONSISTENCY_BUSY_FLAG, .field = "busy", .mask = 1}, offsetof(shared, busy)}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        expect_torn(&all[i]);
    }
}

static void test_only_the_bits_of_the_mask_make_a_flag_busy(void **state)
{
    (void)state;
    trial trial = made(
        (section_layout_consistency){SECTION_CONSISTENCY_BUSY_FLAG, .field = "busy", .mask = 6},
        "words", NULL);
    section_image *image = section_image_new();
    const section_fields_options options = {.timeout_ms = 5};
    set_byte(trial.self, offsetof(shared, busy), 9);
    works(section_fields_read(trial.self, trial.layout, trial.selection, &options, image, NULL,
                              &why));
    set_byte(trial.self, offsetof(shared, busy), 4);
    fails(SECTION_TORN, section_fields_read(trial.self, trial.layout, trial.selection, &options,
                                            image, NULL, &why));
    section_image_free(image);
    end(&trial);
}

static bool stop_at_once(void *context)
{
    ++*(unsigned *)context;
    return false;
}

static void test_a_read_may_be_stopped_while_it_waits(void **state)
{
    (void)state;
    unsigned asked = 0;
    const section_pause pause = {stop_at_once, &asked};
    const section_fields_options options = {.timeout_ms = 1000, .pause = &pause};
    trial trial =
        made((section_layout_consistency){SECTION_CONSISTENCY_SEQLOCK, .field = "sequence"},
             "words", NULL);
    section_image *image = section_image_new();
    set_byte(trial.self, 0, 1);
    fails(SECTION_STOPPING, section_fields_read(trial.self, trial.layout, trial.selection, &options,
                                                image, NULL, &why));
    assert_int_equal(asked, 1);
    section_image_free(image);
    end(&trial);
}

static void test_without_the_mutex_consistency_is_unknown(void **state)
{
    (void)state;
    trial trial = made((section_layout_consistency){SECTION_CONSISTENCY_MUTEX,
                                                    .name = "Local\\section-test-no-such-mutex"},
                       "words", NULL);
    section_image *image = section_image_new();
    section_fields_outcome outcome;
    const section_field_input input = {.path = "words[1]", .kind = SECTION_INPUT_NUMBER};
    works(section_fields_read(trial.self, trial.layout, trial.selection, NULL, image, &outcome,
                              &why));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_UNKNOWN);
    works(section_fields_store(trial.self, trial.layout, &input, 1, NULL, NULL, &outcome, &why));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_UNKNOWN);
    section_image_free(image);
    end(&trial);
}

static void test_without_a_rule_consistency_is_unknown(void **state)
{
    (void)state;
    trial trial = made((section_layout_consistency){0}, "words", NULL);
    section_image *image = section_image_new();
    section_fields_outcome outcome;
    works(section_fields_read(trial.self, trial.layout, trial.selection, NULL, image, &outcome,
                              &why));
    assert_int_equal(outcome.consistent, SECTION_CONSISTENT_UNKNOWN);
    section_image_free(image);
    end(&trial);
}

/* The layout has it aligned, but not so the view. */
static void test_a_number_that_is_not_read_in_one_go_tells_nothing(void **state)
{
    (void)state;
    static const section_layout_field two[] = {NUMBER(SECTION_U32, "sequence"),
                                               NUMBER(SECTION_U32, "value")};
    const section_layout_source source = {
        .consistency = {SECTION_CONSISTENCY_SEQLOCK, .field = "sequence"}, WHOLE(two)};
    section_layout *layout = compiled(&source);
    section_image *image = section_image_new();
    for (uint64_t offset = 0; offset < 8; offset++) {
        const section_create_options options = {
            .size_bytes = 4096, .view = {.offset_bytes = offset, .length_bytes = 8}};
        section *self = NULL;
        section_error error = {0};
        works(section_create(&options, &self, &why));
        const section_status status =
            section_fields_read(self, layout, NULL, NULL, image, NULL, &error);
        assert_int_equal(status, offset % 4 == 0 ? SECTION_OK : SECTION_LAYOUT_MISMATCH);
        assert_true(status == SECTION_OK || strstr(error.detail, "in one go") != NULL);
        section_close(self);
    }
    section_image_free(image);
    section_layout_free(layout);
}

static void test_a_mismatch_counts_only_in_a_consistent_copy(void **state)
{
    (void)state;
    trial trial =
        made((section_layout_consistency){SECTION_CONSISTENCY_SEQLOCK, .field = "sequence"},
             "current", NULL);
    section_image *image = section_image_new();
    const section_fields_options options = {.timeout_ms = 5};
    atomic_store(&trial.memory->offset, UINT32_MAX);
    fails(SECTION_LAYOUT_MISMATCH, section_fields_read(trial.self, trial.layout, trial.selection,
                                                       &options, image, NULL, &why));
    set_byte(trial.self, 0, 1);
    fails(SECTION_TORN, section_fields_read(trial.self, trial.layout, trial.selection, &options,
                                            image, NULL, &why));
    section_image_free(image);
    end(&trial);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_without_a_rule_torn_copies_are_found),
        cmocka_unit_test(test_a_seqlock_lets_no_torn_copy_through),
        cmocka_unit_test(test_a_version_pair_lets_no_torn_copy_through),
        cmocka_unit_test(test_a_busy_flag_lets_no_torn_copy_through),
        cmocka_unit_test(test_a_counter_that_is_unchanged_lets_no_torn_copy_through),
        cmocka_unit_test(test_the_newest_buffer_is_not_read_while_it_is_overwritten),
        cmocka_unit_test(test_a_writer_that_stopped_in_the_middle_is_told),
        cmocka_unit_test(test_only_the_bits_of_the_mask_make_a_flag_busy),
        cmocka_unit_test(test_a_read_may_be_stopped_while_it_waits),
        cmocka_unit_test(test_without_the_mutex_consistency_is_unknown),
        cmocka_unit_test(test_without_a_rule_consistency_is_unknown),
        cmocka_unit_test(test_a_number_that_is_not_read_in_one_go_tells_nothing),
        cmocka_unit_test(test_a_mismatch_counts_only_in_a_consistent_copy),
    };
    return cmocka_run_group_tests_name("fields_torn", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
