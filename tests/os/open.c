#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "platform.h"

static section_status try_open(const section_name *name, section_access access,
                               section **ret_section)
{
    const section_open_options options = {.name = name, .access = access};
    return section_open(&options, ret_section, &why);
}

static void test_open_finds_what_others_made(void **state)
{
    (void)state;
    other_section other;
    const char *name = fresh_name();
    other_create(name, 12288, &other);
    memcpy(other.base + 5, "hello", 5);
    section *self = open_section(name);
    const section_info info = describe(self);
    char bytes[5];
    assert_string_equal(info.name->text, name);
    assert_int_equal(info.origin, SECTION_OPENED);
    assert_false(info.created);
    assert_int_equal(info.size_bytes, 12288);
    assert_int_equal(info.requested_size_bytes, 0);
    assert_int_equal(info.access, SECTION_ACCESS_READWRITE); /* the most there is */
    works(section_read(self, 5, bytes, 5, &why));
    assert_memory_equal(bytes, "hello", 5);
    works(section_write(self, 5, "HELLO", 5, &why));
    assert_memory_equal(other.base + 4, "\0HELLO\0", 7);
    section_close(self);
    other_close(&other);
    other_drop_name(name);
}

static void test_open_of_an_unknown_name_tells_the_os_call(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    assert_int_equal(try_open(&name, SECTION_ACCESS_MOST, &self), SECTION_NOT_FOUND);
    assert_null(self);
    assert_int_equal(why.code, SECTION_NOT_FOUND);
    assert_non_null(why.call);
    assert_int_equal(why.os_number, 2); /* ENOENT and ERROR_FILE_NOT_FOUND */
    assert_non_null(section_os_error_name(why.os_domain, why.os_number));
}

static void test_open_works_without_an_error_to_fill(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    const section_open_options options = {.name = &name};
    assert_int_equal(section_open(&options, &self, NULL), SECTION_NOT_FOUND);
    section *made = create_section(name.text, 4096);
    assert_int_equal(section_open(&options, &self, NULL), SECTION_OK);
    section_close(self);
    section_close(made);
}

static void test_open_for_reading_refuses_writes(void **state)
{
    (void)state;
    section *self = NULL;
    const char *text = fresh_name();
    const section_name name = parsed(text);
    section *made = create_section(text, 4096);
    set_byte(made, 1, 11);
    works(try_open(&name, SECTION_ACCESS_READ, &self));
    assert_int_equal(describe(self).access, SECTION_ACCESS_READ);
    assert_int_equal(section_granted_access(self), SECTION_ACCESS_READ);
    assert_int_equal(byte_at(self, 1), 11);
    fails(SECTION_READ_ONLY, section_write(self, 1, "x", 1, &why));
    assert_int_equal(byte_at(made, 1), 11);
    section_close(self);
    section_close(made);
}

static void test_open_for_writing_grants_it(void **state)
{
    (void)state;
    section *self = NULL;
    const char *text = fresh_name();
    const section_name name = parsed(text);
    section *made = create_section(text, 4096);
    works(try_open(&name, SECTION_ACCESS_READWRITE, &self));
    assert_int_equal(describe(self).access, SECTION_ACCESS_READWRITE);
    set_byte(self, 1, 12);
    assert_int_equal(byte_at(made, 1), 12);
    section_close(self);
    section_close(made);
}

static void test_writes_of_a_copy_on_write_view_stay_private(void **state)
{
    (void)state;
    section *self = NULL;
    const char *text = fresh_name();
    const section_name name = parsed(text);
    section *made = create_section(text, 8192);
    set_byte(made, 0, 1);
    set_byte(made, 4096, 1);
    works(try_open(&name, SECTION_ACCESS_WRITECOPY, &self));
    assert_int_equal(describe(self).access, SECTION_ACCESS_WRITECOPY);
    set_byte(self, 0, 2);
    assert_int_equal(byte_at(self, 0), 2);
    assert_int_equal(byte_at(made, 0), 1);
    set_byte(made, 4096, 3); /* a page that we have not written is shared still */
    assert_int_equal(byte_at(self, 4096), 3);
    section_close(self);
    section_close(made);
}

static void test_open_refuses_a_name_of_another_kind_of_object(void **state)
{
    (void)state;
    static const section_access accesses[] = {SECTION_ACCESS_MOST, SECTION_ACCESS_READ,
                                              SECTION_ACCESS_READWRITE, SECTION_ACCESS_WRITECOPY};
    const section_name name = parsed(fresh_name());
    const uint64_t occupant = occupy_name(name.text);
    const resources before = count_resources();
    for (size_t i = 0; i < sizeof accesses / sizeof accesses[0]; i++) {
        section *self = NULL;
        fails(SECTION_NOT_A_SECTION, try_open(&name, accesses[i], &self));
    }
    const resources after = count_resources();
    assert_int_equal(after.handle_count, before.handle_count);
    vacate_name(name.text, occupant);
}

