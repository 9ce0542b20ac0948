#include "failure.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>

void platform_start(void)
{
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
}

wchar_t *wide_from_utf8(const char *utf8)
{
    int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, NULL, 0);
    wchar_t *wide = length > 0 ? calloc((size_t)length, sizeof *wide) : NULL;
    if (wide)
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, wide, length);
    return wide;
}

char *utf8_from_wide(const wchar_t *wide, size_t unit_count)
{
    int length = (int)wcsnlen(wide, unit_count);
    if (length == 0)
        return calloc(1, 1);
    int byte_count =
        WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, length, NULL, 0, NULL, NULL);
    char *utf8 = byte_count > 0 ? calloc((size_t)byte_count + 1, 1) : NULL;
    if (utf8)
        WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, length, utf8, byte_count, NULL,
                            NULL);
    return utf8;
}
