#include <linux/tcp.h> /* the C library's own lacks the newer members of tcp_info */
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/platform.h"

/* The facts that Linux reports of a connection. */

bool platform_socket_traffic(platform_socket socket, uint64_t *ret_received_bytes,
                             uint64_t *ret_delivered_bytes)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    *ret_received_bytes = 0;
    *ret_delivered_bytes = 0;
    if (getsockopt((int)socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
        length < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) {
        return false;
    }
    *ret_received_bytes = info.tcpi_bytes_received;
    *ret_delivered_bytes = info.tcpi_bytes_acked;
    return true;
}

platform_peer platform_identify_peer(platform_socket socket)
{
    int domain = 0;
    struct ucred peer;
    socklen_t length = sizeof domain;
    if (getsockopt((int)socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 ||
        domain != AF_UNIX) {
        return PEER_UNKNOWN;
    }
    length = sizeof peer;
    if (getsockopt((int)socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return PEER_OTHER;
    }
    return peer.uid == geteuid() || peer.uid == 0 ? PEER_TRUSTED : PEER_OTHER;
}
