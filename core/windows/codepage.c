#include <section/utf8.h>
#include <windows.h>

#include "../os.h"
#include "gb18030.h"

/*
 * Character by character: MultiByteToWideChar and WideCharToMultiByte say that something is wrong,
 * not where. So only code pages whose characters can be told apart without a state are taken: one
 * byte each, or two after a lead byte, and GB 18030.
 */

/* EUC-JP as Windows has it: what takes three bytes there, behind 0x8F, are two here, the second one
 * without its highest bit. */
enum { CODE_PAGE_EUC_JP = 20932, EUC_THREE = 0x8F, EUC_LEAST = 0xA1, CHARACTER_BYTES_MAX = 4 };

unsigned os_ansi_code_page(void)
{
    return GetACP();
}

bool os_code_page_exists(unsigned code_page)
{
    CPINFO info;
    wchar_t wide;
    char narrow[4];
    BOOL substituted = FALSE;
    if (code_page == CODE_PAGE_GB18030) {
        return true;
    }
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

/* How long the character is that begins so, 0 where none does; more than there is where it is torn. */
static size_t character_length(unsigned code_page, const uint8_t *bytes, size_t length_bytes)
{
    if (code_page == CODE_PAGE_GB18030) {
        return gb18030_length(bytes, length_bytes);
    }
    if (code_page == CODE_PAGE_EUC_JP && bytes[0] == EUC_THREE) {
        return 3;
    }
    return IsDBCSLeadByteEx(code_page, bytes[0]) ? 2 : 1;
}

/* The bytes of a character in EUC-JP as Windows has them; false where none has them. */
static bool fold_euc(const uint8_t *bytes, size_t *length, char ret_bytes[2])
{
    for (size_t i = 1; i < *length; i++) {
        if (bytes[i] < EUC_LEAST) {
            return false;
        }
    }
    if (*length == 1 && bytes[0] >= 0x80) {
        return false;
    }
    if (*length == 3) {
        *length = 2;
        ret_bytes[0] = (char)bytes[1];
        ret_bytes[1] = (char)(bytes[2] & 0x7F);
    }
    return true;
}

/* One character, of so many bytes; false where it is none. */
static bool decode_character(unsigned code_page, const uint8_t *bytes, size_t length,
                             uint32_t *ret_scalar)
{
    wchar_t units[4];
    char folded[2] = {(char)bytes[0], length > 1 ? (char)bytes[1] : '\0'};
    if (code_page == CODE_PAGE_GB18030) {
        return gb18030_get(bytes, length, ret_scalar) > 0;
    }
    if (code_page == CODE_PAGE_EUC_JP && !fold_euc(bytes, &length, folded)) {
        return false;
    }
    const int count =
        MultiByteToWideChar(code_page, MB_ERR_INVALID_CHARS, folded, (int)length, units, 4);
    *ret_scalar = scalar_of(units, count);
    return *ret_scalar != UINT32_MAX;
}

section_status os_code_page_decode(const section_text_bytes *from, size_t *ret_taken_bytes,
                                   char *ret_text, size_t *ret_text_bytes, section_error *ret_error)
{
    const uint8_t *bytes = from->bytes;
    size_t taken = 0;
    size_t made = 0;
    section_status status = check(from->encoding, ret_error);
    while (status == SECTION_OK && taken < from->length_bytes) {
        const size_t left = from->length_bytes - taken;
        size_t size = character_length(from->encoding, bytes + taken, left);
        uint32_t scalar = 0;
        const bool is_torn = size > left;
        if (is_torn || !decode_character(from->encoding, bytes + taken, size, &scalar)) {
            if (!from->replaces) {
                break;
            }
            scalar = SECTION_UTF8_REPLACEMENT;
            size = is_torn ? left : 1;
        }
        made += section_utf8_put(scalar, ret_text + made);
        taken += size;
    }
    *ret_taken_bytes = taken;
    *ret_text_bytes = made;
    return status;
}

/* One character; returns its bytes, 0 where the code page has none for it. */
static int encode_scalar(unsigned code_page, uint32_t scalar, char ret_bytes[CHARACTER_BYTES_MAX])
{
    wchar_t units[2] = {(wchar_t)scalar};
    BOOL substituted = FALSE;
    if (code_page == CODE_PAGE_GB18030) {
        return (int)gb18030_put(scalar, (uint8_t *)ret_bytes);
    }
    if (scalar > 0xFFFF) {
        units[0] = (wchar_t)(0xD800 + ((scalar - 0x10000) >> 10));
        units[1] = (wchar_t)(0xDC00 + (scalar & 0x3FF));
    }
    const int length =
        WideCharToMultiByte(code_page, WC_NO_BEST_FIT_CHARS, units, scalar > 0xFFFF ? 2 : 1,
                            ret_bytes, CHARACTER_BYTES_MAX, NULL, &substituted);
    if (substituted) {
        return 0;
    }
    const bool is_folded =
        code_page == CODE_PAGE_EUC_JP && length == 2 && (ret_bytes[1] & 0x80) == 0;
    if (is_folded) {
        ret_bytes[2] = (char)(ret_bytes[1] | 0x80);
        ret_bytes[1] = ret_bytes[0];
        ret_bytes[0] = (char)EUC_THREE;
        return 3;
    }
    return length;
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
        const int put = used > 0 ? encode_scalar(code_page, scalar, (char *)ret_bytes + made) : 0;
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
