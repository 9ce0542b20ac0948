#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

static section_status try_duplicate(uint32_t pid, uint64_t handle, section_access access,
                                    section **ret_section)
{
    const section_duplicate_options options = {.pid = pid, .handle = handle, .access = access};
    return section_duplicate(&options, ret_section, &why);
}

/* Starts a process that holds a section, and returns its handle. */
static uint64_t start_holder(const char *name_or_null, child *ret_holder)
{
    char line[40];
    child_start("hold", "4096", name_or_null, NULL, ret_holder);
    child_hear(ret_holder, line, sizeof line);
    return strtoull(line, NULL, 0);
}

static void ask(const child *holder, const char *question, const char *answer)
{
    char line[40];
    child_tell(holder, question);
    child_hear(holder, line, sizeof line);
    assert_string_equal(line, answer);
}

static void test_duplicate_shares_the_bytes_of_another_process(void **state)
{
    (void)state;
    child holder;
    const uint64_t handle = start_holder(NULL, &holder);
    ask(&holder, "poke 3 33", "done");
    section *self = duplicate_section(holder.pid, handle);
    const section_info info = describe(self);
    assert_null(info.name);
    assert_int_equal(info.origin, SECTION_DUPLICATED);
    assert_false(info.created);
    assert_int_equal(info.size_bytes, 4096);
    assert_int_equal(info.requested_size_bytes, 0);
    assert_int_equal(info.access, SECTION_ACCESS_READWRITE);
    assert_int_equal(info.source.pid, holder.pid);
    assert_int_equal(info.source.handle, handle);
    assert_int_equal(info.pid, own_process_id());
    assert_int_equal(info.handle_count, told_handle_count(2));
    assert_int_equal(byte_at(self, 3), 33);
    set_byte(self, 4, 44);
    ask(&holder, "peek 4", "44");
    section_close(self);
    ask(&holder, "peek 4", "44"); /* closing ours took nothing from it */
    assert_int_equal(child_end(&holder), 0);
}

static void test_a_duplicate_outlives_its_source(void **state)
{
    (void)state;
    child holder;
    const uint64_t handle = start_holder(NULL, &holder);
    ask(&holder, "poke 3 33", "done");
    section *self = duplicate_section(holder.pid, handle);
    assert_int_equal(child_end(&holder), 0);
    assert_int_equal(byte_at(self, 3), 33);
    assert_int_equal(describe(self).size_bytes, 4096);
    section_close(self);
}

static void test_duplicate_tells_the_name(void **state)
{
    (void)state;
    child holder;
    const char *name = fresh_name();
    const uint64_t handle = start_holder(name, &holder);
    section *self = duplicate_section(holder.pid, handle);
    const section_info info = describe(self);
    assert_non_null(info.name);
    assert_string_equal(info.name->text, name);
    assert_int_equal(info.name->scope, SECTION_SCOPE_LOCAL);
    assert_false(section_owns_name(self));
    section_close(self);
    section_close(open_section(name)); /* closing a duplicate takes no name away */
    assert_int_equal(child_end(&holder), 0);
    other_drop_name(name);
}

static void test_duplicate_takes_handles_of_our_own(void **state)
{
    (void)state;
    section *made = create_section(NULL, 4096);
    section *self = duplicate_section(own_process_id(), describe(made).handle);
    assert_int_not_equal(describe(self).handle, describe(made).handle);
    set_byte(made, 0, 5);
    assert_int_equal(byte_at(self, 0), 5);
    section_close(made);
    assert_int_equal(byte_at(self, 0), 5);
    section_close(self);
}

static void test_others_duplicate_what_we_report(void **state)
{
    (void)state;
    char line[40];
    char pid[16];
    char handle[32];
    child taker;
    section *self = create_section(NULL, 4096);
    const section_info info = describe(self);
    set_byte(self, 0, 55);
    (void)snprintf(pid, sizeof pid, "%lu", (unsigned long)info.pid);
    (void)snprintf(handle, sizeof handle, "0x%llx", (unsigned long long)info.handle);
    child_start("take", pid, handle, "4096", &taker);
    child_hear(&taker, line, sizeof line);
    assert_string_equal(line, "55");
    assert_int_equal(child_end(&taker), 0);
    section_close(self);
}

static void test_duplicate_takes_no_more_access_than_wanted(void **state)
{
    (void)state;
    section *self = NULL;
    section *made = create_section(NULL, 4096);
    const uint64_t handle = describe(made).handle;
    set_byte(made, 0, 5);

    works(try_duplicate(own_process_id(), handle, SECTION_ACCESS_READ, &self));
    assert_int_equal(describe(self).access, SECTION_ACCESS_READ);
    assert_int_equal(byte_at(self, 0), 5);
    fails(SECTION_READ_ONLY, section_write(self, 0, "x", 1, &why));
    section_close(self);

    works(try_duplicate(own_process_id(), handle, SECTION_ACCESS_WRITECOPY, &self));
    assert_int_equal(describe(self).access, SECTION_ACCESS_WRITECOPY);
    set_byte(self, 0, 6);
    assert_int_equal(byte_at(made, 0), 5);
    section_close(self);

    works(try_duplicate(own_process_id(), handle, SECTION_ACCESS_READWRITE, &self));
    assert_int_equal(describe(self).access, SECTION_ACCESS_READWRITE);
    set_byte(self, 0, 7);
    assert_int_equal(byte_at(made, 0), 7);
    section_close(self);
    section_close(made);
}

