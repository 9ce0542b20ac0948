#include <section/cleanup.h>
#include <section/text.h>
#include <section/utf8.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "encodings.h"
#include "os.h"

/* Byte by byte, because the bytes may be unaligned and the host may have another byte order. */
static uint32_t load_unit(section_encoding encoding, const uint8_t *bytes)
{
    const size_t unit_bytes = own_encodings[encoding].unit_bytes;
    uint32_t unit = 0;
    for (size_t i = 0; i < unit_bytes; i++) {
        unit = unit << 8 | bytes[own_encodings[encoding].big_endian ? i : unit_bytes - 1 - i];
    }
    return unit;
}

static void store_unit(section_encoding encoding, uint8_t *bytes, uint32_t unit)
{
    const size_t unit_bytes = own_encodings[encoding].unit_bytes;
    for (size_t i = 0; i < unit_bytes; i++, unit >>= 8) {
        bytes[own_encodings[encoding].big_endian ? unit_bytes - 1 - i : i] = (uint8_t)unit;
    }
}

size_t section_text_find_end(section_encoding encoding, const void *bytes, size_t length_bytes)
{
    const size_t unit_bytes = section_encoding_unit(encoding);
    if (unit_bytes == 1) {
        const uint8_t *end = memchr(bytes, 0, length_bytes);
        return end == NULL ? length_bytes : (size_t)(end - (const uint8_t *)bytes);
    }
    size_t offset = 0;
    while (length_bytes - offset >= unit_bytes &&
           load_unit(encoding, (const uint8_t *)bytes + offset) != 0) {
        offset += unit_bytes;
    }
    return offset;
}

/* One scalar value from `bytes`; returns the bytes used, 0 where they are torn or undecodable. */
static size_t get_scalar(section_encoding encoding, const uint8_t *bytes, size_t length_bytes,
                         uint32_t *ret_scalar)
{
    const size_t unit_bytes = own_encodings[encoding].unit_bytes;
    if (encoding == SECTION_UTF8) {
        return section_utf8_get((const char *)bytes, length_bytes, ret_scalar);
    }
    if (length_bytes < unit_bytes) {
        return 0;
    }
    uint32_t scalar = load_unit(encoding, bytes);
    if (scalar > 0x10FFFF || (scalar >= 0xDC00 && scalar <= 0xDFFF)) {
        return 0;
    }
    if (scalar < 0xD800 || scalar > 0xDBFF) {
        *ret_scalar = scalar;
        return unit_bytes;
    }
    if (unit_bytes != 2 || length_bytes < 4) {
        return 0;
    }
    uint32_t low = load_unit(encoding, bytes + 2);
    if (low < 0xDC00 || low > 0xDFFF) {
        return 0;
    }
    *ret_scalar = 0x10000 + ((scalar - 0xD800) << 10) + (low - 0xDC00);
    return 4;
}

/* Returns the bytes used, 0 where the encoding has no such character. */
static size_t put_scalar(section_encoding encoding, uint32_t scalar, uint8_t *ret_bytes)
{
    const size_t unit_bytes = own_encodings[encoding].unit_bytes;
    if (encoding == SECTION_UTF8) {
        return section_utf8_put(scalar, (char *)ret_bytes);
    }
    if (unit_bytes == 1 && scalar > 0xFF) {
        return 0;
    }
    if (unit_bytes == 2 && scalar > 0xFFFF) {
        store_unit(encoding, ret_bytes, 0xD800 + ((scalar - 0x10000) >> 10));
        store_unit(encoding, ret_bytes + 2, 0xDC00 + (scalar & 0x3FF));
        return 4;
    }
    store_unit(encoding, ret_bytes, scalar);
    return unit_bytes;
}

/* Converts between encodings of ours. Returns the bytes taken: fewer than all where it had to stop. */
static size_t convert(section_encoding from, section_encoding to, const uint8_t *bytes,
                      size_t length_bytes, uint8_t *ret_bytes, size_t *ret_length_bytes)
{
    size_t taken = 0;
    size_t made = 0;
    while (taken < length_bytes) {
        uint32_t scalar;
        const size_t used = get_scalar(from, bytes + taken, length_bytes - taken, &scalar);
        const size_t put = used > 0 ? put_scalar(to, scalar, ret_bytes + made) : 0;
        if (put == 0) {
            break;
        }
        taken += used;
        made += put;
    }
    *ret_length_bytes = made;
    return taken;
}

/*
 * The most that text grows: one byte of UTF-8 to one unit of 4 bytes, one unit of 2 bytes to 3 bytes
 * of UTF-8, a byte of a code page to 4: hence 4 bytes for each byte, and some for a terminator or
 * the end of a shifted state.
 */
