#ifndef SECTIOND_CONDITIONS_H
#define SECTIOND_CONDITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * Entity tags, conditional requests and byte ranges (RFC 9110 sections 8.8.3, 13 and 14).
 */

/** Room for a strong tag: two quotes around 32 hex digits. */
#define ETAG_BYTES 40

/** The strong tag of a representation: XXH3-128 of all its bytes. */
void etag_of(const void *bytes, size_t length_bytes, char ret_etag[ETAG_BYTES]);

/**
 * Whether a list of tags, or `*`, names the tag.
 * @param weak_too true for If-None-Match (weak comparison), false for If-Match (strong)
 */
bool etag_list_has(const char *list, const char *etag, bool weak_too);

typedef enum range_result {
    RANGE_WHOLE,        /* none, or one that RFC 9110 says to ignore */
    RANGE_PART,         /* `*ret_first`, `*ret_length` */
    RANGE_UNSATISFIABLE /* 416 */
} range_result;

/** Reads a Range header of one range; several are ignored, which the RFC allows. */
range_result range_parse(const char *header, uint64_t size_bytes, uint64_t *ret_first,
                         uint64_t *ret_length);

#endif
