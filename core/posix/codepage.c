#include <errno.h>
#include <iconv.h>
#include <stdio.h>

#include "../os.h"

/* Code pages through iconv, whose names for them have at least three digits. */

enum { ROOM_PER_BYTE = 4, ROOM_AT_END = 12 }; /* four of the 16 stay free for a terminator */

static iconv_t open_converter(unsigned code_page, bool decodes)
{
    char name[16];
    (void)snprintf(name, sizeof name, "CP%03u", code_page);
    return decodes ? iconv_open("UTF-8", name) : iconv_open(name, "UTF-8");
}

bool os_code_page_exists(unsigned code_page)
{
    for (int decodes = 0; decodes < 2; decodes++) {
        iconv_t converter = open_converter(code_page, decodes != 0);
        if (converter == (iconv_t)(-1)) {
            return false;
        }
        (void)iconv_close(converter);
    }
    return true;
}

static section_status convert(unsigned code_page, bool decodes, const void *bytes,
                              size_t length_bytes, size_t *ret_taken_bytes, void *ret_bytes,
                              size_t *ret_length_bytes, section_error *ret_error)
{
    char *in = (char *)(uintptr_t)bytes; /* iconv does not write there, whatever its type says */
    char *out = ret_bytes;
    size_t in_left = length_bytes;
    size_t out_left = length_bytes * ROOM_PER_BYTE + ROOM_AT_END;
    iconv_t converter = open_converter(code_page, decodes);
    if (converter == (iconv_t)(-1)) {
        return errno == EINVAL
                   ? section_fail(ret_error, SECTION_BAD_ENCODING, "iconv has no cp%u", code_page)
                   : section_fail_os(ret_error, "iconv_open", SECTION_OS_ERRNO, (uint32_t)errno,
                                     "the encoding cannot be loaded");
    }
    if (iconv(converter, &in, &in_left, &out, &out_left) != (size_t)-1 &&
        iconv(converter, NULL, NULL, &out, &out_left) == (size_t)-1) { /* what it held back */
        in_left = length_bytes;
    }
    (void)iconv_close(converter);
    *ret_taken_bytes = length_bytes - in_left;
    *ret_length_bytes = (size_t)(out - (char *)ret_bytes);
    return SECTION_OK;
}

section_status os_code_page_decode(unsigned code_page, const uint8_t *bytes, size_t length_bytes,
                                   size_t *ret_taken_bytes, char *ret_text, size_t *ret_text_bytes,
                                   section_error *ret_error)
{
    return convert(code_page, true, bytes, length_bytes, ret_taken_bytes, ret_text, ret_text_bytes,
                   ret_error);
}

section_status os_code_page_encode(unsigned code_page, const char *text, size_t length_bytes,
                                   size_t *ret_taken_bytes, uint8_t *ret_bytes,
                                   size_t *ret_length_bytes, section_error *ret_error)
{
    return convert(code_page, false, text, length_bytes, ret_taken_bytes, ret_bytes,
                   ret_length_bytes, ret_error);
}
