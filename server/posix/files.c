#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <section_posix/cleanup.h>

#include "base/log.h"
#include "base/platform.h"
#include "base/secret.h"
#include "files.h"

enum { SUFFIX_RANDOM_BYTES = 8 };

char *platform_join_path(const char *directory, const char *file_name)
{
    char *path;
    return asprintf(&path, "%s/%s", directory, file_name) < 0 ? NULL : path;
}

char *platform_state_directory(void)
{
    const char *folder = getenv("STATE_DIRECTORY"); /* systemd's, already our own */
    if (folder != NULL && folder[0] == '/') {
        return strdup(folder);
    }
    folder = getenv("XDG_STATE_HOME");
    if (folder != NULL && folder[0] == '/') { /* relative ones are to be ignored */
        return platform_join_path(folder, "sectiond");
    }
    folder = getenv("HOME");
    return folder != NULL && folder[0] == '/' ? platform_join_path(folder, ".local/state/sectiond")
                                              : NULL;
}

char *platform_runtime_directory(void)
{
    struct stat facts;
    const char *folder = getenv("XDG_RUNTIME_DIR");
    /* With sudo, it may be another user's folder, where a folder of ours would be in the way. */
    if (folder == NULL || folder[0] != '/' || stat(folder, &facts) != 0 ||
        !S_ISDIR(facts.st_mode) || facts.st_uid != geteuid()) {
        return NULL;
    }
    return platform_join_path(folder, "sectiond");
}

section_status platform_check_directory(const char *path, section_error *ret_error)
{
    struct stat facts;
    if (stat(path, &facts) != 0) {
        return section_fail_os(ret_error, "stat", SECTION_OS_ERRNO, (uint32_t)errno, path);
    }
    if (!S_ISDIR(facts.st_mode)) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.200s is not a folder", path);
    }
    return SECTION_OK;
}

