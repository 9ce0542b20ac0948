#include "descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "proc.h"
#include "shm.h"
#include <section_posix/cleanup.h>

/* Opens a folder of /proc/PID; NULL leaves errno. */
static DIR *open_folder(const search *self, const char *name)
{
    _cleanup_close_ int fd = openat(self->process_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder != NULL) {
        cleanup_release(&fd); /* the folder closes it */
    }
    return folder;
}

static unsigned access_of_link(mode_t mode)
{
    return ((mode & S_IRUSR) != 0 ? PROCESS_SECTION_READ : 0u) |
           ((mode & S_IWUSR) != 0 ? PROCESS_SECTION_WRITE : 0u) | PROCESS_SECTION_QUERY;
}

static unsigned access_of_flags(int flags)
{
    const int mode = flags & O_ACCMODE;
    return (mode == O_RDONLY || mode == O_RDWR ? PROCESS_SECTION_READ : 0u) |
           (mode == O_WRONLY || mode == O_RDWR ? PROCESS_SECTION_WRITE : 0u) |
           PROCESS_SECTION_QUERY;
}

/*
 * Huge pages and objects of another /dev/shm are recognised by their links, because their devices
 * are not known beforehand.
 */
static bool is_odd_memory(int folder_fd, const char *name, const struct statx *facts)
{
    static const char memfd_prefix[] = "/memfd:";
    char link[PATH_MAX];
    const ssize_t length = S_ISREG(facts->stx_mode) && facts->stx_dev_major == 0
                               ? readlinkat(folder_fd, name, link, sizeof link - 1)
                               : -1;
    if (length < 0) {
        return false;
    }
    link[length] = '\0';
    return strncmp(link, memfd_prefix, sizeof memfd_prefix - 1) == 0 ||
           shm_name_in_link(link) != NULL;
}

/* Examines the target of the link with one call, which does not contact a file server. */
static bool is_candidate(search *self, int folder_fd, const char *name, object_id *ret_object)
{
    struct statx facts;
    if (statx(folder_fd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO,
              &facts) != 0) {
        search_note(self, "statx /proc/PID/fd", errno, "a descriptor does not tell what it is");
        return false;
    }
    self->seen_count++;
    const dev_t device = makedev(facts.stx_dev_major, facts.stx_dev_minor);
    *ret_object = (object_id){device, facts.stx_ino};
    return self->by_links ? search_wants(self, facts.stx_mode, *ret_object)
                          : search_may_be_section(self, facts.stx_mode, device) ||
                                is_odd_memory(folder_fd, name, &facts);
}

/* The link's own mode tells how its owner opened it. */
static section_status show_unopened(search *self, int folder_fd, const char *name, object_id object,
                                    section_error *ret_error)
{
    struct stat link;
    if (fstatat(folder_fd, name, &link, AT_SYMLINK_NOFOLLOW) != 0) {
        search_note(self, "lstat /proc/PID/fd", errno, "a descriptor does not tell its mode");
        return SECTION_OK;
    }
    process_section found = {
        .has_handle = true,
        .handle = strtoull(name, NULL, 10),
        .access = access_of_link(link.st_mode),
    };
    return search_show_id(self, object, &found, ret_error);
}

static section_status show_link(search *self, int folder_fd, const char *name,
                                section_error *ret_error)
{
    struct stat link;
    _cleanup_close_ int fd = openat(folder_fd, name, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstatat(folder_fd, name, &link, AT_SYMLINK_NOFOLLOW) != 0) {
        search_note(self, "open /proc/PID/fd", errno, "a descriptor cannot be looked at");
        return SECTION_OK;
    }
    process_section found = {
        .has_handle = true,
        .handle = strtoull(name, NULL, 10),
        .access = access_of_link(link.st_mode),
    };
    return search_show_descriptor(self, fd, &found, ret_error);
}

static section_status walk_links(search *self, DIR *folder, section_error *ret_error)
{
    section_status status = SECTION_OK;
    const struct dirent *entry;
    while (status == SECTION_OK && !self->stopped && (entry = readdir(folder)) != NULL) {
        object_id object;
        if (entry->d_name[0] == '.' || !is_candidate(self, dirfd(folder), entry->d_name, &object)) {
            continue;
        }
        status = self->by_links
                     ? show_unopened(self, dirfd(folder), entry->d_name, object, ret_error)
                     : show_link(self, dirfd(folder), entry->d_name, ret_error);
    }
    return status;
}

