#include "file.h"

#include "aside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <section_posix/cleanup.h>

/* The kernel may say EAGAIN while somebody renames folders on the way. */
enum { OPEN_ATTEMPTS = 16 };

static int open_folder(const char *folder, section_error *ret_error)
{
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        (void)section_fail_os(ret_error, "open", SECTION_OS_ERRNO, (uint32_t)errno,
                              "the folder for files cannot be opened");
    }
    return fd;
}

/* The kernel resolves the path and refuses to leave the folder, by `..`, by a link or by a race. */
static int open_beneath(int folder_fd, const char *path, uint64_t flags)
{
    /*
     * Opening a FIFO must not block. O_PATH does not open the file, and openat2 refuses other flags
     * beside it.
     */
    const uint64_t harmless = (flags & O_PATH) != 0 ? 0 : O_NONBLOCK | O_NOCTTY;
    const struct open_how how = {
        .flags = flags | O_CLOEXEC | harmless,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    int fd = -1;
    for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
        fd = (int)syscall(SYS_openat2, folder_fd, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) {
            break;
        }
    }
    return fd;
}

/*
 * Opens the folder that is to hold the file; `*ret_name` is the file's name in it. Sets errno on
 * failure.
 */
static int open_parent(int folder_fd, const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    *ret_name = slash != NULL ? slash + 1 : path;
    if (slash == NULL) {
        return open_beneath(folder_fd, ".", O_PATH | O_DIRECTORY);
    }
    _cleanup_free_ char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    return folder != NULL ? open_beneath(folder_fd, folder, O_PATH | O_DIRECTORY) : -1;
}

/* Checks the open file, not its path, which may lead to another file by then. */
static section_status check_file(int fd, struct stat *ret_facts, section_error *ret_error)
{
    if (fstat(fd, ret_facts) != 0) {
        return section_fail_os(ret_error, "fstat", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the file does not answer");
    }
    if (!S_ISREG(ret_facts->st_mode)) {
        return section_fail(ret_error, SECTION_NOT_A_SECTION, "it is not a regular file");
    }
    if (ret_facts->st_nlink != 1) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "the file has other names, which may lie outside the folder");
    }
    return SECTION_OK;
}

static section_status resize(int fd, uint64_t size_bytes, section_error *ret_error)
{
    if (ftruncate(fd, (off_t)size_bytes) != 0) {
        return section_fail_os(ret_error, "ftruncate", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the file cannot have that size");
    }
    return SECTION_OK;
}

/* Checks that a file of `present` bytes can get the requested size; changes nothing. */
static section_status judge_size(const section_create_options *options, uint64_t present,
                                 section_error *ret_error)
{
    if (options->size_bytes == 0 && present == 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "the file is empty: say what size");
    }
    if (options->size_bytes > present && os_new_access(options) != SECTION_ACCESS_READWRITE) {
        return section_fail(ret_error, SECTION_BAD_SIZE,
                            "the file has %llu bytes, and only readwrite can extend it",
                            (unsigned long long)present);
    }
    return SECTION_OK;
}

/*
 * Extends the file to the requested size, without allocating blocks. Truncation also sets the new
 * size first: if that is refused, no content is lost.
 */
