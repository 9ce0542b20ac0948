#include "memory/formats.h"

#include <string.h>

#include "encode/base64.h"

static const char *const names[] = {"raw", "hex", "base64"};

section_status format_parse(const request *request, byte_format *ret_format,
                            section_error *ret_error)
{
    const char *text = request_parameter(request, "format");
    *ret_format = FORMAT_RAW;
    for (int i = FORMAT_RAW; text != NULL && i <= FORMAT_BASE64; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret_format = (byte_format)i;
            return SECTION_OK;
        }
    }
    return text == NULL ? SECTION_OK
                        : section_fail(ret_error, SECTION_BAD_QUERY,
                                       "format must be raw, hex or base64, not '%.40s'", text);
}

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
