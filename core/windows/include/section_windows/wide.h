#ifndef SECTION_WINDOWS_WIDE_H
#define SECTION_WINDOWS_WIDE_H

#include <stddef.h>
#include <wchar.h>

#include <section/name.h>

/**
 * @file
 * Between UTF-8, which is what all texts here are, and the UTF-16 of Win32. For core and for the
 * daemon, on Windows only.
 */

/** Room for `Global\`, or `Session\4294967295\`, and the longest name, terminated. */
#define WIDE_NAME_UNITS (19 + SECTION_NAME_UNITS_MAX + 1)

/** A checked name as the Win32 calls take it. */
void wide_name(const section_name *name, wchar_t ret_wide[WIDE_NAME_UNITS]);

/** A malloc'ed copy in UTF-16; NULL where `text` is not UTF-8 or memory ran out. */
wchar_t *wide_from_utf8(const char *text);

/** A malloc'ed copy in UTF-8; NULL where `wide` is not UTF-16 or memory ran out. */
char *utf8_copy(const wchar_t *wide);

/**
 * Writes `units` UTF-16 units as UTF-8, terminated; what does not fit is cut between characters,
 * and a lone surrogate becomes U+FFFD.
 */
void utf8_from_wide(const wchar_t *wide, size_t units, char *ret_text, size_t capacity_bytes);

#endif
