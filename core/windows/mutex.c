#include <windows.h>

#include "../os.h"
#include <section_windows/wide.h>

/*
 * Mutexes of others. SYNCHRONIZE is all that waiting and releasing need: MUTEX_MODIFY_STATE is
 * reserved, and a program may grant less than it.
 */

section_status os_mutex_take(const char *name, unsigned wait_ms, os_mutex *ret_mutex,
                             bool *ret_abandoned, section_error *ret_error)
{
    section_name parsed;
    wchar_t wide[WIDE_NAME_UNITS];
    section_status status = section_name_parse(name, &parsed, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    wide_name(&parsed, wide);
    HANDLE mutex = OpenMutexW(SYNCHRONIZE, FALSE, wide);
    if (mutex == NULL) {
        return section_fail_os(ret_error, "OpenMutexW", SECTION_OS_WIN32, GetLastError(),
                               "the mutex of the layout cannot be opened");
    }
    const DWORD result = WaitForSingleObject(mutex, wait_ms);
    const DWORD number = GetLastError();
    if (result == WAIT_OBJECT_0 || result == WAIT_ABANDONED) {
        ret_mutex->handle = (os_handle)mutex;
        *ret_abandoned = result == WAIT_ABANDONED;
        return SECTION_OK;
    }
    (void)CloseHandle(mutex);
    if (result == WAIT_TIMEOUT) {
        return section_fail(ret_error, SECTION_TORN,
                            "the mutex of the layout was not free in time");
    }
    return section_fail_os(ret_error, "WaitForSingleObject", SECTION_OS_WIN32, number,
                           "the mutex of the layout cannot be waited for");
}

void os_mutex_give(os_mutex *mutex)
{
    (void)ReleaseMutex((HANDLE)mutex->handle);
    (void)CloseHandle((HANDLE)mutex->handle);
    mutex->handle = 0;
}
