#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach.h"
#include "ipc.h"
#include "mappings.h"
#include "proc.h"
#include "shm.h"
#include <section_posix/cleanup.h>

/* Asks no file server: neither answer waits for one. */
static bool leads_to(const char *link, int fd)
{
    enum { FLAGS = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT };
    struct statx present;
    struct statx opened;
    return statx(AT_FDCWD, link, FLAGS, STATX_INO, &present) == 0 &&
           statx(fd, "", AT_EMPTY_PATH | FLAGS, STATX_INO, &opened) == 0 &&
           present.stx_ino == opened.stx_ino && present.stx_dev_major == opened.stx_dev_major &&
           present.stx_dev_minor == opened.stx_dev_minor;
}

/*
 * Opens what a link in /proc leads to as its process has it open, and no wider. It is opened with
 * O_PATH first, to find out what it is: opening a device or a FIFO without O_PATH may block or have
 * effects.
 */
static int reopen_through_proc(const section_duplicate_options *options, const char *link,
                               const char *call, section_error *ret_error)
{
    struct stat link_facts;
    _cleanup_close_ int path_fd = open(link, O_PATH | O_CLOEXEC);
    if (path_fd < 0 || lstat(link, &link_facts) != 0) {
        (void)proc_fail(ret_error, call, errno,
                        options->address == 0 ? "what the process holds there cannot be reached"
                                              : "a mapping without a descriptor is reached through "
                                                "/proc/PID/map_files only");
        return -1;
    }
    os_section seen = {.handle = path_fd};
    section_name name;
    if (shm_identify(path_fd, options->file_folder, &seen, &name, ret_error) != SECTION_OK) {
        return -1;
    }
    /*
     * The link's mode tells how its owner opened it: never take more than that. It is of what the link
     * leads to now, which may be another object than a moment ago.
     */
    if (!leads_to(link, path_fd)) {
        (void)section_fail(ret_error, SECTION_NOT_FOUND,
                           "the process closed it while it was being taken");
        return -1;
    }
    const bool writable = (link_facts.st_mode & S_IWUSR) != 0;
    if ((link_facts.st_mode & S_IRUSR) == 0) {
        (void)section_fail(ret_error, SECTION_ACCESS_DENIED,
                           "the process does not hold it for reading, and so it cannot be mapped");
        return -1;
    }
    const int fd = proc_open_again(path_fd, writable ? O_RDWR : O_RDONLY);
    if (fd < 0) {
        (void)section_fail_os(ret_error, call, SECTION_OS_ERRNO, (uint32_t)errno,
                              "the process's section cannot be opened again");
    }
    return fd;
}

/* Finds the shared mapping that begins at the address. Its path is not kept. */
static section_status find_shared(const section_duplicate_options *options, mapping *ret_mapping,
                                  section_error *ret_error)
{
    _cleanup_free_ char *line = NULL;
    section_status status =
        mapping_find(options->pid, options->address, ret_mapping, &line, ret_error);
    if (status == SECTION_OK && !ret_mapping->shared) {
        return section_fail(ret_error, SECTION_NOT_A_SECTION,
                            "the mapping there is private: what is written to it is nobody else's");
    }
    return status;
}

static void take_mapped(const section_duplicate_options *options, os_section *object,
                        section_error *ret_error)
{
    char relative[MAPPING_LINK_BYTES];
    char link[MAPPING_LINK_BYTES + 32];
    mapping found;
    if (find_shared(options, &found, ret_error) != SECTION_OK) {
        return;
    }
    mapping_link(&found, relative);
    (void)snprintf(link, sizeof link, "/proc/%u/%s", options->pid, relative);
    object->handle = reopen_through_proc(options, link, "open /proc/PID/map_files", ret_error);
    if (object->handle == OS_NO_HANDLE && found.is_segment &&
        ret_error->code == SECTION_ACCESS_DENIED) {
        (void)attach_segment(options, &found, object, ret_error);
    }
}

/*
 * The process's own open file opened anew, no wider: with its own, we would keep its locks (flock) until
 * we close it. One that cannot be opened is shared, position and locks included.
 */
static int open_anew(int shared, bool *ret_shares_position)
{
    const int flags = fcntl(shared, F_GETFL);
    const bool is_readable = flags >= 0 && (flags & O_PATH) == 0 && (flags & O_ACCMODE) != O_WRONLY;
    const int anew = is_readable ? proc_open_again(shared, flags & O_ACCMODE) : -1;
    *ret_shares_position = anew < 0;
    if (anew < 0) {
        return shared;
    }
    (void)close(shared);
    return anew;
}

