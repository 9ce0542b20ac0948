#ifndef SECTION_UTF8_H
#define SECTION_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * Reads one scalar value of well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most
 * U+10FFFF). Returns the bytes used, 1..4, or 0 where the next bytes are not UTF-8 or are cut off.
 */
size_t section_utf8_get(const char *text, size_t text_bytes, uint32_t *ret_scalar);

/** Writes one scalar value; returns the bytes used, 1..4. `ret_text` has room for four. */
size_t section_utf8_put(uint32_t scalar, char *ret_text);

/**
 * Copies text whose encoding nobody vouches for: each byte that is no UTF-8 becomes U+FFFD. What
 * does not fit `capacity_bytes` is cut between characters; always terminated.
 */
void section_utf8_clean(const char *text, char *ret_text, size_t capacity_bytes);

#endif
