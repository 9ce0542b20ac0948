#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

#include <section/atomic.h>
#include <section/elements.h>

#include "platform.h"

static section_status duplicate_own(HANDLE handle, section_access access, section **ret_section)
{
    const section_duplicate_options options = {
        .pid = own_process_id(), .handle = (uint64_t)(uintptr_t)handle, .access = access};
    return section_duplicate(&options, ret_section, &why);
}

static void test_the_low_two_bits_of_a_handle_are_ignored(void **state)
{
    (void)state;
    section *made = create_section(NULL, 4096);
    const uint64_t handle = describe(made).handle;
    set_byte(made, 0, 3);
    for (uint64_t low = 0; low < 4; low++) {
        section *self = duplicate_section(own_process_id(), handle | low);
        assert_int_equal(byte_at(self, 0), 3);
        section_close(self);
    }
    section_close(made);
}

static void test_the_type_of_another_object_is_named(void **state)
{
    (void)state;
    static const struct {
        other_kind kind;
        const char *words;
    } cases[] = {
        {KIND_EVENT, "type Event"}, {KIND_PROCESS, "type Process"}, {KIND_FILE, "type File"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        section *self = NULL;
        const uint64_t handle = kind_open(cases[i].kind);
        assert_int_equal(duplicate_own((HANDLE)(uintptr_t)handle, SECTION_ACCESS_MOST, &self),
                         SECTION_NOT_A_SECTION);
        assert_non_null(strstr(why.detail, cases[i].words));
        kind_close(handle);
    }
}

static void test_the_image_of_a_library_is_no_section(void **state)
{
    (void)state;
    wchar_t path[MAX_PATH];
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    wchar_t wide[100];
    const section_open_options opening = {.name = &name};
    const section_create_options making = {.name = &name, .size_bytes = 4096};
    (void)GetModuleFileNameW(GetModuleHandleW(L"kernel32"), path, MAX_PATH);
    assert_true(MultiByteToWideChar(CP_UTF8, 0, name.text, -1, wide, 100) > 0);
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE image = CreateFileMappingW(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, wide);
    assert_non_null(image);
    const resources before = count_resources();
    fails(SECTION_NOT_A_SECTION, duplicate_own(image, SECTION_ACCESS_MOST, &self));
    fails(SECTION_NOT_A_SECTION, duplicate_own(image, SECTION_ACCESS_READ, &self));
    fails(SECTION_NOT_A_SECTION, section_open(&opening, &self, &why));
    fails(SECTION_NOT_A_SECTION, section_create(&making, &self, &why));
    const resources after = count_resources();
    assert_int_equal(after.handle_count, before.handle_count);
    assert_int_equal(after.view_count, before.view_count);
    CloseHandle(image);
    CloseHandle(file);
}

/* A file of 70000 bytes that goes with its last handle. */
static HANDLE temporary_file(void)
{
    wchar_t folder[MAX_PATH];
    wchar_t path[MAX_PATH];
    assert_true(GetTempPathW(MAX_PATH, folder) > 0);
    assert_true(GetTempFileNameW(folder, L"sec", 0, path) > 0);
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    return file;
}

static void test_a_mapped_file_has_its_exact_size(void **state)
{
    (void)state;
    section *self = NULL;
    DWORD received;
    char byte = 0;
    HANDLE file = temporary_file();
    HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 70000, NULL);
    assert_non_null(mapping);
    works(duplicate_own(mapping, SECTION_ACCESS_MOST, &self));
    const section_info info = describe(self);
    assert_int_equal(info.backing, SECTION_BACKING_FILE);
    assert_int_equal(info.size_bytes, 70000);
    assert_true(info.size_exact);
    assert_int_equal(info.access, SECTION_ACCESS_READWRITE);
    assert_int_equal(section_length(self), 70000);
    assert_null(info.name); /* a file's path is not a section's name */
    set_byte(self, 69999, 'z');
    fails(SECTION_BAD_RANGE, section_read(self, 70000, &byte, 1, &why));
    section_close(self);
    assert_true(FlushFileBuffers(file));
    assert_int_equal(SetFilePointer(file, 69999, NULL, FILE_BEGIN), 69999);
    assert_true(ReadFile(file, &byte, 1, &received, NULL));
    assert_int_equal(byte, 'z');
    CloseHandle(mapping);
    CloseHandle(file);
}

/*
 * Cuts a mapped file to 100 bytes. Windows refuses that (ERROR_USER_MAPPED_FILE); under Wine a Unix
 * program can do it. Returns whether it was done.
 */
