#ifndef SECTION_WINDOWS_SEARCH_H
#define SECTION_WINDOWS_SEARCH_H

#include "../unseen.h"
#include "handles.h"

/** @file What searches of one process and of all have in common. */

/** One search of a process. */
typedef struct search {
    HANDLE process;
    process_section_visitor *visit;
    void *context;
    bool stopped;
    unseen unseen;
} search;

void search_note(search *self, const char *call, section_os_domain domain, uint32_t number,
                 const char *what);

/** A duplicate of the process's handle, which the caller closes; NULL: it cannot be taken. */
HANDLE search_take(search *self, uint64_t handle);

/** The holder's rights through the handle. */
unsigned search_access(const handle_row *row);

#endif
