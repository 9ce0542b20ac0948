#include "search.h"

void search_note(search *self, const char *call, section_os_domain domain, uint32_t number,
                 const char *what)
{
    section_error why = {0};
    (void)section_fail_os(&why, call, domain, number, what);
    unseen_note(&self->unseen, &why);
}

/*
 * Only SECTION_QUERY is needed. If the section denies it, the duplicate gets the access of the
 * process's handle.
 */
HANDLE search_take(search *self, uint64_t handle)
{
    const HANDLE theirs = (HANDLE)(uintptr_t)handle;
    const HANDLE us = GetCurrentProcess();
    HANDLE ours = NULL;
    if (!DuplicateHandle(self->process, theirs, us, &ours, SECTION_QUERY, FALSE, 0) &&
        !DuplicateHandle(self->process, theirs, us, &ours, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        const DWORD number = GetLastError();
        if (number != ERROR_INVALID_HANDLE) { /* closed meanwhile */
            search_note(self, "DuplicateHandle", SECTION_OS_WIN32, number,
                        "a handle cannot be taken");
        }
        return NULL;
    }
    return ours;
}

unsigned search_access(const handle_row *row)
{
    return ((row->access & SECTION_MAP_READ) != 0 ? PROCESS_SECTION_READ : 0u) |
           ((row->access & SECTION_MAP_WRITE) != 0 ? PROCESS_SECTION_WRITE : 0u) |
           ((row->access & SECTION_QUERY) != 0 ? PROCESS_SECTION_QUERY : 0u);
}
