#ifndef SECTION_WINDOWS_HANDLES_H
#define SECTION_WINDOWS_HANDLES_H

#include "../os.h"
#include "ntdll.h"

/** The section handles of one process or of all, at one moment: a buffer that the system filled. */
typedef struct handles {
    void *rows;
    size_t count;
    size_t next;
    bool of_system; /* the system's rows, else those of the one process */
    bool of_all;    /* all of them are wanted */
    ULONG_PTR pid;
    ULONG section_type;
    HANDLE left_out; /* a section of our own that the snapshot was taken with */
} handles;

/** A handle of a process. */
typedef struct handle_row {
    uint64_t handle;
    ACCESS_MASK access;
    DWORD pid;
} handle_row;

/**
 * Takes a snapshot of the handles of `process`, whose id is `pid`.
 * @param ret_handles receives memory: `handles_free`.
 */
section_status handles_take(HANDLE process, DWORD pid, handles *ret_handles,
                            section_error *ret_error);

/** The same of all processes. */
section_status handles_take_all(handles *ret_handles, section_error *ret_error);

/** The next handle that is a section's; false: there is none. */
bool handles_next(handles *self, handle_row *ret_row);

void handles_free(handles *self);

#endif
