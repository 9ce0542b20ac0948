/* How the Windows files of the peer report what the OS refused. */
#ifndef PEER_WINDOWS_FAILURE_H
#define PEER_WINDOWS_FAILURE_H

#include "../peer.h"

#include <windows.h>

/* Takes GetLastError, so it is called before any clean-up. Always false. */
bool fail(failure *why, const char *call);

/* An object around a handle, nothing mapped yet. */
peer_object object_of(HANDLE handle);

static inline HANDLE handle_of(uint64_t number)
{
    return (HANDLE)(uintptr_t)number;
}

#endif
