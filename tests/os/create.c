#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "platform.h"

static void test_create_makes_a_named_section(void **state)
{
    (void)state;
    const char *name = fresh_name();
    section *self = create_section(name, 4096);
    const section_info info = describe(self);
    assert_string_equal(info.name->text, name);
    assert_int_equal(info.name->scope, SECTION_SCOPE_LOCAL);
    assert_int_equal(info.origin, SECTION_CREATED);
    assert_true(info.created);
    assert_int_equal(info.size_bytes, 4096);
    assert_true(info.size_exact);
    assert_int_equal(info.requested_size_bytes, 4096);
    assert_int_equal(info.access, SECTION_ACCESS_READWRITE);
    assert_int_equal(info.view.offset_bytes, 0);
    assert_int_equal(info.view.length_bytes, 4096);
    assert_int_equal(info.pid, own_process_id());
    assert_int_equal(info.source.pid, 0);
    assert_false(info.protect);
    assert_false(info.inherit);
    assert_int_equal(info.handle_count, told_handle_count(1));
    section_close(self);
}

static void test_what_create_makes_is_opened_by_others(void **state)
{
    (void)state;
    other_section other;
    const char *name = fresh_name();
    section *self = create_section(name, 4096);
    assert_true(other_open(name, &other));
    assert_int_equal(other.mapped_bytes, 4096);
    set_byte(self, 4095, 0x5A);
    assert_int_equal(other.base[4095], 0x5A);
    other.base[0] = 0xA5;
    assert_int_equal(byte_at(self, 0), 0xA5);
    other_close(&other);
    section_close(self);
}

static void test_create_makes_an_anonymous_section(void **state)
{
    (void)state;
    other_section other;
    section *self = create_section(NULL, 4096);
    const section_info info = describe(self);
    assert_null(info.name);
    assert_true(info.created);
    assert_true(other_adopt(info.handle, 4096, &other)); /* the handle is a real one */
    set_byte(self, 7, 0x77);
    assert_int_equal(other.base[7], 0x77);
    other.handle = kind_open(KIND_PIPE); /* ours is not the other's to close */
    other_close(&other);
    section_close(self);
}

static void test_a_new_section_reads_as_zeros(void **state)
{
    (void)state;
    static const uint8_t zeros[70000];
    uint8_t bytes[sizeof zeros];
    const char *names[] = {fresh_name(), NULL};
    for (int i = 0; i < 2; i++) {
        section *self = create_section(names[i], sizeof bytes);
        memset(bytes, 0xFF, sizeof bytes);
        works(section_read(self, 0, bytes, sizeof bytes, &why));
        assert_memory_equal(bytes, zeros, sizeof bytes);
        section_close(self);
    }
}

static void test_the_size_is_what_the_os_makes_of_it(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 4095, 4096, 4097, 5000, 65536, 1000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const char *names[] = {fresh_name(), NULL};
        for (int k = 0; k < 2; k++) {
            section *self = create_section(names[k], sizes[i]);
            const section_info info = describe(self);
            assert_int_equal(info.requested_size_bytes, sizes[i]);
            assert_int_equal(info.size_bytes, rounded_size(sizes[i]));
            assert_int_equal(section_length(self), rounded_size(sizes[i]));
            set_byte(self, info.size_bytes - 1, 1);
            section_close(self);
        }
    }
}

static void test_create_opens_a_name_that_exists(void **state)
{
    (void)state;
    other_section other;
    const char *name = fresh_name();
    other_create(name, 8192, &other);
    other.base[100] = 0x42;
    section *self = create_section(name, 100000);
    const section_info info = describe(self);
    assert_false(info.created);
    assert_int_equal(info.origin, SECTION_CREATED);
    assert_int_equal(info.size_bytes, 8192);
    assert_int_equal(info.requested_size_bytes, 0); /* we made nothing */
    assert_int_equal(info.view.length_bytes, 8192);
    assert_int_equal(byte_at(self, 100), 0x42);
    section_close(self);
    assert_int_equal(other.base[100], 0x42);
    other_close(&other);
    other_drop_name(name);
}

static void test_create_that_must_be_new_refuses_a_name_that_exists(void **state)
{
    (void)state;
    section *self = NULL;
    other_section other;
    const section_name name = parsed(fresh_name());
    const section_create_options options = {.name = &name, .size_bytes = 64, .must_be_new = true};
    other_create(name.text, 4096, &other);
    memset(other.base, 0x11, 4096);
    fails(SECTION_ALREADY_EXISTS, section_create(&options, &self, &why));
    assert_null(self);
    for (int i = 0; i < 4096; i++) {
        assert_int_equal(other.base[i], 0x11);
    }
    section_close(open_section(name.text)); /* and it has its name still */
    other_close(&other);
    other_drop_name(name.text);
}

