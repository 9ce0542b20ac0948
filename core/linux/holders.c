#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "descriptors.h"
#include "mappings.h"
#include "proc.h"
#include <section_posix/cleanup.h>

/** One walk over all processes. */
typedef struct walk {
    search search; /* the same for each process */
    process_holder_visitor *visit;
    void *context;
    const process_entry *process; /* that is looked at now */
    bool stopped;
    unseen unseen; /* counts processes */
    section_status status;
    section_error *ret_error;
} walk;

static bool show_holder(void *context, const process_section *found)
{
    walk *self = context;
    self->stopped = !self->visit(self->context, self->process, found);
    return !self->stopped;
}

static bool look_at(void *context, const proc_entry *found)
{
    walk *self = context;
    section_error why = {0};
    if (!found->has_memory || found->process.pid == os_process_id()) {
        return true;
    }
    search one = self->search;
    _cleanup_close_ int pidfd = pidfd_open((pid_t)found->process.pid, 0);
    one.pidfd = pidfd;
    one.process_fd = found->folder_fd;
    self->process = &found->process;
    section_status status = descriptors_search(&one, &why);
    if (status == SECTION_OK && !one.stopped) {
        status = mappings_search(&one, &why);
    }
    self->status = search_settle(&one, status, &why, &self->unseen, self->ret_error);
    free(one.shown);
    return !self->stopped && self->status == SECTION_OK;
}

section_status os_holders(const process_search *options, const os_section *wanted,
                          process_holder_visitor *visit, void *context, section_error *ret_unseen,
                          section_error *ret_error)
{
    object_id object = {0};
    walk self = {
        .search = {.options = options, .visit = show_holder, .by_links = true},
        .visit = visit,
        .context = context,
        .ret_error = ret_error,
    };
    if (wanted != NULL) {
        object = (object_id){wanted->identity[0], wanted->identity[1]};
        self.search.wanted = &object;
    }
    self.search.context = &self;
    search_prepare(&self.search);
    section_status status = proc_walk(look_at, &self, ret_error);
    unseen_tell(&self.unseen, "the processes", ret_unseen);
    return status != SECTION_OK ? status : self.status;
}
