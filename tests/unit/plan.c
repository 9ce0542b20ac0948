#include "unit.h"

#include "api/plan.h"
#include "base/platform.h"

/* The lanes of files: a folder that hangs has one, however it is spelled. */

static const char linux_separators[] = "/";
static const char windows_separators[] = "\\/";

static void expect_same(const char *a, const char *b, const char *separators)
{
    if (plan_lane_of_file(a, separators) != plan_lane_of_file(b, separators)) {
        fail_msg("%s and %s have two lanes", a, b);
    }
}

static void expect_other(const char *a, const char *b, const char *separators)
{
    if (plan_lane_of_file(a, separators) == plan_lane_of_file(b, separators)) {
        fail_msg("%s and %s share a lane", a, b);
    }
}

static void test_files_of_one_folder_share_a_lane(void **state)
{
    (void)state;
    const char *const both[] = {linux_separators, windows_separators};
    for (int i = 0; i < 2; i++) {
        expect_same("hangs/a", "hangs/b", both[i]);
        expect_same("a", "b", both[i]);
        expect_same("x/hangs/a", "x/hangs/longer name", both[i]);
        expect_same("", "a", both[i]);
    }
}

static void test_a_folder_has_one_lane_however_it_is_spelled(void **state)
{
    (void)state;
    const char *const both[] = {linux_separators, windows_separators};
    for (int i = 0; i < 2; i++) {
        expect_same("x/hangs/a", "x//hangs/b", both[i]);
        expect_same("x/hangs/a", "x/./hangs//./b", both[i]);
        expect_same("hangs/a", "./hangs/b", both[i]);
        expect_same("hangs/a", "Hangs/b", both[i]);
        expect_same("./a", "b", both[i]);
    }
}

static void test_both_separators_of_windows_lead_to_one_lane(void **state)
{
    (void)state;
    expect_same("hangs\\a", "hangs\\b", windows_separators);
    expect_same("hangs\\a", "hangs/b", windows_separators);
    expect_same("x\\hangs/a", "x/hangs\\b", windows_separators);
    expect_other("hangs\\a", "b", windows_separators);
    expect_other("x\\hangs\\a", "x\\works\\a", windows_separators);
}

static void test_a_backslash_is_part_of_a_name_on_linux(void **state)
{
    (void)state;
    expect_same("hangs\\a", "b", linux_separators);
    expect_same("hangs/x\\a", "hangs/y\\b", linux_separators);
    expect_other("x\\y/a", "x/y/a", linux_separators);
}

static void test_other_folders_have_other_lanes(void **state)
{
    (void)state;
    const char *const both[] = {linux_separators, windows_separators};
    for (int i = 0; i < 2; i++) {
        expect_other("hangs/a", "works/a", both[i]);
        expect_other("hangs/a", "a", both[i]);
        expect_other("hangs/x/a", "hangs/a", both[i]);
        expect_other("hangsx/a", "hangs/x/a", both[i]);
        expect_other("../hangs/a", "hangs/a", both[i]);
        expect_other(".hangs/a", "hangs/a", both[i]);
    }
}

static void test_the_platform_has_its_own_separators(void **state)
{
    (void)state;
    const char *const wanted = platform_name[0] == 'w' ? windows_separators : linux_separators;
    assert_string_equal(platform_separators, wanted);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_files_of_one_folder_share_a_lane),
        cmocka_unit_test(test_a_folder_has_one_lane_however_it_is_spelled),
        cmocka_unit_test(test_both_separators_of_windows_lead_to_one_lane),
        cmocka_unit_test(test_a_backslash_is_part_of_a_name_on_linux),
        cmocka_unit_test(test_other_folders_have_other_lanes),
        cmocka_unit_test(test_the_platform_has_its_own_separators),
    };
    return cmocka_run_group_tests_name("plan", list, NULL, NULL);
}