section_status platform_make_directory(const char *path, section_error *ret_error)
{
    _cleanup_free_ char *parents = strdup(path);
    if (parents == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a path");
    }
    for (char *slash = strchr(parents + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(parents, 0700); /* if this fails, the last one fails, too */
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return section_fail_os(ret_error, "mkdir", SECTION_OS_ERRNO, (uint32_t)errno, path);
    }
    return platform_check_directory(path, ret_error);
}

static section_status write_all(int fd, const char *content, const char *path,
                                section_error *ret_error)
{
    size_t rest = strlen(content);
    while (rest > 0) {
        const ssize_t written = write(fd, content, rest);
        if (written < 0) {
            return section_fail_os(ret_error, "write", SECTION_OS_ERRNO, (uint32_t)errno, path);
        }
        content += written;
        rest -= (size_t)written;
    }
    return SECTION_OK;
}

/*
 * Makes the file under a name of its own beside the path, whole and on the disk, so that nobody ever
 * sees a part of it under the other name. The caller frees the name.
 */
static section_status make_aside(const char *path, const char *content, char **ret_name,
                                 section_error *ret_error)
{
    char suffix[2 * SUFFIX_RANDOM_BYTES + 1];
    _cleanup_free_ char *name = NULL;
    /*
     * The name has no process id: two containers that share the folder may have processes with the
     * same id.
     */
    section_status status = secret_make(SUFFIX_RANDOM_BYTES, suffix, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (asprintf(&name, "%s.%s", path, suffix) < 0) {
        name = NULL; /* asprintf leaves it undefined */
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a path");
    }
    _cleanup_close_ int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return section_fail_os(ret_error, "open", SECTION_OS_ERRNO, (uint32_t)errno, path);
    }
    status = write_all(fd, content, path, ret_error);
    if (status == SECTION_OK && fsync(fd) != 0) {
        status = section_fail_os(ret_error, "fsync", SECTION_OS_ERRNO, (uint32_t)errno, path);
    }
    if (status != SECTION_OK) {
        (void)unlink(name);
        return status;
    }
    *ret_name = name;
    name = NULL;
    return SECTION_OK;
}

/* The folder of a path, with its slash; NULL where memory runs out. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? strdup("./") : strndup(path, (size_t)(slash - path) + 1);
}

/* Opened before a name of it is given or taken, so that not having it changes nothing. */
static section_status open_folder_of(const char *path, int *ret_fd, section_error *ret_error)
{
    _cleanup_free_ char *folder = folder_of(path);
    if (folder == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a path");
    }
    *ret_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_fd >= 0
               ? SECTION_OK
               : section_fail_os(ret_error, "open", SECTION_OS_ERRNO, (uint32_t)errno, path);
}

/*
 * A name that was given or taken is there after a power cut only once its folder is on the disk. It cannot be taken
 * back where that fails: so this is no failure of what was done, and is told to whoever reads the log.
 */
static void sync_folder(int fd, const char *path)
{
    /* Some file systems have no such call for folders, and say so. */
    if (fsync(fd) != 0 && errno != EINVAL) {
        log_write(LOG_WARN, "%s is changed, but a power cut may undo it: fsync of its folder: %s",
                  path, strerror(errno));
    }
}

section_status platform_create_private_file(const char *path, const char *content,
                                            section_error *ret_error)
{
    _cleanup_free_ char *fresh = NULL;
    section_status status = make_aside(path, content, &fresh, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (link(fresh, path) != 0) { /* does not follow links and does not replace files */
        status = section_fail_os(ret_error, "link", SECTION_OS_ERRNO, (uint32_t)errno, path);
    }
    (void)unlink(fresh);
    return status;
}

section_status platform_replace_private_file(const char *path, const char *content,
                                             section_error *ret_error)
{
    _cleanup_free_ char *fresh = NULL;
    section_status status = make_aside(path, content, &fresh, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    _cleanup_close_ int folder = -1;
    status = open_folder_of(path, &folder, ret_error);
    if (status == SECTION_OK && rename(fresh, path) != 0) {
        status = section_fail_os(ret_error, "rename", SECTION_OS_ERRNO, (uint32_t)errno, path);
    }
    if (status != SECTION_OK) {
        (void)unlink(fresh);
        return status;
    }
    sync_folder(folder, path);
    return SECTION_OK;
}

section_status platform_remove_file(const char *path, section_error *ret_error)
{
    _cleanup_close_ int folder = -1;
    section_status status = open_folder_of(path, &folder, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (unlink(path) != 0) {
        return section_fail_os(ret_error, "unlink", SECTION_OS_ERRNO, (uint32_t)errno, path);
    }
    sync_folder(folder, path);
    return SECTION_OK;
}

section_status platform_list_directory(const char *path, platform_take_name *take, void *context,
                                       section_error *ret_error)
{
    _cleanup_closedir_ DIR *directory = opendir(path);
    const struct dirent *each;
    if (directory == NULL) {
        return section_fail_os(ret_error, "opendir", SECTION_OS_ERRNO, (uint32_t)errno, path);
    }
    while ((each = readdir(directory)) != NULL) {
        if (strcmp(each->d_name, ".") != 0 && strcmp(each->d_name, "..") != 0) {
            take(context, each->d_name);
        }
    }
    return SECTION_OK;
}

static section_status read_open_file(int fd, const struct stat *facts, const char *path,
                                     size_t limit_bytes, char **ret_text, section_error *ret_error)
{
    size_t length = 0;
    if (!S_ISREG(facts->st_mode) || facts->st_size < 0 || (uint64_t)facts->st_size > limit_bytes) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "%.200s is not a file of at most %zu bytes", path, limit_bytes);
    }
    char *text = malloc((size_t)facts->st_size + 1);
    if (text == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a file");
    }
    while (length < (size_t)facts->st_size) {
        const ssize_t got = read(fd, text + length, (size_t)facts->st_size - length);
        if (got <= 0) {
            break;
        }
        length += (size_t)got;
    }
    text[length] = '\0';
    *ret_text = text;
    return secret_check_text(ret_text, (uint64_t)facts->st_size, path, ret_error);
}

static section_status open_failed(const char *path, section_error *ret_error)
{
    return section_fail_os(ret_error, "open", SECTION_OS_ERRNO, (uint32_t)errno, path);
}

static section_status read_file(const char *path, int flags, size_t limit_bytes, char **ret_text,
                                section_error *ret_error)
{
    struct stat facts;
    _cleanup_close_ const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
    if (fd < 0 || fstat(fd, &facts) != 0) {
        return open_failed(path, ret_error);
    }
    return read_open_file(fd, &facts, path, limit_bytes, ret_text, ret_error);
}

section_status platform_read_file(const char *path, size_t limit_bytes, char **ret_text,
                                  section_error *ret_error)
{
    return read_file(path, 0, limit_bytes, ret_text, ret_error);
}

section_status platform_read_plain_file(const char *path, size_t limit_bytes, char **ret_text,
                                        section_error *ret_error)
{
    return read_file(path, O_NOFOLLOW, limit_bytes, ret_text, ret_error);
}

static bool is_ours(const struct stat *facts)
{
    return facts->st_uid == geteuid() || facts->st_uid == 0;
}

/* Opens a folder, of which nobody else may take files away or put others in their place. */
static section_status open_folder(const char *folder, const char *path, const char *what,
                                  int *ret_fd, section_error *ret_error)
{
    struct stat facts;
    _cleanup_close_ int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) != 0) {
        return open_failed(path, ret_error);
    }
    const bool others_write =
        (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (facts.st_mode & S_ISVTX) == 0;
    if (others_write || !is_ours(&facts)) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "%.180s: %s %s, who could put another file there; %s", path, what,
                            others_write ? "is writable by others" : "belongs to another user",
                            others_write ? "chmod go-w it" : "take one of yours");
    }
    *ret_fd = fd;
    fd = -1;
    return SECTION_OK;
}

/* The same for the folder of a file. */
static section_status open_private_folder(const char *path, const char **ret_name, int *ret_fd,
                                          section_error *ret_error)
{
    const char *slash = strrchr(path, '/');
    _cleanup_free_ char *folder = folder_of(path);
    if (folder == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a path");
    }
    *ret_name = slash == NULL ? path : slash + 1;
    return open_folder(folder, path, "its folder", ret_fd, ret_error);
}

section_status platform_check_private_directory(const char *path, section_error *ret_error)
{
    _cleanup_close_ int folder = -1;
    return open_folder(path, path, "it", &folder, ret_error);
}

section_status files_check_private_folder(const char *path, section_error *ret_error)
{
    const char *name;
    _cleanup_close_ int folder = -1;
    return open_private_folder(path, &name, &folder, ret_error);
}

section_status platform_read_private_file(const char *path, size_t limit_bytes, char **ret_text,
                                          section_error *ret_error)
{
    struct stat facts;
    const char *name = NULL;
    _cleanup_close_ int folder = -1;
    section_status status = open_private_folder(path, &name, &folder, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    _cleanup_close_ const int fd =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ELOOP) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "%.200s is a link; name the file itself", path);
    }
    if (fd < 0 || fstat(fd, &facts) != 0) {
        return open_failed(path, ret_error);
    }
    const bool others_use = (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    if (S_ISREG(facts.st_mode) && (others_use || !is_ours(&facts))) {
        return section_fail(
            ret_error, SECTION_ACCESS_DENIED, "%.200s %s", path,
            others_use ? "may be read or written by others, and so be you here; chmod 600 it"
                       : "belongs to another user");
    }
    return read_open_file(fd, &facts, path, limit_bytes, ret_text, ret_error);
}
