#include <section/text.h>
#include <section/utf8.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    size_t unit_bytes;
} encodings[] = {
    [SECTION_UTF8] = {"utf-8", 1},
    [SECTION_UTF16LE] = {"utf-16le", 2},
    [SECTION_UTF32LE] = {"utf-32le", 4},
};

section_status section_encoding_parse(const char *name, section_encoding *ret_encoding,
                                      section_error *ret_error)
{
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        if (strcasecmp(name, encodings[i].name) == 0) {
            *ret_encoding = (section_encoding)i;
            return SECTION_OK;
        }
    }
    return section_fail(ret_error, SECTION_BAD_ENCODING,
                        "the encodings are utf-8, utf-16le and utf-32le");
}

size_t section_encoding_unit(section_encoding encoding)
{
    return encodings[encoding].unit_bytes;
}

/* Byte by byte: bytes of shared memory have no alignment, and the host's byte order is no matter.
 */
static uint32_t load_unit(const uint8_t *bytes, size_t unit_bytes)
{
    uint32_t unit = 0;
    for (size_t i = unit_bytes; i-- > 0;) {
        unit = unit << 8 | bytes[i];
    }
    return unit;
}

static void store_unit(uint8_t *bytes, size_t unit_bytes, uint32_t unit)
{
    for (size_t i = 0; i < unit_bytes; i++, unit >>= 8) {
        bytes[i] = (uint8_t)unit;
    }
}

size_t section_text_find_end(section_encoding encoding, const void *bytes, size_t length_bytes)
{
    const size_t unit_bytes = encodings[encoding].unit_bytes;
    if (unit_bytes == 1) {
        const uint8_t *end = memchr(bytes, 0, length_bytes);
        return end == NULL ? length_bytes : (size_t)(end - (const uint8_t *)bytes);
    }
    size_t offset = 0;
    while (length_bytes - offset >= unit_bytes &&
           load_unit((const uint8_t *)bytes + offset, unit_bytes) != 0) {
        offset += unit_bytes;
    }
    return offset;
}

/* One scalar value from `bytes`; returns the bytes used, 0 where they are torn or undecodable. */
static size_t get_scalar(section_encoding encoding, const uint8_t *bytes, size_t length_bytes,
                         uint32_t *ret_scalar)
{
    const size_t unit_bytes = encodings[encoding].unit_bytes;
    if (encoding == SECTION_UTF8) {
        return section_utf8_get((const char *)bytes, length_bytes, ret_scalar);
    }
    if (length_bytes < unit_bytes) {
        return 0;
    }
    uint32_t scalar = load_unit(bytes, unit_bytes);
    if (scalar > 0x10FFFF || (scalar >= 0xDC00 && scalar <= 0xDFFF)) {
        return 0;
    }
    if (scalar < 0xD800 || scalar > 0xDBFF) {
        *ret_scalar = scalar;
        return unit_bytes;
    }
    if (encoding != SECTION_UTF16LE || length_bytes < 4) {
        return 0;
    }
    uint32_t low = load_unit(bytes + 2, 2);
    if (low < 0xDC00 || low > 0xDFFF) {
        return 0;
    }
    *ret_scalar = 0x10000 + ((scalar - 0xD800) << 10) + (low - 0xDC00);
    return 4;
}

static size_t put_scalar(section_encoding encoding, uint32_t scalar, uint8_t *ret_bytes)
{
    const size_t unit_bytes = encodings[encoding].unit_bytes;
    if (encoding == SECTION_UTF8) {
        return section_utf8_put(scalar, (char *)ret_bytes);
    }
    if (encoding == SECTION_UTF16LE && scalar > 0xFFFF) {
        store_unit(ret_bytes, 2, 0xD800 + ((scalar - 0x10000) >> 10));
        store_unit(ret_bytes + 2, 2, 0xDC00 + (scalar & 0x3FF));
        return 4;
    }
    store_unit(ret_bytes, unit_bytes, scalar);
    return unit_bytes;
}

/*
 * Both directions. The most that a buffer grows: one byte of UTF-8 to one unit of 4 bytes, or one
 * unit of 2 bytes to 3 bytes of UTF-8, hence room for 4 bytes for each input byte and a terminator.
 */
static section_status convert(section_encoding from, section_encoding to, const uint8_t *bytes,
                              size_t length_bytes, uint64_t first_offset, size_t terminator_bytes,
                              uint8_t **ret_bytes, size_t *ret_length_bytes,
                              section_error *ret_error)
{
    if (length_bytes > (SIZE_MAX - 8) / 4) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "the text is too long");
    }
    uint8_t *out = malloc(length_bytes * 4 + 8);
    if (out == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the text");
    }
    size_t in_offset = 0;
    size_t out_length = 0;
    while (in_offset < length_bytes) {
        uint32_t scalar;
        size_t used = get_scalar(from, bytes + in_offset, length_bytes - in_offset, &scalar);
        if (used == 0) {
            free(out);
            return section_fail(ret_error, SECTION_BAD_TEXT, "what stands at byte %llu is not %s",
                                (unsigned long long)(first_offset + in_offset),
                                encodings[from].name);
        }
        out_length += put_scalar(to, scalar, out + out_length);
        in_offset += used;
    }
    memset(out + out_length, 0, 4);
    *ret_bytes = out;
    *ret_length_bytes = out_length + terminator_bytes;
    return SECTION_OK;
}

section_status section_text_decode(section_encoding encoding, const void *bytes,
                                   size_t length_bytes, uint64_t first_offset, char **ret_text,
                                   size_t *ret_text_bytes, section_error *ret_error)
{
    uint8_t *text;
    section_status status = convert(encoding, SECTION_UTF8, bytes, length_bytes, first_offset, 0,
                                    &text, ret_text_bytes, ret_error);
    if (status == SECTION_OK) {
        *ret_text = (char *)text;
    }
    return status;
}

section_status section_text_encode(section_encoding encoding, const char *text, size_t text_bytes,
                                   bool terminate, void **ret_bytes, size_t *ret_length_bytes,
                                   section_error *ret_error)
{
    uint8_t *bytes;
    section_status status = convert(SECTION_UTF8, encoding, (const uint8_t *)text, text_bytes, 0,
                                    terminate ? encodings[encoding].unit_bytes : 0, &bytes,
                                    ret_length_bytes, ret_error);
    if (status == SECTION_OK) {
        *ret_bytes = bytes;
    }
    return status;
}
