#include "unit.h"

#include <string.h>

#include <section/name.h>

/* What both platforms say. */
static const name_case common_names[] = {
    {"SHINE", SECTION_OK, "SHINE", SECTION_SCOPE_LOCAL},
    {"a", SECTION_OK, "a", SECTION_SCOPE_LOCAL},
    {" ", SECTION_OK, " ", SECTION_SCOPE_LOCAL},
    {"...", SECTION_OK, "...", SECTION_SCOPE_LOCAL},
    {"a.b-c_d$!%:*?\"<>|", SECTION_OK, "a.b-c_d$!%:*?\"<>|", SECTION_SCOPE_LOCAL},
    {"\xE6\x88\x91\xF0\x9F\x98\x80", SECTION_OK, "\xE6\x88\x91\xF0\x9F\x98\x80",
     SECTION_SCOPE_LOCAL},
    {"\xC2\xA0", SECTION_OK, "\xC2\xA0", SECTION_SCOPE_LOCAL}, /* the first after the controls */
    {"Local\\SHINE", SECTION_OK, "SHINE", SECTION_SCOPE_LOCAL},
    {"Local\\Global", SECTION_OK, "Global", SECTION_SCOPE_LOCAL},
    {"Local", SECTION_OK, "Local", SECTION_SCOPE_LOCAL},
    {"Global", SECTION_OK, "Global", SECTION_SCOPE_LOCAL},
    {"Session", SECTION_OK, "Session", SECTION_SCOPE_LOCAL},
    {"", SECTION_BAD_NAME, NULL, 0},
    {"\\", SECTION_BAD_NAME, NULL, 0},
    {"\\a", SECTION_BAD_NAME, NULL, 0},
    {"a\\", SECTION_BAD_NAME, NULL, 0},
    {"a\\b", SECTION_BAD_NAME, NULL, 0},
    {"local\\SHINE", SECTION_BAD_NAME, NULL, 0},
    {"global\\SHINE", SECTION_BAD_NAME, NULL, 0},
    {"session\\1\\SHINE", SECTION_BAD_NAME, NULL, 0},
    {"Local\\", SECTION_BAD_NAME, NULL, 0},
    {"Local\\\\", SECTION_BAD_NAME, NULL, 0},
    {"Local\\a\\b", SECTION_BAD_NAME, NULL, 0},
    {"Local\\Local\\a", SECTION_BAD_NAME, NULL, 0},
    {"Local\\Global\\a", SECTION_BAD_NAME, NULL, 0},
    {"Global\\", SECTION_BAD_NAME, NULL, 0},
    {"Global\\Local\\a", SECTION_BAD_NAME, NULL, 0},
    {"Global\\Session\\1\\a", SECTION_BAD_NAME, NULL, 0},
    {"Session\\", SECTION_BAD_NAME, NULL, 0},
    {"Session\\a", SECTION_BAD_NAME, NULL, 0},
    {"Session\\1", SECTION_BAD_NAME, NULL, 0},
    {"Session\\1\\", SECTION_BAD_NAME, NULL, 0},
    {"Session\\\\a", SECTION_BAD_NAME, NULL, 0},
    {"Session\\1a\\b", SECTION_BAD_NAME, NULL, 0},
    {"Session\\-1\\b", SECTION_BAD_NAME, NULL, 0},
    {"Session\\1\\a\\b", SECTION_BAD_NAME, NULL, 0},
    {"Session\\12345678901\\a", SECTION_BAD_NAME, NULL, 0},
    {"a\x01", SECTION_BAD_NAME, NULL, 0},
    {"\n", SECTION_BAD_NAME, NULL, 0},
    {"a\x1F", SECTION_BAD_NAME, NULL, 0},
    {"\x7F", SECTION_BAD_NAME, NULL, 0},
    {"\xC2\x80", SECTION_BAD_NAME, NULL, 0},
    {"\xC2\x9F", SECTION_BAD_NAME, NULL, 0},
    {"\x80", SECTION_BAD_NAME, NULL, 0},
    {"a\xFF", SECTION_BAD_NAME, NULL, 0},
    {"\xE6\x88", SECTION_BAD_NAME, NULL, 0},
    {"\xC0\xAF", SECTION_BAD_NAME, NULL, 0},
    {"\xED\xA0\x80", SECTION_BAD_NAME, NULL, 0},
    {NULL, SECTION_OK, NULL, 0},
};

