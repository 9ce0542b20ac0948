#include "harness.h"

#include <section/naming.h>

#include "platform.h"

/* Sections whose programs have gone, or that a name does not lead to any more. */

static void test_what_another_program_made_is_orphaned_when_that_has_gone(void **state)
{
    (void)state;
    other_section other;
    const char *name = fresh_name();
    other_create(name, 4096, &other);
    section *opened = open_section(name);
    section *duplicated = duplicate_section(own_process_id(), other.handle);
    (void)section_share_lock(duplicated, opened); /* as the daemon does with all of one object */
    assert_true(section_can_be_orphaned(opened));
    assert_false(section_is_orphaned(opened));
    assert_false(section_is_orphaned(duplicated));
    other_close(&other);
    other_drop_name(name);
    assert_true(section_is_orphaned(opened));
    assert_true(section_is_orphaned(duplicated));
    set_byte(opened, 0, 7);
    assert_int_equal(byte_at(duplicated, 0), 7);
    section_close(duplicated);
    assert_true(section_is_orphaned(opened));
    section_close(opened);
}

static void test_what_we_made_is_not_orphaned_while_it_has_its_name(void **state)
{
    (void)state;
    const char *name = fresh_name();
    section *made = create_section(name, 4096);
    section *opened = open_section(name);
    (void)section_share_lock(opened, made);
    assert_false(section_is_orphaned(made));
    assert_false(section_is_orphaned(opened));
    assert_true(section_name_leads_here(made));
    section_close(opened);
    section_close(made);
}

static void test_what_never_had_a_name_is_not_orphaned(void **state)
{
    (void)state;
    section *made = create_section(NULL, 4096);
    assert_false(section_can_be_orphaned(made));
    assert_false(section_is_orphaned(made));
    assert_true(section_name_leads_here(made));
    section_close(made);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_what_another_program_made_is_orphaned_when_that_has_gone),
        cmocka_unit_test(test_what_we_made_is_not_orphaned_while_it_has_its_name),
        cmocka_unit_test(test_what_never_had_a_name_is_not_orphaned),
    };
    return cmocka_run_group_tests(list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
