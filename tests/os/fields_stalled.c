#include "fields_support.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/*
 * Consistent copies while a writer rests at the worst moments. The copy has several pieces, and the
 * writer's turn comes between them, so that each run is the same.
 */

/* Of one slot: more than two pieces. */
enum { WORDS = 3 * SECTION_WHOLE_BYTES / sizeof(uint64_t), SLOTS = 4 };

typedef struct shared {
    _Atomic uint32_t sequence, begin, end, busy, counter, rest;
    struct {
        _Atomic int32_t tick, offset;
    } buffers[SLOTS];
    /* So that a piece of the copy begins with the first word, and has none of the numbers above. */
    alignas(4096) _Atomic uint64_t words[SLOTS][WORDS];
} shared;

static const section_layout_field buffer[] = {NUMBER(SECTION_I32, "tick"),
                                              NUMBER(SECTION_I32, "offset")};
static const section_layout_type types[] = {TYPE("buffer", buffer)};
static const section_layout_field fields[] = {
    NUMBER(SECTION_U32, "sequence"),
    NUMBER(SECTION_U32, "begin"),
    NUMBER(SECTION_U32, "end"),
    NUMBER(SECTION_U32, "busy"),
    NUMBER(SECTION_U32, "counter"),
    NUMBER(SECTION_U32, "rest"),
    STRUCTURE("buffer", "buffers", COUNT(SLOTS)),
    NUMBER(SECTION_U64, "words", AT(offsetof(shared, words)), COUNT(WORDS)),
    NUMBER(SECTION_U64, "newest", COUNT(WORDS),
           .place = {
               .rule = SECTION_PLACE_NEWEST, .of = "buffers", .by = "tick", .offset = "offset"})};

/* All words of a slot are the same number after each write. The second half is written first. */
static void write_half(shared *to, size_t slot, size_t half, uint64_t number)
{
    for (size_t i = 0; i < WORDS / 2; i++) {
        atomic_store(&to->words[slot][half * (WORDS / 2) + i], number);
    }
}

/* How writers say that a write begins and that it is over. */
static void begin_sequence(shared *to, uint32_t number)
{
    atomic_store(&to->sequence, 2 * number - 1);
}

static void end_sequence(shared *to, uint32_t number)
{
    atomic_store(&to->sequence, 2 * number);
}

static void begin_pair(shared *to, uint32_t number)
{
    atomic_store(&to->begin, number);
}

static void end_pair(shared *to, uint32_t number)
{
    atomic_store(&to->end, number);
}

static void begin_flag(shared *to, uint32_t number)
{
    (void)number;
    atomic_store(&to->busy, 1);
}

static void end_flag(shared *to, uint32_t number)
{
    (void)number;
    atomic_store(&to->busy, 0);
}

static void begin_counter(shared *to, uint32_t number)
{
    (void)to;
    (void)number;
}

static void end_counter(shared *to, uint32_t number)
{
    atomic_store(&to->counter, number);
}

typedef struct rule {
    section_layout_consistency consistency;
    void (*begin)(shared *to, uint32_t number);
    void (*end)(shared *to, uint32_t number);
} rule;

static const rule rules[] = {
    {{SECTION_CONSISTENCY_SEQLOCK, .field = "sequence"}, begin_sequence, end_sequence},
    {{SECTION_CONSISTENCY_VERSION_PAIR, .begin = "begin", .end = "end"}, begin_pair, end_pair},
    {{SECTION_CONSISTENCY_BUSY_FLAG, .field = "busy"}, begin_flag, end_flag},
    {{SECTION_CONSISTENCY_UNCHANGED, .field = "counter"}, begin_counter, end_counter}};

/* The writer's turns, by how often it was asked whether the read may go on; 0: before the read. */
typedef struct trial {
    section *self;
    section_layout *layout;
    section_selection *selection;
    shared *memory;
    const rule *rule;
    unsigned turn, begins_at, ends_at;
    /* what is expected of each value */
    void (*visit)(void *context, const section_field_at *at, const section_field_value *value);
} trial;

static void take_turn(trial *self)
{
    if (self->turn == self->begins_at) {
        self->rule->begin(self->memory, 2);
        write_half(self->memory, 0, 1, 2);
    }
    if (self->turn == self->ends_at) {
        write_half(self->memory, 0, 0, 2);
        self->rule->end(self->memory, 2);
    }
    self->turn++;
}

static bool go_on(void *context)
{
    take_turn(context);
    return true;
}

static void expect_same(void *context, const section_field_at *at, const section_field_value *value)
{
    uint64_t *first = context;
    (void)at;
    *first = *first == 0 ? value->number.unsigned_number : *first;
    assert_int_equal(value->number.unsigned_number, *first);
}

static trial made(const section_layout_consistency *consistency, const char *field)
{
    const section_layout_source source = {.consistency = *consistency, TYPES(types), WHOLE(fields)};
    trial trial = {.layout = compiled(&source),
                   .visit = expect_same,
                   .self = create_section(fresh_name(), sizeof(shared))};
    /* The test writes where other processes would. */
    trial.memory = (shared *)(uintptr_t)section_borrow(trial.self, 0, sizeof(shared), &why);
    assert_non_null(trial.memory);
    works(section_selection_make(trial.layout, &field, 1, &trial.selection, &why));
    return trial;
}

static void end(trial *trial)
{
    section_close(trial->self);
    section_selection_free(trial->selection);
    section_layout_free(trial->layout);
}

static bool go_on_undisturbed(void *context)
{
    (void)context;
    return true;
}