/* The mounts that sections can be on, as /proc/PID/fdinfo numbers them. */
typedef struct mounts {
    uint64_t ids[3];
    size_t count;
} mounts;

static void add_mount(mounts *known, int fd, const char *path)
{
    struct statx facts;
    if (statx(fd, path, AT_EMPTY_PATH, STATX_MNT_ID, &facts) == 0 &&
        (facts.stx_mask & STATX_MNT_ID) != 0) {
        known->ids[known->count++] = facts.stx_mnt_id;
    }
}

static mounts find_mounts(const search *self)
{
    mounts known = {.count = 0};
    _cleanup_close_ int memfd = memfd_create("probe", MFD_CLOEXEC);
    if (memfd >= 0) {
        add_mount(&known, memfd, "");
    }
    add_mount(&known, AT_FDCWD, SHM_DIRECTORY);
    if (self->options->file_folder != NULL) {
        add_mount(&known, AT_FDCWD, self->options->file_folder);
    }
    return known;
}

/* Whether /proc/PID/fdinfo/N names one of the mounts: "pos:\t0\nflags:\t…\nmnt_id:\t15\n…". */
static bool is_on_mount(search *self, int folder_fd, const char *name, const mounts *known)
{
    static const char key[] = "\nmnt_id:";
    char text[256];
    _cleanup_close_ int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (length < 0) {
        search_note(self, "read /proc/PID/fdinfo", errno, "a descriptor does not tell what it is");
        return false;
    }
    self->seen_count++;
    text[length] = '\0';
    const char *found = strstr(text, key);
    if (found == NULL) {
        return false;
    }
    const uint64_t id = strtoull(found + sizeof key - 1, NULL, 10);
    for (size_t i = 0; i < known->count; i++) {
        if (known->ids[i] == id) {
            return true;
        }
    }
    return false;
}

static section_status show_taken(search *self, const char *name, section_error *ret_error)
{
    process_section found = {.has_handle = true, .handle = strtoull(name, NULL, 10)};
    _cleanup_close_ int fd =
        found.handle <= INT_MAX ? pidfd_getfd(self->pidfd, (int)found.handle, 0) : -1;
    if (fd < 0) {
        search_note(self, "pidfd_getfd", errno, "a descriptor cannot be taken");
        return SECTION_OK;
    }
    found.access = access_of_flags(fcntl(fd, F_GETFL));
    if (!self->by_links) {
        return search_show_descriptor(self, fd, &found, ret_error);
    }
    struct stat facts;
    if (fstat(fd, &facts) != 0) {
        return SECTION_OK;
    }
    const object_id object = {facts.st_dev, facts.st_ino};
    return search_wants(self, facts.st_mode, object)
               ? search_show_id(self, object, &found, ret_error)
               : SECTION_OK;
}

/*
 * For callers that may copy descriptors but not follow their links: with CAP_SYS_PTRACE, the
 * process of another user.
 */
static section_status walk_infos(search *self, DIR *folder, section_error *ret_error)
{
    section_status status = SECTION_OK;
    const mounts known = find_mounts(self);
    const struct dirent *entry;
    while (status == SECTION_OK && !self->stopped && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.' && is_on_mount(self, dirfd(folder), entry->d_name, &known)) {
            status = show_taken(self, entry->d_name, ret_error);
        }
    }
    return status;
}

static section_status list_descriptors(search *self, section_error *ret_error)
{
    _cleanup_closedir_ DIR *links = open_folder(self, "fd");
    const int number = errno;
    if (links != NULL) {
        return walk_links(self, links, ret_error);
    }
    _cleanup_closedir_ DIR *infos =
        number == EACCES || number == EPERM ? open_folder(self, "fdinfo") : NULL;
    if (infos == NULL) {
        return proc_fail(ret_error, "open /proc/PID/fd", number,
                         "the process's descriptors cannot be listed");
    }
    return walk_infos(self, infos, ret_error);
}

section_status descriptors_search(search *self, section_error *ret_error)
{
    section_status status = list_descriptors(self, ret_error);
    if (status != SECTION_OK || self->seen_count > 0 || self->unseen.count == 0) {
        return status;
    }
    /* The numbers of the descriptors could be listed, and not one descriptor could be looked at. */
    if (ret_error != NULL) {
        *ret_error = self->unseen.why;
    }
    return self->unseen.why.code;
}
