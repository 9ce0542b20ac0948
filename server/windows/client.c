#include "inet.h"

#include <windows.h>

#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <section_windows/cleanup.h>

#include "base/address.h"
#include "base/platform.h"
#include "base/tcp_table.h"
#include "user.h"

/* A client's connection, for `--url`, which asks a running daemon. */

enum { WAIT_MS = 10000, TAKEN_MS = 10000, PAUSE_MS = 10 };

section_status platform_connect(const char *address, uint16_t port, platform_socket *ret_socket,
                                section_error *ret_error)
{
    const DWORD wait_ms = WAIT_MS;
    struct sockaddr_storage storage;
    const int length = (int)address_make(address, port, &storage);
    if (length == 0) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "%.60s is no numeric address", address);
    }
    const SOCKET client = WSASocketW(storage.ss_family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                                     WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (client == INVALID_SOCKET) {
        return section_fail_os(ret_error, "WSASocketW", SECTION_OS_WIN32,
                               (uint32_t)WSAGetLastError(), "no socket");
    }
    (void)setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, (const char *)&wait_ms, sizeof wait_ms);
    if (connect(client, (const struct sockaddr *)&storage, length) != 0) {
        const int number = WSAGetLastError();
        (void)closesocket(client);
        const section_status status = section_fail_os(ret_error, "connect", SECTION_OS_WIN32,
                                                      (uint32_t)number, "nobody answers");
        return number == WSAECONNREFUSED ? SECTION_NOT_FOUND : status;
    }
    *ret_socket = (platform_socket)client;
    return SECTION_OK;
}

