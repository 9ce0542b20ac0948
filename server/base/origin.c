#include "base/origin.h"

#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

bool origin_is_host(const char *host)
{
    return host[0] != '\0' && host[strspn(host, LETTERS DIGITS ".-_:[]")] == '\0';
}

bool origin_is_valid(const char *origin)
{
    const size_t scheme = strspn(origin, LETTERS DIGITS "+-.");
    return scheme > 0 && strncmp(origin + scheme, "://", 3) == 0 &&
           origin_is_host(origin + scheme + 3);
}
