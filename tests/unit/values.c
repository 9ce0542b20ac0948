#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <section/values.h>

/* Bytes of the value in both orders, and the value. */
typedef struct value_case {
    section_value_type type;
    const char *little; /* the big-endian bytes are these reversed */
    section_value value;
} value_case;

#define U(number_) {.unsigned_number = (number_)}
#define I(number_) {.signed_number = (number_)}
#define R(number_) {.real = (number_)}

static const value_case cases[] = {
    {SECTION_U8, "\x00", U(0)},
    {SECTION_U8, "\xFF", U(255)},
    {SECTION_I8, "\x7F", I(127)},
    {SECTION_I8, "\x80", I(-128)},
    {SECTION_I8, "\xFF", I(-1)},
    {SECTION_U16, "\x34\x12", U(0x1234)},
    {SECTION_U16, "\xFF\xFF", U(65535)},
    {SECTION_I16, "\xFE\xFF", I(-2)},
    {SECTION_I16, "\x00\x80", I(-32768)},
    {SECTION_U32, "\x78\x56\x34\x12", U(0x12345678)},
    {SECTION_U32, "\xFF\xFF\xFF\xFF", U(4294967295)},
    {SECTION_I32, "\x00\x00\x00\x80", I(INT32_MIN)},
    {SECTION_I32, "\xFF\xFF\xFF\x7F", I(INT32_MAX)},
    {SECTION_U64, "\xEF\xCD\xAB\x89\x67\x45\x23\x01", U(0x0123456789ABCDEF)},
    {SECTION_U64, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", U(UINT64_MAX)},
    {SECTION_I64, "\x00\x00\x00\x00\x00\x00\x00\x80", I(INT64_MIN)},
    {SECTION_I64, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", I(INT64_MAX)},
    {SECTION_F32, "\x00\x00\xC0\x3F", R(1.5)},
    {SECTION_F32, "\xFF\xFF\x7F\x7F", R((double)FLT_MAX)},
    {SECTION_F32, "\x00\x00\x80\xFF", R(-(double)INFINITY)},
    {SECTION_F32, "\x01\x00\x00\x00", R(1.401298464324817e-45)},
    {SECTION_F64, "\x00\x00\x00\x00\x00\x00\xF8\x3F", R(1.5)},
    {SECTION_F64, "\xFF\xFF\xFF\xFF\xFF\xFF\xEF\x7F", R(DBL_MAX)},
    {SECTION_F64, "\x00\x00\x00\x00\x00\x00\xF0\x7F", R((double)INFINITY)},
    {SECTION_BOOL8, "\x00", U(0)},
    {SECTION_BOOL8, "\x01", U(1)},
    {SECTION_CHAR, "\xE9", U(0xE9)},
};

static void reverse(const char *bytes, size_t length, char *ret_bytes)
{
    for (size_t i = 0; i < length; i++) {
        ret_bytes[i] = bytes[length - 1 - i];
    }
}

static void expect_both_ways(section_value_type type, section_endian endian, const char *bytes,
                             section_value value)
{
    const size_t size = section_value_lookup(type)->size_bytes;
    for (size_t shift = 0; shift < 8; shift++) {
        char at[24];
        memset(at, 0x5A, sizeof at);
        memcpy(at + shift, bytes, size);
        const section_value loaded = section_value_load(type, endian, at + shift);
        assert_true(loaded.unsigned_number == value.unsigned_number); /* all of its bits */
        memset(at, 0x5A, sizeof at);
        assert_true(section_value_store(type, endian, value, at + shift));
        assert_memory_equal(at + shift, bytes, size);
        assert_int_equal(at[shift + size], 0x5A);
        assert_true(shift == 0 || at[shift - 1] == 0x5A);
    }
}

static void test_values_and_bytes_correspond_in_both_orders_at_any_alignment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char big[8];
        const size_t size = section_value_lookup(cases[i].type)->size_bytes;
        reverse(cases[i].little, size, big);
        expect_both_ways(cases[i].type, SECTION_LITTLE_ENDIAN, cases[i].little, cases[i].value);
        expect_both_ways(cases[i].type, SECTION_BIG_ENDIAN, big, cases[i].value);
    }
}

