#include "mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <section/utf8.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../posix/segment.h"
#include "ipc.h"
#include "proc.h"
#include "shm.h"
#include <section_posix/cleanup.h>

static uint64_t take_number(char **text, int base, char end)
{
    const uint64_t number = strtoull(*text, text, base);
    *text += **text == end ? 1 : 0;
    return number;
}

static bool is_sysv(const char *path)
{
    static const char sysv[] = "/SYSV";
    return strncmp(path, sysv, sizeof sysv - 1) == 0;
}

static object_id object_of(search *self, const mapping *line)
{
    return (object_id){shm_identity_device(line->device, line->is_segment),
                       line->is_segment ? ipc_identity(line->inode, search_ipc_namespace(self))
                                        : line->inode};
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
    parsed.is_segment = major(parsed.device) == 0 && is_sysv(parsed.path);
    *ret_mapping = parsed;
    return parsed.inode != 0 || parsed.is_segment; /* the first of which has the inode 0 */
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

section_status mapping_find(uint32_t pid, uint64_t address, mapping *ret_mapping, char **ret_line,
                            section_error *ret_error)
{
    char path[64];
    size_t line_bytes = 0;
    (void)snprintf(path, sizeof path, "/proc/%u/maps", pid == 0 ? os_process_id() : pid);
    _cleanup_fclose_ FILE *maps = fopen(path, "re");
    if (maps == NULL) {
        return proc_fail(ret_error, "open /proc/PID/maps", errno,
                         "the process's mappings cannot be read");
    }
    while (mapping_next(maps, ret_line, &line_bytes, ret_mapping)) {
        if (ret_mapping->start == address) {
            return SECTION_OK;
        }
    }
    return section_fail(ret_error, SECTION_NOT_FOUND,
                        "no mapping of a section begins at that address");
}

bool mapping_own_path(uint64_t address, char *ret_path, size_t capacity)
{
    mapping found;
    _cleanup_free_ char *line = NULL;
    if (mapping_find(0, address, &found, &line, NULL) != SECTION_OK) {
        return false;
    }
    (void)snprintf(ret_path, capacity, "%s", found.path);
    return true;
}

void mapping_link(const mapping *line, char ret_link[MAPPING_LINK_BYTES])
{
    (void)snprintf(ret_link, MAPPING_LINK_BYTES, "map_files/%llx-%llx",
                   (unsigned long long)line->start, (unsigned long long)line->end);
}

/* Some file systems have another device in the map than fstat tells: their files are looked at. */
static bool is_wanted_file(const search *self)
{
    return self->wanted != NULL && !shm_is_segment_device(self->wanted->device) &&
           self->wanted->device != self->memfd_device && self->wanted->device != self->shm_device;
}

/* Memory is recognised by its links; shared mappings of other files are not sections. */
static bool may_be_section(search *self, const mapping *line)
{
    section_backing backing;
    if (!line->shared) {
        return false;
    }
    const object_id object = object_of(self, line);
    if (self->by_links && search_wants(self, S_IFREG, object)) {
        return true;
    }
    if (self->by_links && !is_wanted_file(self)) {
        return false;
    }
    if (major(line->device) == 0 && shm_is_nameless(line->path, &backing)) {
        return true;
    }
    if (major(line->device) == 0 && line->device != self->shm_device &&
        shm_is_elsewhere(line->device, line->path)) {
        return true;
    }
    const size_t length = strlen(self->folder);
    return line->device == self->shm_device ||
           (length > 0 && strncmp(line->path, self->folder, length) == 0 &&
            line->path[length] == '/');
}

/* As far as the line tells: a size of at least what is mapped, unless the name leads to it. */
static section_status show_line(search *self, const mapping *line, process_section *found,
                                section_error *ret_error)
{
    struct stat facts;
    char clean[PATH_MAX];
    const bool named = stat(line->path, &facts) == 0 && facts.st_dev == line->device &&
                       facts.st_ino == line->inode;
    const object_id identity = object_of(self, line);
    os_section object = {
        .handle = OS_NO_HANDLE,
        .identity = {identity.device, identity.inode},
        .is_elsewhere = line->device != self->shm_device,
    };
    if (shm_is_nameless(line->path, &object.backing)) {
        object.is_elsewhere = false;
        if (line->device != self->memfd_device) {
            object.backing = SECTION_BACKING_HUGETLB;
        }
    } else {
        object.backing = SECTION_BACKING_SHM;
    }
    found->is_elsewhere = object.is_elsewhere;
    found->backing = object.backing;
    if (!found->size_exact) {
        found->size_exact = named;
        found->size_bytes =
            named ? (uint64_t)facts.st_size : line->offset_bytes + (line->end - line->start);
    }
    section_utf8_clean(line->path, clean, sizeof clean);
    found->name = shm_shown_name(clean, object.backing, named || object.is_elsewhere);
    return search_show(self, &object, found, ret_error);
}

static section_status show_opened(search *self, int fd, const struct stat *facts,
                                  const mapping *line, process_section *found,
                                  section_error *ret_error)
{
    const object_id object =
        line->is_segment ? object_of(self, line) : (object_id){facts->st_dev, facts->st_ino};
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

/* A segment is asked for its size by its id; with that, all is known that its descriptor would tell. */
static bool is_told_by_id(search *self, const mapping *line, process_section *found)
{
    found->size_exact = line->device == self->memfd_device && line->inode <= INT_MAX &&
                        ipc_is_ours(search_ipc_namespace(self)) &&
                        segment_size((int)line->inode, &found->size_bytes, NULL) == SECTION_OK;
    return found->size_exact;
}

static section_status show_mapping(search *self, const mapping *line, section_error *ret_error)
{
    char link[MAPPING_LINK_BYTES];
    process_section found = {
        .address = line->start,
        .access = (line->readable ? PROCESS_SECTION_READ : 0u) |
                  (line->writable ? PROCESS_SECTION_WRITE : 0u) | PROCESS_SECTION_QUERY,
    };
    const object_id object = object_of(self, line);
    if (self->by_links && search_wants(self, S_IFREG, object)) {
        return search_show_id(self, object, &found, ret_error);
    }
    mapping_link(line, link);
    _cleanup_close_ int fd = openat(self->process_fd, link, O_PATH | O_CLOEXEC);
    if (fd >= 0) {
        struct stat facts;
        /* Some file systems have another device in the map than fstat tells. */
        return fstat(fd, &facts) == 0 ? show_opened(self, fd, &facts, line, &found, ret_error)
                                      : SECTION_OK;
    }
    if (errno == ENOENT || errno == ESRCH) {
        return SECTION_OK; /* unmapped meanwhile */
    }
    if (!self->by_links && line->is_segment && is_told_by_id(self, line, &found)) {
        return show_line(self, line, &found, ret_error);
    }
    search_note(self, "open /proc/PID/map_files", errno,
                "a mapping without a descriptor tells no more than its entry in /proc/PID/maps");
    section_backing backing;
    const bool is_memory =
        line->device == self->shm_device ||
        (major(line->device) == 0 &&
         (shm_is_nameless(line->path, &backing) || shm_is_elsewhere(line->device, line->path)));
    if (self->by_links || !is_memory) {
        return SECTION_OK; /* which file it is cannot be judged by a path */
    }
    return show_line(self, line, &found, ret_error);
}

section_status mappings_search(search *self, section_error *ret_error)
{
    _cleanup_close_ int fd = openat(self->process_fd, "maps", O_RDONLY | O_CLOEXEC);
    _cleanup_fclose_ FILE *maps = fd >= 0 ? fdopen(fd, "r") : NULL;
    _cleanup_free_ char *line = NULL;
    size_t line_bytes = 0;
    mapping each;
    if (maps == NULL) {
        search_note(self, "open /proc/PID/maps", errno, "the process's mappings cannot be read");
        return SECTION_OK;
    }
    cleanup_release(&fd); /* fclose closes it */
    while (!self->stopped && mapping_next(maps, &line, &line_bytes, &each)) {
        const object_id object = object_of(self, &each);
        if (!may_be_section(self, &each) || search_was_shown(self, object)) {
            continue;
        }
        section_status status = show_mapping(self, &each, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}
