#include <section/utf8.h>
#include <section_windows/wide.h>
#include <stdlib.h>
#include <windows.h>

void wide_name(const section_name *name, wchar_t ret_wide[WIDE_NAME_UNITS])
{
    static const wchar_t global[] = L"Global\\";
    const int prefix = name->scope == SECTION_SCOPE_GLOBAL ? (int)wcslen(global) : 0;
    wmemcpy(ret_wide, global, (size_t)prefix);
    int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name->text, -1,
                                    ret_wide + prefix, WIDE_NAME_UNITS - prefix);
    if (units == 0) {
        wmemcpy(ret_wide, L"\\", 2); /* the name was not checked: every call refuses this one */
    }
}

wchar_t *wide_from_utf8(const char *text)
{
    int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    if (units <= 0) {
        return NULL;
    }
    wchar_t *wide = malloc((size_t)units * sizeof *wide);
    if (wide != NULL) {
        (void)MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, units);
    }
    return wide;
}

char *utf8_copy(const wchar_t *wide)
{
    const int bytes =
        WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, NULL, 0, NULL, NULL);
    char *utf8 = bytes > 0 ? malloc((size_t)bytes) : NULL;
    if (utf8 != NULL) {
        (void)WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, utf8, bytes, NULL, NULL);
    }
    return utf8;
}

void utf8_from_wide(const wchar_t *wide, size_t units, char *ret_text, size_t capacity_bytes)
{
    size_t used = 0;
    for (size_t i = 0; i < units; i++) {
        char bytes[4];
        uint32_t scalar = wide[i];
        if (scalar >= 0xD800 && scalar <= 0xDFFF) {
            const uint32_t low = i + 1 < units ? wide[i + 1] : 0;
            const bool pair = scalar < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF;
            scalar = pair ? 0x10000 + ((scalar - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
            i += pair;
        }
        size_t length = section_utf8_put(scalar, bytes);
        if (length >= capacity_bytes - used) {
            break;
        }
        for (size_t k = 0; k < length; k++) {
            ret_text[used++] = bytes[k];
        }
    }
    ret_text[used] = '\0';
}
