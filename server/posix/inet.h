#ifndef SECTIOND_POSIX_INET_H
#define SECTIOND_POSIX_INET_H

/** @file Addresses of sockets and inet_pton; each platform has a header of this name. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#endif
