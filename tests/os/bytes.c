#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "platform.h"

/* What a section holds: each byte from its offset, so that a shifted copy shows. */
static uint8_t pattern_at(size_t offset)
{
    return (uint8_t)(offset * 7 + offset / 256);
}

static uint8_t *pattern(size_t length)
{
    uint8_t *bytes = malloc(length);
    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = pattern_at(i);
    }
    return bytes;
}

/* The same tests for sections that are copied from plainly, and for those that may fault. */
typedef struct section_kind {
    const char *what;
    section *(*make)(uint64_t size_bytes);
} section_kind;

static section *make_named(uint64_t size_bytes)
{
    return create_section(fresh_name(), size_bytes);
}

static section *make_anonymous(uint64_t size_bytes)
{
    return create_section(NULL, size_bytes);
}

static section *make_reserved(uint64_t size_bytes)
{
    section *self = NULL;
    const section_create_options options = {.size_bytes = size_bytes, .reserve = true};
    works(section_create(&options, &self, &why));
    return self;
}

static const section_kind kinds[] = {
    {"named", make_named},
    {"anonymous", make_anonymous},
    {"reserved", make_reserved},
};

#define EACH_KIND(kind)                                                                            \
    for (const section_kind *kind = kinds; kind < kinds + sizeof kinds / sizeof kinds[0]; kind++)

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    static const size_t offsets[] = {0, 1, 4094, 4095, 4096, 65535, 65536, 65537, 131072};
    static const size_t lengths[] = {1, 2, 64, 4095, 4097, 65535, 65536, 65537, 200000};
    const size_t size = 400000;
    uint8_t *wanted = pattern(size);
    uint8_t *got = malloc(size);
    assert_non_null(got);
    EACH_KIND(kind)
    {
        section *self = kind->make(size);
        for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
            for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
                const size_t shift = i + k;
                works(section_write(self, offsets[i], wanted + shift, lengths[k], &why));
                memset(got, 0xEE, size);
                works(section_read(self, offsets[i], got, lengths[k], &why));
                assert_memory_equal(got, wanted + shift, lengths[k]);
                assert_int_equal(got[lengths[k]], 0xEE);
            }
        }
        section_close(self);
    }
    free(got);
    free(wanted);
}

static void test_a_write_changes_its_range_only(void **state)
{
    (void)state;
    uint8_t bytes[12288];
    EACH_KIND(kind)
    {
        section *self = kind->make(sizeof bytes);
        memset(bytes, 0x11, sizeof bytes);
        works(section_write(self, 0, bytes, sizeof bytes, &why));
        works(section_write(self, 4000, "\x22\x22\x22", 3, &why));
        works(section_read(self, 0, bytes, sizeof bytes, &why));
        for (size_t i = 0; i < sizeof bytes; i++) {
            assert_int_equal(bytes[i], i >= 4000 && i < 4003 ? 0x22 : 0x11);
        }
        section_close(self);
    }
}

static void test_a_range_outside_the_view_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset;
        size_t length;
    } ranges[] = {
        {8192, 1},        {8193, 0},       {8191, 2},       {0, 8193},
        {1, 8192},        {UINT64_MAX, 1}, {UINT64_MAX, 0}, {1, SIZE_MAX},
        {8000, SIZE_MAX}, {0, SIZE_MAX},   {UINT64_MAX, 2}, {UINT64_MAX - 10, 20},
    };
    EACH_KIND(kind)
    {
        uint8_t byte = 0;
        section *self = kind->make(8192);
        for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
            fails(SECTION_BAD_RANGE,
                  section_read(self, ranges[i].offset, &byte, ranges[i].length, &why));
            fails(SECTION_BAD_RANGE,
                  section_write(self, ranges[i].offset, &byte, ranges[i].length, &why));
            assert_null(section_borrow(self, ranges[i].offset, ranges[i].length, &why));
            assert_int_equal(why.code, SECTION_BAD_RANGE);
        }
        assert_int_equal(byte_at(self, 8191), 0);
        section_close(self);
    }
}

static void test_no_bytes_are_no_error(void **state)
{
    (void)state;
    EACH_KIND(kind)
    {
        uint8_t byte = 0x77;
        section *self = kind->make(8192);
        works(section_read(self, 8192, &byte, 0, &why));
        works(section_write(self, 8192, &byte, 0, &why));
        works(section_read(self, 0, &byte, 0, &why));
        works(section_write(self, 0, &byte, 0, &why));
        assert_int_equal(byte, 0x77);
        assert_int_equal(byte_at(self, 0), 0);
        section_close(self);
    }
}

static void test_borrowed_bytes_are_those_of_the_section(void **state)
{
    (void)state;
    section *self = make_named(131072);
    set_byte(self, 70000, 70);
    const uint8_t *bytes = section_borrow(self, 69999, 100, &why);
    assert_non_null(bytes);
    assert_int_equal(bytes[1], 70);
    set_byte(self, 70001, 71);
    assert_int_equal(bytes[2], 71);
    assert_non_null(section_borrow(self, 0, 131072, &why));
    assert_non_null(section_borrow(self, 131072, 0, &why));
    section_close(self);
}

static void test_views_of_one_section_share_their_bytes(void **state)
{
    (void)state;
    const char *name = fresh_name();
    section *first = create_section(name, 65536);
    section *second = open_section(name);
    section *third = duplicate_section(own_process_id(), describe(first).handle);
    set_byte(first, 1, 1);
    set_byte(second, 2, 2);
    set_byte(third, 3, 3);
    for (uint8_t i = 1; i <= 3; i++) {
        assert_int_equal(byte_at(first, i), i);
        assert_int_equal(byte_at(second, i), i);
        assert_int_equal(byte_at(third, i), i);
    }
    section_close(first);
    assert_int_equal(byte_at(third, 2), 2);
    section_close(second);
    section_close(third);
}

static void test_large_copies_reach_every_byte(void **state)
{
    (void)state;
    const size_t size = 20u << 20;
    uint8_t *wanted = pattern(size);
    uint8_t *got = malloc(size);
    assert_non_null(got);
    EACH_KIND(kind)
    {
        section *self = kind->make(size);
        memset(got, 0, size);
        works(section_write(self, 0, wanted, size, &why));
        works(section_read(self, 0, got, size, &why));
        assert_int_equal(memcmp(got, wanted, size), 0);
        section_close(self);
    }
    free(got);
    free(wanted);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_a_write_changes_its_range_only),
        cmocka_unit_test(test_a_range_outside_the_view_is_refused),
        cmocka_unit_test(test_no_bytes_are_no_error),
        cmocka_unit_test(test_borrowed_bytes_are_those_of_the_section),
        cmocka_unit_test(test_views_of_one_section_share_their_bytes),
        cmocka_unit_test(test_large_copies_reach_every_byte),
    };
    return cmocka_run_group_tests_name("bytes", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
