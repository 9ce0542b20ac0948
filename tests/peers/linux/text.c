#include "../peer.h"

#include <locale.h>
#include <stdlib.h>

void platform_start(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
}

wchar_t *wide_from_utf8(const char *utf8)
{
    size_t length = mbstowcs(NULL, utf8, 0);
    if (length == (size_t)-1)
        return NULL;
    wchar_t *wide = calloc(length + 1, sizeof *wide);
    if (wide)
        mbstowcs(wide, utf8, length + 1);
    return wide;
}

char *utf8_from_wide(const wchar_t *wide, size_t unit_count)
{
    /* A copy, so that there is a NUL even where the section ends without one. */
    size_t length = wcsnlen(wide, unit_count);
    wchar_t *ended = calloc(length + 1, sizeof *ended);
    if (!ended)
        return NULL;
    wmemcpy(ended, wide, length);
    size_t byte_count = wcstombs(NULL, ended, 0);
    char *utf8 = byte_count == (size_t)-1 ? NULL : calloc(byte_count + 1, 1);
    if (utf8)
        wcstombs(utf8, ended, byte_count + 1);
    free(ended);
    return utf8;
}
