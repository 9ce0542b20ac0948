#include "texts.h"

#include <section/utf8.h>
#include <stdlib.h>
#include <string.h>

#include "encodings.h"
#include "os.h"

/*
 * windows-1252 is decoded here: iconv would be opened for each unit of each reading, and the system's
 * code page is this one on most machines.
 */

enum { WINDOWS_1252 = 1252, UTF8_CODE_PAGE = 65001, FIRST_OF_TABLE = 0x80, AFTER_TABLE = 0xA0 };

/* 0x80 to 0x9F; 0: no character. Source: https://encoding.spec.whatwg.org/index-windows-1252.txt */
static const uint16_t table_1252[AFTER_TABLE - FIRST_OF_TABLE] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

section_encoding texts_encoding(section_encoding encoding, bool is_ansi)
{
    if (!is_ansi) {
        return encoding;
    }
    const unsigned code_page = os_ansi_code_page();
    return code_page == UTF8_CODE_PAGE ? SECTION_UTF8 : code_page;
}

/* ASCII is the same in all encodings but those of wide units, and code pages of EBCDIC. */
static bool has_ascii(section_encoding encoding)
{
    static const section_encoding same[] = {SECTION_UTF8, SECTION_LATIN1, WINDOWS_1252};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        if (encoding == same[i]) {
            return true;
        }
    }
    return false;
}

static size_t count_ascii(const uint8_t *bytes, size_t length_bytes)
{
    size_t count = 0;
    while (count < length_bytes && bytes[count] < FIRST_OF_TABLE) {
        count++;
    }
    return count;
}

static size_t decode_1252(const uint8_t *bytes, size_t length_bytes, char *ret_text)
{
    size_t made = 0;
    for (size_t i = 0; i < length_bytes; i++) {
        uint32_t scalar = bytes[i];
        if (scalar >= FIRST_OF_TABLE && scalar < AFTER_TABLE) {
            scalar = table_1252[scalar - FIRST_OF_TABLE];
            scalar = scalar == 0 ? SECTION_UTF8_REPLACEMENT : scalar;
        }
        made += section_utf8_put(scalar, ret_text + made);
    }
    return made;
}

static section_status decode(section_encoding encoding, const uint8_t *bytes, size_t length_bytes,
                             char *ret_text, size_t *ret_text_bytes, section_error *ret_error)
{
    const size_t ascii = has_ascii(encoding) ? count_ascii(bytes, length_bytes) : 0;
    const section_text_bytes rest = {.encoding = encoding,
                                     .bytes = bytes + ascii,
                                     .length_bytes = length_bytes - ascii,
                                     .replaces = true};
    size_t taken, made = 0;
    section_status status = SECTION_OK;
    memcpy(ret_text, bytes, ascii);
    if (encoding == WINDOWS_1252) {
        made = decode_1252(rest.bytes, rest.length_bytes, ret_text + ascii);
    } else if (rest.length_bytes > 0) {
        status = encoding_decode(&rest, &taken, ret_text + ascii, &made, ret_error);
    }
    *ret_text_bytes = ascii + made;
    return status;
}

section_status texts_decode(section_image *image, section_encoding encoding, uint64_t offset_bytes,
                            size_t length_bytes, const char **ret_text, size_t *ret_text_bytes,
                            section_error *ret_error)
{
    enum { ROOM_PER_BYTE = 4, ROOM_AT_END = 17 };
    const uint8_t *bytes;
    section_status status = image_get(image, offset_bytes, length_bytes, &bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    const size_t length = section_text_find_end(encoding, bytes, length_bytes);
    status = image_make_text(image, length * ROOM_PER_BYTE + ROOM_AT_END, ret_error);
    if (status == SECTION_OK) {
        status = decode(encoding, bytes, length, image->text, ret_text_bytes, ret_error);
    }
    if (status == SECTION_OK) {
        image->text[*ret_text_bytes] = '\0';
        *ret_text = image->text;
    }
    return status;
}

static size_t encode_1252(uint32_t scalar, uint8_t *ret_byte)
{
    if (scalar < FIRST_OF_TABLE || (scalar >= AFTER_TABLE && scalar <= UINT8_MAX)) {
        *ret_byte = (uint8_t)scalar;
        return 1;
    }
    for (size_t i = 0; i < sizeof table_1252 / sizeof table_1252[0]; i++) {
        if (table_1252[i] == scalar) {
            *ret_byte = (uint8_t)(FIRST_OF_TABLE + i);
            return 1;
        }
    }
    return 0;
}

section_status texts_encode(section_encoding encoding, const char *text, size_t text_bytes,
                            void **ret_bytes, size_t *ret_length_bytes, section_error *ret_error)
{
    if (encoding != WINDOWS_1252) {
        return section_text_encode(encoding, text, text_bytes, false, ret_bytes, ret_length_bytes,
                                   ret_error);
    }
    uint8_t *bytes = calloc(text_bytes + 1, 1);
    size_t made = 0;
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the text");
    }
    for (size_t at = 0; at < text_bytes;) {
        uint32_t scalar;
        const size_t used = section_utf8_get(text + at, text_bytes - at, &scalar);
        const size_t put = used > 0 ? encode_1252(scalar, bytes + made) : 0;
        if (put == 0) {
            free(bytes);
            return section_fail(ret_error, SECTION_BAD_TEXT,
                                "windows-1252 has no character for byte %zu of the text", at);
        }
        at += used;
        made += put;
    }
    *ret_bytes = bytes;
    *ret_length_bytes = made;
    return SECTION_OK;
}
