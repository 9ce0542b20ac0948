#ifndef SECTION_LINUX_PROC_H
#define SECTION_LINUX_PROC_H

#include "../os.h"

/** @file What /proc tells of processes. */

/** A process, while it is shown. */
typedef struct proc_entry {
    process_entry process;
    int folder_fd;   /* /proc/PID, O_PATH */
    bool has_memory; /* false: a thread of the kernel, or a process that has ended */
} proc_entry;

/** Is shown one process, valid during the call; false ends the walk. */
typedef bool proc_visitor(void *context, const proc_entry *found);

section_status proc_walk(proc_visitor *visit, void *context, section_error *ret_error);

/** Reads the start of a file in /proc, terminated; false where it is empty or the process is gone. */
bool proc_read(int folder_fd, const char *name, char *ret_text, size_t capacity,
               size_t *ret_length);

/** Opens what a descriptor of ours leads to once more, with a position of its own; -1 with errno. */
int proc_open_again(int fd, int flags);

/** As section_fail_os; where a right is missing, the detail says which one helps. */
section_status proc_fail(section_error *ret_error, const char *call, int number, const char *what);

#endif
