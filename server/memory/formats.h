#ifndef SECTIOND_FORMATS_H
#define SECTIOND_FORMATS_H

#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * Bytes as text for those who cannot handle them raw: `format=hex` and `format=base64`.
 */

typedef enum byte_format { FORMAT_RAW, FORMAT_HEX, FORMAT_BASE64 } byte_format;

/** The names, NULL-terminated: the index is the format. */
extern const char *const byte_format_names[];

/** The length of so many bytes in a format. */
uint64_t format_length(byte_format format, uint64_t length_bytes);

/** Writes bytes in a format, without a NUL; whole groups of three for base64 unless at the end. */
void format_encode(byte_format format, const void *bytes, size_t length_bytes, char *ret_text);

#endif
