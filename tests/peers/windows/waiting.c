#include "failure.h"

#include <stdio.h>
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

/* Wine cannot look into a pipe of its host, so a thread waits for the next byte. */
enum { NOBODY_WAITS, WAITING, INPUT_IS_THERE };
static LONG waiting_state = NOBODY_WAITS;

static DWORD WINAPI wait_for_input(void *context)
{
    (void)context;
    const int first = getc(stdin);
    if (first != EOF)
        ungetc(first, stdin);
    InterlockedExchange(&waiting_state, INPUT_IS_THERE);
    return 0;
}

bool input_waiting(void)
{
    if (InterlockedCompareExchange(&waiting_state, WAITING, NOBODY_WAITS) == NOBODY_WAITS) {
        HANDLE thread = CreateThread(NULL, 65536, wait_for_input, NULL,
                                     STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        if (!thread)
            return true;
        CloseHandle(thread);
    }
    return InterlockedCompareExchange(&waiting_state, NOBODY_WAITS, INPUT_IS_THERE) ==
           INPUT_IS_THERE;
}
