#ifndef SECTIOND_BASE64_H
#define SECTIOND_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/**
 * @file
 * Base64 (RFC 4648 section 4), strict: padded, no line breaks, no stray bits. Of the small libraries
 * for it none refuses what the RFC tells a decoder to refuse.
 */

/** Length of `length_bytes` bytes as base64, without a terminator. */
size_t base64_encoded_length(size_t length_bytes);

/** Encodes; `ret_text` has room for the encoded length and a NUL. */
void base64_encode(const void *bytes, size_t length_bytes, char *ret_text);

/** The same without the NUL. */
void base64_encode_groups(const void *bytes, size_t length_bytes, char *ret_text);

/**
 * Decodes.
 * @param ret_bytes has room for `text_bytes / 4 * 3` bytes; undefined on failure.
 * @return false for what no encoder writes: other characters, padding that is missing or not at the
 *     end, bits that no byte has.
 */
bool base64_decode(const char *text, size_t text_bytes, void *ret_bytes, size_t *ret_length_bytes);

#endif
