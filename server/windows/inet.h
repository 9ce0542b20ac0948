#ifndef SECTIOND_WINDOWS_INET_H
#define SECTIOND_WINDOWS_INET_H

/** @file Addresses of sockets and inet_pton; each platform has a header of this name. */

#include <winsock2.h>

#include <ws2tcpip.h>

#endif