static bool cut(HANDLE file)
{
    typedef char *(CDECL * unix_name_function)(const wchar_t *path);
    wchar_t path[MAX_PATH + 4];
    wchar_t command[2 * MAX_PATH];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION started;
    LARGE_INTEGER size;
    unsigned looks = 0;
    const FARPROC found = GetProcAddress(GetModuleHandleW(L"kernel32"), "wine_get_unix_file_name");
    assert_int_equal(SetFilePointer(file, 100, NULL, FILE_BEGIN), 100);
    if (SetEndOfFile(file)) {
        return true;
    }
    assert_int_equal(GetLastError(), ERROR_USER_MAPPED_FILE);
    if (found == NULL) {
        return false;
    }
    unix_name_function unix_name;
    memcpy(&unix_name, &found, sizeof unix_name);
    assert_true(GetFinalPathNameByHandleW(file, path, MAX_PATH, FILE_NAME_NORMALIZED) > 0);
    (void)swprintf(command, 2 * MAX_PATH, L"truncate -s 100 %hs", unix_name(path));
    assert_true(CreateProcessW(L"Z:\\usr\\bin\\truncate", command, NULL, NULL, FALSE, 0, NULL, NULL,
                               &startup, &started));
    CloseHandle(started.hThread);
    CloseHandle(started.hProcess);
    do {
        wait_a_moment(&looks);
        assert_true(GetFileSizeEx(file, &size));
    } while (size.QuadPart != 100);
    return true;
}

static void test_a_file_cut_under_the_view_is_gone_and_crashes_nothing(void **state)
{
    (void)state;
    static uint8_t bytes[70000];
    const section_atomic_args add_one = {
        .op = SECTION_ATOMIC_ADD, .type = SECTION_U64, .offset_bytes = 65536};
    const section_elements spread = {100, 8, 1000, 66};
    section_atomic_result result;
    section *self = NULL;
    HANDLE file = temporary_file();
    HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 70000, NULL);
    section *untouched = create_section(NULL, 70000);
    assert_non_null(mapping);
    works(duplicate_own(mapping, SECTION_ACCESS_MOST, &self));
    works(section_write(self, 0, "first", 5, &why));
    if (cut(file)) {
        fails(SECTION_GONE, section_read(self, 65536, bytes, 1, &why));
        fails(SECTION_GONE, section_read(self, 0, bytes, sizeof bytes, &why));
        fails(SECTION_GONE, section_write(self, 65536, bytes, 1, &why));
        fails(SECTION_GONE, section_write(self, 0, bytes, sizeof bytes, &why));
        fails(SECTION_GONE, section_atomic(self, &add_one, &result, &why));
        fails(SECTION_GONE, section_write_elements(self, &spread, bytes, &why));
        fails(SECTION_GONE, section_read_elements(self, &spread, bytes, &why));
        assert_int_equal(byte_at(self, 4), 't');
        set_byte(self, 4, 'T');
    } else {
        works(section_read(self, 0, bytes, sizeof bytes, &why));
    }
    set_byte(untouched, 69999, 1);
    section_close(untouched);
    section_close(self);
    CloseHandle(mapping);
    CloseHandle(file);
}

static void test_a_file_mapped_read_only_is_read(void **state)
{
    (void)state;
    section *self = NULL;
    HANDLE file = temporary_file();
    HANDLE mapping;
    assert_int_equal(SetFilePointer(file, 70000, NULL, FILE_BEGIN), 70000);
    assert_true(SetEndOfFile(file));
    mapping = CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL);
    assert_non_null(mapping);
    works(duplicate_own(mapping, SECTION_ACCESS_READ, &self));
    assert_int_equal(byte_at(self, 69999), 0);
    fails(SECTION_READ_ONLY, section_write(self, 0, "x", 1, &why));
    section_close(self);
    works(duplicate_own(mapping, SECTION_ACCESS_WRITECOPY, &self));
    set_byte(self, 0, 1);
    section_close(self);
    CloseHandle(mapping);
    CloseHandle(file);
}

/* Windows refuses to map what its pages do not allow; Wine maps it for writing all the same. */
static void test_the_most_of_a_read_only_mapping_is_what_can_be_mapped(void **state)
{
    (void)state;
    section *self = NULL;
    wchar_t wide[100];
    const section_name name = parsed(fresh_name());
    const section_open_options options = {.name = &name};
    HANDLE file = temporary_file();
    assert_int_equal(SetFilePointer(file, 4096, NULL, FILE_BEGIN), 4096);
    assert_true(SetEndOfFile(file));
    assert_true(MultiByteToWideChar(CP_UTF8, 0, name.text, -1, wide, 100) > 0);
    HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, wide);
    HANDLE writing = OpenFileMappingW(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, wide);
    assert_non_null(mapping);
    assert_non_null(writing);
    void *view = MapViewOfFile(writing, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
    works(section_open(&options, &self, &why));
    assert_int_equal(describe(self).access,
                     view != NULL ? SECTION_ACCESS_READWRITE : SECTION_ACCESS_READ);
    assert_int_equal(byte_at(self, 4095), 0);
    section_close(self);
    if (view != NULL) {
        UnmapViewOfFile(view);
    }
    CloseHandle(writing);
    CloseHandle(mapping);
    CloseHandle(file);
}

