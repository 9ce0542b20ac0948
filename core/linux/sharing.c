#include <fcntl.h>
#include <pwd.h>
#include <section/utf8.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "descriptors.h"
#include "mappings.h"
#include "proc.h"
#include <section_posix/cleanup.h>

enum { COMMAND_BYTES = 4096, USER_BYTES = 256 };

/** One walk over all processes. */
typedef struct walk {
    search search; /* the same for each process */
    process_sharer_visitor *visit;
    void *context;
    uint64_t section_count; /* of the process that is looked at now */
    unseen unseen;          /* counts processes */
    section_status status;
    section_error *ret_error;
} walk;

static bool count_section(void *context, const process_section *found)
{
    (void)found;
    ((walk *)context)->section_count++;
    return true;
}

/* The arguments, with blanks between them. */
static const char *read_command(int folder_fd, char ret_text[3 * COMMAND_BYTES])
{
    char raw[COMMAND_BYTES];
    size_t length;
    if (!proc_read(folder_fd, "cmdline", raw, sizeof raw, &length)) {
        return NULL;
    }
    while (length > 0 && raw[length - 1] == '\0') {
        length--;
    }
    for (size_t i = 0; i < length; i++) {
        raw[i] = raw[i] == '\0' ? ' ' : raw[i];
    }
    section_utf8_clean(raw, ret_text, (size_t)3 * COMMAND_BYTES);
    return ret_text;
}

/* "\nUid:\tREAL\tEFFECTIVE\t…": the folder's owner would be root's for what lets nobody trace it. */
static const char *read_user(int folder_fd, char ret_text[USER_BYTES])
{
    static const char key[] = "\nUid:";
    char status[2048];
    char room[4096];
    size_t length;
    struct passwd row;
    struct passwd *found = NULL;
    if (!proc_read(folder_fd, "status", status, sizeof status, &length)) {
        return NULL;
    }
    const char *line = strstr(status, key);
    if (line == NULL) {
        return NULL;
    }
    const unsigned long id = strtoul(line + sizeof key - 1, NULL, 10);
    if (getpwuid_r((uid_t)id, &row, room, sizeof room, &found) == 0 && found != NULL) {
        section_utf8_clean(found->pw_name, ret_text, USER_BYTES);
    } else {
        (void)snprintf(ret_text, USER_BYTES, "%lu", id);
    }
    return ret_text;
}

static bool show(const walk *self, const proc_entry *found)
{
    char command[3 * COMMAND_BYTES];
    char user[USER_BYTES];
    const process_sharer sharer = {
        .process = &found->process,
        .section_count = self->section_count,
        .command = read_command(found->folder_fd, command),
        .user = read_user(found->folder_fd, user),
    };
    return self->visit(self->context, &sharer);
}

static bool look_at(void *context, const proc_entry *found)
{
    walk *self = context;
    section_error why = {0};
    if (!found->has_memory) {
        return true;
    }
    search one = self->search;
    _cleanup_close_ int pidfd = pidfd_open((pid_t)found->process.pid, 0);
    one.pidfd = pidfd;
    one.process_fd = found->folder_fd;
    self->section_count = 0;
    section_status status = descriptors_search(&one, &why);
    if (status == SECTION_OK) {
        status = mappings_search(&one, &why);
    }
    self->status = search_settle(&one, status, &why, &self->unseen, self->ret_error);
    free(one.shown);
    if (self->status != SECTION_OK) {
        return false;
    }
    return self->section_count == 0 || show(self, found);
}

section_status os_sharing(const process_search *options, process_sharer_visitor *visit,
                          void *context, section_error *ret_unseen, section_error *ret_error)
{
    walk self = {
        .search = {.options = options, .visit = count_section},
        .visit = visit,
        .context = context,
        .ret_error = ret_error,
    };
    self.search.context = &self;
    search_prepare(&self.search);
    section_status status = proc_walk(look_at, &self, ret_error);
    unseen_tell(&self.unseen, "the processes", ret_unseen);
    return status != SECTION_OK ? status : self.status;
}
