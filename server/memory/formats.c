#include "memory/formats.h"

#include <string.h>

#include "encode/base64.h"

const char *const byte_format_names[] = {"raw", "hex", "base64", NULL};

uint64_t format_length(byte_format format, uint64_t length_bytes)
{
    switch (format) {
    case FORMAT_HEX:
        return length_bytes * 2;
    case FORMAT_BASE64:
        return (length_bytes / 3 + (length_bytes % 3 != 0)) * 4;
    case FORMAT_RAW:
        break;
    }
    return length_bytes;
}

void format_encode(byte_format format, const void *bytes, size_t length_bytes, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;
    switch (format) {
    case FORMAT_HEX:
        for (size_t i = 0; i < length_bytes; i++) {
            *ret_text++ = digits[from[i] >> 4];
            *ret_text++ = digits[from[i] & 15];
        }
        break;
    case FORMAT_BASE64:
        base64_encode_groups(bytes, length_bytes, ret_text);
        break;
    case FORMAT_RAW:
        memcpy(ret_text, bytes, length_bytes);
        break;
    }
}
