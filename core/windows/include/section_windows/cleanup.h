#ifndef SECTION_WINDOWS_CLEANUP_H
#define SECTION_WINDOWS_CLEANUP_H

#include <windows.h>

#include <section/cleanup.h>

/**
 * @file
 * Marks for what Windows gives, for core and for the daemon. None of them changes the last error.
 */

static inline void cleanup_handle(const HANDLE *handle)
{
    if (*handle != NULL && *handle != INVALID_HANDLE_VALUE) {
        const DWORD number = GetLastError();
        (void)CloseHandle(*handle);
        SetLastError(number);
    }
}

static inline void cleanup_local_free(void *variable)
{
    const DWORD number = GetLastError();
    (void)LocalFree(*(HLOCAL *)variable);
    SetLastError(number);
}

/** A handle; NULL and INVALID_HANDLE_VALUE: none. */
#define _cleanup_handle_ _cleanup_(cleanup_handle)

/** Memory that LocalFree frees; NULL: none. */
#define _cleanup_local_free_ _cleanup_(cleanup_local_free)

#endif
