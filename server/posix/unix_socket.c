#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <section_posix/cleanup.h>

#include "base/platform.h"
#include "files.h"

static bool make_address(const char *path, struct sockaddr_un *ret_address)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof ret_address->sun_path) {
        return false;
    }
    memcpy(ret_address->sun_path, path, length);
    return true;
}

/* Whether a process listens on a socket that is there. */
static bool is_alive(const struct sockaddr_un *address)
{
    _cleanup_close_ const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool refused = fd >= 0 &&
                         connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
                         errno == ECONNREFUSED;
    return !refused;
}

/* Checks that the path is free, or has a socket that a dead process left. */
static section_status check_path(const struct sockaddr_un *address, section_error *ret_error)
{
    struct stat facts;
    const char *path = address->sun_path;
    if (lstat(path, &facts) != 0) {
        return errno == ENOENT
                   ? SECTION_OK
                   : section_fail_os(ret_error, "lstat", SECTION_OS_ERRNO, (uint32_t)errno, path);
    }
    if (!S_ISSOCK(facts.st_mode) || facts.st_uid != geteuid()) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "%.120s is there already and is no socket of yours; take another path",
                            path);
    }
    if (is_alive(address)) {
        return section_fail(ret_error, SECTION_IN_USE, "somebody listens on %.120s already", path);
    }
    return SECTION_OK;
}

/*
 * It is made under a name of its own, closed to others before it listens, and put in its place in one
 * step: nobody ever meets it half made, and a stale one is gone at the same moment.
 */
static section_status put_in_place(int fd, const struct sockaddr_un *address, const char *fresh,
                                   platform_unix *ret_unix, section_error *ret_error)
{
    struct stat facts;
    struct sockaddr_un fresh_address;
    const char *call = "bind";
    if (!make_address(fresh, &fresh_address)) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "%.120s is too long for a socket, by a process id at least",
                            address->sun_path);
    }
    /* Left by a killed process that had our id; in a sticky folder perhaps another user's. */
    if (unlink(fresh) != 0 && errno != ENOENT) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "%.120s is in the way, and not ours to take away; take another path",
                            fresh);
    }
    if (bind(fd, (const struct sockaddr *)&fresh_address, sizeof fresh_address) != 0 ||
        (call = "chmod", chmod(fresh, 0600) != 0) || (call = "lstat", lstat(fresh, &facts) != 0) ||
        (call = "listen", listen(fd, SOMAXCONN) != 0) ||
        (call = "rename", rename(fresh, address->sun_path) != 0)) {
        const uint32_t number = (uint32_t)errno;
        (void)unlink(fresh);
        return section_fail_os(ret_error, call, SECTION_OS_ERRNO, number, address->sun_path);
    }
    *ret_unix = (platform_unix){fd, {(uint64_t)facts.st_dev, (uint64_t)facts.st_ino}};
    return SECTION_OK;
}

section_status platform_listen_unix(const char *path, platform_unix *ret_unix,
                                    section_error *ret_error)
{
    struct sockaddr_un address;
    _cleanup_free_ char *fresh = NULL;
    if (!make_address(path, &address)) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "a socket's path has 1 to %zu bytes",
                            sizeof address.sun_path - 1);
    }
    section_status status = files_check_private_folder(path, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = check_path(&address, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return section_fail_os(ret_error, "socket", SECTION_OS_ERRNO, (uint32_t)errno, path);
    }
    if (asprintf(&fresh, "%s.%ld", path, (long)getpid()) < 0) {
        fresh = NULL; /* asprintf leaves it undefined */
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for a path");
    }
    status = put_in_place(fd, &address, fresh, ret_unix, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    cleanup_release(&fd); /* `ret_unix` has it */
    return SECTION_OK;
}

void platform_unlink_unix(const char *path, const platform_unix *unix_socket)
{
    struct stat facts;
    if (lstat(path, &facts) == 0 && (uint64_t)facts.st_dev == unix_socket->identity[0] &&
        (uint64_t)facts.st_ino == unix_socket->identity[1]) {
        (void)unlink(path);
    }
}
