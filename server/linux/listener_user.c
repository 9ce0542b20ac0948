#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <section_posix/cleanup.h>

#include "base/platform.h"
#include "base/tcp_table.h"

/*
 * Finds the user whose process is at the other end of a TCP connection of this machine, in
 * /proc/net/tcp.
 */

enum { TAKEN_ATTEMPTS = 200, PAUSE_MS = 10 };

static bool find_in(const char *table, const struct sockaddr_storage *local,
                    const struct sockaddr_storage *remote, bool mapped, unsigned *ret_user)
{
    _cleanup_fclose_ FILE *rows = fopen(table, "re");
    return rows != NULL && tcp_table_find_user(rows, local, remote, mapped, ret_user);
}

/* A socket that listens on [::] may take both families. */
static bool find_other_end(const struct sockaddr_storage *ours,
                           const struct sockaddr_storage *theirs, unsigned *ret_user)
{
    return ours->ss_family == AF_INET ? find_in("/proc/net/tcp", theirs, ours, false, ret_user) ||
                                            find_in("/proc/net/tcp6", theirs, ours, true, ret_user)
                                      : find_in("/proc/net/tcp6", theirs, ours, false, ret_user);
}

section_status platform_check_server(platform_socket socket, section_error *ret_error)
{
    struct sockaddr_storage ours;
    struct sockaddr_storage theirs;
    socklen_t ours_length = sizeof ours;
    socklen_t theirs_length = sizeof theirs;
    unsigned user;
    if (getsockname((int)socket, (struct sockaddr *)&ours, &ours_length) != 0 ||
        getpeername((int)socket, (struct sockaddr *)&theirs, &theirs_length) != 0) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED, "the connection is closed again");
    }
    if (ours.ss_family == AF_UNIX) {
        return platform_identify_peer(socket) == PEER_TRUSTED
                   ? SECTION_OK
                   : section_fail(ret_error, SECTION_ACCESS_DENIED,
                                  "the process that listens there is another user's");
    }
    for (int attempt = 0; !find_other_end(&ours, &theirs, &user); attempt++) {
        if (attempt == TAKEN_ATTEMPTS) {
            return section_fail(ret_error, SECTION_ACCESS_DENIED,
                                "it cannot be told whose process listens there");
        }
        platform_sleep_ms(PAUSE_MS);
    }
    if (user != geteuid() && user != 0) {
        return section_fail(ret_error, SECTION_ACCESS_DENIED,
                            "the process that listens there is of the user %u, who would get the "
                            "token; nothing was sent",
                            user);
    }
    return SECTION_OK;
}
