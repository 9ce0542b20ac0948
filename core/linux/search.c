#include "search.h"

#include <errno.h>
#include <fcntl.h>
#include <section/utf8.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ipc.h"
#include "proc.h"
#include "shm.h"
#include <section_posix/cleanup.h>

bool search_may_be_section(const search *self, mode_t mode, dev_t device)
{
    return S_ISREG(mode) && (device == self->memfd_device || device == self->shm_device ||
                             self->options->file_folder != NULL);
}

static int compare_objects(object_id a, object_id b)
{
    if (a.device != b.device) {
        return a.device < b.device ? -1 : 1;
    }
    return a.inode < b.inode ? -1 : a.inode > b.inode;
}

void search_prepare(search *self)
{
    struct stat facts;
    const char *folder = self->options->file_folder;
    self->memfd_device = shm_memory_device();
    if (stat(SHM_DIRECTORY, &facts) == 0) {
        self->shm_device = facts.st_dev;
    }
    if (folder == NULL || realpath(folder, self->folder) == NULL) {
        self->folder[0] = '\0';
    }
}

bool search_wants(const search *self, mode_t mode, object_id object)
{
    if (!S_ISREG(mode)) {
        return false;
    }
    return self->wanted != NULL ? compare_objects(*self->wanted, object) == 0
                                : object.device == self->shm_device;
}

uint64_t search_ipc_namespace(search *self)
{
    if (self->ipc_namespace == 0) {
        self->ipc_namespace = ipc_namespace(self->process_fd);
    }
    return self->ipc_namespace;
}

section_status search_show_id(search *self, object_id object, process_section *found,
                              section_error *ret_error)
{
    const os_section known = {.handle = OS_NO_HANDLE, .identity = {object.device, object.inode}};
    return search_show(self, &known, found, ret_error);
}

void search_note(search *self, const char *call, int number, const char *what)
{
    section_error why = {0};
    if (number != ENOENT && number != EBADF && number != ESRCH) {
        (void)proc_fail(&why, call, number, what);
        unseen_note(&self->unseen, &why);
    }
}

/* Where an object stands among those shown, or belongs. */
static size_t find_place(const search *self, object_id object)
{
    size_t low = 0;
    size_t high = self->shown_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_objects(self->shown[middle], object) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool search_was_shown(const search *self, object_id object)
{
    const size_t place = find_place(self, object);
    return place < self->shown_count && compare_objects(self->shown[place], object) == 0;
}

static section_status remember(search *self, object_id object, section_error *ret_error)
{
    const size_t place = find_place(self, object);
    if (search_was_shown(self, object)) {
        return SECTION_OK;
    }
    if (self->shown_count == self->shown_capacity) {
        const size_t capacity = self->shown_capacity == 0 ? 64 : self->shown_capacity * 2;
        object_id *shown = realloc(self->shown, capacity * sizeof *shown);
        if (shown == NULL) {
            return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the search");
        }
        self->shown = shown;
        self->shown_capacity = capacity;
    }
    memmove(self->shown + place + 1, self->shown + place,
            (self->shown_count - place) * sizeof self->shown[0]);
    self->shown[place] = object;
    self->shown_count++;
    return SECTION_OK;
}

section_status search_show(search *self, const os_section *object, process_section *found,
                           section_error *ret_error)
{
    const object_id identity = {object->identity[0], object->identity[1]};
    found->described = true;
    found->handle_count = -1;
    found->object[0] = identity.device;
    found->object[1] = identity.inode;
    found->opened = object;
    section_status status = remember(self, identity, ret_error);
    if (status == SECTION_OK) {
        self->stopped = !self->visit(self->context, found);
    }
    return status;
}

/* Seals are asked of an opened file, which may be denied: then nothing is said of them. */
static void describe_seals(int fd, process_section *found)
{
    static const struct {
        int seal;
        const char *word;
    } words[] = {
        {F_SEAL_SHRINK, "sealed_shrink"}, {F_SEAL_GROW, "sealed_grow"},
        {F_SEAL_WRITE, "sealed_write"},   {F_SEAL_FUTURE_WRITE, "sealed_future_write"},
        {F_SEAL_SEAL, "sealed_seal"},
    };
    size_t count = 0;
    int opened = proc_open_again(fd, O_RDONLY);
    const int seals = opened >= 0 ? fcntl(opened, F_GET_SEALS) : -1;
    if (opened >= 0) {
        (void)close(opened);
    }
    for (size_t i = 0; seals >= 0 && i < sizeof words / sizeof words[0]; i++) {
        if ((seals & words[i].seal) != 0) {
            found->attributes[count++] = words[i].word;
        }
    }
    if (seals >= 0 && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0) {
        found->access &= ~(unsigned)PROCESS_SECTION_WRITE;
    }
}

section_status search_show_descriptor(search *self, int fd, process_section *found,
                                      section_error *ret_error)
{
    char own_link[64];
    char path[PATH_MAX];
    char clean[sizeof path];
    struct stat facts;
    os_section object = {.handle = fd};
    section_name name;
    (void)snprintf(own_link, sizeof own_link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(own_link, path, sizeof path - 1);
    section_error why = {0};
    if (shm_identify(fd, self->options->file_folder, &object, &name, &why) != SECTION_OK) {
        if (why.code != SECTION_NOT_A_SECTION) {
            unseen_note(&self->unseen, &why);
        }
        return SECTION_OK;
    }
    if (length < 0 || fstat(fd, &facts) != 0) {
        search_note(self, "fstat", errno, "a descriptor does not tell what it is");
        return SECTION_OK;
    }
    path[length] = '\0';
    ipc_identify(&object, search_ipc_namespace(self));
    section_utf8_clean(path, clean, sizeof clean);
    found->backing = object.backing;
    found->size_bytes = (uint64_t)facts.st_size;
    found->size_exact = true;
    if (object.backing == SECTION_BACKING_FILE) {
        found->file = clean;
    } else if (object.backing == SECTION_BACKING_MEMFD) {
        found->name = shm_shown_name(clean, object.backing, true);
        describe_seals(fd, found);
    } else {
        found->name = name.text[0] != '\0' ? name.text : NULL;
    }
    if (object.is_elsewhere || object.backing == SECTION_BACKING_HUGETLB ||
        object.backing == SECTION_BACKING_SYSV) {
        found->name = shm_shown_name(clean, object.backing, facts.st_nlink > 0);
    }
    found->is_elsewhere = object.is_elsewhere;
    return search_show(self, &object, found, ret_error);
}

section_status search_settle(const search *self, section_status status, const section_error *why,
                             unseen *processes, section_error *ret_error)
{
    if (status == SECTION_NO_MEMORY) {
        return section_fail(ret_error, status, "no memory for the search");
    }
    if (status != SECTION_OK && status != SECTION_NOT_FOUND) {
        unseen_note(processes, why);
    } else if (status == SECTION_OK && self->unseen.count > 0) {
        unseen_note(processes, &self->unseen.why);
    }
    return SECTION_OK;
}
