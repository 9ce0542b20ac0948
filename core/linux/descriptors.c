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

/* Opens a folder of /proc/PID; NULL leaves errno. */
static DIR *open_folder(const search *self, const char *name)
{
    int fd = openat(self->process_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (fd >= 0 && folder == NULL) {
        const int number = errno;
        (void)close(fd);
        errno = number;
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

/* What is at the end of the link, by one call that asks no file server. */
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
                          : search_may_be_section(self, facts.stx_mode, device);
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
    int fd = openat(folder_fd, name, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstatat(folder_fd, name, &link, AT_SYMLINK_NOFOLLOW) != 0) {
        search_note(self, "open /proc/PID/fd", errno, "a descriptor cannot be looked at");
        if (fd >= 0) {
            (void)close(fd);
        }
        return SECTION_OK;
    }
    process_section found = {
        .has_handle = true,
        .handle = strtoull(name, NULL, 10),
        .access = access_of_link(link.st_mode),
    };
    section_status status = search_show_descriptor(self, fd, &found, ret_error);
    (void)close(fd);
    return status;
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

static void add_mount(mounts *mounts, int fd, const char *path)
{
    struct statx facts;
    if (statx(fd, path, AT_EMPTY_PATH, STATX_MNT_ID, &facts) == 0 &&
        (facts.stx_mask & STATX_MNT_ID) != 0) {
        mounts->ids[mounts->count++] = facts.stx_mnt_id;
    }
}

static mounts find_mounts(const search *self)
{
    mounts mounts = {.count = 0};
    int memfd = memfd_create("probe", MFD_CLOEXEC);
    if (memfd >= 0) {
        add_mount(&mounts, memfd, "");
        (void)close(memfd);
    }
    add_mount(&mounts, AT_FDCWD, SHM_DIRECTORY);
    if (self->options->file_folder != NULL) {
        add_mount(&mounts, AT_FDCWD, self->options->file_folder);
    }
    return mounts;
}

/* Whether /proc/PID/fdinfo/N names one of the mounts: "pos:\t0\nflags:\t…\nmnt_id:\t15\n…". */
static bool is_on_mount(search *self, int folder_fd, const char *name, const mounts *mounts)
{
    static const char key[] = "\nmnt_id:";
    char text[256];
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    const int number = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (length < 0) {
        search_note(self, "read /proc/PID/fdinfo", number, "a descriptor does not tell what it is");
        return false;
    }
    self->seen_count++;
    text[length] = '\0';
    const char *found = strstr(text, key);
    const uint64_t id = found != NULL ? strtoull(found + sizeof key - 1, NULL, 10) : 0;
    for (size_t i = 0; found != NULL && i < mounts->count; i++) {
        if (mounts->ids[i] == id) {
            return true;
        }
    }
    return false;
}

static section_status show_taken(search *self, const char *name, section_error *ret_error)
{
    process_section found = {.has_handle = true, .handle = strtoull(name, NULL, 10)};
    int fd = found.handle <= INT_MAX ? pidfd_getfd(self->pidfd, (int)found.handle, 0) : -1;
    if (fd < 0) {
        search_note(self, "pidfd_getfd", errno, "a descriptor cannot be taken");
        return SECTION_OK;
    }
    struct stat facts;
    section_status status = SECTION_OK;
    found.access = access_of_flags(fcntl(fd, F_GETFL));
    if (!self->by_links) {
        status = search_show_descriptor(self, fd, &found, ret_error);
    } else if (fstat(fd, &facts) == 0) {
        const object_id object = {facts.st_dev, facts.st_ino};
        if (search_wants(self, facts.st_mode, object)) {
            status = search_show_id(self, object, &found, ret_error);
        }
    }
    (void)close(fd);
    return status;
}

/* For who may take descriptors and not follow their links: CAP_SYS_PTRACE, and another user's. */
static section_status walk_infos(search *self, DIR *folder, section_error *ret_error)
{
    section_status status = SECTION_OK;
    const mounts mounts = find_mounts(self);
    const struct dirent *entry;
    while (status == SECTION_OK && !self->stopped && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.' && is_on_mount(self, dirfd(folder), entry->d_name, &mounts)) {
            status = show_taken(self, entry->d_name, ret_error);
        }
    }
    return status;
}

static section_status list_descriptors(search *self, section_error *ret_error)
{
    section_status status;
    DIR *folder = open_folder(self, "fd");
    const int number = errno;
    if (folder != NULL) {
        status = walk_links(self, folder, ret_error);
        (void)closedir(folder);
        return status;
    }
    folder = number == EACCES || number == EPERM ? open_folder(self, "fdinfo") : NULL;
    if (folder == NULL) {
        return proc_fail(ret_error, "open /proc/PID/fd", number,
                         "the process's descriptors cannot be listed");
    }
    status = walk_infos(self, folder, ret_error);
    (void)closedir(folder);
    return status;
}

section_status descriptors_search(search *self, section_error *ret_error)
{
    section_status status = list_descriptors(self, ret_error);
    /* Their numbers can be listed where not one of them may be looked at. */
    if (status == SECTION_OK && self->seen_count == 0 && self->unseen.count > 0) {
        if (ret_error != NULL) {
            *ret_error = self->unseen.why;
        }
        return self->unseen.why.code;
    }
    return status;
}
