#ifndef SECTION_UTF8_H
#define SECTION_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * Reads one scalar value of well-formed UTF-8: no overlong forms, no surrogates, at most U+10FFFF.
 * @param text the caller's, `text_bytes` long; it needs no terminator.
 * @param ret_scalar the caller's; set where the function returns more than 0.
 * @return the bytes used, 1 to 4; 0 where the next bytes are not UTF-8 or are cut off.
 * Errors: none. Threads: any. Platforms: same.
 * Source: RFC 3629 section 4
 */
size_t section_utf8_get(const char *text, size_t text_bytes, uint32_t *ret_scalar);

/**
 * Writes one scalar value.
 * @param scalar at most U+10FFFF, and no surrogate; it is not checked.
 * @param ret_text the caller's, with room for four bytes; it gets no terminator.
 * @return the bytes used, 1 to 4.
 * Errors: none. Threads: any. Platforms: same.
 * Source: RFC 3629 section 3
 */
size_t section_utf8_put(uint32_t scalar, char *ret_text);

/** The replacement character U+FFFD, which stands for bytes that are not text. */
#define SECTION_UTF8_REPLACEMENT UINT32_C(0xFFFD)

/**
 * Tells how many bytes that are not UTF-8 one U+FFFD stands for: the longest part that could have
 * begun a character, or one byte.
 * @param text the caller's, `text_bytes` long, at least one; `section_utf8_get` returned 0 for it.
 * @return 1 to 3.
 * Errors: none. Threads: any. Platforms: same.
 * Source: Unicode 15 section 3.9, U+FFFD substitution of maximal subparts
 */
size_t section_utf8_skip(const char *text, size_t text_bytes);

/**
 * Copies text that may not be UTF-8; each byte that is no UTF-8 becomes U+FFFD.
 * @param text terminated.
 * @param ret_text the caller's, `capacity_bytes` long, always terminated.
 * @param capacity_bytes at least 1; what does not fit is cut between characters.
 * Errors: none. Threads: any. Platforms: same.
 * Source: RFC 3629
 */
void section_utf8_clean(const char *text, char *ret_text, size_t capacity_bytes);

#endif
