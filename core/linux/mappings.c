#include "mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <section/utf8.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "shm.h"

static uint64_t take_number(char **text, int base, char end)
{
    const uint64_t number = strtoull(*text, text, base);
    *text += **text == end ? 1 : 0;
    return number;
}

/* "7f12a000-7f12b000 rw-s 00001000 00:01 1234      /memfd:name (deleted)" */
static bool parse(char *text, mapping *ret_mapping)
{
    mapping parsed = {0};
    parsed.start = take_number(&text, 16, '-');
    parsed.end = take_number(&text, 16, ' ');
    if (strlen(text) < 5) {
        return false;
    }
    parsed.readable = text[0] == 'r';
    parsed.writable = text[1] == 'w';
    parsed.shared = text[3] == 's';
    text += 5;
    parsed.offset_bytes = take_number(&text, 16, ' ');
    const unsigned major_number = (unsigned)take_number(&text, 16, ':');
    const unsigned minor_number = (unsigned)take_number(&text, 16, ' ');
    parsed.device = makedev(major_number, minor_number);
    parsed.inode = take_number(&text, 10, ' ');
    parsed.path = text + strspn(text, " ");
    *ret_mapping = parsed;
    return parsed.inode != 0;
}

bool mapping_next(FILE *maps, char **line, size_t *line_bytes, mapping *ret_mapping)
{
    ssize_t length;
    while ((length = getline(line, line_bytes, maps)) > 0) {
        if ((*line)[length - 1] == '\n') {
            (*line)[length - 1] = '\0';
        }
        if (parse(*line, ret_mapping)) {
            return true;
        }
    }
    return false;
}

void mapping_link(const mapping *mapping, char ret_link[MAPPING_LINK_BYTES])
{
    (void)snprintf(ret_link, MAPPING_LINK_BYTES, "map_files/%llx-%llx",
                   (unsigned long long)mapping->start, (unsigned long long)mapping->end);
}

/* Some file systems have another device in the map than fstat tells: their files are looked at. */
static bool is_wanted_file(const search *self)
{
    return self->wanted != NULL && self->wanted->device != self->memfd_device &&
           self->wanted->device != self->shm_device;
}

/*
 * Memory without a file lives beside the memfds, too: System V's, and /dev/zero's. Programs map
 * files of the system shared, which are none of ours.
 */
static bool may_be_section(const search *self, const mapping *mapping)
{
    static const char memfd[] = "/memfd:";
    const object_id object = {(uint64_t)mapping->device, mapping->inode};
    if (!mapping->shared) {
        return false;
    }
    if (self->by_links && search_wants(self, S_IFREG, object)) {
        return true;
    }
    if (self->by_links && !is_wanted_file(self)) {
        return false;
    }
    if (mapping->device == self->memfd_device) {
        return strncmp(mapping->path, memfd, sizeof memfd - 1) == 0;
    }
    const size_t length = strlen(self->folder);
    return mapping->device == self->shm_device ||
           (length > 0 && strncmp(mapping->path, self->folder, length) == 0 &&
            mapping->path[length] == '/');
}

/* As far as the line tells: a size of at least what is mapped, unless the name leads to it. */
static section_status show_line(search *self, const mapping *mapping, process_section *found,
                                section_error *ret_error)
{
    struct stat facts;
    char clean[PATH_MAX];
    const bool named = stat(mapping->path, &facts) == 0 && facts.st_dev == mapping->device &&
                       facts.st_ino == mapping->inode;
    const os_section object = {
        .handle = OS_NO_HANDLE,
        .backing =
            mapping->device == self->memfd_device ? SECTION_BACKING_MEMFD : SECTION_BACKING_SHM,
        .identity = {(uint64_t)mapping->device, mapping->inode},
    };
    found->backing = object.backing;
    found->size_exact = named;
    found->size_bytes =
        named ? (uint64_t)facts.st_size : mapping->offset_bytes + (mapping->end - mapping->start);
    section_utf8_clean(mapping->path, clean, sizeof clean);
    found->name = shm_shown_name(clean, object.backing, named);
    return search_show(self, &object, found, ret_error);
}

static section_status show_opened(search *self, int fd, const struct stat *facts,
                                  process_section *found, section_error *ret_error)
{
    const object_id object = {facts->st_dev, facts->st_ino};
    if (search_was_shown(self, object)) {
        return SECTION_OK;
    }
    if (!self->by_links) {
        return search_show_descriptor(self, fd, found, ret_error);
    }
    return search_wants(self, facts->st_mode, object)
               ? search_show_id(self, object, found, ret_error)
               : SECTION_OK;
}

static section_status show_mapping(search *self, const mapping *mapping, section_error *ret_error)
{
    char link[MAPPING_LINK_BYTES];
    process_section found = {
        .address = mapping->start,
        .access = (mapping->readable ? PROCESS_SECTION_READ : 0u) |
                  (mapping->writable ? PROCESS_SECTION_WRITE : 0u) | PROCESS_SECTION_QUERY,
    };
    const object_id object = {(uint64_t)mapping->device, mapping->inode};
    if (self->by_links && search_wants(self, S_IFREG, object)) {
        return search_show_id(self, object, &found, ret_error);
    }
    mapping_link(mapping, link);
    int fd = openat(self->process_fd, link, O_PATH | O_CLOEXEC);
    if (fd >= 0) {
        struct stat facts;
        section_status status = SECTION_OK;
        /* Some file systems have another device in the map than fstat tells. */
        if (fstat(fd, &facts) == 0) {
            status = show_opened(self, fd, &facts, &found, ret_error);
        }
        (void)close(fd);
        return status;
    }
    if (errno == ENOENT || errno == ESRCH) {
        return SECTION_OK; /* unmapped meanwhile */
    }
    search_note(self, "open /proc/PID/map_files", errno,
                "a mapping without a descriptor tells no more than its entry in /proc/PID/maps");
    if (self->by_links ||
        (mapping->device != self->memfd_device && mapping->device != self->shm_device)) {
        return SECTION_OK; /* which file it is cannot be judged by a path */
    }
    return show_line(self, mapping, &found, ret_error);
}

section_status mappings_search(search *self, section_error *ret_error)
{
    int fd = openat(self->process_fd, "maps", O_RDONLY | O_CLOEXEC);
    FILE *maps = fd >= 0 ? fdopen(fd, "r") : NULL;
    section_status status = SECTION_OK;
    char *line = NULL;
    size_t line_bytes = 0;
    mapping mapping;
    if (maps == NULL) {
        search_note(self, "open /proc/PID/maps", errno, "the process's mappings cannot be read");
        if (fd >= 0) {
            (void)close(fd);
        }
        return SECTION_OK;
    }
    while (status == SECTION_OK && !self->stopped &&
           mapping_next(maps, &line, &line_bytes, &mapping)) {
        const object_id object = {(uint64_t)mapping.device, mapping.inode};
        if (may_be_section(self, &mapping) && !search_was_shown(self, object)) {
            status = show_mapping(self, &mapping, ret_error);
        }
    }
    free(line);
    (void)fclose(maps);
    return status;
}