static void test_create_that_must_be_new_takes_a_free_name(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    const section_create_options options = {.name = &name, .size_bytes = 64, .must_be_new = true};
    works(section_create(&options, &self, &why));
    assert_true(describe(self).created);
    section_close(self);
    works(section_create(&options, &self, &why)); /* free again */
    section_close(self);
}

static void test_create_refuses_sizes_that_make_no_sense(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, UINT64_C(1) << 53, UINT64_C(1) << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        section *self = NULL;
        const section_name name = parsed(fresh_name());
        const section_create_options options = {.name = &name, .size_bytes = sizes[i]};
        other_section other;
        fails(SECTION_BAD_SIZE, section_create(&options, &self, &why));
        assert_null(self);
        assert_false(other_open(name.text, &other));
    }
}

static void test_create_of_more_than_there_is_leaves_nothing_behind(void **state)
{
    (void)state;
    section *self = NULL;
    other_section other;
    const section_name name = parsed(fresh_name());
    const section_create_options options = {.name = &name, .size_bytes = UINT64_C(1) << 50};
    const resources before = count_resources();
    fails(SECTION_NO_MEMORY, section_create(&options, &self, &why));
    const resources after = count_resources();
    assert_false(other_open(name.text, &other));
    assert_int_equal(after.handle_count, before.handle_count);
    assert_int_equal(after.view_count, before.view_count);
}

static void test_create_refuses_a_name_of_another_kind_of_object(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    const section_create_options options = {.name = &name, .size_bytes = 4096};
    const uint64_t occupant = occupy_name(name.text);
    fails(SECTION_NOT_A_SECTION, section_create(&options, &self, &why));
    vacate_name(name.text, occupant);
    works(section_create(&options, &self, &why));
    section_close(self);
}

static void test_reserved_sections_may_be_larger_than_memory(void **state)
{
    (void)state;
    const uint64_t size = UINT64_C(1) << 40;
    section *self = NULL;
    section_create_options options = {
        .size_bytes = size, .reserve = true, .view = {size - 100000, 100000}};
    works(section_create(&options, &self, &why));
    assert_int_equal(describe(self).size_bytes, size);
    assert_int_equal(byte_at(self, 99999), 0);
    set_byte(self, 99999, 0xEE);
    section *whole = duplicate_section(own_process_id(), describe(self).handle);
    assert_int_equal(section_length(whole), size);
    assert_int_equal(byte_at(whole, size - 1), 0xEE);
    assert_int_equal(byte_at(whole, UINT64_C(5) << 32), 0);
    section_close(whole);
    section_close(self);
}

static void test_a_view_shows_its_part_only(void **state)
{
    (void)state;
    static const section_view views[] = {{0, 100},     {1, 1},          {100, 50},
                                         {4095, 2},    {65535, 2},      {65536, 65536},
                                         {70001, 333}, {200000, 62144}, {262143, 1}};
    const char *name = fresh_name();
    section *whole = create_section(name, 262144);
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        const section_name checked = parsed(name);
        const section_open_options options = {.name = &checked, .view = views[i]};
        const uint64_t last = views[i].length_bytes - 1;
        uint8_t byte;
        section *part = NULL;
        works(section_open(&options, &part, &why));
        assert_int_equal(section_length(part), views[i].length_bytes);
        assert_int_equal(describe(part).view.offset_bytes, views[i].offset_bytes);
        assert_int_equal(describe(part).size_bytes, 262144);
        set_byte(whole, views[i].offset_bytes, (uint8_t)(i + 1));
        assert_int_equal(byte_at(part, 0), i + 1);
        set_byte(part, last, (uint8_t)(i + 101));
        assert_int_equal(byte_at(whole, views[i].offset_bytes + last), i + 101);
        fails(SECTION_BAD_RANGE, section_read(part, last + 1, &byte, 1, &why));
        section_close(part);
    }
    section_close(whole);
}

static void test_a_view_without_length_goes_to_the_end(void **state)
{
    (void)state;
    section *self = NULL;
    const section_create_options options = {.size_bytes = 131072, .view = {.offset_bytes = 70000}};
    works(section_create(&options, &self, &why));
    assert_int_equal(section_length(self), 131072 - 70000);
    section_close(self);
}

