#include "base/tcp_table.h"

#include <inet.h> /* of the platform's folder */
#include <stdint.h>
#include <string.h>

enum { END_BYTES = 48 };

/* An end of a connection as the list has it: addresses in words of the machine's own order. */
static void format_end(const struct sockaddr_storage *address, bool mapped, char *ret_text)
{
    uint32_t words[4];
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        memcpy(words, &v4->sin_addr, sizeof words[0]);
        (void)snprintf(ret_text, END_BYTES, "%s%08X:%04X", mapped ? "0000000000000000FFFF0000" : "",
                       (unsigned)words[0], ntohs(v4->sin_port));
        return;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    memcpy(words, &v6->sin6_addr, sizeof words);
    (void)snprintf(ret_text, END_BYTES, "%08X%08X%08X%08X:%04X", (unsigned)words[0],
                   (unsigned)words[1], (unsigned)words[2], (unsigned)words[3],
                   ntohs(v6->sin6_port));
}

bool tcp_table_find_user(FILE *rows, const struct sockaddr_storage *local,
                         const struct sockaddr_storage *remote, bool mapped, unsigned *ret_user)
{
    char line[512];
    char wanted_local[END_BYTES];
    char wanted_remote[END_BYTES];
    format_end(local, mapped, wanted_local);
    format_end(remote, mapped, wanted_remote);
    while (fgets(line, sizeof line, rows) != NULL) {
        char row_local[END_BYTES];
        char row_remote[END_BYTES];
        unsigned user;
        unsigned long inode;
        /* Number, ends, state, queues, timer, retransmits, user, timeouts, inode. */
        if (sscanf(line, " %*s %47s %47s %*s %*s %*s %*s %u %*s %lu", row_local, row_remote, &user,
                   &inode) == 4 &&
            inode != 0 && strcmp(row_local, wanted_local) == 0 &&
            strcmp(row_remote, wanted_remote) == 0) {
            *ret_user = user;
            return true;
        }
    }
    return false;
}
