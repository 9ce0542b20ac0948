#ifndef SECTIOND_WINDOWS_WIDE_TEXT_H
#define SECTIOND_WINDOWS_WIDE_TEXT_H

#include <wchar.h>

/** UTF-8 to UTF-16; NULL where memory runs out or it is no UTF-8. The caller frees it. */
wchar_t *text_to_wide(const char *text);

/** UTF-16 to UTF-8; NULL where memory runs out or it is no UTF-16. The caller frees it. */
char *text_from_wide(const wchar_t *text);

#endif