static void test_values_just_past_the_limits_are_not_stored(void **state)
{
    (void)state;
    static const struct {
        section_value_type type;
        section_value value;
    } past[] = {
        {SECTION_U8, U(256)},         {SECTION_I8, I(128)},
        {SECTION_I8, I(-129)},        {SECTION_U16, U(65536)},
        {SECTION_I16, I(32768)},      {SECTION_I16, I(-32769)},
        {SECTION_U32, U(4294967296)}, {SECTION_I32, I(INT64_C(2147483648))},
        {SECTION_BOOL8, U(2)},        {SECTION_I32, I(INT64_C(-2147483649))},
        {SECTION_CHAR, U(256)},       {SECTION_F32, R(3.5e38)},
        {SECTION_F32, R(-DBL_MAX)},
    };
    for (size_t i = 0; i < sizeof past / sizeof past[0]; i++) {
        char bytes[8] = "1234567";
        assert_false(
            section_value_store(past[i].type, SECTION_LITTLE_ENDIAN, past[i].value, bytes));
        assert_string_equal(bytes, "1234567");
    }
}

static void test_an_f32_is_rounded_and_a_nan_stays_one(void **state)
{
    (void)state;
    char bytes[8];
    assert_true(
        section_value_store(SECTION_F32, SECTION_LITTLE_ENDIAN, (section_value)R(0.1), bytes));
    assert_memory_equal(bytes, "\xCD\xCC\xCC\x3D", 4);
    /* The largest double that still rounds to FLT_MAX, not to infinity. */
    assert_true(section_value_store(SECTION_F32, SECTION_LITTLE_ENDIAN,
                                    (section_value)R(3.4028235677973362e38), bytes));
    assert_memory_equal(bytes, "\xFF\xFF\x7F\x7F", 4);
    for (int i = 0; i < 2; i++) {
        const section_value_type type = i == 0 ? SECTION_F32 : SECTION_F64;
        assert_true(
            section_value_store(type, SECTION_BIG_ENDIAN, (section_value)R((double)NAN), bytes));
        const double back = section_value_load(type, SECTION_BIG_ENDIAN, bytes).real;
        assert_true(back != back);
    }
}

static void test_any_byte_but_0_is_true(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        const uint8_t byte = (uint8_t)i;
        assert_int_equal(
            section_value_load(SECTION_BOOL8, SECTION_LITTLE_ENDIAN, &byte).unsigned_number,
            i != 0);
    }
}

static void test_types_are_found_by_their_names_only(void **state)
{
    (void)state;
    static const char *const unknown[] = {"", "U8", "u 8", "u128", "f16", "double", "char ", "x"};
    static const char *const names[] = {"u8",  "i8",  "u16", "i16", "u32",   "i32",
                                        "u64", "i64", "f32", "f64", "bool8", "char"};
    section_value_type found;
    section_error error;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(section_value_type_parse(names[i], &found, NULL), SECTION_OK);
        assert_string_equal(section_value_lookup(found)->name, names[i]);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_int_equal(section_value_type_parse(unknown[i], &found, &error), SECTION_BAD_TYPE);
        assert_non_null(strstr(error.detail, "bool8")); /* says what there is */
    }
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_values_and_bytes_correspond_in_both_orders_at_any_alignment),
        cmocka_unit_test(test_values_just_past_the_limits_are_not_stored),
        cmocka_unit_test(test_an_f32_is_rounded_and_a_nan_stays_one),
        cmocka_unit_test(test_any_byte_but_0_is_true),
        cmocka_unit_test(test_types_are_found_by_their_names_only),
    };
    return cmocka_run_group_tests_name("values", list, NULL, NULL);
}
