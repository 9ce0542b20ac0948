#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "file.h"
#include "shm.h"
#include <section_posix/cleanup.h>

static const char memfd_prefix[] = "/memfd:";
static const char shm_prefix[] = SHM_DIRECTORY "/";

enum { FOLDER_LOOKS_MAX = 4096 };

/*
 * An object that was linked under its name after it was made, as ours are, has a link in /proc that
 * does not tell it: the folder does.
 */
static bool find_in_folder(const struct stat *object, section_name *ret_name)
{
    _cleanup_closedir_ DIR *folder = opendir(SHM_DIRECTORY);
    const struct dirent *entry;
    struct stat named;
    if (folder == NULL) {
        return false;
    }
    /* Any user may fill the folder, so the search ends after so many entries. */
    for (int looks = 0; looks < FOLDER_LOOKS_MAX && (entry = readdir(folder)) != NULL; looks++) {
        if (entry->d_ino == object->st_ino &&
            fstatat(dirfd(folder), entry->d_name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
            named.st_dev == object->st_dev && named.st_ino == object->st_ino &&
            section_name_parse(entry->d_name, ret_name, NULL) == SECTION_OK) {
            return true;
        }
    }
    return false;
}

/* The name of an object on /dev/shm, while the name leads to it; else empty. */
static void find_name(const char *link, const struct stat *object, section_name *ret_name)
{
    struct stat named;
    section_name parsed;
    ret_name->text[0] = '\0';
    if (object->st_nlink == 0) {
        return;
    }
    const bool leads = strncmp(link, shm_prefix, sizeof shm_prefix - 1) == 0 &&
                       stat(link, &named) == 0 && named.st_dev == object->st_dev &&
                       named.st_ino == object->st_ino;
    if (leads ? section_name_parse(link + sizeof shm_prefix - 1, &parsed, NULL) == SECTION_OK
              : find_in_folder(object, &parsed)) {
        *ret_name = parsed;
    }
}

/*
 * By its device, whatever path it has in the mount namespace of whoever gave it to us. Where
 * /dev/shm is no file system of its own, only the path can tell.
 */
static bool is_on_shm(const struct stat *object, const char *link)
{
    struct stat directory;
    struct stat root;
    if (stat(SHM_DIRECTORY, &directory) != 0 || stat("/", &root) != 0 ||
        directory.st_dev != object->st_dev) {
        return false;
    }
    return directory.st_dev != root.st_dev || strncmp(link, shm_prefix, sizeof shm_prefix - 1) == 0;
}

/*
 * F_GET_SEALS succeeds on shm objects too, so it does not tell a memfd: the kernel's link does,
 * together with what no ordinary file has, a tmpfs inode without any name.
 */
static bool is_memfd(int fd, const struct stat *object, const char *link)
{
    struct statfs file_system;
    return strncmp(link, memfd_prefix, sizeof memfd_prefix - 1) == 0 && object->st_nlink == 0 &&
           fstatfs(fd, &file_system) == 0 && file_system.f_type == TMPFS_MAGIC;
}

section_traits os_traits(const os_section *object, const section_name *name)
{
    (void)name; /* one object may have several names */
    return (section_traits){.words = {object->identity[0], object->identity[1]}};
}

section_status shm_identify(int fd, const char *file_folder, os_section *object,
                            section_name *ret_name, section_error *ret_error)
{
    struct stat facts;
    char own_link[64];
    char link[PATH_MAX];
    (void)snprintf(own_link, sizeof own_link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(own_link, link, sizeof link - 1);
    if (length < 0 || fstat(fd, &facts) != 0) {
        return section_fail_os(ret_error, "fstat", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the descriptor does not tell what it is");
    }
    link[length] = '\0';
    ret_name->scope = SECTION_SCOPE_LOCAL;
    ret_name->text[0] = '\0';
    if (S_ISREG(facts.st_mode) && is_on_shm(&facts, link)) {
        object->backing = SECTION_BACKING_SHM;
        find_name(link, &facts, ret_name);
    } else if (S_ISREG(facts.st_mode) && is_memfd(fd, &facts, link)) {
        object->backing = SECTION_BACKING_MEMFD;
    } else if (file_is_inside(fd, file_folder, link)) {
        object->backing = SECTION_BACKING_FILE;
    } else {
        return section_fail(ret_error, SECTION_NOT_A_SECTION,
                            "it is %.100s; sections are memfds and files on " SHM_DIRECTORY, link);
    }
    object->identity[0] = (uint64_t)facts.st_dev;
    object->identity[1] = (uint64_t)facts.st_ino;
    return SECTION_OK;
}

const char *shm_shown_name(char *path, section_backing backing, bool named)
{
    static const char deleted[] = " (deleted)";
    const bool memfd = backing == SECTION_BACKING_MEMFD;
    const char *prefix = memfd ? memfd_prefix : shm_prefix;
    if ((!memfd && !named) || strncmp(path, prefix, strlen(prefix)) != 0) {
        return NULL;
    }
    char *name = path + strlen(prefix);
    const size_t length = strlen(name);
    if (memfd && length >= sizeof deleted - 1 &&
        strcmp(name + length - (sizeof deleted - 1), deleted) == 0) {
        name[length - (sizeof deleted - 1)] = '\0';
    }
    return name[0] != '\0' ? name : NULL;
}
