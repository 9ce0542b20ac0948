#include "privilege.h"

#include <stdlib.h>

#include "../os.h"
#include <section_windows/cleanup.h>

/* AdjustTokenPrivileges succeeds without granting anything and tells so by its last error. */
static section_status enable_debug(HANDLE token, section_error *ret_error)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (!LookupPrivilegeValueW(NULL, SE_DEBUG_NAME, &wanted.Privileges[0].Luid)) {
        return section_fail_os(ret_error, "LookupPrivilegeValueW", SECTION_OS_WIN32, GetLastError(),
                               "SeDebugPrivilege is not known here");
    }
    BOOL adjusted = AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    DWORD number = GetLastError();
    if (!adjusted || number != ERROR_SUCCESS) {
        return section_fail_os(ret_error, "AdjustTokenPrivileges", SECTION_OS_WIN32, number,
                               "the daemon's account does not hold SeDebugPrivilege");
    }
    return SECTION_OK;
}

/* Runs on a thread that impersonates its own process. */
static section_status open_process_impersonating(DWORD pid, DWORD rights, HANDLE *ret_process,
                                                 section_error *ret_error)
{
    _cleanup_handle_ HANDLE token = NULL;
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_ADJUST_PRIVILEGES, TRUE, &token)) {
        return section_fail_os(ret_error, "OpenThreadToken", SECTION_OS_WIN32, GetLastError(),
                               "SeDebugPrivilege cannot be taken");
    }
    section_status status = enable_debug(token, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    HANDLE process = OpenProcess(rights, FALSE, pid);
    if (process == NULL) {
        return section_fail_os(ret_error, "OpenProcess", SECTION_OS_WIN32, GetLastError(),
                               "the process cannot be reached, even with SeDebugPrivilege");
    }
    *ret_process = process;
    return SECTION_OK;
}

static section_status open_process_privileged(DWORD pid, DWORD rights, HANDLE *ret_process,
                                              section_error *ret_error)
{
    if (!ImpersonateSelf(SecurityImpersonation)) {
        return section_fail_os(ret_error, "ImpersonateSelf", SECTION_OS_WIN32, GetLastError(),
                               "SeDebugPrivilege cannot be taken");
    }
    section_status status = open_process_impersonating(pid, rights, ret_process, ret_error);
    if (!RevertToSelf()) {
        /* Later calls on this thread would still have the privilege. */
        abort();
    }
    return status;
}

section_status open_process(DWORD pid, DWORD rights, bool debug_privilege, HANDLE *ret_process,
                            section_error *ret_error)
{
    HANDLE process = OpenProcess(rights, FALSE, pid);
    if (process != NULL) {
        *ret_process = process;
        return SECTION_OK;
    }
    DWORD number = GetLastError();
    if (number == ERROR_ACCESS_DENIED && debug_privilege) {
        return open_process_privileged(pid, rights, ret_process, ret_error);
    }
    return section_fail_os(
        ret_error, "OpenProcess", SECTION_OS_WIN32, number,
        number == ERROR_INVALID_PARAMETER
            ? "no process has that id"
            : "the process cannot be opened; an administrator can, with SeDebugPrivilege");
}