static void test_duplicate_bounds_its_view(void **state)
{
    (void)state;
    section *self = NULL;
    section *made = create_section(NULL, 4096);
    section_duplicate_options options = {
        .pid = own_process_id(), .handle = describe(made).handle, .view = {4096, 0}};
    fails(SECTION_BAD_OFFSET, section_duplicate(&options, &self, &why));
    options.view = (section_view){1, 4096};
    fails(SECTION_BAD_SIZE, section_duplicate(&options, &self, &why));
    options.view = (section_view){1, 4095};
    works(section_duplicate(&options, &self, &why));
    set_byte(made, 4095, 8);
    assert_int_equal(byte_at(self, 4094), 8);
    section_close(self);
    section_close(made);
}

static void refuse_kind(other_kind kind)
{
    section *self = NULL;
    const uint64_t handle = kind_open(kind);
    const resources before = count_resources();
    fails(SECTION_NOT_A_SECTION,
          try_duplicate(own_process_id(), handle, SECTION_ACCESS_MOST, &self));
    assert_null(self);
    const resources after = count_resources();
    assert_int_equal(after.handle_count, before.handle_count);
    kind_close(handle);
}

static void test_duplicate_refuses_a_pipe(void **state)
{
    (void)state;
    refuse_kind(KIND_PIPE);
}

static void test_duplicate_refuses_an_event(void **state)
{
    (void)state;
    refuse_kind(KIND_EVENT);
}

static void test_duplicate_refuses_a_process(void **state)
{
    (void)state;
    refuse_kind(KIND_PROCESS);
}

static void test_duplicate_refuses_a_file(void **state)
{
    (void)state;
    refuse_kind(KIND_FILE);
}

static void test_duplicate_refuses_a_directory(void **state)
{
    (void)state;
    refuse_kind(KIND_DIRECTORY);
}

static void test_duplicate_refuses_handles_that_cannot_be(void **state)
{
    (void)state;
    static const uint64_t handles[] = {
        UINT64_MAX, UINT64_MAX - 1,        UINT64_MAX - 5,    0xFFFFFFFF, 0xFFFFFFFE,
        0x80000000, UINT64_C(0x100000004), UINT64_C(1) << 63, INT64_MAX,  UINT64_C(0x1FFFFFFFF)};
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
        section *self = NULL;
        fails(SECTION_BAD_HANDLE,
              try_duplicate(own_process_id(), handles[i], SECTION_ACCESS_MOST, &self));
        assert_null(self);
    }
}

static void test_duplicate_of_an_unknown_handle_is_not_found(void **state)
{
    (void)state;
    static const uint64_t handles[] = {0x7FFFFFFC, 0x7FFFFFFF, 0x123450};
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
        section *self = NULL;
        fails(SECTION_NOT_FOUND,
              try_duplicate(own_process_id(), handles[i], SECTION_ACCESS_MOST, &self));
    }
}

static void test_duplicate_of_a_closed_handle_is_not_found(void **state)
{
    (void)state;
    other_section other;
    section *self = NULL;
    /* Closed last, and lowest: the number that the library's own handle of the process takes. */
    const uint64_t spare = kind_open(KIND_EVENT);
    other_create(NULL, 4096, &other);
    other_close(&other);
    kind_close(spare);
    fails(SECTION_NOT_FOUND,
          try_duplicate(own_process_id(), other.handle, SECTION_ACCESS_MOST, &self));
}

static void test_duplicate_from_an_unknown_process_is_not_found(void **state)
{
    (void)state;
    child holder;
    section *self = NULL;
    const uint64_t handle = start_holder(NULL, &holder);
    assert_int_equal(child_end(&holder), 0);
    const uint32_t pids[] = {0, holder.pid, 0x7FFFFFF0, UINT32_MAX};
    for (size_t i = 0; i < sizeof pids / sizeof pids[0]; i++) {
        fails(SECTION_NOT_FOUND, try_duplicate(pids[i], handle, SECTION_ACCESS_MOST, &self));
        assert_null(self);
    }
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_duplicate_shares_the_bytes_of_another_process),
        cmocka_unit_test(test_a_duplicate_outlives_its_source),
        cmocka_unit_test(test_duplicate_tells_the_name),
        cmocka_unit_test(test_duplicate_takes_handles_of_our_own),
        cmocka_unit_test(test_others_duplicate_what_we_report),
        cmocka_unit_test(test_duplicate_takes_no_more_access_than_wanted),
        cmocka_unit_test(test_duplicate_bounds_its_view),
        cmocka_unit_test(test_duplicate_refuses_a_pipe),
        cmocka_unit_test(test_duplicate_refuses_an_event),
        cmocka_unit_test(test_duplicate_refuses_a_process),
        cmocka_unit_test(test_duplicate_refuses_a_file),
        cmocka_unit_test(test_duplicate_refuses_a_directory),
        cmocka_unit_test(test_duplicate_refuses_handles_that_cannot_be),
        cmocka_unit_test(test_duplicate_of_an_unknown_handle_is_not_found),
        cmocka_unit_test(test_duplicate_of_a_closed_handle_is_not_found),
        cmocka_unit_test(test_duplicate_from_an_unknown_process_is_not_found),
    };
    return cmocka_run_group_tests_name("duplicate", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
