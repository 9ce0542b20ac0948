#include "unit.h"

#include <string.h>

#include "conditions.h"

static void test_a_tag_is_the_hash_of_all_the_bytes(void **state)
{
    (void)state;
    static uint8_t bytes[65536];
    char first[ETAG_BYTES];
    char second[ETAG_BYTES];
    etag_of("", 0, first); /* XXH3-128 of nothing, as its specification gives it */
    assert_string_equal(first, "\"99aa06d3014798d86001c324468d497f\"");
    etag_of(bytes, sizeof bytes, first);
    assert_int_equal(strlen(first), 34);
    etag_of(bytes, sizeof bytes, second);
    assert_string_equal(first, second);
    for (size_t i = 0; i < sizeof bytes; i += 4095) {
        bytes[i] ^= 1;
        etag_of(bytes, sizeof bytes, second);
        assert_string_not_equal(first, second);
        bytes[i] ^= 1;
    }
    etag_of(bytes, sizeof bytes - 1, second);
    assert_string_not_equal(first, second);
}

static void test_lists_of_tags_are_compared(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        bool strong;
        bool weak;
    } cases[] = {
        {"\"abc\"", true, true},
        {"*", true, true},
        {"W/\"abc\"", false, true},
        {"\"x\", \"abc\"", true, true},
        {"\"x\",\"abc\",\"y\"", true, true},
        {" ,, \"abc\"", true, true},
        {"\"x\" , W/\"abc\"", false, true},
        {"\"a,b\", \"abc\"", true, true},
        {"\"x\"", false, false},
        {"\"ab\"", false, false},
        {"\"abcd\"", false, false},
        {"\"ABC\"", false, false},
        {"abc", false, false},
        {"\"abc", false, false},
        {"w/\"abc\"", false, false},
        {"", false, false},
        {"\"\"", false, false},
        {"nonsense, \"abc\"", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(etag_list_has(cases[i].list, "\"abc\"", false), cases[i].strong);
        assert_int_equal(etag_list_has(cases[i].list, "\"abc\"", true), cases[i].weak);
    }
}

static void test_ranges_are_read_as_the_rfc_says(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        range_result result;
        uint64_t first;
        uint64_t length;
    } cases[] = {
        {NULL, RANGE_WHOLE, 0, 0},
        {"bytes=0-0", RANGE_PART, 0, 1},
        {"bytes=0-", RANGE_PART, 0, 1000},
        {"bytes=0-999", RANGE_PART, 0, 1000},
        {"bytes=0-1000", RANGE_PART, 0, 1000}, /* cut, not refused */
        {"bytes=10-19", RANGE_PART, 10, 10},
        {"bytes=999-", RANGE_PART, 999, 1},
        {"bytes=999-99999999999999999999999", RANGE_PART, 999, 1},
        {"bytes=-1", RANGE_PART, 999, 1},
        {"bytes=-1000", RANGE_PART, 0, 1000},
        {"bytes=-1001", RANGE_PART, 0, 1000},
        {"bytes=-18446744073709551616", RANGE_PART, 0, 1000},
        {"BYTES=1-2", RANGE_PART, 1, 2},
        {"bytes=1000-", RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=1000-1001", RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=18446744073709551615-", RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=18446744073709551616-", RANGE_UNSATISFIABLE, 0, 0}, /* does not wrap to 0 */
        {"bytes=-0", RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=5-4", RANGE_WHOLE, 0, 0},
        {"bytes=-", RANGE_WHOLE, 0, 0},
        {"bytes=", RANGE_WHOLE, 0, 0},
        {"bytes", RANGE_WHOLE, 0, 0},
        {"bytes=a-b", RANGE_WHOLE, 0, 0},
        {"bytes=1", RANGE_WHOLE, 0, 0},
        {"bytes=1-2x", RANGE_WHOLE, 0, 0},
        {"bytes=--1", RANGE_WHOLE, 0, 0},
        {"bytes=+1-2", RANGE_WHOLE, 0, 0},
        {"bytes=1-2-3", RANGE_WHOLE, 0, 0},
        {"items=0-1", RANGE_WHOLE, 0, 0},
        {"", RANGE_WHOLE, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t first = 77;
        uint64_t length = 77;
        const range_result result = range_parse(cases[i].header, 1000, &first, &length);
        if (result != cases[i].result) {
            print_error("%s: got %d\n", cases[i].header, (int)result);
        }
        assert_int_equal(result, cases[i].result);
        if (result == RANGE_PART) {
            assert_int_equal(first, cases[i].first);
            assert_int_equal(length, cases[i].length);
        }
    }
}

static void test_no_range_lies_inside_nothing(void **state)
{
    (void)state;
    uint64_t first;
    uint64_t length;
    assert_int_equal(range_parse("bytes=0-", 0, &first, &length), RANGE_UNSATISFIABLE);
    assert_int_equal(range_parse("bytes=-5", 0, &first, &length), RANGE_UNSATISFIABLE);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_tag_is_the_hash_of_all_the_bytes),
        cmocka_unit_test(test_lists_of_tags_are_compared),
        cmocka_unit_test(test_ranges_are_read_as_the_rfc_says),
        cmocka_unit_test(test_no_range_lies_inside_nothing),
    };
    return cmocka_run_group_tests_name("conditions", list, NULL, NULL);
}