section_status platform_connect_unix(const char *path, platform_socket *ret_socket,
                                     section_error *ret_error)
{
    (void)ret_socket;
    return section_fail(ret_error, SECTION_UNSUPPORTED,
                        "%.200s: sockets in the file system are for Linux only", path);
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
        const int sent = send((SOCKET)socket, request, (int)rest, 0);
        if (sent < 0) {
            return section_fail_os(ret_error, "send", SECTION_OS_WIN32, (uint32_t)WSAGetLastError(),
                                   "nobody listens any more");
        }
        request += sent;
        rest -= (size_t)sent;
    }
    size_t length = 0;
    while (length + 1 < capacity && !ends_with(ret_answer, length, end)) {
        WSAPOLLFD look = {.fd = (SOCKET)socket, .events = POLLRDNORM};
        if (WSAPoll(&look, 1, WAIT_MS) == 0) {
            return section_fail(ret_error, SECTION_TIMEOUT, "no answer within %d s",
                                WAIT_MS / 1000);
        }
        const int got = recv((SOCKET)socket, ret_answer + length, (int)(capacity - length - 1), 0);
        if (got < 0) {
            return section_fail_os(ret_error, "recv", SECTION_OS_WIN32, (uint32_t)WSAGetLastError(),
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

/* Found at run time: only --url needs the library. */
static DWORD list_connections(void *table, DWORD *size, ULONG family)
{
    static const wchar_t library[] = L"iphlpapi.dll";
    const HMODULE iphlpapi = LoadLibraryExW(library, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    const union {
        FARPROC address;
        DWORD(WINAPI *call)(void *, DWORD *, BOOL, ULONG, TCP_TABLE_CLASS, ULONG);
    } found = {iphlpapi != NULL ? GetProcAddress(iphlpapi, "GetExtendedTcpTable") : NULL};
    return found.address != NULL
               ? found.call(table, size, FALSE, family, TCP_TABLE_OWNER_PID_ALL, 0)
               : ERROR_NOT_SUPPORTED;
}

/* All connections of a family with their processes; the caller frees it. */
static void *get_table(ULONG family)
{
    DWORD size = 1024 * 1024; /* a call takes seconds under Wine: the first shall do */
    void *table = NULL;
    DWORD number = ERROR_INSUFFICIENT_BUFFER;
    for (int attempt = 0; attempt < 5 && number == ERROR_INSUFFICIENT_BUFFER; attempt++) {
        free(table);
        table = malloc(size);
        if (table == NULL) {
            return NULL;
        }
        number = list_connections(table, &size, family);
        size += size / 2; /* there may be more the next time */
    }
    if (number != NO_ERROR) {
        free(table);
        return NULL;
    }
    return table;
}

/* The process whose end of the connection is `local`; 0: none that has taken it. */
static DWORD find_v4(const struct sockaddr_in *local, const struct sockaddr_in *remote)
{
    _cleanup_free_ MIB_TCPTABLE_OWNER_PID *table = get_table(AF_INET);
    for (DWORD i = 0; table != NULL && i < table->dwNumEntries; i++) {
        const MIB_TCPROW_OWNER_PID *row = &table->table[i];
        if (row->dwLocalAddr == local->sin_addr.s_addr &&
            (u_short)row->dwLocalPort == local->sin_port &&
            row->dwRemoteAddr == remote->sin_addr.s_addr &&
            (u_short)row->dwRemotePort == remote->sin_port) {
            return row->dwOwningPid;
        }
    }
    return 0;
}

static DWORD find_v6(const struct sockaddr_in6 *local, const struct sockaddr_in6 *remote)
{
    _cleanup_free_ MIB_TCP6TABLE_OWNER_PID *table = get_table(AF_INET6);
    for (DWORD i = 0; table != NULL && i < table->dwNumEntries; i++) {
        const MIB_TCP6ROW_OWNER_PID *row = &table->table[i];
        if (memcmp(row->ucLocalAddr, &local->sin6_addr, sizeof row->ucLocalAddr) == 0 &&
            (u_short)row->dwLocalPort == local->sin6_port &&
            memcmp(row->ucRemoteAddr, &remote->sin6_addr, sizeof row->ucRemoteAddr) == 0 &&
            (u_short)row->dwRemotePort == remote->sin6_port) {
            return row->dwOwningPid;
        }
    }
    return 0;
}

static DWORD find_other_end(const struct sockaddr_storage *ours,
                            const struct sockaddr_storage *theirs)
{
    return ours->ss_family == AF_INET
               ? find_v4((const struct sockaddr_in *)theirs, (const struct sockaddr_in *)ours)
               : find_v6((const struct sockaddr_in6 *)theirs, (const struct sockaddr_in6 *)ours);
}

static bool is_ours(DWORD process_id)
{
    _cleanup_handle_ HANDLE process =
        OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id);
    _cleanup_free_ TOKEN_USER *theirs = process != NULL ? user_of(process) : NULL;
    _cleanup_free_ TOKEN_USER *ours = user_of(GetCurrentProcess());
    return theirs != NULL && ours != NULL &&
           (EqualSid(theirs->User.Sid, ours->User.Sid) || user_is_system(theirs->User.Sid));
}

/*
 * Wine before 9.3 tells the process of few connections, but its programs can read the list of the
 * system below: both ends of the connection must be of one user. Windows has no such path.
 */
static bool is_ours_under_wine(const struct sockaddr_storage *ours,
                               const struct sockaddr_storage *theirs)
{
    const wchar_t *table = ours->ss_family == AF_INET ? L"\\\\?\\unix\\proc\\net\\tcp"
                                                      : L"\\\\?\\unix\\proc\\net\\tcp6";
    unsigned users[2];
    for (int i = 0; i < 2; i++) {
        FILE *rows = _wfopen(table, L"r");
        const bool is_found =
            rows != NULL && tcp_table_find_user(rows, i == 0 ? ours : theirs,
                                                i == 0 ? theirs : ours, false, &users[i]);
        if (rows != NULL) {
            (void)fclose(rows);
        }
        if (!is_found) {
            return false;
        }
    }
    return users[0] == users[1] || users[1] == 0;
}

section_status platform_check_server(platform_socket socket, section_error *ret_error)
{
    struct sockaddr_storage ours;
    struct sockaddr_storage theirs;
    int ours_length = sizeof ours;
    int theirs_length = sizeof theirs;
    DWORD process_id;
    if (getsockname((SOCKET)socket, (struct sockaddr *)&ours, &ours_length) != 0 ||
        getpeername((SOCKET)socket, (struct sockaddr *)&theirs, &theirs_length) != 0) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED, "the connection is closed again");
    }
    const int64_t until_ms = platform_monotonic_ms() + TAKEN_MS;
    while ((process_id = find_other_end(&ours, &theirs)) == 0) {
        if (is_ours_under_wine(&ours, &theirs)) {
            return SECTION_OK;
        }
        if (platform_monotonic_ms() > until_ms) {
            return section_fail(ret_error, SECTION_ACCESS_DENIED,
                                "it cannot be told whose process listens there");
        }
        platform_sleep_ms(PAUSE_MS);
    }
    return is_ours(process_id)
               ? SECTION_OK
               : section_fail(ret_error, SECTION_ACCESS_DENIED,
                              "the process %lu, which listens there, is not this user's, and would "
                              "get the token; nothing was sent",
                              (unsigned long)process_id);
}
