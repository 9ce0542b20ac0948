#include "harness.h"

#include <pthread.h>
#include <stdatomic.h>

#include <section/atomic.h>

#include "platform.h"

/* Atomic operations against everybody who maps the memory. */

static section_atomic_result run(section *self, section_atomic_op op, section_value_type type,
                                 uint64_t offset, section_value value, section_value expected)
{
    section_atomic_result result;
    const section_atomic_args args = {op, type, offset, value, expected};
    works(section_atomic(self, &args, &result, &why));
    return result;
}

#define UNSIGNED(number_) ((section_value){.unsigned_number = (number_)})
#define SIGNED(number_)   ((section_value){.signed_number = (number_)})

/* One operation on a cell that holds `before`: what it says, and what it leaves. */
static void expect_step(section_value_type type, section_atomic_op op, section_value before,
                        section_value value, section_value after)
{
    static const section_value zero = {0};
    section *sections[] = {create_section(NULL, 4096), create_section(fresh_name(), 4096)};
    for (size_t i = 0; i < 2; i++) {
        (void)run(sections[i], SECTION_ATOMIC_STORE, type, 64, before, zero);
        set_byte(sections[i], 63, 0x5A);
        set_byte(sections[i], 72, 0x5A);
        const section_atomic_result got = run(sections[i], op, type, 64, value, zero);
        assert_int_equal(got.previous.unsigned_number, before.unsigned_number);
        assert_int_equal(got.current.unsigned_number, after.unsigned_number);
        assert_int_equal(got.swapped, op != SECTION_ATOMIC_LOAD);
        const section_atomic_result left =
            run(sections[i], SECTION_ATOMIC_LOAD, type, 64, zero, zero);
        assert_int_equal(left.previous.unsigned_number, after.unsigned_number);
        assert_int_equal(left.current.unsigned_number, after.unsigned_number);
        assert_false(left.swapped);
        assert_int_equal(byte_at(sections[i], 63), 0x5A); /* and nothing beside it */
        assert_int_equal(byte_at(sections[i], 72), 0x5A);
        section_close(sections[i]);
    }
}

static void test_every_operation_does_what_it_says_and_wraps_around(void **state)
{
    (void)state;
    expect_step(SECTION_U32, SECTION_ATOMIC_LOAD, UNSIGNED(7), UNSIGNED(0), UNSIGNED(7));
    expect_step(SECTION_U32, SECTION_ATOMIC_STORE, UNSIGNED(7), UNSIGNED(9), UNSIGNED(9));
    expect_step(SECTION_U32, SECTION_ATOMIC_EXCHANGE, UNSIGNED(7), UNSIGNED(9), UNSIGNED(9));
    expect_step(SECTION_U32, SECTION_ATOMIC_ADD, UNSIGNED(UINT32_MAX), UNSIGNED(2), UNSIGNED(1));
    expect_step(SECTION_U32, SECTION_ATOMIC_SUB, UNSIGNED(1), UNSIGNED(2), UNSIGNED(UINT32_MAX));
    expect_step(SECTION_U32, SECTION_ATOMIC_AND, UNSIGNED(0xF0F0), UNSIGNED(0xFF00),
                UNSIGNED(0xF000));
    expect_step(SECTION_U32, SECTION_ATOMIC_OR, UNSIGNED(0xF0F0), UNSIGNED(0xFF00),
                UNSIGNED(0xFFF0));
    expect_step(SECTION_U32, SECTION_ATOMIC_XOR, UNSIGNED(0xF0F0), UNSIGNED(0xFF00),
                UNSIGNED(0x0FF0));
    expect_step(SECTION_I32, SECTION_ATOMIC_ADD, SIGNED(INT32_MAX), SIGNED(1), SIGNED(INT32_MIN));
    expect_step(SECTION_I32, SECTION_ATOMIC_SUB, SIGNED(-5), SIGNED(-7), SIGNED(2));
    expect_step(SECTION_I32, SECTION_ATOMIC_AND, SIGNED(-1), SIGNED(INT32_MIN), SIGNED(INT32_MIN));
    expect_step(SECTION_U64, SECTION_ATOMIC_ADD, UNSIGNED(UINT64_MAX), UNSIGNED(3), UNSIGNED(2));
    expect_step(SECTION_U64, SECTION_ATOMIC_SUB, UNSIGNED(0), UNSIGNED(1), UNSIGNED(UINT64_MAX));
    expect_step(SECTION_U64, SECTION_ATOMIC_XOR, UNSIGNED(UINT64_MAX), UNSIGNED(1),
                UNSIGNED(UINT64_MAX - 1));
    expect_step(SECTION_I64, SECTION_ATOMIC_ADD, SIGNED(INT64_MAX), SIGNED(1), SIGNED(INT64_MIN));
    expect_step(SECTION_I64, SECTION_ATOMIC_EXCHANGE, SIGNED(-1), SIGNED(INT64_MIN),
                SIGNED(INT64_MIN));
    expect_step(SECTION_I64, SECTION_ATOMIC_OR, SIGNED(0), SIGNED(-2), SIGNED(-2));
}