static void test_a_view_outside_the_section_is_refused(void **state)
{
    (void)state;
    static const struct {
        section_view view;
        section_status status;
    } cases[] = {
        {{8192, 0}, SECTION_BAD_OFFSET},        {{8192, 1}, SECTION_BAD_OFFSET},
        {{UINT64_MAX, 1}, SECTION_BAD_OFFSET},  {{UINT64_MAX, 0}, SECTION_BAD_OFFSET},
        {{0, 8193}, SECTION_BAD_SIZE},          {{8191, 2}, SECTION_BAD_SIZE},
        {{1, UINT64_MAX}, SECTION_BAD_SIZE},    {{100, UINT64_MAX - 50}, SECTION_BAD_SIZE},
        {{4096, UINT64_MAX}, SECTION_BAD_SIZE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        section *self = NULL;
        other_section other;
        const section_name name = parsed(fresh_name());
        const section_create_options options = {
            .name = &name, .size_bytes = 8192, .view = cases[i].view};
        fails(cases[i].status, section_create(&options, &self, &why));
        assert_null(self);
        assert_false(other_open(name.text, &other)); /* nothing stays behind */
    }
}

/* What a child process, started now, finds under our handle's number. */
static void child_sees(uint64_t handle, char ret_line[20])
{
    char number[32];
    child reader;
    (void)snprintf(number, sizeof number, "0x%llx", (unsigned long long)handle);
    child_start("inherited", number, "4096", NULL, &reader);
    child_hear(&reader, ret_line, 20);
    assert_int_equal(child_end(&reader), 0);
}

static void test_a_section_is_inherited_only_where_that_was_asked_for(void **state)
{
    (void)state;
    for (int named = 0; named < 2; named++) {
        for (int inherit = 0; inherit < 2; inherit++) {
            char seen[20];
            section *self = NULL;
            const section_name name = parsed(fresh_name());
            const section_create_options options = {
                .name = named ? &name : NULL, .size_bytes = 4096, .inherit = inherit};
            works(section_create(&options, &self, &why));
            set_byte(self, 0, 123);
            assert_int_equal(describe(self).inherit, inherit);
            child_sees(describe(self).handle, seen);
            assert_string_equal(seen, inherit ? "123" : "nothing");
            section_close(self);
        }
    }
}

static void test_flags_hold_for_a_name_that_exists_too(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    const section_create_options options = {
        .name = &name, .size_bytes = 4096, .inherit = true, .protect = true};
    section *first = create_section(name.text, 4096);
    works(section_create(&options, &self, &why));
    assert_false(describe(self).created);
    assert_true(describe(self).inherit);
    assert_true(describe(self).protect);
    assert_false(describe(first).inherit);
    assert_false(describe(first).protect);
    section_close(self);
    section_close(first);
}

static void test_a_protected_section_is_closed_by_its_owner(void **state)
{
    (void)state;
    section *self = NULL;
    const section_create_options options = {.size_bytes = 4096, .protect = true};
    const resources before = count_resources();
    works(section_create(&options, &self, &why));
    assert_true(describe(self).protect);
    section_close(self);
    const resources after = count_resources();
    assert_int_equal(after.handle_count, before.handle_count);
    assert_int_equal(after.view_count, before.view_count);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_create_makes_a_named_section),
        cmocka_unit_test(test_what_create_makes_is_opened_by_others),
        cmocka_unit_test(test_create_makes_an_anonymous_section),
        cmocka_unit_test(test_a_new_section_reads_as_zeros),
        cmocka_unit_test(test_the_size_is_what_the_os_makes_of_it),
        cmocka_unit_test(test_create_opens_a_name_that_exists),
        cmocka_unit_test(test_create_that_must_be_new_refuses_a_name_that_exists),
        cmocka_unit_test(test_create_that_must_be_new_takes_a_free_name),
        cmocka_unit_test(test_create_refuses_sizes_that_make_no_sense),
        cmocka_unit_test(test_create_of_more_than_there_is_leaves_nothing_behind),
        cmocka_unit_test(test_create_refuses_a_name_of_another_kind_of_object),
        cmocka_unit_test(test_reserved_sections_may_be_larger_than_memory),
        cmocka_unit_test(test_a_view_shows_its_part_only),
        cmocka_unit_test(test_a_view_without_length_goes_to_the_end),
        cmocka_unit_test(test_a_view_outside_the_section_is_refused),
        cmocka_unit_test(test_a_section_is_inherited_only_where_that_was_asked_for),
        cmocka_unit_test(test_flags_hold_for_a_name_that_exists_too),
        cmocka_unit_test(test_a_protected_section_is_closed_by_its_owner),
    };
    return cmocka_run_group_tests_name("create", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