/* Which write was read: never parts of two. `pause` is asked until all is copied. */
static uint64_t read_whole(const trial *trial, const section_pause *pause)
{
    uint64_t first = 0;
    section_pause asked = *pause;
    const section_fields_options options = {.timeout_ms = 1000, .pause = &asked};
    const section_fields_visitor visitor = {NULL, NULL, trial->visit, &first};
    section_fields_outcome outcome;
    section_image *image = section_image_new();
    works(section_fields_read(trial->self, trial->layout, trial->selection, &options, image,
                              &outcome, &why));
    assert_int_equal(outcome.consistent, whole_by(trial->layout));
    asked.may_go_on = go_on_undisturbed;
    works(section_fields_visit(image, &visitor, NULL));
    section_image_free(image);
    return first;
}

/* How often a read that nobody disturbs asks whether it may go on. */
static bool count(void *context)
{
    ++*(unsigned *)context;
    return true;
}

static unsigned count_turns(const trial *trial)
{
    unsigned turns = 0;
    const section_pause pause = {count, &turns};
    read_whole(trial, &pause);
    assert_true(turns >= 2);
    return turns;
}

static void expect_whole(trial *trial, unsigned begins_at, unsigned ends_at)
{
    const section_pause pause = {go_on, trial};
    trial->turn = 0;
    trial->begins_at = begins_at;
    trial->ends_at = ends_at;
    write_half(trial->memory, 0, 0, 1);
    write_half(trial->memory, 0, 1, 1);
    trial->rule->begin(trial->memory, 1);
    trial->rule->end(trial->memory, 1);
    take_turn(trial);
    read_whole(trial, &pause);
}

static void test_a_write_that_begins_and_ends_anywhere_in_a_read_is_not_read_in_part(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        trial trial = made(&rules[i].consistency, "words");
        trial.rule = &rules[i];
        write_half(trial.memory, 0, 0, 1);
        write_half(trial.memory, 0, 1, 1);
        const unsigned turns = count_turns(&trial);
        for (unsigned begins_at = 0; begins_at <= turns; begins_at++) {
            for (unsigned ends_at = begins_at; ends_at <= turns; ends_at++) {
                expect_whole(&trial, begins_at, ends_at);
            }
        }
        end(&trial);
    }
}

/* A ring of buffers, of which a program says only afterwards that it has written one. */
static void write_buffer(shared *to, uint32_t number, size_t first_half, size_t halves)
{
    for (size_t half = first_half; half < first_half + halves; half++) {
        write_half(to, number % SLOTS, half, number);
    }
    if (halves == 2) {
        atomic_store(&to->buffers[number % SLOTS].tick, (int32_t)number);
    }
}

/* Overtakes the reader by a whole round, and rests in the middle of the buffer that is being read. */
static bool overtake(void *context)
{
    trial *trial = context;
    if (trial->turn == trial->begins_at) {
        for (uint32_t number = SLOTS + 1; number < 2 * SLOTS; number++) {
            write_buffer(trial->memory, number, 0, 2);
        }
        write_buffer(trial->memory, 2 * SLOTS, 1, 1);
    }
    trial->turn++;
    return true;
}

static void fill_buffers(shared *to)
{
    for (size_t i = 0; i < SLOTS; i++) {
        const size_t offset = offsetof(shared, words) + i * sizeof to->words[i];
        atomic_store(&to->buffers[i].offset, (int32_t)offset);
        atomic_store(&to->buffers[i].tick, 0);
    }
    for (uint32_t number = 1; number <= SLOTS; number++) {
        write_buffer(to, number, 0, 2);
    }
}

static void test_a_buffer_is_not_read_when_others_have_become_newer(void **state)
{
    (void)state;
    trial trial = made(&(section_layout_consistency){0}, "newest");
    const section_pause pause = {overtake, &trial};
    fill_buffers(trial.memory);
    const unsigned turns = count_turns(&trial);
    for (trial.begins_at = 1; trial.begins_at <= turns; trial.begins_at++) {
        fill_buffers(trial.memory);
        trial.turn = 1;
        assert_int_equal(read_whole(&trial, &pause), 2 * SLOTS - 1);
    }
    end(&trial);
}

/* Writes the buffer whose parts were copied already, before its tick was. */
static bool write_over_what_was_copied(void *context)
{
    trial *trial = context;
    if (trial->turn++ == trial->begins_at) {
        write_buffer(trial->memory, 2 * SLOTS, 0, 2);
    }
    return true;
}

static void expect_same_row(void *context, const section_field_at *at,
                            const section_field_value *value)
{
    static const char row[] = "newest";
    if (strncmp(at->path, row, sizeof row - 1) == 0) { /* `words` has no rule */
        expect_same(context, at, value);
    }
}

static void test_a_buffer_that_was_copied_before_its_tick_is_not_taken_for_the_newer_one(
    void **state)
{
    (void)state;
    static const char *const paths[] = {"words", "newest"};
    trial trial = made(&(section_layout_consistency){0}, "newest");
    const section_pause pause = {write_over_what_was_copied, &trial};
    section_selection_free(trial.selection);
    works(section_selection_make(trial.layout, paths, 2, &trial.selection, &why));
    fill_buffers(trial.memory);
    trial.visit = expect_same_row;
    const unsigned turns = count_turns(&trial);
    for (trial.begins_at = 0; trial.begins_at < turns; trial.begins_at++) {
        fill_buffers(trial.memory);
        trial.turn = 0;
        assert_int_equal(read_whole(&trial, &pause), 2 * SLOTS);
    }
    end(&trial);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_write_that_begins_and_ends_anywhere_in_a_read_is_not_read_in_part),
        cmocka_unit_test(test_a_buffer_is_not_read_when_others_have_become_newer),
        cmocka_unit_test(
            test_a_buffer_that_was_copied_before_its_tick_is_not_taken_for_the_newer_one),
    };
    return cmocka_run_group_tests_name("fields_stalled", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