static void test_cas_swaps_only_what_it_expects(void **state)
{
    (void)state;
    static const section_value_type types[] = {SECTION_U32, SECTION_I32, SECTION_U64, SECTION_I64};
    section *self = create_section(fresh_name(), 4096);
    for (size_t i = 0; i < 4; i++) {
        const bool is_signed = i % 2 == 1;
        const section_value first = is_signed ? SIGNED(-9) : UNSIGNED(9);
        const section_value second = is_signed ? SIGNED(-10) : UNSIGNED(10);
        (void)run(self, SECTION_ATOMIC_STORE, types[i], 8, first, first);
        section_atomic_result got = run(self, SECTION_ATOMIC_CAS, types[i], 8, second, second);
        assert_false(got.swapped);
        assert_int_equal(got.previous.unsigned_number, first.unsigned_number);
        assert_int_equal(got.current.unsigned_number, first.unsigned_number);
        got = run(self, SECTION_ATOMIC_CAS, types[i], 8, second, first);
        assert_true(got.swapped);
        assert_int_equal(got.previous.unsigned_number, first.unsigned_number);
        assert_int_equal(got.current.unsigned_number, second.unsigned_number);
    }
    section_close(self);
}

static void test_places_must_be_aligned_in_the_section_and_inside_the_view(void **state)
{
    (void)state;
    section_atomic_result result;
    section *self = NULL;
    const section_create_options options = {.size_bytes = 8192, .view = {4, 4096}};
    works(section_create(&options, &self, &why));
    section_atomic_args args = {.op = SECTION_ATOMIC_ADD, .type = SECTION_U64};
    for (args.offset_bytes = 0; args.offset_bytes < 16; args.offset_bytes++) {
        if (args.offset_bytes % 8 == 4) { /* the view starts at byte 4 */
            works(section_atomic(self, &args, &result, &why));
        } else {
            fails(SECTION_BAD_OFFSET, section_atomic(self, &args, &result, &why));
        }
    }
    static const uint64_t outside[] = {4092, 4100, (UINT64_C(1) << 53) - 4, UINT64_MAX - 3};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        args.offset_bytes = outside[i];
        fails(SECTION_BAD_RANGE, section_atomic(self, &args, &result, &why));
    }
    args.type = SECTION_U32;
    args.offset_bytes = 4092;
    works(section_atomic(self, &args, &result, &why));
    static const section_value_type others[] = {SECTION_U8,  SECTION_I16,   SECTION_F32,
                                                SECTION_F64, SECTION_BOOL8, SECTION_CHAR};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        args.type = others[i];
        fails(SECTION_BAD_TYPE, section_atomic(self, &args, &result, &why));
    }
    section_close(self);
}

