#include "base/address.h"

#include <inet.h> /* of the platform's folder */
#include <string.h>

unsigned address_make(const char *text, uint16_t port, struct sockaddr_storage *ret_address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;
    memset(ret_address, 0, sizeof *ret_address);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    memset(ret_address, 0, sizeof *ret_address);
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        return sizeof *v6;
    }
    memset(ret_address, 0, sizeof *ret_address);
    return 0;
}

bool address_is_numeric(const char *text)
{
    struct sockaddr_storage storage;
    return address_make(text, 0, &storage) != 0;
}

bool address_is_loopback(const char *text)
{
    struct sockaddr_storage storage;
    if (address_make(text, 0, &storage) == 0) {
        return false;
    }
    if (storage.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&storage;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&storage)->sin6_addr);
}

const char *address_twin(const char *text)
{
    struct sockaddr_storage storage;
    if (address_make(text, 0, &storage) == 0) {
        return NULL;
    }
    if (storage.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&storage;
        return ntohl(v4->sin_addr.s_addr) == INADDR_LOOPBACK ? "::1" : NULL;
    }
    return address_is_loopback(text) ? "127.0.0.1" : NULL;
}

uint16_t address_port(const struct sockaddr_storage *address)
{
    /* Family, then port: the same in both structures. */
    return ntohs(((const struct sockaddr_in *)address)->sin_port);
}
