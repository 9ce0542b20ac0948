#include "harness.h"

#include <string.h>

#include "platform.h"

/* Bytes moved inside and between sections, flushes, and what can be changed of an open section. */

enum { BYTES = 200000 };

static uint8_t held[BYTES];
static uint8_t wanted[BYTES];

/* Fills the section and the copy of it that the tests compare with. */
static section *make_filled(const char *name_or_null)
{
    section *self = create_section(name_or_null, BYTES);
    for (size_t i = 0; i < BYTES; i++) {
        wanted[i] = (uint8_t)(i * 13 + i / 251);
    }
    works(section_write(self, 0, wanted, BYTES, &why));
    return self;
}

static void expect_wanted(section *self)
{
    works(section_read(self, 0, held, BYTES, &why));
    for (size_t i = 0; i < BYTES; i++) {
        if (held[i] != wanted[i]) {
            print_error("byte %lu\n", (unsigned long)i);
            assert_int_equal(held[i], wanted[i]);
        }
    }
}

static void test_fill_stores_in_its_range_only(void **state)
{
    (void)state;
    static const section_view ranges[] = {{0, 1},         {4095, 2},      {100, 65536}, {70001, 99},
                                          {BYTES - 1, 1}, {1000, 150000}, {0, BYTES},   {BYTES, 0}};
    section *self = make_filled(NULL);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const uint8_t value = (uint8_t)(0xA0 + i);
        works(
            section_fill(self, ranges[i].offset_bytes, ranges[i].length_bytes, value, NULL, &why));
        memset(wanted + ranges[i].offset_bytes, value, (size_t)ranges[i].length_bytes);
        expect_wanted(self);
    }
    section_close(self);
}

static void test_copies_between_sections_leave_the_source(void **state)
{
    (void)state;
    section *from = make_filled(NULL);
    section *to = create_section(fresh_name(), BYTES);
    works(section_copy(from, 0, to, 0, BYTES, NULL, &why));
    expect_wanted(to);
    expect_wanted(from);
    works(section_copy(from, 7, to, 70000, 100001, NULL, &why));
    memmove(wanted + 70000, wanted + 7, 100001);
    expect_wanted(to);
    section_close(to);
    section_close(from);
}

/* As memmove does, in both directions, also between two views of one object. */
static void test_copies_may_overlap(void **state)
{
    (void)state;
    static const struct {
        size_t from;
        size_t to;
        size_t length;
    } moves[] = {{0, 1, 1000},      {1, 0, 1000},       {0, 1, BYTES - 1},
                 {1, 0, BYTES - 1}, {0, 70000, 130000}, {70000, 0, 130000},
                 {500, 500, 5000},  {0, 65536, 65536},  {65536, 65535, 65537}};
    const char *name = fresh_name();
    section *first = make_filled(name);
    section *second = open_section(name);
    section *const pairs[][2] = {{first, first}, {first, second}, {second, first}};
    for (size_t p = 0; p < 3; p++) {
        for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
            works(section_copy(pairs[p][0], moves[i].from, pairs[p][1], moves[i].to,
                               moves[i].length, NULL, &why));
            memmove(wanted + moves[i].to, wanted + moves[i].from, moves[i].length);
            expect_wanted(second);
        }
    }
    section_close(second);
    section_close(first);
}

static void test_moves_outside_the_view_change_nothing(void **state)
{
    (void)state;
    section_flushed flushed;
    section *self = make_filled(NULL);
    const uint64_t end = section_length(self); /* page-rounded on Windows */
    const section_view ranges[] = {{end, 1},
                                   {end - 1, 2},
                                   {0, end + 1},
                                   {end + 1, 0},
                                   {UINT64_MAX, 1},
                                   {1, UINT64_MAX},
                                   {UINT64_MAX, UINT64_MAX}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const uint64_t offset = ranges[i].offset_bytes;
        const uint64_t length = ranges[i].length_bytes;
        fails(SECTION_BAD_RANGE, section_fill(self, offset, length, 0, NULL, &why));
        fails(SECTION_BAD_RANGE, section_copy(self, offset, self, 0, length, NULL, &why));
        fails(SECTION_BAD_RANGE, section_copy(self, 0, self, offset, length, NULL, &why));
        fails(SECTION_BAD_RANGE, section_flush(self, offset, length, &flushed, &why));
        expect_wanted(self);
    }
    section_close(self);
}

static void test_moves_need_write_access_to_their_target(void **state)
{
    (void)state;
    section *reader = NULL;
    const section_name name = parsed(fresh_name());
    const section_open_options options = {.name = &name, .access = SECTION_ACCESS_READ};
    section *made = make_filled(name.text);
    section *target = create_section(NULL, BYTES);
    works(section_open(&options, &reader, &why));
    fails(SECTION_READ_ONLY, section_fill(reader, 0, 10, 1, NULL, &why));
    fails(SECTION_READ_ONLY, section_copy(target, 0, reader, 0, 10, NULL, &why));
    expect_wanted(made);
    works(section_copy(reader, 0, target, 0, BYTES, NULL, &why));
    expect_wanted(target);
    section_close(target);
    section_close(reader);
    section_close(made);
}

static void test_memory_needs_no_flush(void **state)
{
    (void)state;
    const char *const names[] = {fresh_name(), NULL};
    for (size_t i = 0; i < 2; i++) {
        section_flushed flushed;
        section *self = make_filled(names[i]);
        works(section_flush(self, 0, BYTES, &flushed, &why));
        works(section_flush(self, 4097, 1, &flushed, &why));
        expect_wanted(self);
        section_close(self);
    }
}

static void test_protection_and_inheritance_can_be_changed(void **state)
{
    (void)state;
    section *self = create_section(NULL, 4096);
    for (int round = 0; round < 2; round++) {
        for (int on = 1; on >= 0; on--) {
            works(section_set_protect(self, on, &why));
            assert_int_equal(describe(self).protect, on);
            works(section_set_inherit(self, on, &why));
            assert_int_equal(describe(self).inherit, on);
            assert_int_equal(describe(self).protect, on);
        }
    }
    works(section_set_protect(self, true, &why));
    const resources before = count_resources();
    section_close(self);
    assert_int_equal(count_resources().handle_count, before.handle_count - 1);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_fill_stores_in_its_range_only),
        cmocka_unit_test(test_copies_between_sections_leave_the_source),
        cmocka_unit_test(test_copies_may_overlap),
        cmocka_unit_test(test_moves_outside_the_view_change_nothing),
        cmocka_unit_test(test_moves_need_write_access_to_their_target),
        cmocka_unit_test(test_memory_needs_no_flush),
        cmocka_unit_test(test_protection_and_inheritance_can_be_changed),
    };
    return cmocka_run_group_tests_name("move", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