static void test_a_read_only_section_can_be_loaded_from(void **state)
{
    (void)state;
    const char *text = fresh_name();
    const section_name name = parsed(text);
    const section_open_options options = {.name = &name, .access = SECTION_ACCESS_READ};
    section *made = create_section(text, 4096);
    section *self = NULL;
    section_atomic_result result;
    works(section_open(&options, &self, &why));
    for (int op = SECTION_ATOMIC_LOAD; op <= SECTION_ATOMIC_CAS; op++) {
        const section_atomic_args args = {.op = (section_atomic_op)op, .type = SECTION_U64};
        if (op == SECTION_ATOMIC_LOAD) {
            works(section_atomic(self, &args, &result, &why));
        } else {
            fails(SECTION_READ_ONLY, section_atomic(self, &args, &result, &why));
        }
    }
    section_close(self);
    section_close(made);
}

static void test_a_reserved_page_is_zero_and_is_committed_by_a_store(void **state)
{
    (void)state;
    const section_create_options options = {.size_bytes = 1 << 20, .reserve = true};
    const section_value one = UNSIGNED(1);
    section *self = NULL;
    works(section_create(&options, &self, &why));
    assert_int_equal(
        run(self, SECTION_ATOMIC_LOAD, SECTION_U64, 500000, one, one).current.unsigned_number, 0);
    assert_int_equal(
        run(self, SECTION_ATOMIC_ADD, SECTION_U64, 500000, one, one).current.unsigned_number, 1);
    assert_int_equal(
        run(self, SECTION_ATOMIC_LOAD, SECTION_U64, 500000, one, one).current.unsigned_number, 1);
    section_close(self);
}

enum { ROUNDS = 20000 };

typedef struct adder {
    section *self;
    _Atomic uint64_t *cell; /* without the library, through a mapping of its own */
    unsigned successes;     /* of the call */
} adder;

static void *add_through_us(void *argument)
{
    adder *adder = argument;
    const section_atomic_args args = {
        .op = SECTION_ATOMIC_ADD, .type = SECTION_U64, .offset_bytes = 64, .value = UNSIGNED(1)};
    for (int i = 0; i < ROUNDS; i++) {
        section_atomic_result result;
        adder->successes += section_atomic(adder->self, &args, &result, NULL) == SECTION_OK;
    }
    return NULL;
}

static void *add_natively(void *argument)
{
    adder *adder = argument;
    for (int i = 0; i < ROUNDS; i++) {
        atomic_fetch_add(adder->cell, 1);
    }
    return NULL;
}

static void test_sums_are_exact_against_native_programs(void **state)
{
    (void)state;
    other_section other;
    const char *name = fresh_name();
    other_create(name, 4096, &other);
    section *first = open_section(name);
    section *second = open_section(name);
    _Atomic uint64_t *cell = (_Atomic uint64_t *)(void *)(other.base + 64);
    adder adders[] = {{first, cell, 0}, {first, cell, 0}, {second, cell, 0}, {NULL, cell, 0}};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            pthread_create(&threads[i], NULL, i < 3 ? add_through_us : add_natively, &adders[i]),
            0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(adders[i].successes, i < 3 ? ROUNDS : 0);
    }
    assert_int_equal(atomic_load(cell), 4 * ROUNDS);
    section_close(second);
    section_close(first);
    other_close(&other);
    other_drop_name(name);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_every_operation_does_what_it_says_and_wraps_around),
        cmocka_unit_test(test_cas_swaps_only_what_it_expects),
        cmocka_unit_test(test_places_must_be_aligned_in_the_section_and_inside_the_view),
        cmocka_unit_test(test_a_read_only_section_can_be_loaded_from),
        cmocka_unit_test(test_a_reserved_page_is_zero_and_is_committed_by_a_store),
        cmocka_unit_test(test_sums_are_exact_against_native_programs),
    };
    return cmocka_run_group_tests_name("atomic", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
