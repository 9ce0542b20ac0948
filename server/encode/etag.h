#ifndef SECTIOND_ETAG_H
#define SECTIOND_ETAG_H

#include <stddef.h>

/**
 * @file
 * Strong entity tags (RFC 9110 section 8.8.3).
 */

/**
 * The representation that a tag is of. Two representations of the same bytes have different tags.
 */
typedef enum etag_variant {
    ETAG_OF_BYTES,
    ETAG_OF_HEX,
    ETAG_OF_BASE64,
    ETAG_OF_TEXT,
    ETAG_OF_VALUES,
    ETAG_OF_SECTION,
    ETAG_OF_LAYOUT,
    ETAG_OF_C,
    ETAG_OF_FIELDS
} etag_variant;

/** Room for a strong tag: two quotes around 32 hex digits. */
#define ETAG_BYTES 40

/**
 * The strong tag of a representation: XXH3-128 of all its bytes.
 */
void etag_of(const void *bytes, size_t length_bytes, etag_variant variant,
             char ret_etag[ETAG_BYTES]);

/** A tag of bytes that come in pieces. */
typedef struct etag_maker etag_maker;

/** NULL where memory runs out; end it with `etag_end`. */
etag_maker *etag_begin(etag_variant variant);

void etag_add(etag_maker *self, const void *bytes, size_t length_bytes);

/** The tag of all that was added; frees the maker. */
void etag_end(etag_maker *self, char ret_etag[ETAG_BYTES]);

#endif
