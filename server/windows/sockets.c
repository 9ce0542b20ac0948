#include "inet.h"

#include "base/address.h"
#include "base/platform.h"

const bool platform_polls_shutdown = false;

static uint16_t bound_port(SOCKET listener)
{
    struct sockaddr_storage storage;
    int length = sizeof storage;
    if (getsockname(listener, (struct sockaddr *)&storage, &length) != 0) {
        return 0;
    }
    return address_port(&storage);
}

/* Whether somebody answers at an address. */
static bool is_answered(const struct sockaddr_storage *address, int length)
{
    const SOCKET probe = WSASocketW(address->ss_family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                                    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (probe == INVALID_SOCKET) {
        return true;
    }
    const bool answered = connect(probe, (const struct sockaddr *)address, length) == 0;
    (void)closesocket(probe);
    return answered;
}

enum { BIND_ATTEMPTS = 40, BIND_PAUSE_MS = 250 };

/*
 * The connections of a daemon that has just ended keep its exclusive address for as long as they take
 * to close. Where nobody answers there, they are what is in the way: wait for them, 10 s at most.
 * Returns 0, or the number of the failure.
 */
static int bind_exclusively(SOCKET listener, const struct sockaddr_storage *address, int length)
{
    for (int attempt = 1;; attempt++) {
        if (bind(listener, (const struct sockaddr *)address, length) == 0) {
            return 0;
        }
        const int number = WSAGetLastError();
        if (number != WSAEADDRINUSE || attempt == BIND_ATTEMPTS ||
            (attempt == 1 && is_answered(address, length))) {
            return number;
        }
        Sleep(BIND_PAUSE_MS);
    }
}

/* Returns 0, or the number of the failure of `*ret_call`. */
static int listen_exclusively(SOCKET listener, const struct sockaddr_storage *address, int length,
                              const char **ret_call)
{
    const BOOL on = TRUE;
    *ret_call = "setsockopt SO_EXCLUSIVEADDRUSE";
    /* Else another program could bind the same port and take our clients' tokens. */
    if (setsockopt(listener, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof on) != 0) {
        return WSAGetLastError();
    }
    *ret_call = "bind";
    const int number = bind_exclusively(listener, address, length);
    if (number != 0) {
        return number;
    }
    *ret_call = "listen";
    return listen(listener, SOMAXCONN) == 0 ? 0 : WSAGetLastError();
}

static section_status listen_failed(const char *call, int number, const char *what,
                                    section_error *ret_error)
{
    const section_status status =
        section_fail_os(ret_error, call, SECTION_OS_WIN32, (uint32_t)number, what);
    if (number != WSAEADDRNOTAVAIL && number != WSAEAFNOSUPPORT) {
        return status;
    }
    if (ret_error != NULL) {
        ret_error->code = SECTION_UNSUPPORTED; /* the machine lacks the address */
    }
    return SECTION_UNSUPPORTED;
}

section_status platform_listen(const char *address, uint16_t port, platform_socket *ret_socket,
                               uint16_t *ret_port, section_error *ret_error)
{
    struct sockaddr_storage storage;
    const char *call;
    const int length = (int)address_make(address, port, &storage);
    if (length == 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.60s is no numeric address", address);
    }
    SOCKET listener = WSASocketW(storage.ss_family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                                 WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (listener == INVALID_SOCKET) {
        return listen_failed("WSASocketW", WSAGetLastError(), "no socket", ret_error);
    }
    const int number = listen_exclusively(listener, &storage, length, &call);
    if (number != 0) {
        (void)closesocket(listener);
        return listen_failed(call, number,
                             number == WSAEADDRINUSE || number == WSAEACCES
                                 ? "the address is in use" /* Wine has no words for it */
                                 : "cannot listen there",
                             ret_error);
    }
    *ret_socket = (platform_socket)listener;
    *ret_port = bound_port(listener);
    return SECTION_OK;
}

section_status platform_listen_unix(const char *path, platform_unix *ret_unix,
                                    section_error *ret_error)
{
    (void)ret_unix;
    return section_fail(ret_error, SECTION_UNSUPPORTED,
                        "%.200s: sockets in the file system are for Linux only: they do not tell "
                        "here who connects",
                        path);
}

void platform_unlink_unix(const char *path, const platform_unix *unix_socket)
{
    (void)path;
    (void)unix_socket;
}

platform_peer platform_identify_peer(platform_socket socket)
{
    (void)socket;
    return PEER_UNKNOWN;
}

void platform_refuse_connections(platform_socket *socket)
{
    (void)closesocket((SOCKET)*socket); /* a listening socket cannot be shut down here */
    *socket = -1;
}

const bool platform_takes_sends_whole = true;

void platform_close_socket(platform_socket socket)
{
    if (socket != -1) {
        (void)closesocket((SOCKET)socket);
    }
}

bool platform_has_hung_up(platform_socket socket)
{
    WSAPOLLFD look = {.fd = (SOCKET)socket, .events = POLLRDNORM};
    return WSAPoll(&look, 1, 0) > 0 && (look.revents & ~POLLRDNORM) != 0;
}

void platform_shut_down(platform_socket socket)
{
    (void)shutdown((SOCKET)socket, SD_BOTH);
}

void platform_drop_unsent(platform_socket socket)
{
    const struct linger at_once = {.l_onoff = 1};
    (void)setsockopt((SOCKET)socket, SOL_SOCKET, SO_LINGER, (const char *)&at_once, sizeof at_once);
}

void platform_send_at_once(platform_socket socket, const char *bytes, size_t length_bytes)
{
    (void)send((SOCKET)socket, bytes, (int)length_bytes, 0); /* MHD has made it non-blocking */
}

bool platform_socket_traffic(platform_socket socket, uint64_t *ret_received_bytes,
                             uint64_t *ret_delivered_bytes)
{
    (void)socket;
    *ret_received_bytes = 0;
    *ret_delivered_bytes = 0;
    return false;
}
