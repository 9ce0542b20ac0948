#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "platform.h"
#include "sddl.h"

static HANDLE create_named(const char *name, const wchar_t *sddl)
{
    wchar_t wide[100];
    assert_true(MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, 100) > 0);
    HANDLE mapping = create_with_sddl(wide, 5000, sddl);
    assert_non_null(mapping);
    return mapping;
}

static section_status create_under(const char *sddl, const section_name *name,
                                   section **ret_section)
{
    const section_create_options options = {.name = name, .size_bytes = 4096, .sddl = sddl};
    return section_create(&options, ret_section, &why);
}

static void test_a_section_that_grants_reading_is_opened_for_reading(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    section_open_options options = {.name = &name};
    HANDLE made = create_named(name.text, L"D:(A;;GR;;;WD)");
    works(section_open(&options, &self, &why));
    assert_int_equal(describe(self).access, SECTION_ACCESS_READ);
    assert_int_equal(describe(self).size_bytes, 8192);
    assert_true(describe(self).size_exact);
    fails(SECTION_READ_ONLY, section_write(self, 0, "x", 1, &why));
    section_close(self);
    options.access = SECTION_ACCESS_READWRITE;
    fails(SECTION_ACCESS_DENIED, section_open(&options, &self, &why));
    options.access = SECTION_ACCESS_WRITECOPY;
    works(section_open(&options, &self, &why));
    set_byte(self, 0, 1);
    section_close(self);
    CloseHandle(made);
}

static void test_a_section_that_grants_nothing_is_denied(void **state)
{
    (void)state;
    static const section_access accesses[] = {SECTION_ACCESS_MOST, SECTION_ACCESS_READ,
                                              SECTION_ACCESS_READWRITE, SECTION_ACCESS_WRITECOPY};
    const section_name name = parsed(fresh_name());
    HANDLE made = create_named(name.text, L"D:P");
    for (size_t i = 0; i < 4; i++) {
        section *self = NULL;
        const section_open_options options = {.name = &name, .access = accesses[i]};
        fails(SECTION_ACCESS_DENIED, section_open(&options, &self, &why));
    }
    section *self = NULL;
    assert_int_equal(create_under(NULL, &name, &self), SECTION_ACCESS_DENIED);
    assert_string_equal(why.call, "CreateFileMappingW");
    assert_int_equal(why.os_number, ERROR_ACCESS_DENIED);
    CloseHandle(made);
}

static void test_create_opens_for_reading_what_it_may_not_write(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    section_create_options options = {.name = &name, .size_bytes = 4096};
    HANDLE made = create_named(name.text, L"D:(A;;GR;;;WD)");
    works(section_create(&options, &self, &why));
    assert_false(describe(self).created);
    assert_int_equal(describe(self).access, SECTION_ACCESS_READ);
    assert_int_equal(describe(self).size_bytes, 8192);
    section_close(self);
    options.must_be_new = true;
    fails(SECTION_ALREADY_EXISTS, section_create(&options, &self, &why));
    CloseHandle(made);
}

/* 0x4 is SECTION_MAP_READ, 0x6 with SECTION_MAP_WRITE: neither lets NtQuerySection answer. */
static void test_without_the_right_to_query_the_size_is_known_by_pages(void **state)
{
    (void)state;
    static const struct {
        const wchar_t *sddl;
        section_access access;
    } cases[] = {{L"D:(A;;0x4;;;WD)", SECTION_ACCESS_READ},
                 {L"D:(A;;0x6;;;WD)", SECTION_ACCESS_READWRITE}};
    for (size_t i = 0; i < 2; i++) {
        section *self = NULL;
        const section_name name = parsed(fresh_name());
        section_open_options options = {.name = &name};
        const resources before = count_resources();
        HANDLE made = create_named(name.text, cases[i].sddl);
        works(section_open(&options, &self, &why));
        const section_info info = describe(self);
        assert_int_equal(info.access, cases[i].access);
        assert_int_equal(info.size_bytes, 8192);
        assert_false(info.size_exact);
        assert_int_equal(info.backing, SECTION_BACKING_PAGEFILE);
        assert_int_equal(byte_at(self, 8191), 0);
        section_close(self);
        options.view = (section_view){100, 50}; /* the size is the section's, not the view's */
        works(section_open(&options, &self, &why));
        assert_int_equal(describe(self).size_bytes, 8192);
        section_close(self);
        CloseHandle(made);
        const resources after = count_resources();
        assert_int_equal(after.handle_count, before.handle_count);
        assert_int_equal(after.view_count, before.view_count);
    }
}

