#include "file.h"

#include <stdlib.h>
#include <string.h>

#include <section_windows/cleanup.h>
#include <section_windows/place.h>
#include <section_windows/wide.h>

/* Native programs may open the file at the same time, with any share mode. */
static const ULONG share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

/* NtCreateFile adds no right by itself, and GetFileInformationByHandle needs the last of these. */
static const ACCESS_MASK step_rights = FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_READ_ATTRIBUTES;

/* The limit of NTFS, which is far below what a UNICODE_STRING can hold. */
enum { STEP_UNITS_MAX = 255 };

/* Names that are devices in every folder, whatever extension they have. */
static bool is_device_name(const wchar_t *name, size_t units)
{
    static const wchar_t *const devices[] = {L"CON", L"PRN", L"AUX", L"NUL", L"CONIN$", L"CONOUT$"};
    size_t stem = 0;
    while (stem < units && name[stem] != L'.') {
        stem++;
    }
    while (stem > 0 && name[stem - 1] == L' ') {
        stem--;
    }
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (wcslen(devices[i]) == stem && _wcsnicmp(name, devices[i], stem) == 0) {
            return true;
        }
    }
    /* COM1 … COM9, LPT1 … LPT9, and the superscript digits that Windows takes for 1, 2 and 3. */
    return stem == 4 && (_wcsnicmp(name, L"COM", 3) == 0 || _wcsnicmp(name, L"LPT", 3) == 0) &&
           wcschr(L"123456789\u00B9\u00B2\u00B3", name[3]) != NULL;
}

/*
 * One step of a path. Refused are the ways out (`..`, drives and streams, which need a colon), what
 * is no file (devices), and what Windows would read as another name (blanks and dots at the end).
 */
static section_status check_component(const wchar_t *name, size_t units, section_error *ret_error)
{
    const char *wrong = NULL;
    if (units > STEP_UNITS_MAX) {
        return section_fail(ret_error, SECTION_BAD_NAME,
                            "a step of the path is longer than file names can be");
    }
    if (units == 0 || (units == 1 && name[0] == L'.')) {
        wrong = "the path is not relative, or has an empty step";
    } else if (units == 2 && wcsncmp(name, L"..", 2) == 0) {
        wrong = "the path leaves the folder for files";
    } else if (name[units - 1] == L'.' || name[units - 1] == L' ') {
        wrong = "a step of the path ends with a dot or a blank";
    } else if (is_device_name(name, units)) {
        wrong = "a step of the path is the name of a device";
    }
    for (size_t i = 0; wrong == NULL && i < units; i++) {
        if (name[i] < 0x20 || wcschr(L"<>:\"|?*", name[i]) != NULL) {
            wrong = "a step of the path has a character that file names cannot have";
        }
    }
    return wrong == NULL ? SECTION_OK : section_fail(ret_error, SECTION_ACCESS_DENIED, "%s", wrong);
}

static HANDLE open_root(const char *folder)
{
    _cleanup_free_ wchar_t *wide = wide_from_utf8(folder);
    return wide != NULL ? place_open_folder(wide, FILE_LIST_DIRECTORY | FILE_TRAVERSE)
                        : INVALID_HANDLE_VALUE;
}

/* Relative to an open folder, following no link: no other process can swap a step for another. */
static NTSTATUS open_relative(HANDLE folder, wchar_t *name, size_t units, ACCESS_MASK access,
                              ULONG disposition, ULONG options, HANDLE *ret_handle)
{
    UNICODE_STRING text = {.Length = (USHORT)(units * sizeof *name),
                           .MaximumLength = (USHORT)(units * sizeof *name),
                           .Buffer = name};
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE, folder, NULL);
    return NtCreateFile(ret_handle, access | SYNCHRONIZE, &attributes, &io, NULL,
                        FILE_ATTRIBUTE_NORMAL, share_all, disposition,
                        options | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_REPARSE_POINT, NULL, 0);
}

static section_status fail_open(section_error *ret_error, NTSTATUS status)
{
    return section_fail_os(ret_error, "NtCreateFile", SECTION_OS_NTSTATUS, (uint32_t)status,
                           "the file cannot be opened");
}

static section_status check_no_link(HANDLE handle, BY_HANDLE_FILE_INFORMATION *ret_facts,
                                    section_error *ret_error)
{
    if (!GetFileInformationByHandle(handle, ret_facts)) {
        return section_fail_os(ret_error, "GetFileInformationByHandle", SECTION_OS_WIN32,
                               GetLastError(), "the file does not answer");
    }
    if ((ret_facts->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "a step of the path is a link, which may leave the folder for files");
    }
    return SECTION_OK;
}

/*
 * Wine follows symbolic links of Unix and does not report them as such, so the resulting path is
 * checked.
 */
static section_status check_inside(HANDLE root, HANDLE handle, section_error *ret_error)
{
    _cleanup_free_ wchar_t *below = place_below(root, handle);
    return below != NULL ? SECTION_OK
                         : section_fail(ret_error, SECTION_ACCESS_DENIED,
                                        "the path leaves the folder for files");
}

/*
 * Goes down the steps before the last. `*folder` starts as the root and is replaced by the folder that
 * holds the file; the caller closes it unless it is the root.
 */
