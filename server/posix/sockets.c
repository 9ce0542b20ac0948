#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/platform.h"

const bool platform_polls_shutdown = true;

/*
 * What the system takes of an answer beyond what its reader has room for. Left alone it takes
 * megabytes at once, and with many slow readers everybody else waits until it has got them all.
 */
enum { UNSENT_BYTES = 65536 };

/* A numeric address as the socket calls want it; 0 where it is none. */
static socklen_t parse_address(const char *text, uint16_t port,
                               struct sockaddr_storage *ret_address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;
    memset(ret_address, 0, sizeof *ret_address);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        return sizeof *v6;
    }
    return 0;
}

bool platform_is_address(const char *text)
{
    struct sockaddr_storage storage;
    return parse_address(text, 0, &storage) != 0;
}

bool platform_is_loopback(const char *address)
{
    struct sockaddr_storage storage;
    if (parse_address(address, 0, &storage) == 0) {
        return false;
    }
    if (storage.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&storage;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&storage)->sin6_addr);
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(fd, (struct sockaddr *)&storage, &length) != 0) {
        return 0;
    }
    /* Family, then port: the same in both structures. */
    return ntohs(((const struct sockaddr_in *)&storage)->sin_port);
}

section_status platform_listen(const char *address, uint16_t port, platform_socket *ret_socket,
                               uint16_t *ret_port, section_error *ret_error)
{
    struct sockaddr_storage storage;
    const int on = 1;
    const int unsent_bytes = UNSENT_BYTES;
    const socklen_t length = parse_address(address, port, &storage);
    if (length == 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.60s is no numeric address", address);
    }
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return section_fail_os(ret_error, "socket", SECTION_OS_ERRNO, (uint32_t)errno, "no socket");
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* The connections inherit it. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof unsent_bytes);
    const char *call = "bind";
    if (bind(fd, (const struct sockaddr *)&storage, length) != 0 ||
        (call = "listen", listen(fd, SOMAXCONN) != 0)) {
        const uint32_t number = (uint32_t)errno;
        (void)close(fd);
        return section_fail_os(ret_error, call, SECTION_OS_ERRNO, number, "cannot listen there");
    }
    *ret_socket = fd;
    *ret_port = bound_port(fd);
    return SECTION_OK;
}

void platform_refuse_connections(platform_socket *socket)
{
    (void)shutdown((int)*socket, SHUT_RDWR);
}

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
