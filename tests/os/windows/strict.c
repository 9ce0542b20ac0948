#include "harness.h"

#include <stdio.h>
#include <string.h>

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <winternl.h>

#include <section_windows/place.h>

#include "platform.h"

/*
 * Wine lets calls through that Windows refuses for want of a right, or for an argument. So the linker
 * puts the functions below in the place of those calls: each demands what Microsoft's page of the call
 * demands, then makes the call.
 */

#define WRAPPED(result, name, ...)                                                                 \
    extern result(WINAPI *__real___imp_##name)(__VA_ARGS__);                                       \
    static result WINAPI strict_##name(__VA_ARGS__);                                               \
    extern result(WINAPI *__wrap___imp_##name)(__VA_ARGS__);                                       \
    result(WINAPI *__wrap___imp_##name)(__VA_ARGS__) = strict_##name;                              \
    static result WINAPI strict_##name(__VA_ARGS__)

static bool has_rights(HANDLE handle, ACCESS_MASK rights)
{
    PUBLIC_OBJECT_BASIC_INFORMATION granted;
    const bool told =
        NtQueryObject(handle, ObjectBasicInformation, &granted, sizeof granted, NULL) == 0;
    if (told && (granted.GrantedAccess & rights) == rights) {
        return true;
    }
    SetLastError(ERROR_ACCESS_DENIED);
    return false;
}

WRAPPED(BOOL, GetFileInformationByHandle, HANDLE file, LPBY_HANDLE_FILE_INFORMATION ret_facts)
{
    return has_rights(file, FILE_READ_ATTRIBUTES) &&
           __real___imp_GetFileInformationByHandle(file, ret_facts);
}

WRAPPED(BOOL, GetFileSizeEx, HANDLE file, PLARGE_INTEGER ret_size)
{
    return has_rights(file, FILE_READ_ATTRIBUTES) && __real___imp_GetFileSizeEx(file, ret_size);
}

WRAPPED(BOOL, SetFileInformationByHandle, HANDLE file, FILE_INFO_BY_HANDLE_CLASS class,
        LPVOID information, DWORD information_bytes)
{
    return has_rights(file, class == FileDispositionInfo ? DELETE : FILE_WRITE_DATA) &&
           __real___imp_SetFileInformationByHandle(file, class, information, information_bytes);
}

WRAPPED(BOOL, FlushFileBuffers, HANDLE file)
{
    return has_rights(file, FILE_WRITE_DATA) && __real___imp_FlushFileBuffers(file);
}

WRAPPED(HANDLE, CreateFileMappingW, HANDLE file, LPSECURITY_ATTRIBUTES attributes, DWORD protection,
        DWORD size_high, DWORD size_low, LPCWSTR name)
{
    const ACCESS_MASK rights =
        FILE_READ_DATA | ((protection & PAGE_READWRITE) != 0 ? FILE_WRITE_DATA : 0);
    return file == INVALID_HANDLE_VALUE || has_rights(file, rights)
               ? __real___imp_CreateFileMappingW(file, attributes, protection, size_high, size_low,
                                                 name)
               : NULL;
}

WRAPPED(LPVOID, MapViewOfFile, HANDLE section, DWORD access, DWORD offset_high, DWORD offset_low,
        SIZE_T length_bytes)
{
    const ACCESS_MASK rights = (access & FILE_MAP_WRITE) != 0
                                   ? SECTION_MAP_READ | SECTION_MAP_WRITE
                                   : SECTION_MAP_READ; /* FILE_MAP_COPY wants no more */
    return has_rights(section, rights)
               ? __real___imp_MapViewOfFile(section, access, offset_high, offset_low, length_bytes)
               : NULL;
}

WRAPPED(LPVOID, VirtualAlloc, LPVOID address, SIZE_T length_bytes, DWORD type, DWORD protection)
{
    if (protection == PAGE_WRITECOPY || protection == PAGE_EXECUTE_WRITECOPY) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return __real___imp_VirtualAlloc(address, length_bytes, type, protection);
}

/* As under Wine on a mount that is not that of a drive: the device is not told. */
static bool tells_no_device;

WRAPPED(DWORD, GetFinalPathNameByHandleW, HANDLE file, LPWSTR ret_path, DWORD units, DWORD form)
{
    if (tells_no_device && (form & VOLUME_NAME_NT) != 0) {
        SetLastError(ERROR_GEN_FAILURE);
        return 0;
    }
    return __real___imp_GetFinalPathNameByHandleW(file, ret_path, units, form);
}

/* A new folder `one\two` for files below a folder of this test's own. */
static void make_folder(char ret_folder[3 * MAX_PATH])
{
    static const wchar_t *const steps[] = {L"", L"\\one", L"\\one\\two"};
    wchar_t temporary[MAX_PATH];
    wchar_t base[MAX_PATH];
    assert_true(GetTempPathW(MAX_PATH, temporary) > 0);
    (void)swprintf(base, MAX_PATH, L"%ls%hs", temporary, fresh_name());
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        wchar_t path[2 * MAX_PATH];
        (void)swprintf(path, 2 * MAX_PATH, L"%ls%ls", base, steps[i]);
        assert_true(CreateDirectoryW(path, NULL));
    }
    assert_true(WideCharToMultiByte(CP_UTF8, 0, base, -1, ret_folder, 3 * MAX_PATH, NULL, NULL) >
                0);
}

static section_status create_in(const char *folder, const char *file, section_access access,
                                section_file_open file_open, uint64_t size_bytes,
                                section **ret_section)
{
    const section_create_options options = {.size_bytes = size_bytes,
                                            .file = file,
                                            .file_folder = folder,
                                            .file_open = file_open,
                                            .access = access};
    return section_create(&options, ret_section, &why);
}

static void test_a_file_in_a_subfolder_is_made_and_opened_with_the_rights_asked_for(void **state)
{
    (void)state;
    static const char file[] = "one\\two\\data.bin";
    char folder[3 * MAX_PATH];
    section *self = NULL;
    section_flushed flushed;
    make_folder(folder);
    works(create_in(folder, file, SECTION_ACCESS_READWRITE, SECTION_FILE_CREATE_NEW, 4096, &self));
    assert_true(section_check_may_wait_for_disk(self)); /* the system asks the file's server */
    set_byte(self, 5, 55);
    works(section_flush(self, 0, 4096, &flushed, &why));
    assert_int_equal(flushed, SECTION_FLUSHED_TO_DISK);
    section_close(self);
    works(create_in(folder, file, SECTION_ACCESS_READ, SECTION_FILE_OPEN_EXISTING, 0, &self));
    assert_int_equal(byte_at(self, 5), 55);
    section_close(self);
    works(create_in(folder, file, SECTION_ACCESS_WRITECOPY, SECTION_FILE_OPEN_EXISTING, 0, &self));
    set_byte(self, 5, 56);
    section_close(self);
    works(create_in(folder, file, SECTION_ACCESS_READWRITE, SECTION_FILE_OPEN_OR_CREATE, 0, &self));
    assert_int_equal(byte_at(self, 5), 55);
    section_close(self);
    works(create_in(folder, file, SECTION_ACCESS_READWRITE, SECTION_FILE_TRUNCATE, 8192, &self));
    assert_int_equal(byte_at(self, 5), 0);
    section_close(self);
}

static void test_a_new_file_without_a_section_is_deleted_with_the_right_to(void **state)
{
    (void)state;
    char folder[3 * MAX_PATH];
    section *self = NULL;
    make_folder(folder);
    fails(SECTION_BAD_SIZE, create_in(folder, "one\\empty.bin", SECTION_ACCESS_READWRITE,
                                      SECTION_FILE_CREATE_NEW, 0, &self));
    fails(SECTION_NOT_FOUND, create_in(folder, "one\\empty.bin", SECTION_ACCESS_READWRITE,
                                       SECTION_FILE_OPEN_EXISTING, 4096, &self));
}

static void test_a_file_is_opened_where_the_system_tells_no_device(void **state)
{
    (void)state;
    static const char file[] = "one\\two\\data.bin";
    char folder[3 * MAX_PATH];
    section *self = NULL;
    make_folder(folder);
    tells_no_device = true;
    works(create_in(folder, file, SECTION_ACCESS_READWRITE, SECTION_FILE_CREATE_NEW, 4096, &self));
    section_close(self);
    fails(SECTION_ACCESS_DENIED, create_in(folder, "one\\..\\..\\data.bin", SECTION_ACCESS_READ,
                                           SECTION_FILE_OPEN_EXISTING, 0, &self));
    tells_no_device = false;
}

static HANDLE open_steps(const char *folder, const wchar_t *steps)
{
    wchar_t path[2 * MAX_PATH];
    (void)swprintf(path, 2 * MAX_PATH, L"%hs%ls", folder, steps);
    HANDLE handle = place_open_folder(path, FILE_LIST_DIRECTORY);
    assert_true(handle != INVALID_HANDLE_VALUE);
    return handle;
}

static void expect_below(HANDLE folder, HANDLE object, const wchar_t *wanted)
{
    wchar_t *below = place_below(folder, object);
    assert_true((below != NULL) == (wanted != NULL));
    assert_true(wanted == NULL || wcscmp(below, wanted) == 0);
    free(below);
}

static void test_what_lies_below_a_folder_is_told_from_what_does_not(void **state)
{
    (void)state;
    char folder[3 * MAX_PATH];
    char other[3 * MAX_PATH];
    make_folder(folder);
    (void)snprintf(other, sizeof other, "%s\\one\\two-and-more", folder);
    assert_true(CreateDirectoryA(other, NULL));
    HANDLE one = open_steps(folder, L"\\one");
    HANDLE two = open_steps(folder, L"\\one\\two");
    HANDLE beside = open_steps(other, L"");
    HANDLE drive = open_steps("C:\\", L"");
    HANDLE windows = open_steps("C:\\windows", L"");
    for (int i = 0; i < 2; i++) {
        tells_no_device = i == 1;
        expect_below(one, two, L"two");
        expect_below(one, one, L"");
        expect_below(two, one, NULL);
        expect_below(two, beside, NULL); /* its name only begins so */
        expect_below(drive, windows, L"windows");
        expect_below(windows, one, NULL);
    }
    tells_no_device = false;
    CloseHandle(one);
    CloseHandle(two);
    CloseHandle(beside);
    CloseHandle(drive);
    CloseHandle(windows);
}

static void test_a_private_view_of_reserved_pages_is_committed(void **state)
{
    (void)state;
    section *self = NULL;
    section *made = NULL;
    const section_create_options making = {.size_bytes = 65536, .reserve = true};
    works(section_create(&making, &made, &why));
    const section_duplicate_options options = {.pid = own_process_id(),
                                               .handle = describe(made).handle,
                                               .access = SECTION_ACCESS_WRITECOPY};
    works(section_duplicate(&options, &self, &why));
    set_byte(self, 4096, 1);
    set_byte(self, 4097, 2); /* its page is our own by now */
    assert_int_equal(byte_at(self, 4096), 1);
    assert_int_equal(byte_at(self, 4097), 2);
    assert_int_equal(byte_at(made, 4096), 0);
    section_close(self);
    section_close(made);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_file_in_a_subfolder_is_made_and_opened_with_the_rights_asked_for),
        cmocka_unit_test(test_a_new_file_without_a_section_is_deleted_with_the_right_to),
        cmocka_unit_test(test_a_file_is_opened_where_the_system_tells_no_device),
        cmocka_unit_test(test_what_lies_below_a_folder_is_told_from_what_does_not),
        cmocka_unit_test(test_a_private_view_of_reserved_pages_is_committed),
    };
    return cmocka_run_group_tests_name("strict", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
