#ifndef SECTION_ENCODINGS_H
#define SECTION_ENCODINGS_H

#include <section/text.h>

/** An encoding that we convert ourselves. */
typedef struct own_encoding {
    const char *name;
    size_t unit_bytes;
    bool big_endian;
    unsigned code_page; /* that is the same */
} own_encoding;

enum { OWN_ENCODINGS = SECTION_LATIN1 + 1, ENCODING_NAME_BYTES = 40 };

/** By `section_encoding`. */
extern const own_encoding own_encodings[OWN_ENCODINGS];

/**
 * Decodes into a buffer that the caller has, of four bytes a byte, and 16. As section_text_decode, which
 * says how much was taken.
 */
section_status encoding_decode(const section_text_bytes *from, size_t *ret_taken_bytes,
                               char *ret_text, size_t *ret_text_bytes, section_error *ret_error);

/** The name of an encoding, for errors. */
void encoding_format_name(section_encoding encoding, char ret_text[ENCODING_NAME_BYTES]);

#endif
