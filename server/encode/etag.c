#include "encode/etag.h"

#include <stdint.h>

#include <xxhash.h>

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * Four bytes as eight digits, the first byte first. All digits at once: each byte is spread into two,
 * one for each half of it, and those above 9 are moved on to the letters.
 */
static char *put_hex(const unsigned char bytes[4], char *out)
{
    uint64_t text =
        bytes[0] | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 32 | (uint64_t)bytes[3] << 48;
    text = (text >> 4 & UINT64_C(0x000F000F000F000F)) | (text & UINT64_C(0x000F000F000F000F)) << 8;
    const uint64_t letters = (text + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);
    text += EACH_BYTE('0') + letters * ('a' - '0' - 10);
    for (int i = 0; i < 8; i++) {
        out[i] = (char)(text >> 8 * i);
    }
    return out + 8;
}

void etag_of(const void *bytes, size_t length_bytes, etag_variant variant,
             char ret_etag[ETAG_BYTES])
{
    XXH128_canonical_t canonical;
    char *out = ret_etag;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(bytes, length_bytes, variant));
    *out++ = '"';
    for (size_t i = 0; i < sizeof canonical.digest; i += 4) {
        out = put_hex(canonical.digest + i, out);
    }
    *out++ = '"';
    *out = '\0';
}
