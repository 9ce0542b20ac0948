#ifndef SECTIOND_CONDITIONS_H
#define SECTIOND_CONDITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "encode/etag.h"

/**
 * @file
 * Conditional requests and byte ranges: their header fields (RFC 9110 sections 13 and 14).
 */

/**
 * Whether a list of tags, or `*`, names the tag.
 * @param weak_too true for If-None-Match (weak comparison), false for If-Match (strong)
 */
bool etag_list_has(const char *list, const char *etag, bool weak_too);

/** A stretch of a representation. */
typedef struct byte_part {
    uint64_t first;
    uint64_t length;
} byte_part;

enum { RANGE_PARTS_MAX = 16 };

typedef enum range_result {
    RANGE_WHOLE,        /* none, or one that RFC 9110 says or allows to ignore */
    RANGE_PARTS,        /* `ret_parts`, as asked for */
    RANGE_UNSATISFIABLE /* 416 */
} range_result;

/** Reads a Range header; more than RANGE_PARTS_MAX ranges are ignored, which the RFC allows. */
range_result range_parse(const char *header, uint64_t size_bytes,
                         byte_part ret_parts[RANGE_PARTS_MAX], unsigned *ret_count);

#endif
