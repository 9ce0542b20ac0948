#include <windows.h>

#include <aclapi.h>
#include <stdlib.h>
#include <string.h>

#include <section_windows/cleanup.h>
#include <section_windows/place.h>
#include <section_windows/wide.h>

#include "base/platform.h"
#include "base/secret.h"
#include "private_file.h"
#include "user.h"

enum {
    /* Access rights to a token file that let their owner act as the user. */
    FILE_RIGHTS =
        FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE | WRITE_DAC | WRITE_OWNER,
    /* Access rights to a folder that let their owner replace a file in it. */
    FOLDER_RIGHTS = FILE_ADD_FILE | FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER
};

/* Whether an entry denies access or only audits it, so that it grants nothing. */
static bool is_harmless(BYTE type)
{
    switch (type) {
    case ACCESS_DENIED_ACE_TYPE:
    case ACCESS_DENIED_CALLBACK_ACE_TYPE:
    case ACCESS_DENIED_OBJECT_ACE_TYPE:
    case ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE:
    case SYSTEM_AUDIT_ACE_TYPE:
    case SYSTEM_ALARM_ACE_TYPE:
    case SYSTEM_MANDATORY_LABEL_ACE_TYPE:
        return true;
    default:
        return false;
    }
}

/*
 * Whether an entry gives somebody else one of the rights. One with a condition (CALLBACK) may hold at
 * any time; one whose form is unknown may give anything.
 */
bool private_file_opens_to_others(const ACE_HEADER *entry, PSID user, ACCESS_MASK rights)
{
    if ((entry->AceFlags & INHERIT_ONLY_ACE) != 0 || is_harmless(entry->AceType)) {
        return false;
    }
    if (entry->AceType != ACCESS_ALLOWED_ACE_TYPE &&
        entry->AceType != ACCESS_ALLOWED_CALLBACK_ACE_TYPE) {
        return true;
    }
    /* Both begin alike; the condition follows the user. */
    const ACCESS_ALLOWED_ACE *allowed = (const ACCESS_ALLOWED_ACE *)(const void *)entry;
    GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                               FILE_ALL_ACCESS};
    DWORD mask = allowed->Mask;
    MapGenericMask(&mask, &mapping);
    PSID sid = (PSID)(uintptr_t)&allowed->SidStart;
    return (mask & rights) != 0 && !EqualSid(sid, user) && !user_is_system(sid);
}

/* The fault in the object's owner or access list; NULL: none. */
static const char *find_fault(HANDLE object, ACCESS_MASK rights)
{
    PSID owner = NULL;
    PACL acl = NULL;
    _cleanup_local_free_ PSECURITY_DESCRIPTOR descriptor = NULL;
    _cleanup_free_ TOKEN_USER *user = user_of(GetCurrentProcess());
    if (user == NULL || GetSecurityInfo(object, SE_FILE_OBJECT,
                                        OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                        &owner, NULL, &acl, NULL, &descriptor) != ERROR_SUCCESS) {
        return "does not tell who may use it";
    }
    if (!EqualSid(owner, user->User.Sid) && !user_is_system(owner)) {
        return "belongs to another user";
    }
    if (acl == NULL) {
        return "is open to everybody";
    }
    for (DWORD i = 0; i < acl->AceCount; i++) {
        void *entry;
        if (!GetAce(acl, i, &entry) ||
            private_file_opens_to_others(entry, user->User.Sid, rights)) {
            return "is open to other users";
        }
    }
    return NULL;
}

/* Whether the file lies in the folder under its own name: no link led there, seen or unseen. */
static bool is_in_place(HANDLE file, HANDLE folder, const wchar_t *name)
{
    BY_HANDLE_FILE_INFORMATION facts;
    if (!GetFileInformationByHandle(file, &facts) ||
        (facts.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
        return false;
    }
    _cleanup_free_ wchar_t *below = place_below(folder, file);
    return below != NULL && _wcsicmp(below, name) == 0;
}

static section_status refuse(const char *path, const char *what, const char *fault,
                             section_error *ret_error)
{
    return section_fail(ret_error, SECTION_ACCESS_DENIED,
                        "%.150s: %s %s; icacls shows and changes its rights", path, what, fault);
}

/* `file` is kept open by the caller, so that what is checked is what is read. */
static section_status check_place(HANDLE file, wchar_t *wide, const char *path,
                                  section_error *ret_error)
{
    wchar_t *name = wide + wcslen(wide);
    while (name > wide && name[-1] != L'\\' && name[-1] != L'/' && name[-1] != L':') {
        name--;
    }
    const wchar_t first = *name;
    *name = L'\0';
    _cleanup_handle_ HANDLE folder = place_open_folder(name > wide ? wide : L".", READ_CONTROL);
    const DWORD number = GetLastError();
    *name = first;
    if (folder == INVALID_HANDLE_VALUE) {
        return section_fail_os(ret_error, "CreateFileW", SECTION_OS_WIN32, number, path);
    }
    const char *fault = find_fault(folder, FOLDER_RIGHTS);
    if (fault != NULL) {
        return refuse(path, "its folder", fault, ret_error);
    }
    fault = find_fault(file, FILE_RIGHTS);
    if (fault != NULL) {
        return refuse(path, "it", fault, ret_error);
    }
    if (!is_in_place(file, folder, name)) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "%.200s is a link; name the file itself", path);
    }
    return SECTION_OK;
}

section_status platform_read_private_file(const char *path, size_t limit_bytes, char **ret_text,
                                          section_error *ret_error)
{
    _cleanup_free_ wchar_t *wide = wide_from_utf8(path);
    if (wide == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a path");
    }
    _cleanup_handle_ HANDLE file =
        CreateFileW(wide, READ_CONTROL | FILE_READ_ATTRIBUTES,
                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                    FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return section_fail_os(ret_error, "CreateFileW", SECTION_OS_WIN32, GetLastError(), path);
    }
    section_status status = check_place(file, wide, path, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    LARGE_INTEGER size;
    if (!GetFileSizeEx(file, &size)) {
        return section_fail_os(ret_error, "GetFileSizeEx", SECTION_OS_WIN32, GetLastError(), path);
    }
    status = platform_read_file(path, limit_bytes, ret_text, ret_error);
    return status == SECTION_OK
               ? secret_check_text(ret_text, (uint64_t)size.QuadPart, path, ret_error)
               : status;
}

section_status platform_check_private_directory(const char *path, section_error *ret_error)
{
    _cleanup_free_ wchar_t *wide = wide_from_utf8(path);
    if (wide == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a path");
    }
    _cleanup_handle_ HANDLE folder = place_open_folder(wide, READ_CONTROL);
    if (folder == INVALID_HANDLE_VALUE) {
        return section_fail_os(ret_error, "CreateFileW", SECTION_OS_WIN32, GetLastError(), path);
    }
    const char *fault = find_fault(folder, FOLDER_RIGHTS);
    return fault == NULL ? SECTION_OK : refuse(path, "it", fault, ret_error);
}