static void test_a_global_name_is_told_as_global(void **state)
{
    (void)state;
    char text[100];
    other_section other;
    (void)snprintf(text, sizeof text, "Global\\%s", fresh_name());
    section *made = create_section(text, 4096);
    assert_int_equal(describe(made).name->scope, SECTION_SCOPE_GLOBAL);
    assert_string_equal(describe(made).name->text, text + 7);
    assert_true(other_open(text, &other));
    assert_false(other_open(text + 7, &other)); /* the local one is another */
    section *self = duplicate_section(own_process_id(), describe(made).handle);
    assert_int_equal(describe(self).name->scope, SECTION_SCOPE_GLOBAL);
    assert_string_equal(describe(self).name->text, text + 7);
    section_close(self);
    section_close(made);
    other_close(&other);
}

static void test_a_session_name_is_told_relative_to_our_session(void **state)
{
    (void)state;
    DWORD session;
    char text[100];
    const char *name = fresh_name();
    assert_true(ProcessIdToSessionId(GetCurrentProcessId(), &session));
    (void)snprintf(text, sizeof text, "Session\\%lu\\%s", session, name);
    section *made = create_section(text, 4096);
    assert_string_equal(describe(made).name->text, text);
    section *self = duplicate_section(own_process_id(), describe(made).handle);
    assert_string_equal(describe(self).name->text, name); /* the same, said shorter */
    assert_int_equal(describe(self).name->scope, SECTION_SCOPE_LOCAL);
    section_close(self);
    section_close(made);
}

static void test_a_name_in_a_session_that_is_not_there_is_refused(void **state)
{
    (void)state;
    section *self = NULL;
    char text[100];
    (void)snprintf(text, sizeof text, "Session\\4000000000\\%s", fresh_name());
    const section_name name = parsed(text);
    const section_create_options options = {.name = &name, .size_bytes = 4096};
    fails(SECTION_BAD_NAME, section_create(&options, &self, &why));
}

static void test_the_system_protects_a_protected_handle(void **state)
{
    (void)state;
    section *self = NULL;
    DWORD flags;
    const section_create_options options = {.size_bytes = 4096, .protect = true, .inherit = true};
    works(section_create(&options, &self, &why));
    HANDLE handle = (HANDLE)(uintptr_t)describe(self).handle;
    assert_true(GetHandleInformation(handle, &flags));
    assert_int_equal(flags, HANDLE_FLAG_PROTECT_FROM_CLOSE | HANDLE_FLAG_INHERIT);
    assert_false(CloseHandle(handle));
    assert_true(SetHandleInformation(handle, HANDLE_FLAG_INHERIT, 0));
    assert_false(describe(self).inherit); /* told by the system, not remembered */
    assert_true(SetHandleInformation(handle, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    assert_false(describe(self).protect);
    assert_true(SetHandleInformation(handle, HANDLE_FLAG_PROTECT_FROM_CLOSE,
                                     HANDLE_FLAG_PROTECT_FROM_CLOSE));
    section_close(self);
    assert_false(GetHandleInformation(handle, &flags));
}

static void test_names_cannot_be_kept(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    const section_create_options options = {.name = &name, .size_bytes = 4096, .keep_name = true};
    fails(SECTION_UNSUPPORTED, section_create(&options, &self, &why));
    section *made = create_section(name.text, 4096);
    section *again = open_section(name.text);
    assert_false(section_owns_name(made));
    assert_false(section_pass_name(made, again));
    section_close(again);
    section_close(made);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_the_low_two_bits_of_a_handle_are_ignored),
        cmocka_unit_test(test_the_type_of_another_object_is_named),
        cmocka_unit_test(test_the_image_of_a_library_is_no_section),
        cmocka_unit_test(test_a_mapped_file_has_its_exact_size),
        cmocka_unit_test(test_a_file_cut_under_the_view_is_gone_and_crashes_nothing),
        cmocka_unit_test(test_a_file_mapped_read_only_is_read),
        cmocka_unit_test(test_the_most_of_a_read_only_mapping_is_what_can_be_mapped),
        cmocka_unit_test(test_a_global_name_is_told_as_global),
        cmocka_unit_test(test_a_session_name_is_told_relative_to_our_session),
        cmocka_unit_test(test_a_name_in_a_session_that_is_not_there_is_refused),
        cmocka_unit_test(test_the_system_protects_a_protected_handle),
        cmocka_unit_test(test_names_cannot_be_kept),
    };
    return cmocka_run_group_tests_name("objects", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
