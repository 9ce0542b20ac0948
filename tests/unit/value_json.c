#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/json.h"
#include "encode/value_json.h"

static cJSON *parse(const char *text)
{
    cJSON *json = NULL;
    if (json_check_values(text, strlen(text), NULL) == SECTION_OK) {
        json = cJSON_ParseWithLength(text, strlen(text));
    }
    return json;
}

/* Reads a JSON value and writes it again. */
static void expect_text(section_value_type type, const char *in, const char *out)
{
    char text[VALUE_JSON_BYTES];
    section_value value;
    section_error error = {0};
    cJSON *json = parse(in);
    assert_non_null(json);
    if (value_from_json(json, type, "it", &value, &error) != SECTION_OK) {
        fail_msg("%s: %s", in, error.detail);
    }
    assert_int_equal(value_to_json(type, value, text), strlen(out));
    assert_string_equal(text, out);
    cJSON_Delete(json);
}

static void expect_refused(section_value_type type, const char *in)
{
    section_value value;
    section_error error;
    cJSON *json = parse(in);
    if (json != NULL) {
        if (value_from_json(json, type, "values[7]", &value, &error) != SECTION_BAD_VALUE) {
            fail_msg("taken: %s", in);
        }
        assert_non_null(strstr(error.detail, "values[7]"));
    }
    cJSON_Delete(json);
}

static void test_values_at_their_limits_are_taken(void **state)
{
    (void)state;
    expect_text(SECTION_U8, "0", "0");
    expect_text(SECTION_U8, "255.0", "255");
    expect_text(SECTION_U8, "\"255\"", "255");
    expect_text(SECTION_U8, "2.55e2", "255");
    expect_text(SECTION_I8, "-128", "-128");
    expect_text(SECTION_U16, "65535", "65535");
    expect_text(SECTION_I16, "-32768", "-32768");
    expect_text(SECTION_U32, "4294967295", "4294967295");
    expect_text(SECTION_I32, "-2147483648", "-2147483648");
    expect_text(SECTION_U64, "9007199254740992", "\"9007199254740992\"");
    expect_text(SECTION_U64, "\"18446744073709551615\"", "\"18446744073709551615\"");
    expect_text(SECTION_I64, "-9007199254740992", "\"-9007199254740992\"");
    expect_text(SECTION_I64, "\"-9223372036854775808\"", "\"-9223372036854775808\"");
    expect_text(SECTION_I64, "\"9223372036854775807\"", "\"9223372036854775807\"");
    expect_text(SECTION_I64, "\"-0\"", "\"0\"");
    expect_text(SECTION_BOOL8, "true", "true");
    expect_text(SECTION_BOOL8, "0", "false");
    expect_text(SECTION_CHAR, "\"A\"", "\"A\"");
    expect_text(SECTION_CHAR, "\"\xC3\xBF\"", "\"\xC3\xBF\"");
    expect_text(SECTION_CHAR, "\"\\\"\"", "\"\\u0022\"");
    expect_text(SECTION_CHAR, "\"\\u0000\"", "\"\\u0000\"");
    expect_text(SECTION_CHAR, "\"\"", "\"\\u0000\"");
    expect_text(SECTION_CHAR, "10", "\"\\u000a\"");
}

static void test_values_past_their_limits_and_of_other_kinds_are_refused(void **state)
{
    (void)state;
    static const struct {
        section_value_type type;
        const char *texts[12];
    } cases[] = {
        {SECTION_U8, {"256", "-1", "1.5", "\"-1\"", "\"\"", "\"0x1\"", "\"1 \"", "true", "null"}},
        {SECTION_I8, {"128", "-129", "[]", "{}", "\"--1\"", "\"+1\"", "\"1e1\""}},
        {SECTION_U16, {"65536", "1e999"}},
        {SECTION_I16, {"32768", "-32769"}},
        {SECTION_U32, {"4294967296", "-0.5"}},
        {SECTION_I32, {"2147483648", "-2147483649"}},
        {SECTION_U64,
         {"\"18446744073709551616\"", "18446744073709551615", "9007199254740993",
          "9007199254740994", "\"-1\"", "\"99999999999999999999999\"", "\"NaN\""}},
        {SECTION_I64,
         {"\"9223372036854775808\"", "\"-9223372036854775809\"", "-9007199254740993", "1e300"}},
        {SECTION_F32, {"3.5e38", "-1e39", "1e999", "\"1\"", "\"nan\"", "\"+Infinity\"", "true"}},
        {SECTION_F64, {"1e999", "-1e999", "\"inf\"", "\"\"", "\"-NaN\"", "null"}},
        {SECTION_BOOL8, {"2", "-1", "0.5", "\"true\"", "null"}},
        {SECTION_CHAR, {"\"AB\"", "\"\xE2\x82\xAC\"", "\"\\u0100\"", "256", "-1", "true"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t k = 0; cases[i].texts[k] != NULL; k++) {
            expect_refused(cases[i].type, cases[i].texts[k]);
        }
    }
}

static void test_reals_are_written_as_short_as_they_can_be(void **state)
{
    (void)state;
    expect_text(SECTION_F64, "0.1", "0.1");
    expect_text(SECTION_F32, "0.1", "0.1");
    expect_text(SECTION_F64, "1", "1");
    expect_text(SECTION_F64, "-0.0", "-0.0");
    expect_text(SECTION_F32, "16777216", "16777216");
    expect_text(SECTION_F64, "5e-324", "5e-324");
    expect_text(SECTION_F32, "1.4e-45", "1e-45");
    expect_text(SECTION_F64, "1.7976931348623157e308", "1.7976931348623157e+308");
    expect_text(SECTION_F32, "3.4028234663852886e38", "3.4028235e+38");
    expect_text(SECTION_F64, "0.30000000000000004", "0.30000000000000004");
    expect_text(SECTION_F64, "\"NaN\"", "\"NaN\"");
    expect_text(SECTION_F32, "\"-Infinity\"", "\"-Infinity\"");
    expect_text(SECTION_F64, "\"Infinity\"", "\"Infinity\"");
}

static void expect_same_bits(section_value_type type, uint64_t bits)
{
    uint8_t bytes[8];
    uint8_t back[8];
    section_value read;
    char text[VALUE_JSON_BYTES];
    const size_t size = section_value_lookup(type)->size_bytes;
    memcpy(bytes, &bits, sizeof bytes);
    const section_value value = section_value_load(type, SECTION_LITTLE_ENDIAN, bytes);
    if (value.real != value.real) {
        return; /* every NaN reads back as one and the same */
    }
    assert_true(value_to_json(type, value, text) < VALUE_JSON_BYTES - 1);
    cJSON *json = parse(text);
    assert_non_null(json);
    assert_int_equal(value_from_json(json, type, "it", &read, NULL), SECTION_OK);
    assert_true(section_value_store(type, SECTION_LITTLE_ENDIAN, read, back));
    if (memcmp(back, bytes, size) != 0) {
        fail_msg("%s reads back as something else", text);
    }
    cJSON_Delete(json);
}

static void test_reals_read_back_bit_by_bit(void **state)
{
    (void)state;
    uint64_t bits = UINT64_C(0x9E3779B97F4A7C15);
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13; /* xorshift: every exponent, subnormals too, comes up */
        bits ^= bits >> 7;
        bits ^= bits << 17;
        expect_same_bits(SECTION_F64, bits);
        expect_same_bits(SECTION_F32, bits);
        expect_same_bits(SECTION_F64, bits >> 12); /* subnormal */
        expect_same_bits(SECTION_F32, bits >> 41);
    }
}

