#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"

section_status secret_make(size_t random_bytes, char *ret_text, section_error *ret_error)
{
    unsigned char random[SECRET_RANDOM_BYTES_MAX];
    section_status status = platform_random(random, random_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    for (size_t i = 0; i < random_bytes; i++) {
        (void)snprintf(ret_text + 2 * i, 3, "%02x", random[i]);
    }
    platform_wipe(random, sizeof random);
    return SECTION_OK;
}

section_status secret_check_text(char **text, uint64_t size_bytes, const char *path,
                                 section_error *ret_error)
{
    if (strlen(*text) == size_bytes) {
        return SECTION_OK;
    }
    platform_wipe(*text, (size_t)size_bytes);
    free(*text);
    *text = NULL;
    return section_fail(ret_error, SECTION_BAD_REQUEST,
                        "%.200s is no text: it has a NUL, or could not be read to its end", path);
}

bool secret_is_equal(const char *secret, const char *given, size_t given_length)
{
    unsigned char difference = 0;
    if (strlen(secret) != given_length) {
        return false;
    }
    for (size_t i = 0; i < given_length; i++) {
        difference |= (unsigned char)(secret[i] ^ given[i]);
    }
    return difference == 0;
}
