#ifndef SECTIOND_TCP_TABLE_H
#define SECTIOND_TCP_TABLE_H

#include <stdbool.h>
#include <stdio.h>

/**
 * @file
 * The connections of this machine with their users, as Linux lists them (/proc/net/tcp, tcp6). Wine's
 * programs can read the list, too.
 */

struct sockaddr_storage;

/**
 * Finds whose socket has these two ends, among those that a process has taken.
 * @param rows the list; read to its end
 * @param mapped both ends are of IPv4, and the list is that of IPv6
 * Threads: any.
 */
bool tcp_table_find_user(FILE *rows, const struct sockaddr_storage *local,
                         const struct sockaddr_storage *remote, bool mapped, unsigned *ret_user);

#endif
