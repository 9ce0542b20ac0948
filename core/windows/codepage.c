#include <section/utf8.h>
#include <windows.h>

#include "../os.h"

/*
 * Character by character: MultiByteToWideChar and WideCharToMultiByte say that something is wrong,
 * not where. So only code pages whose characters can be told apart without a state are taken: one
 * byte each, or two after a lead byte.
 */

bool os_code_page_exists(unsigned code_page)
{
    CPINFO info;
    wchar_t wide;
    char narrow[4];
    BOOL substituted = FALSE;
    return GetCPInfo(code_page, &info) && info.MaxCharSize <= 2 &&
           MultiByteToWideChar(code_page, MB_ERR_INVALID_CHARS, "", 1, &wide, 1) == 1 &&
           WideCharToMultiByte(code_page, WC_NO_BEST_FIT_CHARS, L"", 1, narrow, sizeof narrow, NULL,
                               &substituted) == 1;
}

static section_status check(unsigned code_page, section_error *ret_error)
{
    return os_code_page_exists(code_page)
               ? SECTION_OK
               : section_fail(ret_error, SECTION_BAD_ENCODING, "Windows has no cp%u", code_page);
}

/* The scalar value of one character in one or two UTF-16 units; 0xFFFFFFFF where it is none. */
static uint32_t scalar_of(const wchar_t *units, int count)
{
    const uint32_t first = count > 0 ? units[0] : UINT32_MAX;
    const uint32_t second = count > 1 ? units[1] : 0;
    if (count == 1 && (first < 0xD800 || first > 0xDFFF)) {
        return first;
    }
    if (count == 2 && first >= 0xD800 && first <= 0xDBFF && second >= 0xDC00 && second <= 0xDFFF) {
        return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
    return UINT32_MAX;
}

section_status os_code_page_decode(unsigned code_page, const uint8_t *bytes, size_t length_bytes,
                                   size_t *ret_taken_bytes, char *ret_text, size_t *ret_text_bytes,
                                   section_error *ret_error)
{
    size_t taken = 0;
    size_t made = 0;
    section_status status = check(code_page, ret_error);
    while (status == SECTION_OK && taken < length_bytes) {
        wchar_t units[4];
        const size_t size = IsDBCSLeadByteEx(code_page, bytes[taken]) ? 2 : 1;
        if (size > length_bytes - taken) {
            break;
        }
        const int count = MultiByteToWideChar(code_page, MB_ERR_INVALID_CHARS,
                                              (const char *)bytes + taken, (int)size, units, 4);
        const uint32_t scalar = scalar_of(units, count);
        if (scalar == UINT32_MAX) {
            break;
        }
        made += section_utf8_put(scalar, ret_text + made);
        taken += size;
    }
    *ret_taken_bytes = taken;
    *ret_text_bytes = made;
    return status;
}

/* One character; returns its bytes, 0 where the code page has none for it. */
static int encode_scalar(unsigned code_page, uint32_t scalar, char *ret_bytes, int capacity)
{
    wchar_t units[2] = {(wchar_t)scalar};
    BOOL substituted = FALSE;
    if (scalar > 0xFFFF) {
        units[0] = (wchar_t)(0xD800 + ((scalar - 0x10000) >> 10));
        units[1] = (wchar_t)(0xDC00 + (scalar & 0x3FF));
    }
    const int length =
        WideCharToMultiByte(code_page, WC_NO_BEST_FIT_CHARS, units, scalar > 0xFFFF ? 2 : 1,
                            ret_bytes, capacity, NULL, &substituted);
    return substituted ? 0 : length;
}

section_status os_code_page_encode(unsigned code_page, const char *text, size_t length_bytes,
                                   size_t *ret_taken_bytes, uint8_t *ret_bytes,
                                   size_t *ret_length_bytes, section_error *ret_error)
{
    size_t taken = 0;
    size_t made = 0;
    section_status status = check(code_page, ret_error);
    while (status == SECTION_OK && taken < length_bytes) {
        uint32_t scalar;
        const size_t used = section_utf8_get(text + taken, length_bytes - taken, &scalar);
        const int put =
            used > 0 ? encode_scalar(code_page, scalar, (char *)ret_bytes + made, 4) : 0;
        if (put == 0) {
            break;
        }
        made += (size_t)put;
        taken += used;
    }
    *ret_taken_bytes = taken;
    *ret_length_bytes = made;
    return status;
}