/* The fewest digits that lead back, found by trying. */
static void find_shortest(bool is_narrow, double real, char ret_text[VALUE_JSON_BYTES])
{
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(ret_text, VALUE_JSON_BYTES, "%.*g", digits, real);
        if (is_narrow ? strtof(ret_text, NULL) == (float)real : strtod(ret_text, NULL) == real) {
            break;
        }
    }
}

static void test_fractions_have_the_digits_that_the_system_prints_and_no_more(void **state)
{
    (void)state;
    uint64_t random = 0x9E3779B97F4A7C15;
    for (int i = 0; i < 40000; i++) {
        random = random * 6364136223846793005 + 1442695040888963407;
        const bool is_narrow = (i & 1) != 0;
        double real = ldexp((double)(random >> 11), -(i / 2 % 64));
        if (i % 3 == 0) {
            real = nextafter(ldexp(1, i / 6 % 60 - 7), i / 2 % 2 == 0 ? 0 : INFINITY);
        } else if (i % 7 == 0) {
            real = (double)(random >> 40) / (1 + i % 999);
        }
        real = is_narrow ? (double)(float)real : real;
        if (real < 0.001 || real >= 100000) { /* the digits differ in the form of an exponent */
            continue;
        }
        char expected[VALUE_JSON_BYTES];
        char text[VALUE_JSON_BYTES];
        find_shortest(is_narrow, real, expected);
        value_to_json(is_narrow ? SECTION_F32 : SECTION_F64, (section_value){.real = -real}, text);
        if (text[0] != '-' || (strcmp(text + 1, expected) != 0 && strchr(expected, 'e') == NULL)) {
            fail_msg("%.17g is %s, not -%s", real, text, expected);
        }
    }
}

static void test_an_array_makes_the_round_trip(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xFF, 0x80, 0x00, 0x01, 0x12, 0x34};
    for (int endian = SECTION_LITTLE_ENDIAN; endian <= SECTION_BIG_ENDIAN; endian++) {
        char *text = values_to_json(SECTION_I16, (section_endian)endian, bytes, 3);
        void *back;
        size_t count = 0;
        assert_string_equal(text,
                            endian == SECTION_BIG_ENDIAN ? "[-128,1,4660]" : "[-32513,256,13330]");
        cJSON *array = parse(text);
        assert_int_equal(
            values_from_json(array, SECTION_I16, (section_endian)endian, &back, &count, NULL),
            SECTION_OK);
        assert_int_equal(count, 3);
        assert_memory_equal(back, bytes, sizeof bytes);
        free(back);
        free(text);
        cJSON_Delete(array);
    }
    char *text = values_to_json(SECTION_U8, SECTION_LITTLE_ENDIAN, bytes, 0);
    assert_string_equal(text, "[]");
    free(text);
}

static void test_an_error_names_the_index(void **state)
{
    (void)state;
    void *bytes = NULL;
    size_t count;
    section_error error;
    cJSON *array = parse("[1,2,300]");
    assert_int_equal(
        values_from_json(array, SECTION_U8, SECTION_LITTLE_ENDIAN, &bytes, &count, &error),
        SECTION_BAD_VALUE);
    assert_null(bytes);
    assert_non_null(strstr(error.detail, "values[2]"));
    assert_non_null(strstr(error.detail, "255"));
    cJSON_Delete(array);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_values_at_their_limits_are_taken),
        cmocka_unit_test(test_values_past_their_limits_and_of_other_kinds_are_refused),
        cmocka_unit_test(test_reals_are_written_as_short_as_they_can_be),
        cmocka_unit_test(test_reals_read_back_bit_by_bit),
        cmocka_unit_test(test_fractions_have_the_digits_that_the_system_prints_and_no_more),
        cmocka_unit_test(test_an_array_makes_the_round_trip),
        cmocka_unit_test(test_an_error_names_the_index),
    };
    return cmocka_run_group_tests_name("value_json", list, NULL, NULL);
}
