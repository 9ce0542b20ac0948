#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <section_posix/cleanup.h>

#include "base/address.h"
#include "base/platform.h"
#include "inet.h"

/* A client's connection, for `--url`, which asks a running daemon. */

enum { WAIT_S = 10 };

static section_status connect_to(int family, const struct sockaddr *address, socklen_t length,
                                 platform_socket *ret_socket, section_error *ret_error)
{
    const struct timeval wait = {.tv_sec = WAIT_S};
    _cleanup_close_ int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return section_fail_os(ret_error, "socket", SECTION_OS_ERRNO, (uint32_t)errno, "no socket");
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait); /* of connect, too */
    if (connect(fd, address, length) != 0) {
        const int number = errno;
        const section_status status = section_fail_os(ret_error, "connect", SECTION_OS_ERRNO,
                                                      (uint32_t)number, "nobody answers");
        return number == ECONNREFUSED || number == ENOENT ? SECTION_NOT_FOUND : status;
    }
    *ret_socket = fd;
    cleanup_release(&fd);
    return SECTION_OK;
}

section_status platform_connect(const char *address, uint16_t port, platform_socket *ret_socket,
                                section_error *ret_error)
{
    struct sockaddr_storage storage;
    const socklen_t length = address_make(address, port, &storage);
    if (length == 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.60s is no numeric address", address);
    }
    return connect_to(storage.ss_family, (const struct sockaddr *)&storage, length, ret_socket,
                      ret_error);
}

section_status platform_connect_unix(const char *path, platform_socket *ret_socket,
                                     section_error *ret_error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t length = strlen(path);
    if (length >= sizeof address.sun_path) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.120s is too long for a socket",
                            path);
    }
    memcpy(address.sun_path, path, length);
    return connect_to(AF_UNIX, (const struct sockaddr *)&address, sizeof address, ret_socket,
                      ret_error);
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    const size_t end_length = end != NULL ? strlen(end) : 0;
    return end_length > 0 && length >= end_length &&
           memcmp(text + length - end_length, end, end_length) == 0;
}

section_status platform_exchange(platform_socket socket, const char *request, const char *end,
                                 char *ret_answer, size_t capacity, section_error *ret_error)
{
    size_t rest = strlen(request);
    while (rest > 0) {
        const ssize_t sent = send((int)socket, request, rest, MSG_NOSIGNAL);
        if (sent < 0) {
            return section_fail_os(ret_error, "send", SECTION_OS_ERRNO, (uint32_t)errno,
                                   "nobody listens any more");
        }
        request += sent;
        rest -= (size_t)sent;
    }
    size_t length = 0;
    while (length + 1 < capacity && !ends_with(ret_answer, length, end)) {
        const ssize_t got = recv((int)socket, ret_answer + length, capacity - length - 1, 0);
        if (got < 0) {
            return section_fail_os(ret_error, "recv", SECTION_OS_ERRNO, (uint32_t)errno,
                                   "no answer");
        }
        if (got == 0) {
            break;
        }
        length += (size_t)got;
    }
    ret_answer[length] = '\0';
    return SECTION_OK;
}
