#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "descriptors.h"
#include "mappings.h"
#include "proc.h"
#include <section_posix/cleanup.h>

typedef struct listing {
    process_visitor *visit;
    void *context;
} listing;

static bool show_process(void *context, const proc_entry *found)
{
    const listing *self = context;
    return self->visit(self->context, &found->process);
}

section_status os_process_list(process_visitor *visit, void *context, section_error *ret_error)
{
    listing self = {visit, context};
    return proc_walk(show_process, &self, ret_error);
}

static bool has_ended(int pidfd)
{
    struct pollfd waiting = {.fd = pidfd, .events = POLLIN};
    return poll(&waiting, 1, 0) > 0;
}

/* A process and its folder in /proc. Both are known to belong to the same process. */
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
    /* The process is alive after its folder was opened, so its id was not reused before. */
    return has_ended(self->pidfd)
               ? section_fail(ret_error, SECTION_NOT_FOUND, "the process %u has ended", pid)
               : SECTION_OK;
}

static void tell_unseen(const search *self, section_error *ret_unseen)
{
    if (has_ended(self->pidfd)) {
        (void)section_fail(ret_unseen, SECTION_NOT_FOUND, "the process ended during the search");
    } else {
        unseen_tell(&self->unseen, "its descriptors and mappings", ret_unseen);
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
    search_prepare(&self);
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
