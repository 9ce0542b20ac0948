#include "encode/etag.h"

#include <xxhash.h>

/* Eight bytes as sixteen digits, the first byte first. */
static char *put_hex(const unsigned char bytes[8], char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 8; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    return out;
}

void etag_of(const void *bytes, size_t length_bytes, etag_variant variant,
             char ret_etag[ETAG_BYTES])
{
    XXH128_canonical_t canonical;
    char *out = ret_etag;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(bytes, length_bytes, variant));
    *out++ = '"';
    out = put_hex(canonical.digest, out);
    out = put_hex(canonical.digest + 8, out);
    *out++ = '"';
    *out = '\0';
}