static void test_open_bounds_its_view(void **state)
{
    (void)state;
    section *self = NULL;
    const char *text = fresh_name();
    const section_name name = parsed(text);
    section *made = create_section(text, 4096);
    section_open_options options = {.name = &name, .view = {4096, 1}};
    fails(SECTION_BAD_OFFSET, section_open(&options, &self, &why));
    options.view = (section_view){4000, 97};
    fails(SECTION_BAD_SIZE, section_open(&options, &self, &why));
    options.view = (section_view){4000, 96};
    works(section_open(&options, &self, &why));
    section_close(self);
    section_close(made);
}

static void test_names_tell_upper_from_lower_case(void **state)
{
    (void)state;
    char lower[80];
    const char *name = fresh_name();
    section *upper = create_section(name, 4096);
    (void)snprintf(lower, sizeof lower, "%s", name);
    lower[0] = 'S';
    section *self = create_section(lower, 4096);
    assert_true(describe(self).created);
    set_byte(upper, 0, 1);
    assert_int_equal(byte_at(self, 0), 0);
    section_close(self);
    section_close(upper);
}

static void test_the_local_prefix_changes_nothing(void **state)
{
    (void)state;
    char prefixed[80];
    other_section other;
    const char *name = fresh_name();
    (void)snprintf(prefixed, sizeof prefixed, "Local\\%s", name);
    section *self = create_section(prefixed, 4096);
    assert_string_equal(describe(self).name->text, name);
    assert_true(other_open(name, &other));
    other_close(&other);
    section_close(self);
}

static void test_names_may_have_any_letters(void **state)
{
    (void)state;
    static const char *const suffixes[] = {"-\xE6\x88\x91\xE5\xB0\x86\xE6\x97\xA0\xE6\x88\x91",
                                           "-\xC3\xA9\xCC\x81",
                                           "-\xF0\x9F\x98\x80",
                                           " a b ",
                                           "...",
                                           "%41",
                                           "\"'<>|*?:"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char name[100];
        other_section other;
        (void)snprintf(name, sizeof name, "%s%s", fresh_name(), suffixes[i]);
        section *self = create_section(name, 4096);
        set_byte(self, 0, 9);
        assert_true(other_open(name, &other));
        assert_int_equal(other.base[0], 9);
        other_close(&other);
        section_close(self);
    }
}

static void test_the_longest_name_works(void **state)
{
    (void)state;
    char name[SECTION_NAME_UNITS_MAX + 1];
    other_section other;
    memset(name, 'x', sizeof name);
    name[SECTION_NAME_UNITS_MAX] = '\0';
    const char *start = fresh_name();
    memcpy(name, start, strlen(start));
    section *self = create_section(name, 4096);
    assert_string_equal(describe(self).name->text, name);
    assert_true(other_open(name, &other));
    other_close(&other);
    section_close(self);
}

static void test_a_section_stays_readable_when_its_maker_has_ended(void **state)
{
    (void)state;
    char line[40];
    child maker;
    const char *name = fresh_name();
    child_start("hold", "4096", name, NULL, &maker);
    child_hear(&maker, line, sizeof line);
    child_tell(&maker, "poke 10 99");
    child_hear(&maker, line, sizeof line);
    section *self = open_section(name);
    assert_int_equal(child_end(&maker), 0);
    assert_int_equal(byte_at(self, 10), 99);
    section_close(open_section(name)); /* and the name leads to it while we hold it */
    section_close(self);
    other_drop_name(name);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_open_finds_what_others_made),
        cmocka_unit_test(test_open_of_an_unknown_name_tells_the_os_call),
        cmocka_unit_test(test_open_works_without_an_error_to_fill),
        cmocka_unit_test(test_open_for_reading_refuses_writes),
        cmocka_unit_test(test_open_for_writing_grants_it),
        cmocka_unit_test(test_writes_of_a_copy_on_write_view_stay_private),
        cmocka_unit_test(test_open_refuses_a_name_of_another_kind_of_object),
        cmocka_unit_test(test_open_bounds_its_view),
        cmocka_unit_test(test_names_tell_upper_from_lower_case),
        cmocka_unit_test(test_the_local_prefix_changes_nothing),
        cmocka_unit_test(test_names_may_have_any_letters),
        cmocka_unit_test(test_the_longest_name_works),
        cmocka_unit_test(test_a_section_stays_readable_when_its_maker_has_ended),
    };
    return cmocka_run_group_tests_name("open", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