static void test_a_duplicate_has_what_the_section_grants(void **state)
{
    (void)state;
    section *self = NULL;
    HANDLE reading;
    HANDLE made = create_with_sddl(NULL, 5000, L"D:(A;;GR;;;WD)");
    const HANDLE own = GetCurrentProcess();
    assert_true(DuplicateHandle(own, made, own, &reading, SECTION_MAP_READ, FALSE, 0));
    section_duplicate_options options = {.pid = own_process_id(),
                                         .handle = (uint64_t)(uintptr_t)reading};
    works(section_duplicate(&options, &self, &why));
    assert_int_equal(describe(self).access, SECTION_ACCESS_READ);
    assert_true(describe(self).size_exact); /* the right to query was there to take */
    section_close(self);
    options.access = SECTION_ACCESS_READWRITE;
    fails(SECTION_ACCESS_DENIED, section_duplicate(&options, &self, &why));
    CloseHandle(reading);
    CloseHandle(made);
}

static void test_the_sddl_that_was_asked_for_is_enforced(void **state)
{
    (void)state;
    section *self = NULL;
    section *reader = NULL;
    const section_name name = parsed(fresh_name());
    works(create_under("D:(A;;GR;;;WD)", &name, &self));
    assert_int_equal(describe(self).access, SECTION_ACCESS_READWRITE); /* whoever makes it may */
    set_byte(self, 0, 5);
    const section_open_options options = {.name = &name};
    works(section_open(&options, &reader, &why));
    assert_int_equal(describe(reader).access, SECTION_ACCESS_READ);
    assert_int_equal(byte_at(reader, 0), 5);
    section_close(reader);
    section_close(self);
}

static void test_what_is_no_sddl_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"nonsense", "D:(A;;GR;;;", "D:(A;;QQ;;;WD)", "\xFF\xFE"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        section *self = NULL;
        other_section other;
        const section_name name = parsed(fresh_name());
        assert_int_equal(create_under(texts[i], &name, &self), SECTION_BAD_REQUEST);
        assert_int_equal(why.code, SECTION_BAD_REQUEST);
        assert_null(self);
        assert_false(other_open(name.text, &other));
    }
}

static uint64_t start_hardened(child *ret_holder)
{
    char line[40];
    child_start("harden", NULL, NULL, NULL, ret_holder);
    child_hear(ret_holder, line, sizeof line);
    return strtoull(line, NULL, 0);
}

/* Whether SeDebugPrivilege is enabled in the process's own token. */
static bool has_debug_privilege(void)
{
    HANDLE token;
    BOOL enabled = FALSE;
    PRIVILEGE_SET wanted = {.PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY};
    assert_true(LookupPrivilegeValueW(NULL, SE_DEBUG_NAME, &wanted.Privilege[0].Luid));
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &token));
    HANDLE impersonation;
    assert_true(DuplicateToken(token, SecurityImpersonation, &impersonation));
    assert_true(PrivilegeCheck(impersonation, &wanted, &enabled));
    CloseHandle(impersonation);
    CloseHandle(token);
    return enabled;
}

