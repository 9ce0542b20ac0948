#include <stdio.h>
#include <stdlib.h>

#include "identify.h"
#include "privilege.h"
#include "search.h"
#include <section_windows/cleanup.h>

/** A process of the list, and the name of its program. */
typedef struct known_process {
    process_entry process;
    char name[3 * MAX_PATH];
} known_process;

/** All of them, when the walk began. */
typedef struct known_processes {
    known_process *rows;
    size_t count;
    size_t capacity;
} known_processes;

/** One walk over the handles of all processes. */
typedef struct walk {
    const process_search *options;
    const os_section *wanted; /* NULL: all with a name */
    process_holder_visitor *visit;
    void *context;
    bool stopped;
    unseen unseen; /* counts processes */
    known_processes known;
    /* The process that is looked at; rows of one come together. */
    DWORD pid;
    bool counted; /* as one that cannot be seen whole */
    search search;
} walk;

static bool learn_process(void *context, const process_entry *process)
{
    known_processes *known = context;
    if (known->count == known->capacity) {
        const size_t capacity = known->capacity == 0 ? 256 : known->capacity * 2;
        known_process *rows = realloc(known->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            return false; /* the others go without their names */
        }
        known->rows = rows;
        known->capacity = capacity;
    }
    known_process *row = &known->rows[known->count++];
    row->process = *process;
    (void)snprintf(row->name, sizeof row->name, "%s", process->name);
    return true;
}

/* A process that started after the walk began has no name in the list. */
static process_entry find_process(const walk *self)
{
    for (size_t i = 0; i < self->known.count; i++) {
        if (self->known.rows[i].process.pid == self->pid) {
            process_entry found = self->known.rows[i].process;
            found.name = self->known.rows[i].name;
            return found;
        }
    }
    return (process_entry){.pid = self->pid, .name = ""};
}

static void count_unseen(walk *self, const section_error *why)
{
    if (!self->counted) {
        unseen_note(&self->unseen, why);
        self->counted = true;
    }
}

static void leave_process(walk *self)
{
    if (self->search.unseen.count > 0) {
        count_unseen(self, &self->search.unseen.why);
    }
    if (self->search.process != NULL) {
        (void)CloseHandle(self->search.process);
    }
    self->search = (search){0};
    self->counted = false;
    self->pid = 0;
}

/* A process that has gone meanwhile holds nothing. */
static void enter_process(walk *self, DWORD pid)
{
    section_error why = {0};
    leave_process(self);
    self->pid = pid;
    section_status status = open_process(pid, PROCESS_DUP_HANDLE, self->options->debug_privilege,
                                         &self->search.process, &why);
    if (status != SECTION_OK) {
        self->search.process = NULL;
        if (status != SECTION_NOT_FOUND) {
            count_unseen(self, &why);
        }
    }
}

static void show(walk *self, const os_section *object, const handle_row *row)
{
    section_name name;
    find_name(handle_of(object), &name);
    const bool named = name.text[0] != '\0';
    if (!named && (self->wanted == NULL || !os_is_same_object(object, self->wanted))) {
        return;
    }
    const process_section found = {
        .has_handle = true,
        .handle = row->handle,
        .access = search_access(row),
        .name = named ? name.text : NULL,
        .has_scope = named,
        .scope = name.scope,
        .handle_count = -1,
        .opened = object,
    };
    const process_entry process = find_process(self);
    self->stopped = !self->visit(self->context, &process, &found);
}

static void look_at(walk *self, const handle_row *row)
{
    if (row->pid != self->pid) {
        enter_process(self, row->pid);
    }
    if (self->search.process == NULL) {
        return;
    }
    _cleanup_handle_ HANDLE ours = search_take(&self->search, row->handle);
    if (ours == NULL) {
        return;
    }
    const os_section object = {.handle = (os_handle)ours};
    /* The number may be another object's by now. */
    if (check_type(ours, NULL) == SECTION_OK) {
        show(self, &object, row);
    }
}

section_status os_holders(const process_search *options, const os_section *wanted,
                          process_holder_visitor *visit, void *context, section_error *ret_unseen,
                          section_error *ret_error)
{
    handles all;
    handle_row row;
    walk self = {.options = options, .wanted = wanted, .visit = visit, .context = context};
    section_status status = handles_take_all(&all, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = os_process_list(learn_process, &self.known, ret_error);
    while (status == SECTION_OK && !self.stopped && handles_next(&all, &row)) {
        if (row.pid != GetCurrentProcessId()) {
            look_at(&self, &row);
        }
    }
    leave_process(&self);
    handles_free(&all);
    free(self.known.rows);
    unseen_tell(&self.unseen, "the processes", ret_unseen);
    return status;
}