static section_status descend(HANDLE root, HANDLE *folder, wchar_t **path, section_error *ret_error)
{
    wchar_t *end;
    while ((end = wcspbrk(*path, L"\\/")) != NULL) {
        HANDLE next;
        BY_HANDLE_FILE_INFORMATION facts;
        const size_t units = (size_t)(end - *path);
        section_status status = check_component(*path, units, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        NTSTATUS opened = open_relative(*folder, *path, units, step_rights, FILE_OPEN,
                                        FILE_DIRECTORY_FILE, &next);
        if (!NT_SUCCESS(opened)) {
            return fail_open(ret_error, opened);
        }
        if (*folder != root) {
            CloseHandle(*folder);
        }
        *folder = next;
        *path = end + 1;
        status = check_no_link(next, &facts, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return check_inside(root, *folder, ret_error);
}

static section_status check_file(HANDLE root, HANDLE handle, uint64_t *ret_size_bytes,
                                 section_error *ret_error)
{
    BY_HANDLE_FILE_INFORMATION facts;
    section_status status = check_no_link(handle, &facts, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (GetFileType(handle) != FILE_TYPE_DISK) {
        return section_fail(ret_error, SECTION_NOT_A_SECTION, "it is not a regular file");
    }
    if (facts.nNumberOfLinks != 1) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "the file has other names, which may lie outside the folder");
    }
    *ret_size_bytes = (uint64_t)facts.nFileSizeHigh << 32 | facts.nFileSizeLow;
    return check_inside(root, handle, ret_error);
}

static section_status open_last(HANDLE root, HANDLE folder, wchar_t *name,
                                const section_create_options *options, data_file *ret_file,
                                section_error *ret_error)
{
    static const ULONG dispositions[] = {
        [SECTION_FILE_OPEN_OR_CREATE] = FILE_OPEN_IF,
        [SECTION_FILE_CREATE_NEW] = FILE_CREATE,
        [SECTION_FILE_OPEN_EXISTING] = FILE_OPEN,
        [SECTION_FILE_TRUNCATE] = FILE_OPEN, /* cut when it has been judged */
    };
    const bool writes = os_new_access(options) == SECTION_ACCESS_READWRITE;
    const ACCESS_MASK access = FILE_GENERIC_READ | (writes ? FILE_GENERIC_WRITE : 0);
    section_status status = check_component(name, wcslen(name), ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    ULONG disposition = dispositions[options->file_open];
    NTSTATUS opened = STATUS_OBJECT_NAME_NOT_FOUND;
    *ret_file = (data_file){0};
    if (disposition != FILE_CREATE) {
        opened = open_relative(folder, name, wcslen(name), access, FILE_OPEN,
                               FILE_NON_DIRECTORY_FILE, &ret_file->handle);
    }
    if (disposition != FILE_OPEN && opened == STATUS_OBJECT_NAME_NOT_FOUND) {
        status = os_permit_change(options, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        opened = open_relative(folder, name, wcslen(name), access, FILE_CREATE,
                               FILE_NON_DIRECTORY_FILE, &ret_file->handle);
        ret_file->is_new = NT_SUCCESS(opened);
    }
    if (!NT_SUCCESS(opened)) {
        return fail_open(ret_error, opened);
    }
    status = check_file(root, ret_file->handle, &ret_file->size_bytes, ret_error);
    if (status != SECTION_OK) {
        file_abandon(ret_file);
    }
    return status;
}

static bool set_size(const data_file *file, uint64_t size_bytes)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = (LONGLONG)size_bytes};
    return SetFileInformationByHandle(file->handle, FileEndOfFileInfo, &end, sizeof end) != 0;
}

section_status file_truncate(data_file *file, uint64_t size_bytes, section_error *ret_error)
{
    if ((size_bytes > file->size_bytes && !set_size(file, size_bytes)) || !set_size(file, 0)) {
        return section_fail_os(ret_error, "SetFileInformationByHandle", SECTION_OS_WIN32,
                               GetLastError(), "the file cannot be cut and sized anew");
    }
    file->is_cut = true;
    return SECTION_OK;
}

static section_status open_below(HANDLE root, HANDLE *folder, wchar_t *path,
                                 const section_create_options *options, data_file *ret_file,
                                 section_error *ret_error)
{
    section_status status = descend(root, folder, &path, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    return open_last(root, *folder, path, options, ret_file, ret_error);
}

section_status file_open(const section_create_options *options, data_file *ret_file,
                         section_error *ret_error)
{
    _cleanup_handle_ HANDLE root = open_root(options->file_folder);
    if (root == INVALID_HANDLE_VALUE) {
        return section_fail_os(ret_error, "CreateFileW", SECTION_OS_WIN32, GetLastError(),
                               "the folder for files cannot be opened");
    }
    _cleanup_free_ wchar_t *path = wide_from_utf8(options->file);
    if (path == NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "the path is not UTF-8");
    }
    HANDLE folder = root;
    section_status status = open_below(root, &folder, path, options, ret_file, ret_error);
    if (folder != root) {
        CloseHandle(folder);
    }
    return status;
}

void file_abandon(data_file *file)
{
    if (file->is_extended && !file->is_cut && !file->is_new) {
        (void)set_size(file, file->size_bytes);
    }
    if (file->is_new) {
        /* DELETE is asked for only here, because others that do not share it could not open the file. */
        HANDLE again = ReOpenFile(file->handle, DELETE, share_all, FILE_FLAG_OPEN_REPARSE_POINT);
        FILE_DISPOSITION_INFO disposition = {.DeleteFile = TRUE};
        if (again != INVALID_HANDLE_VALUE) {
            (void)SetFileInformationByHandle(again, FileDispositionInfo, &disposition,
                                             sizeof disposition);
            CloseHandle(again);
        }
    }
    CloseHandle(file->handle);
}