static bool thread_impersonates(void)
{
    HANDLE token;
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
        assert_int_equal(GetLastError(), ERROR_NO_TOKEN);
        return false;
    }
    CloseHandle(token);
    return true;
}

static void test_a_hardened_process_is_denied(void **state)
{
    (void)state;
    child holder;
    section *self = NULL;
    const uint64_t handle = start_hardened(&holder);
    const section_duplicate_options options = {.pid = holder.pid, .handle = handle};
    assert_int_equal(section_duplicate(&options, &self, &why), SECTION_ACCESS_DENIED);
    assert_null(strstr(why.detail, "even with")); /* nobody allowed the privilege */
    assert_false(thread_impersonates());
    assert_int_equal(child_end(&holder), 0);
}

/*
 * Whether SeDebugPrivilege opens that process at all: on Windows it does, Wine grants the privilege
 * and does not look at it.
 */
static bool debug_privilege_opens(uint32_t pid)
{
    HANDLE token;
    HANDLE process;
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    assert_true(LookupPrivilegeValueW(NULL, SE_DEBUG_NAME, &wanted.Privileges[0].Luid));
    assert_true(ImpersonateSelf(SecurityImpersonation));
    assert_true(OpenThreadToken(GetCurrentThread(), TOKEN_ADJUST_PRIVILEGES, TRUE, &token));
    assert_true(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL));
    process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, pid);
    assert_true(RevertToSelf());
    CloseHandle(token);
    if (process != NULL) {
        CloseHandle(process);
    }
    return process != NULL;
}

static void test_the_debug_privilege_is_tried_and_put_back(void **state)
{
    (void)state;
    child holder;
    section *self = NULL;
    const uint64_t handle = start_hardened(&holder);
    section_duplicate_options options = {
        .pid = holder.pid, .handle = handle, .debug_privilege = true};
    assert_false(has_debug_privilege());
    const bool opens = debug_privilege_opens(holder.pid);
    const resources before = count_resources();
    if (opens) {
        works(section_duplicate(&options, &self, &why));
        assert_int_equal(byte_at(self, 0), 0x68);
        section_close(self);
        options.handle = 0x7FFFFFF0;
        fails(SECTION_NOT_FOUND, section_duplicate(&options, &self, &why));
    } else {
        assert_int_equal(section_duplicate(&options, &self, &why), SECTION_ACCESS_DENIED);
        assert_string_equal(why.call, "OpenProcess");
        assert_non_null(strstr(why.detail, "even with SeDebugPrivilege"));
    }
    assert_false(thread_impersonates());
    assert_false(has_debug_privilege());
    const resources after = count_resources();
    assert_int_equal(after.handle_count, before.handle_count);
    assert_int_equal(child_end(&holder), 0);
}

static void test_the_debug_privilege_finds_no_more_processes(void **state)
{
    (void)state;
    section *self = NULL;
    const section_duplicate_options options = {
        .pid = 0x7FFFFFF0, .handle = 4, .debug_privilege = true};
    fails(SECTION_NOT_FOUND, section_duplicate(&options, &self, &why));
    assert_false(thread_impersonates());
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_section_that_grants_reading_is_opened_for_reading),
        cmocka_unit_test(test_a_section_that_grants_nothing_is_denied),
        cmocka_unit_test(test_create_opens_for_reading_what_it_may_not_write),
        cmocka_unit_test(test_without_the_right_to_query_the_size_is_known_by_pages),
        cmocka_unit_test(test_a_duplicate_has_what_the_section_grants),
        cmocka_unit_test(test_the_sddl_that_was_asked_for_is_enforced),
        cmocka_unit_test(test_what_is_no_sddl_is_refused),
        cmocka_unit_test(test_a_hardened_process_is_denied),
        cmocka_unit_test(test_the_debug_privilege_is_tried_and_put_back),
        cmocka_unit_test(test_the_debug_privilege_finds_no_more_processes),
    };
    return cmocka_run_group_tests_name("rights", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
