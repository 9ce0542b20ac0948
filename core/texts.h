#ifndef SECTION_TEXTS_H
#define SECTION_TEXTS_H

#include "image.h"

/**
 * @file
 * Strings of fields.
 */

/** The encoding of a string; that of `ansi` is the system's. */
section_encoding texts_encoding(section_encoding encoding, bool is_ansi);

/**
 * Decodes a string that is in an image, up to its first NUL or its end; U+FFFD stands for what does not
 * decode. The text lives in the image until the next one.
 */
section_status texts_decode(section_image *image, section_encoding encoding, uint64_t offset_bytes,
                            size_t length_bytes, const char **ret_text, size_t *ret_text_bytes,
                            section_error *ret_error);

/** As section_text_encode, with a NUL behind it that is not counted. */
section_status texts_encode(section_encoding encoding, const char *text, size_t text_bytes,
                            void **ret_bytes, size_t *ret_length_bytes, section_error *ret_error);

#endif
