#ifndef SECTIOND_BASE_ADDRESS_H
#define SECTIOND_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * Numeric addresses of IPv4 ("127.0.0.1", in four parts) and of IPv6 ("::1", without a zone), as
 * inet_pton takes them.
 */

struct sockaddr_storage;

/** Whether a text is a numeric address. Threads: any. */
bool address_is_numeric(const char *text);

/**
 * Whether a numeric address is one of this machine's own loopback, 127.0.0.0/8 or ::1; false for
 * anything else. Threads: any.
 */
bool address_is_loopback(const char *text);

/**
 * The other address that the name localhost may lead to: "::1" of 127.0.0.1, "127.0.0.1" of ::1; NULL
 * for anything else. Threads: any.
 */
const char *address_twin(const char *text);

/**
 * Writes a numeric address and a port as the socket calls want them.
 * @param ret_address the caller's; cleared where the text is no numeric address.
 * @return the length of what was written, in bytes; 0 where the text is no numeric address.
 * Threads: any.
 */
unsigned address_make(const char *text, uint16_t port, struct sockaddr_storage *ret_address);

/** The port of an address of IPv4 or IPv6. Threads: any. */
uint16_t address_port(const struct sockaddr_storage *address);

#endif
