#include <section/cleanup.h>
#include <section/text.h>
#include <section/utf8.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "os.h"

static const struct own_encoding {
    const char *name;
    size_t unit_bytes;
    bool big_endian;
    unsigned code_page; /* that is the same */
} own_encodings[] = {
    [SECTION_UTF8] = {"utf-8", 1, false, 65001},
    [SECTION_UTF16LE] = {"utf-16le", 2, false, 1200},
    [SECTION_UTF16BE] = {"utf-16be", 2, true, 1201},
    [SECTION_UTF32LE] = {"utf-32le", 4, false, 12000},
    [SECTION_LATIN1] = {"latin1", 1, false, 28591},
};

enum { OWN_COUNT = sizeof own_encodings / sizeof own_encodings[0], CODE_PAGE_GBK = 936 };

/* "cp" and up to five digits; 0: it is something else. */
static unsigned parse_code_page(const char *name)
{
    unsigned number = 0;
    if (strcasecmp(name, "gbk") == 0) {
        return CODE_PAGE_GBK;
    }
    if (strncasecmp(name, "cp", 2) != 0 || strlen(name) > 7) {
        return 0;
    }
    for (name += 2; *name >= '0' && *name <= '9'; name++) {
        number = number * 10 + (unsigned)(*name - '0');
    }
    return *name == '\0' && number >= SECTION_CODE_PAGE_LEAST ? number : 0;
}

static section_status bad_encoding(section_error *ret_error)
{
    return section_fail(ret_error, SECTION_BAD_ENCODING,
                        "the encodings are utf-8, utf-16le, utf-16be, utf-32le, latin1, gbk, and "
                        "cpNNN for the code pages of this platform");
}

section_status section_encoding_parse(const char *name, section_encoding *ret_encoding,
                                      section_error *ret_error)
{
    const unsigned code_page = parse_code_page(name);
    for (section_encoding i = 0; i < OWN_COUNT; i++) {
        if (strcasecmp(name, own_encodings[i].name) == 0 ||
            code_page == own_encodings[i].code_page) {
            *ret_encoding = i;
            return SECTION_OK;
        }
    }
    if (code_page == 0) {
        return bad_encoding(ret_error);
    }
    *ret_encoding = code_page;
    return SECTION_OK;
}

section_status section_encoding_check(section_encoding encoding, section_error *ret_error)
{
    if (encoding >= OWN_COUNT && !os_code_page_exists(encoding)) {
        return bad_encoding(ret_error);
    }
    return SECTION_OK;
}

size_t section_encoding_unit(section_encoding encoding)
{
    return encoding < OWN_COUNT ? own_encodings[encoding].unit_bytes : 1;
}

static void format_name(section_encoding encoding, char *ret_text, size_t capacity)
{
    if (encoding < OWN_COUNT) {
        (void)snprintf(ret_text, capacity, "%s", own_encodings[encoding].name);
    } else if (encoding == CODE_PAGE_GBK) {
        (void)snprintf(ret_text, capacity, "gbk");
    } else {
        (void)snprintf(ret_text, capacity, "cp%u", encoding);
    }
}

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

section_status section_text_decode(section_encoding encoding, const void *bytes,
                                   size_t length_bytes, uint64_t first_offset, char **ret_text,
                                   size_t *ret_text_bytes, section_error *ret_error)
{
    _cleanup_free_ uint8_t *text = NULL;
    size_t text_bytes = 0;
    size_t taken = 0;
    section_status status = make_room(length_bytes, &text, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (encoding >= OWN_COUNT) {
        status = os_code_page_decode(encoding, bytes, length_bytes, &taken, (char *)text,
                                     &text_bytes, ret_error);
    } else {
        taken = convert(encoding, SECTION_UTF8, bytes, length_bytes, text, &text_bytes);
    }
    if (status != SECTION_OK) {
        return status;
    }
    if (taken < length_bytes) {
        char name[16];
        format_name(encoding, name, sizeof name);
        return section_fail(ret_error, SECTION_BAD_TEXT, "what stands at byte %llu is not %s",
                            (unsigned long long)(first_offset + taken), name);
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
    char name[16];
    uint32_t scalar;
    format_name(encoding, name, sizeof name);
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
    if (encoding >= OWN_COUNT) {
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
