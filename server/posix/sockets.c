#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/platform.h"
#include "inet.h"

const bool platform_polls_shutdown = true;

/*
 * The bytes of an answer that the system buffers beyond the reader's window. Left alone it takes
 * megabytes at once, and with many slow readers everybody else waits until it has got them all.
 */
enum { UNSENT_BYTES = 65536 };

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(fd, (struct sockaddr *)&storage, &length) != 0) {
        return 0;
    }
    return address_port(&storage);
}

/* The machine does not have the address or its family. The error stays as it is. */
static section_status no_such_address(section_error *ret_error)
{
    if (ret_error != NULL) {
        ret_error->code = SECTION_UNSUPPORTED;
    }
    return SECTION_UNSUPPORTED;
}

section_status platform_listen(const char *address, uint16_t port, platform_socket *ret_socket,
                               uint16_t *ret_port, section_error *ret_error)
{
    struct sockaddr_storage storage;
    const int on = 1;
    const int unsent_bytes = UNSENT_BYTES;
    const socklen_t length = address_make(address, port, &storage);
    if (length == 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.60s is no numeric address", address);
    }
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        const uint32_t number = (uint32_t)errno;
        const section_status status =
            section_fail_os(ret_error, "socket", SECTION_OS_ERRNO, number, "no socket");
        return number == EAFNOSUPPORT ? no_such_address(ret_error) : status;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* The connections inherit it. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof unsent_bytes);
    const char *call = "bind";
    if (bind(fd, (const struct sockaddr *)&storage, length) != 0 ||
        (call = "listen", listen(fd, SOMAXCONN) != 0)) {
        const uint32_t number = (uint32_t)errno;
        (void)close(fd);
        const section_status status =
            section_fail_os(ret_error, call, SECTION_OS_ERRNO, number, "cannot listen there");
        return number == EADDRNOTAVAIL ? no_such_address(ret_error) : status;
    }
    *ret_socket = fd;
    *ret_port = bound_port(fd);
    return SECTION_OK;
}

void platform_refuse_connections(platform_socket *socket)
{
    (void)shutdown((int)*socket, SHUT_RDWR);
}

const bool platform_takes_sends_whole = false;

void platform_close_socket(platform_socket socket)
{
    if (socket >= 0) {
        (void)close((int)socket);
    }
}

bool platform_has_hung_up(platform_socket socket)
{
    struct pollfd look = {.fd = (int)socket, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0; /* errors are told unasked */
}

void platform_shut_down(platform_socket socket)
{
    (void)shutdown((int)socket, SHUT_RDWR);
}

void platform_drop_unsent(platform_socket socket)
{
    const struct linger at_once = {.l_onoff = 1};
    (void)setsockopt((int)socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void platform_send_at_once(platform_socket socket, const char *bytes, size_t length_bytes)
{
    (void)send((int)socket, bytes, length_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}
