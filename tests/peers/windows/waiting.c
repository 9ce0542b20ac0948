#include "failure.h"

#include <stdlib.h>

void mutex_open(const char *name, uint64_t *ret_handle)
{
    wchar_t *wide = wide_from_utf8(name);
    HANDLE mutex = wide ? CreateMutexW(NULL, FALSE, wide) : NULL;
    free(wide);
    *ret_handle = mutex ? (uint64_t)(uintptr_t)mutex : NO_HANDLE;
}

void mutex_acquire(uint64_t handle)
{
    WaitForSingleObject(handle_of(handle), INFINITE);
}

void mutex_release(uint64_t handle)
{
    ReleaseMutex(handle_of(handle));
}

bool input_waiting(void)
{
    DWORD available = 0;
    return !PeekNamedPipe(GetStdHandle(STD_INPUT_HANDLE), NULL, 0, NULL, &available, NULL) ||
           available > 0;
}
