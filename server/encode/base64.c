#include "encode/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encoded_length(size_t length_bytes)
{
    return (length_bytes / 3 + (length_bytes % 3 != 0)) * 4;
}

/* Up to three bytes as four characters. */
static void put_group(const uint8_t *bytes, size_t count, char *ret_text)
{
    uint32_t bits = (uint32_t)bytes[0] << 16;
    bits |= count > 1 ? (uint32_t)bytes[1] << 8 : 0;
    bits |= count > 2 ? bytes[2] : 0;
    ret_text[0] = alphabet[bits >> 18];
    ret_text[1] = alphabet[bits >> 12 & 63];
    ret_text[2] = '=';
    ret_text[3] = '=';
    if (count > 1) {
        ret_text[2] = alphabet[bits >> 6 & 63];
    }
    if (count > 2) {
        ret_text[3] = alphabet[bits & 63];
    }
}

void base64_encode_groups(const void *bytes, size_t length_bytes, char *ret_text)
{
    const uint8_t *next = bytes;
    while (length_bytes > 0) {
        const size_t count = length_bytes < 3 ? length_bytes : 3;
        put_group(next, count, ret_text);
        next += count;
        length_bytes -= count;
        ret_text += 4;
    }
}

void base64_encode(const void *bytes, size_t length_bytes, char *ret_text)
{
    base64_encode_groups(bytes, length_bytes, ret_text);
    ret_text[base64_encoded_length(length_bytes)] = '\0';
}

/* The six bits of a character; 64 where it has none. */
static uint32_t value_of(char character)
{
    if (character >= 'A' && character <= 'Z') {
        return (uint32_t)(character - 'A');
    }
    if (character >= 'a' && character <= 'z') {
        return (uint32_t)(character - 'a') + 26;
    }
    if (character >= '0' && character <= '9') {
        return (uint32_t)(character - '0') + 52;
    }
    return character == '+' ? 62 : character == '/' ? 63 : 64;
}

/* Four characters, of which the last `padding` are '='; false where one is none of base64's. */
static bool get_group(const char *text, size_t padding, uint8_t *ret_bytes)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        const uint32_t value = i < 4 - padding ? value_of(text[i]) : 0;
        if (value > 63) {
            return false;
        }
        bits = bits << 6 | value;
    }
    const uint32_t stray = padding == 2 ? 0xFFFF : padding == 1 ? 0xFF : 0;
    if ((bits & stray) != 0) {
        return false;
    }
    for (size_t i = 0; i < 3 - padding; i++) {
        ret_bytes[i] = (uint8_t)(bits >> (16 - 8 * i));
    }
    return true;
}

bool base64_decode(const char *text, size_t text_bytes, void *ret_bytes, size_t *ret_length_bytes)
{
    uint8_t *out = ret_bytes;
    size_t length = 0;
    if (text_bytes % 4 != 0) {
        return false;
    }
    for (size_t i = 0; i < text_bytes; i += 4) {
        const bool last = i + 4 == text_bytes;
        size_t padding = last && text[i + 3] == '=' ? 1 : 0;
        padding += padding == 1 && text[i + 2] == '=';
        if (!get_group(text + i, padding, out + length)) {
            return false;
        }
        length += 3 - padding;
    }
    *ret_length_bytes = length;
    return true;
}
