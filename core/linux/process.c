#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <section/utf8.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "descriptors.h"
#include "mappings.h"
#include "shm.h"
#include <section_posix/cleanup.h>

/* Room for the kernel's 64 bytes of a name, or a program's file name; three bytes of UTF-8 each. */
enum { PROCESS_NAME_BYTES = 3 * NAME_MAX + 1 };

/* Reads the start of a file in /proc, terminated; false where the process is gone. */
static bool read_start(int folder_fd, const char *name, char *ret_text, size_t capacity)
{
    _cleanup_close_ int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd >= 0 ? read(fd, ret_text, capacity - 1) : -1;
    if (length <= 0) {
        return false;
    }
    ret_text[length] = '\0';
    return true;
}

/* The kernel keeps 15 bytes of a name: the command line may have the rest of it. */
static void complete_name(int process_fd, char *name, size_t capacity)
{
    enum { KERNEL_NAME_BYTES = 15 };
    char command[PATH_MAX];
    if (strlen(name) != KERNEL_NAME_BYTES ||
        !read_start(process_fd, "cmdline", command, sizeof command)) {
        return;
    }
    const char *slash = strrchr(command, '/');
    const char *program = slash != NULL ? slash + 1 : command;
    const size_t length = strlen(program);
    if (strncmp(program, name, KERNEL_NAME_BYTES) == 0 && length < capacity) {
        memcpy(name, program, length + 1);
    }
}

/* "1234 (name) S 1 …", where the name may have blanks and brackets of its own. */
static bool describe_process(int process_fd, process_entry *process, char *name, size_t capacity)
{
    char text[512];
    char raw[NAME_MAX + 1];
    if (!read_start(process_fd, "stat", text, sizeof text)) {
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
    process->name = name;
    process->parent_pid = (uint32_t)strtoul(end + 4, NULL, 10);
    return true;
}

section_status os_process_list(process_visitor *visit, void *context, section_error *ret_error)
{
    char name[PROCESS_NAME_BYTES];
    const struct dirent *entry;
    bool more = true;
    DIR *folder = opendir("/proc");
    if (folder == NULL) {
        return section_fail_os(ret_error, "opendir", SECTION_OS_ERRNO, (uint32_t)errno,
                               "/proc cannot be read");
    }
    while (more && (entry = readdir(folder)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0])) {
            continue;
        }
        process_entry process = {.pid = (uint32_t)strtoul(entry->d_name, NULL, 10)};
        int fd = openat(dirfd(folder), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0) {
            if (describe_process(fd, &process, name, sizeof name)) {
                more = visit(context, &process);
            }
            (void)close(fd);
        }
    }
    (void)closedir(folder);
    return SECTION_OK;
}

static bool has_ended(int pidfd)
{
    struct pollfd waiting = {.fd = pidfd, .events = POLLIN};
    return poll(&waiting, 1, 0) > 0;
}

static void learn_devices(search *self)
{
    struct stat facts;
    _cleanup_close_ int memfd = memfd_create("probe", MFD_CLOEXEC);
    if (memfd >= 0 && fstat(memfd, &facts) == 0) {
        self->memfd_device = facts.st_dev;
    }
    if (stat(SHM_DIRECTORY, &facts) == 0) {
        self->shm_device = facts.st_dev;
    }
}

/* The process, and its folder in /proc, each sure to be the same one's. */
static section_status open_process(search *self, section_error *ret_error)
{
    char path[32];
    const uint32_t pid = self->options->pid;
    if (pid == 0 || pid > INT_MAX) {
        return section_fail(ret_error, SECTION_NOT_FOUND, "no process has the id %u", pid);
    }
    self->pidfd = pidfd_open((pid_t)pid, 0);
    if (self->pidfd < 0) {
        return section_fail_os(ret_error, "pidfd_open", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the process cannot be reached");
    }
    (void)snprintf(path, sizeof path, "/proc/%u", pid);
    self->process_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (self->process_fd < 0) {
        return section_fail_os(ret_error, "open /proc/PID", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the process cannot be looked at");
    }
    /* Alive after its folder was opened: the id was not another's by then. */
    return has_ended(self->pidfd)
               ? section_fail(ret_error, SECTION_NOT_FOUND, "the process %u has ended", pid)
               : SECTION_OK;
}

static void tell_unseen(const search *self, section_error *ret_unseen)
{
    if (has_ended(self->pidfd)) {
        (void)section_fail(ret_unseen, SECTION_NOT_FOUND, "the process ended during the search");
    } else {
        unseen_tell(&self->unseen, "descriptors and mappings", ret_unseen);
    }
}

static void cleanup_search(const search *self)
{
    free(self->shown);
    cleanup_close(&self->process_fd);
    cleanup_close(&self->pidfd);
}

section_status os_process_sections(const process_search *options, process_section_visitor *visit,
                                   void *context, section_error *ret_unseen,
                                   section_error *ret_error)
{
    _cleanup_(cleanup_search) search self = {
        .options = options, .visit = visit, .context = context, .pidfd = -1, .process_fd = -1};
    learn_devices(&self);
    if (options->file_folder == NULL || realpath(options->file_folder, self.folder) == NULL) {
        self.folder[0] = '\0';
    }
    section_status status = open_process(&self, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = descriptors_search(&self, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = self.stopped ? SECTION_OK : mappings_search(&self, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    tell_unseen(&self, ret_unseen);
    return SECTION_OK;
}