static void check_names(const name_case *names)
{
    for (; names->text != NULL; names++) {
        section_name untouched;
        section_name parsed;
        section_error error;
        memset(&untouched, 0x5A, sizeof untouched);
        memset(&parsed, 0x5A, sizeof parsed);
        const section_status status = section_name_parse(names->text, &parsed, &error);
        if (status != names->status) {
            print_error("%s: got %d\n", names->text, (int)status);
        }
        assert_int_equal(status, names->status);
        if (status == SECTION_OK) {
            assert_string_equal(parsed.text, names->base);
            assert_int_equal(parsed.scope, names->scope);
        } else {
            assert_memory_equal(&parsed, &untouched, sizeof parsed);
            assert_int_equal(error.code, status);
            assert_true(error.detail[0] != '\0');
            assert_null(error.call); /* no OS call was made */
        }
        assert_int_equal(section_name_parse(names->text, &parsed, NULL), names->status);
    }
}

static void test_names_are_checked_and_taken_apart(void **state)
{
    (void)state;
    check_names(common_names);
}

static void test_names_follow_the_platforms_own_rules(void **state)
{
    (void)state;
    check_names(platform_names);
}

static void test_names_have_at_most_255_units(void **state)
{
    (void)state;
    char text[1100] = "Local\\";
    section_name parsed;
    memset(text + 6, 'x', 256);
    text[6 + 255] = '\0';
    assert_int_equal(section_name_parse(text, &parsed, NULL), SECTION_OK);
    assert_int_equal(strlen(parsed.text), 255);
    memset(text, 'x', 300);
    text[256] = '\0';
    assert_int_equal(section_name_parse(text, &parsed, NULL), SECTION_BAD_NAME);
    memset(text, 'x', 1000);
    text[1000] = '\0';
    assert_int_equal(section_name_parse(text, &parsed, NULL), SECTION_BAD_NAME);
}

static void test_names_count_in_utf16_units(void **state)
{
    (void)state;
    char text[4 * 128 + 1] = "";
    section_name parsed;
    for (size_t i = 0; i < 128; i++) { /* 256 units: too many on every platform */
        memcpy(text + 4 * i, "\xF0\x9F\x98\x80", 5);
    }
    assert_int_equal(section_name_parse(text, &parsed, NULL), SECTION_BAD_NAME);
}

static void test_names_are_equal_by_scope_and_letters(void **state)
{
    (void)state;
    const section_name a = {SECTION_SCOPE_LOCAL, "SHINE"};
    const section_name same = {SECTION_SCOPE_LOCAL, "SHINE"};
    const section_name elsewhere = {SECTION_SCOPE_GLOBAL, "SHINE"};
    const section_name lower = {SECTION_SCOPE_LOCAL, "shine"};
    const section_name longer = {SECTION_SCOPE_LOCAL, "SHINE2"};
    assert_true(section_name_equal(&a, &same));
    assert_false(section_name_equal(&a, &elsewhere));
    assert_false(section_name_equal(&a, &lower));
    assert_false(section_name_equal(&a, &longer));
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_names_are_checked_and_taken_apart),
        cmocka_unit_test(test_names_follow_the_platforms_own_rules),
        cmocka_unit_test(test_names_have_at_most_255_units),
        cmocka_unit_test(test_names_count_in_utf16_units),
        cmocka_unit_test(test_names_are_equal_by_scope_and_letters),
    };
    return cmocka_run_group_tests_name("name", list, NULL, NULL);
}
