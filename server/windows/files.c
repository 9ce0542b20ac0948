#include <windows.h>

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <section_windows/cleanup.h>
#include <section_windows/wide.h>

#include "base/platform.h"
#include "base/secret.h"

enum { SUFFIX_RANDOM_BYTES = 8 };

static section_status no_memory(section_error *ret_error)
{
    return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a path");
}

char *platform_join_path(const char *directory, const char *file_name)
{
    const size_t length = strlen(directory) + 1 + strlen(file_name) + 1;
    char *path = malloc(length);
    if (path != NULL) {
        (void)snprintf(path, length, "%s\\%s", directory, file_name);
    }
    return path;
}

/* An environment variable as UTF-8; NULL where it is not set or empty. */
static char *get_variable(const wchar_t *name)
{
    const DWORD units = GetEnvironmentVariableW(name, NULL, 0);
    _cleanup_free_ wchar_t *wide = units > 1 ? malloc(units * sizeof *wide) : NULL;
    if (wide == NULL || GetEnvironmentVariableW(name, wide, units) >= units) {
        return NULL;
    }
    return utf8_copy(wide);
}

char *platform_state_directory(void)
{
    _cleanup_free_ char *folder = get_variable(L"LOCALAPPDATA");
    return folder != NULL ? platform_join_path(folder, "sectiond") : NULL;
}

char *platform_runtime_directory(void)
{
    return NULL; /* a socket in the file system does not tell here who connects */
}

section_status platform_check_directory(const char *path, section_error *ret_error)
{
    _cleanup_free_ wchar_t *wide = wide_from_utf8(path);
    if (wide == NULL) {
        return no_memory(ret_error);
    }
    const DWORD attributes = GetFileAttributesW(wide);
    if (attributes == INVALID_FILE_ATTRIBUTES) {
        return section_fail_os(ret_error, "GetFileAttributesW", SECTION_OS_WIN32, GetLastError(),
                               path);
    }
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.200s is not a folder", path);
    }
    return SECTION_OK;
}

/*
 * A descriptor of full access for our user and nobody else, inheriting nothing; LocalFree it.
 * `flags` are those of its entry, in SDDL: OICI hands it on to what a folder will hold.
 */
static PSECURITY_DESCRIPTOR user_only_descriptor(const wchar_t *flags)
{
    union {
        TOKEN_USER user;
        char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } token_user;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    wchar_t sddl[256];
    DWORD length;
    _cleanup_handle_ HANDLE token = NULL;
    _cleanup_local_free_ wchar_t *sid = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
        !GetTokenInformation(token, TokenUser, &token_user, sizeof token_user, &length) ||
        !ConvertSidToStringSidW(token_user.user.User.Sid, &sid)) {
        return NULL;
    }
    (void)swprintf(sddl, sizeof sddl / sizeof sddl[0], L"D:P(A;%ls;FA;;;%ls)", flags, sid);
    (void)ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1, &descriptor,
                                                               NULL);
    return descriptor;
}

section_status platform_make_directory(const char *path, section_error *ret_error)
{
    _cleanup_free_ wchar_t *wide = wide_from_utf8(path);
    if (wide == NULL) {
        return no_memory(ret_error);
    }
    _cleanup_local_free_ PSECURITY_DESCRIPTOR descriptor = user_only_descriptor(L"OICI");
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes,
                                      .lpSecurityDescriptor = descriptor};
    if (descriptor == NULL) {
        return section_fail_os(ret_error, "OpenProcessToken", SECTION_OS_WIN32, GetLastError(),
                               "who we are cannot be told");
    }
    for (wchar_t *each = wide + 1; *each != L'\0'; each++) {
        if (*each == L'\\' || *each == L'/') {
            const wchar_t separator = *each;
            *each = L'\0';
            (void)CreateDirectoryW(wide, &attributes); /* if this fails, the last one fails, too */
            *each = separator;
        }
    }
    if (CreateDirectoryW(wide, &attributes)) {
        return SECTION_OK;
    }
    const DWORD number = GetLastError();
    return number == ERROR_ALREADY_EXISTS
               ? platform_check_directory(path, ret_error)
               : section_fail_os(ret_error, "CreateDirectoryW", SECTION_OS_WIN32, number, path);
}

