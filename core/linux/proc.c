#include "proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <section/utf8.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <section_posix/cleanup.h>

/* Room for the kernel's 64 bytes of a name, or a program's file name; three bytes of UTF-8 each. */
enum { PROCESS_NAME_BYTES = 3 * NAME_MAX + 1 };

bool proc_read(int folder_fd, const char *name, char *ret_text, size_t capacity, size_t *ret_length)
{
    _cleanup_close_ int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd >= 0 ? read(fd, ret_text, capacity - 1) : -1;
    if (length <= 0) {
        return false;
    }
    ret_text[length] = '\0';
    *ret_length = (size_t)length;
    return true;
}

/* The kernel keeps 15 bytes of a name: the command line may have the rest of it. */
static void complete_name(int process_fd, char *name, size_t capacity)
{
    enum { KERNEL_NAME_BYTES = 15 };
    char command[PATH_MAX];
    size_t command_bytes;
    if (strlen(name) != KERNEL_NAME_BYTES ||
        !proc_read(process_fd, "cmdline", command, sizeof command, &command_bytes)) {
        return;
    }
    const char *slash = strrchr(command, '/');
    const char *program = slash != NULL ? slash + 1 : command;
    const size_t length = strlen(program);
    if (strncmp(program, name, KERNEL_NAME_BYTES) == 0 && length < capacity) {
        memcpy(name, program, length + 1);
    }
}

/*
 * "1234 (name) S 1 1 1 0 -1 FLAGS …", where the name may have blanks and brackets of its own. Threads of
 * the kernel, and processes that wait for their parent to hear of their end, have no memory.
 */
static bool describe_process(int process_fd, proc_entry *found, char *name, size_t capacity)
{
    enum { KERNEL_THREAD_FLAG = 0x00200000 };
    char text[512];
    size_t text_bytes;
    char raw[NAME_MAX + 1];
    if (!proc_read(process_fd, "stat", text, sizeof text, &text_bytes)) {
        return false;
    }
    const char *start = strchr(text, '(');
    char *end = strrchr(text, ')');
    if (start == NULL || end == NULL || strlen(end) < 4) {
        return false;
    }
    *end = '\0';
    (void)snprintf(raw, sizeof raw, "%s", start + 1);
    complete_name(process_fd, raw, sizeof raw);
    section_utf8_clean(raw, name, capacity);
    char *rest = end + 3;
    long numbers[6] = {0}; /* parent, group, session, terminal, its group, flags */
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        numbers[i] = strtol(rest, &rest, 10);
    }
    found->process.name = name;
    found->process.parent_pid = (uint32_t)numbers[0];
    found->has_memory = end[2] != 'Z' && end[2] != 'X' && (numbers[5] & KERNEL_THREAD_FLAG) == 0;
    return true;
}

section_status proc_walk(proc_visitor *visit, void *context, section_error *ret_error)
{
    char name[PROCESS_NAME_BYTES];
    const struct dirent *entry;
    bool more = true;
    _cleanup_closedir_ DIR *folder = opendir("/proc");
    if (folder == NULL) {
        return section_fail_os(ret_error, "opendir", SECTION_OS_ERRNO, (uint32_t)errno,
                               "/proc cannot be read");
    }
    while (more && (entry = readdir(folder)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0])) {
            continue;
        }
        proc_entry found = {.process.pid = (uint32_t)strtoul(entry->d_name, NULL, 10)};
        _cleanup_close_ int fd =
            openat(dirfd(folder), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0 && describe_process(fd, &found, name, sizeof name)) {
            found.folder_fd = fd;
            more = visit(context, &found);
        }
    }
    return SECTION_OK;
}

/* Reads the present setting of Yama; false: the kernel has no Yama. */
static bool read_yama(int *ret_scope)
{
    char text[16];
    size_t length;
    if (!proc_read(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", text, sizeof text, &length)) {
        return false;
    }
    *ret_scope = (int)strtol(text, NULL, 10);
    return true;
}

int proc_open_again(int fd, int flags)
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return open(link, flags | O_CLOEXEC | O_NONBLOCK);
}

static void tell_what_helps(const char *call, section_error *error)
{
    const size_t used = strlen(error->detail);
    char *rest = error->detail + used;
    const size_t room = sizeof error->detail - used;
    int scope;
    if (strstr(call, "map_files") != NULL) {
        (void)snprintf(rest, room,
                       "; CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN, or to be root, helps");
    } else if (read_yama(&scope)) {
        (void)snprintf(rest, room,
                       "; to run as its user helps, or CAP_SYS_PTRACE; "
                       "/proc/sys/kernel/yama/ptrace_scope is %d now",
                       scope);
    } else {
        (void)snprintf(rest, room,
                       "; to run as its user helps, or CAP_SYS_PTRACE; Yama is not in this kernel");
    }
}

section_status proc_fail(section_error *ret_error, const char *call, int number, const char *what)
{
    section_status status =
        section_fail_os(ret_error, call, SECTION_OS_ERRNO, (uint32_t)number, what);
    if (ret_error != NULL && (number == EACCES || number == EPERM)) {
        tell_what_helps(call, ret_error);
    }
    return status;
}