static section_status size_existing(int fd, const section_create_options *options, uint64_t present,
                                    section_error *ret_error)
{
    const bool truncate = options->file_open == SECTION_FILE_TRUNCATE;
    const bool extend = options->size_bytes > present;
    section_status status = judge_size(options, present, ret_error);
    if (status != SECTION_OK || (!truncate && !extend)) {
        return status;
    }
    status = os_permit_change(options, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (extend) {
        status = resize(fd, options->size_bytes, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    if (!truncate) {
        return SECTION_OK;
    }
    status = resize(fd, 0, ret_error);
    return status == SECTION_OK ? resize(fd, options->size_bytes, ret_error) : status;
}

static section_status take(int fd, const section_create_options *options, os_section *object,
                           section_error *ret_error)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0) {
        return section_fail_os(ret_error, "fstat", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the file does not answer");
    }
    object->handle = fd;
    object->backing = SECTION_BACKING_FILE;
    object->created = true;
    object->access = os_new_access(options);
    object->limit_bytes = options->size_bytes;
    object->identity[0] = (uint64_t)facts.st_dev;
    object->identity[1] = (uint64_t)facts.st_ino;
    return SECTION_OK;
}

static section_status take_existing(int fd, const section_create_options *options,
                                    os_section *object, section_error *ret_error)
{
    struct stat facts;
    _cleanup_close_ int owned = fd;
    section_status status = check_file(fd, &facts, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = size_existing(fd, options, (uint64_t)facts.st_size, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = take(fd, options, object, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    cleanup_release(&owned);
    return SECTION_OK;
}

static section_status fail_open(section_error *ret_error)
{
    return section_fail_os(ret_error, "openat2", SECTION_OS_ERRNO, (uint32_t)errno,
                           "the file cannot be opened");
}

/*
 * Makes the file without a name, sets its size, and links the name last: a failure leaves no file
 * behind.
 */
static section_status make_new(int folder_fd, const section_create_options *options,
                               os_section *object, section_error *ret_error)
{
    _cleanup_(aside_discard) aside made = {.folder_fd = -1, .fd = -1};
    const char *name;
    section_status status = judge_size(options, 0, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = os_permit_change(options, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    made.folder_fd = open_parent(folder_fd, options->file, &name);
    if (made.folder_fd < 0 || !aside_make(&made, name)) {
        return fail_open(ret_error);
    }
    status = resize(made.fd, options->size_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (!aside_name(&made, name)) {
        return section_fail_os(ret_error, "linkat", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the file cannot get its name");
    }
    status = take(made.fd, options, object, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    cleanup_release(&made.fd);
    return SECTION_OK;
}

static section_status create_in(int folder_fd, const section_create_options *options,
                                os_section *object, section_error *ret_error)
{
    const bool writes = os_new_access(options) == SECTION_ACCESS_READWRITE;
    const bool may_open = options->file_open != SECTION_FILE_CREATE_NEW;
    const bool may_create = options->file_open == SECTION_FILE_CREATE_NEW ||
                            options->file_open == SECTION_FILE_OPEN_OR_CREATE;
    section_status status = SECTION_OS_ERROR;
    for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
        errno = ENOENT;
        const int fd =
            may_open ? open_beneath(folder_fd, options->file, writes ? O_RDWR : O_RDONLY) : -1;
        if (fd >= 0) {
            return take_existing(fd, options, object, ret_error);
        }
        if (errno != ENOENT || !may_create) {
            return fail_open(ret_error);
        }
        status = make_new(folder_fd, options, object, ret_error);
        if (status != SECTION_ALREADY_EXISTS || !may_open) {
            return status;
        }
    }
    return status;
}

section_status file_create(const section_create_options *options, os_section *object,
                           section_error *ret_error)
{
    if (options->name != NULL) {
        return section_fail(ret_error, SECTION_UNSUPPORTED,
                            "on Linux a section with a file has no name but the file's path");
    }
    _cleanup_close_ int folder_fd = open_folder(options->file_folder, ret_error);
    if (folder_fd < 0) {
        return ret_error != NULL ? ret_error->code : SECTION_OS_ERROR;
    }
    return create_in(folder_fd, options, object, ret_error);
}

bool file_is_inside(int fd, const char *folder, const char *path)
{
    struct stat facts;
    struct stat reached;
    _cleanup_free_ char *whole = folder != NULL ? realpath(folder, NULL) : NULL;
    const size_t length = whole != NULL ? strlen(whole) : 0;
    if (whole == NULL || strncmp(path, whole, length) != 0 || path[length] != '/' ||
        check_file(fd, &facts, NULL) != SECTION_OK) {
        return false;
    }
    _cleanup_close_ int folder_fd = open_folder(folder, NULL);
    _cleanup_close_ int again =
        folder_fd >= 0 ? open_beneath(folder_fd, path + length + 1, O_PATH) : -1;
    return again >= 0 && fstat(again, &reached) == 0 && reached.st_dev == facts.st_dev &&
           reached.st_ino == facts.st_ino;
}