/* CREATE_NEW never follows a link that somebody has put there. */
static section_status create_private(const char *path, HANDLE *ret_file, section_error *ret_error)
{
    _cleanup_free_ wchar_t *wide = wide_from_utf8(path);
    if (wide == NULL) {
        return no_memory(ret_error);
    }
    _cleanup_local_free_ PSECURITY_DESCRIPTOR descriptor = user_only_descriptor(L"");
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes,
                                      .lpSecurityDescriptor = descriptor};
    if (descriptor == NULL) {
        return section_fail_os(ret_error, "OpenProcessToken", SECTION_OS_WIN32, GetLastError(),
                               "who we are cannot be told");
    }
    HANDLE file = CreateFileW(wide, GENERIC_WRITE | DELETE, 0, &attributes, CREATE_NEW,
                              FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return section_fail_os(ret_error, "CreateFileW", SECTION_OS_WIN32, GetLastError(), path);
    }
    *ret_file = file;
    return SECTION_OK;
}

static void remove_open_file(HANDLE file)
{
    FILE_DISPOSITION_INFO disposition = {.DeleteFile = TRUE};
    (void)SetFileInformationByHandle(file, FileDispositionInfo, &disposition, sizeof disposition);
}

/*
 * Makes the file under a name of its own beside the path, whole and on the disk, so that nobody ever
 * sees a part of it under the other name. The caller frees the name.
 */
