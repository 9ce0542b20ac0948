#ifndef SECTION_WINDOWS_GB18030_H
#define SECTION_WINDOWS_GB18030_H

#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * GB 18030, from the system's code page 936 and what it has beyond that: Wine lacks code page 54936,
 * and that of Windows does not say where bytes are wrong.
 */

enum { CODE_PAGE_GB18030 = 54936, GB18030_BYTES_MAX = 4 };

/** One character. @return the bytes used, 0 where they are no character or a torn one. */
size_t gb18030_get(const uint8_t *bytes, size_t length_bytes, uint32_t *ret_scalar);

/** Encodes any scalar value. @return the bytes made. */
size_t gb18030_put(uint32_t scalar, uint8_t ret_bytes[GB18030_BYTES_MAX]);

/** How long the character is that begins so; more than there is where it is torn. */
size_t gb18030_length(const uint8_t *bytes, size_t length_bytes);

#endif