/* No other process has had the number while this one lives, so what was opened by it is its own. */
static bool is_alive(int pidfd, section_error *ret_error)
{
    if (pidfd_send_signal(pidfd, 0, NULL, 0) == 0 || errno == EPERM) {
        return true;
    }
    (void)section_fail_os(ret_error, "pidfd_send_signal", SECTION_OS_ERRNO, (uint32_t)errno,
                          "the process has ended");
    return false;
}

/* Which of two errors tells more: that sharing is refused is known of most processes. */
static void choose_error(const section_error *not_shared, const section_error *not_opened,
                         section_error *ret_error)
{
    const bool may_not_share =
        not_shared->code == SECTION_ACCESS_DENIED || not_shared->code == SECTION_UNSUPPORTED;
    if (ret_error != NULL) {
        *ret_error = may_not_share ? *not_opened : *not_shared;
    }
}

/*
 * The descriptor itself tells what it is and how it was opened. Without ptrace rights (Yama's default
 * between siblings), the same user may still open the link in /proc. Returns our descriptor, or -1
 * with the error.
 */
static int take_held(const section_duplicate_options *options, int pidfd, bool *ret_shares_position,
                     section_error *ret_error)
{
    char link[64];
    section_error not_shared = {0};
    section_error not_opened = {0};
    os_section seen = {.handle = pidfd_getfd(pidfd, (int)options->handle, 0)};
    if (seen.handle != OS_NO_HANDLE) {
        const int shared = (int)seen.handle;
        section_name unused;
        if (shm_identify(shared, options->file_folder, &seen, &unused, ret_error) == SECTION_OK) {
            return open_anew(shared, ret_shares_position);
        }
        (void)close(shared);
        return -1;
    }
    (void)section_fail_os(&not_shared, "pidfd_getfd", SECTION_OS_ERRNO, (uint32_t)errno,
                          "the process's descriptor cannot be taken");
    (void)snprintf(link, sizeof link, "/proc/%u/fd/%u", options->pid, (unsigned)options->handle);
    const int fd = reopen_through_proc(options, link, "open /proc/PID/fd", &not_opened);
    if (fd < 0) {
        choose_error(&not_shared, &not_opened, ret_error);
    }
    return fd;
}

static bool holds(const os_section *object)
{
    return object->handle != OS_NO_HANDLE || object->segment != NULL;
}

/*
 * Fills the object's handle, or attaches its segment; else it holds nothing, and the error tells why.
 * A segment that was taken is of the process's IPC namespace.
 */
static void take(const section_duplicate_options *options, os_section *object,
                 uint64_t *ret_namespace, section_error *ret_error)
{
    _cleanup_close_ int pidfd = pidfd_open((pid_t)options->pid, 0);
    if (pidfd < 0) {
        (void)section_fail_os(ret_error, "pidfd_open", SECTION_OS_ERRNO, (uint32_t)errno,
                              "the process cannot be reached");
        return;
    }
    if (options->address != 0) {
        take_mapped(options, object, ret_error);
    } else {
        object->handle = take_held(options, pidfd, &object->shares_position, ret_error);
    }
    *ret_namespace = ipc_namespace_of(options->pid);
    if (holds(object) && !is_alive(pidfd, ret_error)) {
        os_close(object, NULL);
    }
}

/* Tells what a descriptor leads to, and what it grants. */
static section_status describe(const section_duplicate_options *options, os_section *object,
                               section_name *ret_name, section_error *ret_error)
{
    const int flags = fcntl((int)object->handle, F_GETFL);
    section_status status =
        shm_identify((int)object->handle, options->file_folder, object, ret_name, ret_error);
    if (status == SECTION_OK && (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "the process holds it for writing only, which cannot be mapped");
    }
    object->access = (flags & O_ACCMODE) == O_RDWR ? SECTION_ACCESS_READWRITE : SECTION_ACCESS_READ;
    return status;
}

section_status os_duplicate(const section_duplicate_options *options, os_section *ret_section,
                            section_name *ret_name, section_error *ret_error)
{
    section_error error = {0};
    if (options->handle > INT_MAX) {
        return section_fail(ret_error, SECTION_BAD_HANDLE,
                            "on Linux a handle is a file descriptor, 0 to %d", INT_MAX);
    }
    if (options->pid == 0 || options->pid > INT_MAX) {
        return section_fail(ret_error, SECTION_NOT_FOUND, "no process has the id %u", options->pid);
    }
    uint64_t namespace = 0;
    os_section object = {.handle = OS_NO_HANDLE};
    take(options, &object, &namespace, &error);
    if (!holds(&object)) {
        if (ret_error != NULL) {
            *ret_error = error;
        }
        return error.code;
    }
    if (object.segment == NULL) {
        section_status status = describe(options, &object, ret_name, ret_error);
        if (status != SECTION_OK) {
            os_close(&object, NULL);
            return status;
        }
        ipc_identify(&object, namespace);
    }
    *ret_section = object;
    return SECTION_OK;
}