static section_status make_room(size_t length_bytes, uint8_t **ret_bytes, section_error *ret_error)
{
    *ret_bytes = length_bytes <= (SIZE_MAX - 16) / 4 ? malloc(length_bytes * 4 + 16) : NULL;
    return *ret_bytes != NULL
               ? SECTION_OK
               : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the text");
}

/* How many of the bytes, which do not decode, count as one character: one, one unit, or a torn rest. */
static size_t skip_bad(section_encoding encoding, const uint8_t *bytes, size_t length_bytes)
{
    const size_t unit_bytes = own_encodings[encoding].unit_bytes;
    if (encoding == SECTION_UTF8) {
        return section_utf8_skip((const char *)bytes, length_bytes);
    }
    return unit_bytes < length_bytes ? unit_bytes : length_bytes;
}

/* Returns the bytes taken: all, unless it had to stop. */
static size_t decode_own(const section_text_bytes *from, uint8_t *ret_text, size_t *ret_text_bytes)
{
    const uint8_t *bytes = from->bytes;
    size_t taken = 0;
    size_t made = 0;
    for (;;) {
        size_t part;
        taken += convert(from->encoding, SECTION_UTF8, bytes + taken, from->length_bytes - taken,
                         ret_text + made, &part);
        made += part;
        if (taken == from->length_bytes || !from->replaces) {
            break;
        }
        taken += skip_bad(from->encoding, bytes + taken, from->length_bytes - taken);
        made += section_utf8_put(SECTION_UTF8_REPLACEMENT, (char *)ret_text + made);
    }
    *ret_text_bytes = made;
    return taken;
}

section_status encoding_decode(const section_text_bytes *from, size_t *ret_taken_bytes,
                               char *ret_text, size_t *ret_text_bytes, section_error *ret_error)
{
    if (from->encoding >= OWN_ENCODINGS) {
        return os_code_page_decode(from, ret_taken_bytes, ret_text, ret_text_bytes, ret_error);
    }
    *ret_taken_bytes = decode_own(from, (uint8_t *)ret_text, ret_text_bytes);
    return SECTION_OK;
}

section_status section_text_decode(const section_text_bytes *from, char **ret_text,
                                   size_t *ret_text_bytes, section_error *ret_error)
{
    _cleanup_free_ uint8_t *text = NULL;
    size_t text_bytes = 0;
    size_t taken = 0;
    section_status status = make_room(from->length_bytes, &text, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = encoding_decode(from, &taken, (char *)text, &text_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (taken < from->length_bytes) {
        char name[ENCODING_NAME_BYTES];
        encoding_format_name(from->encoding, name);
        return section_fail(ret_error, SECTION_BAD_TEXT, "what stands at byte %llu is not %s",
                            (unsigned long long)(from->first_offset + taken), name);
    }
    text[text_bytes] = '\0';
    *ret_text = (char *)text;
    *ret_text_bytes = text_bytes;
    text = NULL;
    return SECTION_OK;
}

/* Why the text could not be encoded from a byte on. */
static section_status refuse_text(section_encoding encoding, const char *text, size_t text_bytes,
                                  size_t offset, section_error *ret_error)
{
    char name[ENCODING_NAME_BYTES];
    uint32_t scalar;
    encoding_format_name(encoding, name);
    if (section_utf8_get(text + offset, text_bytes - offset, &scalar) == 0) {
        return section_fail(ret_error, SECTION_BAD_TEXT, "what stands at byte %llu is not utf-8",
                            (unsigned long long)offset);
    }
    return section_fail(ret_error, SECTION_BAD_TEXT,
                        "%s has no U+%04X, which stands at byte %llu of "
                        "the text",
                        name, (unsigned)scalar, (unsigned long long)offset);
}

section_status section_text_encode(section_encoding encoding, const char *text, size_t text_bytes,
                                   bool terminate, void **ret_bytes, size_t *ret_length_bytes,
                                   section_error *ret_error)
{
    _cleanup_free_ uint8_t *bytes = NULL;
    size_t length = 0;
    size_t taken = 0;
    section_status status = make_room(text_bytes, &bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (encoding >= OWN_ENCODINGS) {
        status = os_code_page_encode(encoding, text, text_bytes, &taken, bytes, &length, ret_error);
    } else {
        taken = convert(SECTION_UTF8, encoding, (const uint8_t *)text, text_bytes, bytes, &length);
    }
    if (status != SECTION_OK) {
        return status;
    }
    if (taken < text_bytes) {
        return refuse_text(encoding, text, text_bytes, taken, ret_error);
    }
    memset(bytes + length, 0, 4);
    *ret_bytes = bytes;
    bytes = NULL;
    *ret_length_bytes = length + (terminate ? section_encoding_unit(encoding) : 0);
    return SECTION_OK;
}
