#include <section/utf8.h>

#include <stdbool.h>
#include <string.h>

size_t section_utf8_get(const char *text, size_t text_bytes, uint32_t *ret_scalar)
{
    /* The smallest scalar of each length: anything below it is an overlong form. */
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    if (text_bytes == 0) {
        return 0;
    }
    uint32_t scalar = bytes[0];
    size_t used;
    if (scalar < 0x80) {
        *ret_scalar = scalar;
        return 1;
    } else if ((scalar & 0xE0) == 0xC0) {
        used = 2;
        scalar &= 0x1F;
    } else if ((scalar & 0xF0) == 0xE0) {
        used = 3;
        scalar &= 0x0F;
    } else if ((scalar & 0xF8) == 0xF0) {
        used = 4;
        scalar &= 0x07;
    } else {
        return 0;
    }
    if (text_bytes < used) {
        return 0;
    }
    for (size_t i = 1; i < used; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
        scalar = scalar << 6 | (bytes[i] & 0x3Fu);
    }
    if (scalar < smallest[used] || scalar > 0x10FFFF || (scalar >= 0xD800 && scalar <= 0xDFFF)) {
        return 0;
    }
    *ret_scalar = scalar;
    return used;
}

/*
 * The range of the second byte, which excludes overlong forms, surrogates and numbers above
 * U+10FFFF.
 */
static bool may_be_second(unsigned char first, unsigned char second)
{
    const unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return first >= 0xC2 && first <= 0xF4 && second >= least && second <= most;
}

size_t section_utf8_skip(const char *text, size_t text_bytes)
{
    const unsigned char *bytes = (const unsigned char *)text;
    if (text_bytes < 2 || !may_be_second(bytes[0], bytes[1])) {
        return 1;
    }
    const size_t whole = bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    size_t length = 2;
    while (length < whole && length < text_bytes && (bytes[length] & 0xC0) == 0x80) {
        length++;
    }
    return length;
}

size_t section_utf8_put(uint32_t scalar, char *ret_text)
{
    if (scalar < 0x80) {
        ret_text[0] = (char)scalar;
        return 1;
    }
    if (scalar < 0x800) {
        ret_text[0] = (char)(0xC0 | scalar >> 6);
        ret_text[1] = (char)(0x80 | (scalar & 0x3F));
        return 2;
    }
    if (scalar < 0x10000) {
        ret_text[0] = (char)(0xE0 | scalar >> 12);
        ret_text[1] = (char)(0x80 | (scalar >> 6 & 0x3F));
        ret_text[2] = (char)(0x80 | (scalar & 0x3F));
        return 3;
    }
    ret_text[0] = (char)(0xF0 | scalar >> 18);
    ret_text[1] = (char)(0x80 | (scalar >> 12 & 0x3F));
    ret_text[2] = (char)(0x80 | (scalar >> 6 & 0x3F));
    ret_text[3] = (char)(0x80 | (scalar & 0x3F));
    return 4;
}

void section_utf8_clean(const char *text, char *ret_text, size_t capacity_bytes)
{
    size_t rest = strlen(text);
    size_t used = 0;
    while (rest > 0) {
        char bytes[4];
        uint32_t scalar;
        size_t taken = section_utf8_get(text, rest, &scalar);
        const size_t length = section_utf8_put(taken > 0 ? scalar : 0xFFFD, bytes);
        if (length >= capacity_bytes - used) {
            break;
        }
        memcpy(ret_text + used, bytes, length);
        used += length;
        taken = taken > 0 ? taken : 1;
        text += taken;
        rest -= taken;
    }
    ret_text[used] = '\0';
}