static section_status make_aside(const char *path, const char *content, char **ret_name,
                                 section_error *ret_error)
{
    char suffix[2 * SUFFIX_RANDOM_BYTES + 1];
    DWORD written = 0;
    _cleanup_handle_ HANDLE file = INVALID_HANDLE_VALUE;
    const size_t capacity = strlen(path) + sizeof suffix + 1;
    _cleanup_free_ char *name = malloc(capacity);
    if (name == NULL) {
        return no_memory(ret_error);
    }
    section_status status = secret_make(SUFFIX_RANDOM_BYTES, suffix, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    (void)snprintf(name, capacity, "%s.%s", path, suffix);
    status = create_private(name, &file, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const DWORD length = (DWORD)strlen(content);
    if (!WriteFile(file, content, length, &written, NULL) || written != length ||
        !FlushFileBuffers(file)) {
        status = section_fail_os(ret_error, "WriteFile", SECTION_OS_WIN32, GetLastError(), path);
        remove_open_file(file); /* a half-written token would be taken for a complete one */
        return status;
    }
    *ret_name = name;
    name = NULL;
    return SECTION_OK;
}

typedef DWORD give_name(const wchar_t *from, const wchar_t *to);

/* Makes the file and gives it its name. */
static section_status put_private_file(const char *path, const char *content, give_name *give,
                                       const char *call, section_error *ret_error)
{
    _cleanup_free_ char *fresh = NULL;
    _cleanup_free_ wchar_t *to = wide_from_utf8(path);
    if (to == NULL) {
        return no_memory(ret_error);
    }
    section_status status = make_aside(path, content, &fresh, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    _cleanup_free_ wchar_t *from = wide_from_utf8(fresh);
    if (from == NULL) {
        return no_memory(ret_error);
    }
    const DWORD number = give(from, to);
    (void)DeleteFileW(from); /* a second name by now, or not needed */
    return number == ERROR_SUCCESS
               ? SECTION_OK
               : section_fail_os(ret_error, call, SECTION_OS_WIN32, number, path);
}

/* As a second name, which replaces nothing; where the file system has none, by moving it. */
static DWORD link_or_move(const wchar_t *from, const wchar_t *to)
{
    if (CreateHardLinkW(to, from, NULL)) {
        return ERROR_SUCCESS;
    }
    const DWORD number = GetLastError();
    if (number == ERROR_ALREADY_EXISTS || number == ERROR_FILE_EXISTS) {
        return ERROR_ALREADY_EXISTS;
    }
    return MoveFileExW(from, to, 0) ? ERROR_SUCCESS : GetLastError();
}

static DWORD replace(const wchar_t *from, const wchar_t *to)
{
    const DWORD flags = MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH;
    return MoveFileExW(from, to, flags) ? ERROR_SUCCESS : GetLastError();
}

section_status platform_create_private_file(const char *path, const char *content,
                                            section_error *ret_error)
{
    return put_private_file(path, content, link_or_move, "CreateHardLinkW", ret_error);
}

section_status platform_replace_private_file(const char *path, const char *content,
                                             section_error *ret_error)
{
    return put_private_file(path, content, replace, "MoveFileExW", ret_error);
}

section_status platform_remove_file(const char *path, section_error *ret_error)
{
    _cleanup_free_ wchar_t *wide = wide_from_utf8(path);
    if (wide == NULL) {
        return no_memory(ret_error);
    }
    return DeleteFileW(wide)
               ? SECTION_OK
               : section_fail_os(ret_error, "DeleteFileW", SECTION_OS_WIN32, GetLastError(), path);
}

static void tell_names(HANDLE search, WIN32_FIND_DATAW *found, platform_take_name *take,
                       void *context)
{
    do {
        _cleanup_free_ char *name = utf8_copy(found->cFileName);
        if (name != NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            take(context, name);
        }
    } while (FindNextFileW(search, found));
}

section_status platform_list_directory(const char *path, platform_take_name *take, void *context,
                                       section_error *ret_error)
{
    WIN32_FIND_DATAW found;
    _cleanup_free_ char *pattern = platform_join_path(path, "*");
    _cleanup_free_ wchar_t *wide = pattern != NULL ? wide_from_utf8(pattern) : NULL;
    if (wide == NULL) {
        return no_memory(ret_error);
    }
    HANDLE search = FindFirstFileW(wide, &found);
    if (search == INVALID_HANDLE_VALUE) {
        return section_fail_os(ret_error, "FindFirstFileW", SECTION_OS_WIN32, GetLastError(), path);
    }
    tell_names(search, &found, take, context);
    (void)FindClose(search);
    return SECTION_OK;
}

static section_status read_open_file(HANDLE file, const char *path, size_t limit_bytes,
                                     char **ret_text, section_error *ret_error)
{
    LARGE_INTEGER size;
    DWORD got = 0;
    if (GetFileType(file) != FILE_TYPE_DISK || !GetFileSizeEx(file, &size) || size.QuadPart < 0 ||
        (uint64_t)size.QuadPart > limit_bytes || limit_bytes > 0x7FFFFFFF) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "%.200s is not a file of at most %llu bytes", path,
                            (unsigned long long)limit_bytes);
    }
    _cleanup_free_ char *text = malloc((size_t)size.QuadPart + 1);
    if (text == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a file");
    }
    if (!ReadFile(file, text, (DWORD)size.QuadPart, &got, NULL)) {
        return section_fail_os(ret_error, "ReadFile", SECTION_OS_WIN32, GetLastError(), path);
    }
    text[got] = '\0';
    *ret_text = text;
    text = NULL;
    return secret_check_text(ret_text, (uint64_t)size.QuadPart, path, ret_error);
}

static section_status read_file(const char *path, DWORD flags, size_t limit_bytes, char **ret_text,
                                section_error *ret_error)
{
    BY_HANDLE_FILE_INFORMATION facts;
    _cleanup_free_ wchar_t *wide = wide_from_utf8(path);
    if (wide == NULL) {
        return no_memory(ret_error);
    }
    _cleanup_handle_ HANDLE file =
        CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                    FILE_ATTRIBUTE_NORMAL | flags, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return section_fail_os(ret_error, "CreateFileW", SECTION_OS_WIN32, GetLastError(), path);
    }
    if (flags != 0 && (!GetFileInformationByHandle(file, &facts) ||
                       (facts.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.200s is a link", path);
    }
    return read_open_file(file, path, limit_bytes, ret_text, ret_error);
}

section_status platform_read_file(const char *path, size_t limit_bytes, char **ret_text,
                                  section_error *ret_error)
{
    return read_file(path, 0, limit_bytes, ret_text, ret_error);
}

section_status platform_read_plain_file(const char *path, size_t limit_bytes, char **ret_text,
                                        section_error *ret_error)
{
    return read_file(path, FILE_FLAG_OPEN_REPARSE_POINT, limit_bytes, ret_text, ret_error);
}
