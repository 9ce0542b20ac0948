#include "names.h"

#include <section/layout.h>
#include <section/utf8.h>
#include <string.h>

bool names_may_have(uint32_t scalar)
{
    enum { DELETE = 0x7F, LAST_CONTROL = 0x9F, LINE_SEPARATOR = 0x2028, PARAGRAPH_SEPARATOR };
    if (scalar <= ' ' || (scalar >= DELETE && scalar <= LAST_CONTROL)) {
        return false;
    }
    if (scalar == LINE_SEPARATOR || scalar == PARAGRAPH_SEPARATOR) {
        return false;
    }
    return scalar >= DELETE || strchr(".[]=,\"", (int)scalar) == NULL;
}

size_t names_span(const char *text, size_t text_bytes)
{
    size_t length = 0;
    while (length < text_bytes) {
        uint32_t scalar;
        const size_t used = section_utf8_get(text + length, text_bytes - length, &scalar);
        if (used == 0 || !names_may_have(scalar)) {
            break;
        }
        length += used;
    }
    return length;
}

bool names_check(const char *name, size_t name_bytes)
{
    return name_bytes > 0 && name_bytes <= SECTION_LAYOUT_NAME_BYTES_MAX &&
           names_span(name, name_bytes) == name_bytes;
}

size_t names_make(const char *text, size_t text_bytes, char *ret_name)
{
    size_t made = 0;
    while (text_bytes > 0 && made + 4 <= SECTION_LAYOUT_NAME_BYTES_MAX) {
        uint32_t scalar;
        size_t used = section_utf8_get(text, text_bytes, &scalar);
        const bool is_fit = used > 0 && names_may_have(scalar);
        used = used > 0 ? used : 1;
        made += section_utf8_put(is_fit ? scalar : '_', ret_name + made);
        text += used;
        text_bytes -= used;
    }
    if (made == 0) {
        ret_name[made++] = '_';
    }
    ret_name[made] = '\0';
    return made;
}

bool names_index(const char *text, size_t text_bytes, uint64_t *ret_index)
{
    enum { DIGITS_MAX = 5 };
    uint64_t number = 0;
    if (text_bytes == 0 || text_bytes > DIGITS_MAX || (text_bytes > 1 && text[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < text_bytes; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    *ret_index = number;
    return number < SECTION_LAYOUT_ELEMENTS_MAX;
}
