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

static void put_tag(XXH128_hash_t hash, char ret_etag[ETAG_BYTES])
{
    XXH128_canonical_t canonical;
    char *out = ret_etag;
    XXH128_canonicalFromHash(&canonical, hash);
    *out++ = '"';
    for (size_t i = 0; i < sizeof canonical.digest; i += 4) {
        out = put_hex(canonical.digest + i, out);
    }
    *out++ = '"';
    *out = '\0';
}

void etag_of(const void *bytes, size_t length_bytes, etag_variant variant,
             char ret_etag[ETAG_BYTES])
{
    put_tag(XXH3_128bits_withSeed(bytes, length_bytes, variant), ret_etag);
}

/* The library's state has an alignment of its own, which malloc does not know. */
etag_maker *etag_begin(etag_variant variant)
{
    XXH3_state_t *state = XXH3_createState();
    if (state != NULL) {
        (void)XXH3_128bits_reset_withSeed(state, variant);
    }
    return (etag_maker *)state;
}

void etag_add(etag_maker *self, const void *bytes, size_t length_bytes)
{
    (void)XXH3_128bits_update((XXH3_state_t *)self, bytes, length_bytes);
}

void etag_end(etag_maker *self, char ret_etag[ETAG_BYTES])
{
    XXH3_state_t *state = (XXH3_state_t *)self;
    put_tag(XXH3_128bits_digest(state), ret_etag);
    (void)XXH3_freeState(state);
}
