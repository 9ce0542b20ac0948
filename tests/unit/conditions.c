#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "api/conditions.h"

static void test_a_tag_is_the_hash_of_all_the_bytes(void **state)
{
    (void)state;
    static uint8_t bytes[65536];
    char first[ETAG_BYTES];
    char second[ETAG_BYTES];
    etag_of("", 0, 0, first); /* XXH3-128 of nothing, as its specification gives it */
    assert_string_equal(first, "\"99aa06d3014798d86001c324468d497f\"");
    etag_of(bytes, sizeof bytes, 0, first);
    assert_int_equal(strlen(first), 34);
    etag_of(bytes, sizeof bytes, 0, second);
    assert_string_equal(first, second);
    for (size_t i = 0; i < sizeof bytes; i += 4095) {
        bytes[i] ^= 1;
        etag_of(bytes, sizeof bytes, 0, second);
        assert_string_not_equal(first, second);
        bytes[i] ^= 1;
    }
    etag_of(bytes, sizeof bytes - 1, 0, second);
    assert_string_not_equal(first, second);
    etag_of(bytes, sizeof bytes, 1, second); /* the same bytes, represented in another way */
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
        {"bytes=0-0", RANGE_PARTS, 0, 1},
        {"bytes=0-", RANGE_PARTS, 0, 1000},
        {"bytes=0-999", RANGE_PARTS, 0, 1000},
        {"bytes=0-1000", RANGE_PARTS, 0, 1000}, /* cut, not refused */
        {"bytes=10-19", RANGE_PARTS, 10, 10},
        {"bytes=999-", RANGE_PARTS, 999, 1},
        {"bytes=999-99999999999999999999999", RANGE_PARTS, 999, 1},
        {"bytes=-1", RANGE_PARTS, 999, 1},
        {"bytes=-1000", RANGE_PARTS, 0, 1000},
        {"bytes=-1001", RANGE_PARTS, 0, 1000},
        {"bytes=-18446744073709551616", RANGE_PARTS, 0, 1000},
        {"BYTES=1-2", RANGE_PARTS, 1, 2},
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
        byte_part parts[RANGE_PARTS_MAX];
        unsigned count = 77;
        const range_result result = range_parse(cases[i].header, 1000, parts, &count);
        if (result != cases[i].result) {
            print_error("%s: got %d\n", cases[i].header, (int)result);
        }
        assert_int_equal(result, cases[i].result);
        if (result == RANGE_PARTS) {
            assert_int_equal(count, 1);
            assert_int_equal(parts[0].first, cases[i].first);
            assert_int_equal(parts[0].length, cases[i].length);
        }
    }
}

static void test_several_ranges_keep_their_order(void **state)
{
    (void)state;
    byte_part parts[RANGE_PARTS_MAX];
    unsigned count;
    /* Overlapping, out of order, with blanks, and one that lies outside and is left out. */
    assert_int_equal(range_parse("bytes=10-19, 0-4 ,\t5000-,-2,15-15", 1000, parts, &count),
                     RANGE_PARTS);
    assert_int_equal(count, 4);
    static const byte_part wanted[] = {{10, 10}, {0, 5}, {998, 2}, {15, 1}};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(parts[i].first, wanted[i].first);
        assert_int_equal(parts[i].length, wanted[i].length);
    }
    assert_int_equal(range_parse("bytes=1000-,2000-3000", 1000, parts, &count),
                     RANGE_UNSATISFIABLE);
    assert_int_equal(range_parse("bytes=0-1,x", 1000, parts, &count), RANGE_WHOLE);
    assert_int_equal(range_parse("bytes=0-1 2-3", 1000, parts, &count), RANGE_WHOLE);
    assert_int_equal(range_parse("bytes=0-1;2-3", 1000, parts, &count), RANGE_WHOLE);
}

static void test_more_ranges_than_are_answered_are_ignored(void **state)
{
    (void)state;
    char header[200];
    byte_part parts[RANGE_PARTS_MAX];
    unsigned count;
    int used = snprintf(header, sizeof header, "bytes=0-0");
    for (int i = 1; i < RANGE_PARTS_MAX; i++) {
        used += snprintf(header + used, sizeof header - (size_t)used, ",%d-%d", i, i);
    }
    assert_int_equal(range_parse(header, 1000, parts, &count), RANGE_PARTS);
    assert_int_equal(count, RANGE_PARTS_MAX);
    assert_int_equal(parts[RANGE_PARTS_MAX - 1].first, RANGE_PARTS_MAX - 1);
    (void)snprintf(header + used, sizeof header - (size_t)used, ",99-99");
    assert_int_equal(range_parse(header, 1000, parts, &count), RANGE_WHOLE);
    (void)snprintf(header + used, sizeof header - (size_t)used, ",9999-"); /* counts, too */
    assert_int_equal(range_parse(header, 1000, parts, &count), RANGE_WHOLE);
}

static void test_no_range_lies_inside_nothing(void **state)
{
    (void)state;
    byte_part parts[RANGE_PARTS_MAX];
    unsigned count;
    assert_int_equal(range_parse("bytes=0-", 0, parts, &count), RANGE_UNSATISFIABLE);
    assert_int_equal(range_parse("bytes=-5", 0, parts, &count), RANGE_UNSATISFIABLE);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_tag_is_the_hash_of_all_the_bytes),
        cmocka_unit_test(test_lists_of_tags_are_compared),
        cmocka_unit_test(test_ranges_are_read_as_the_rfc_says),
        cmocka_unit_test(test_several_ranges_keep_their_order),
        cmocka_unit_test(test_more_ranges_than_are_answered_are_ignored),
        cmocka_unit_test(test_no_range_lies_inside_nothing),
    };
    return cmocka_run_group_tests_name("conditions", list, NULL, NULL);
}
