#include "fields.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

uint32_t salt_name(uint32_t salt, const char *name)
{
    for (; *name; name++)
        salt = (salt ^ (uint8_t)*name) * 16777619u;
    return salt;
}

uint32_t salt_index(uint32_t salt, uint32_t index)
{
    return (salt ^ (index + 1)) * 16777619u;
}

static uint32_t mix(uint32_t number)
{
    number = (number ^ number >> 16) * 0x85ebca6bu;
    number = (number ^ number >> 13) * 0xc2b2ae35u;
    return number ^ number >> 16;
}

/* Text that no other encoding reads alike: a degree sign, a number, and a letter of its own. */
static size_t make_text(program_kind kind, uint32_t number, size_t unit_count, uint32_t *units)
{
    char digits[16];
    size_t length = 0;
    units[length++] = 0xB0;
    snprintf(digits, sizeof digits, "%u", (unsigned)(number % 100));
    for (const char *digit = digits; *digit; digit++)
        units[length++] = (uint32_t)*digit;
    units[length++] = kind == KIND_ansi || kind == KIND_latin1 ? 0xE9 : 0x2192;
    if (kind >= KIND_utf8 && unit_count >= 16)
        units[length++] = 0x1F3C1;
    return length;
}

static size_t put_utf8(uint8_t *bytes, uint32_t character)
{
    static const uint8_t firsts[] = {0, 0, 0xC0, 0xE0, 0xF0};
    const size_t length = character < 0x80      ? 1
                          : character < 0x800   ? 2
                          : character < 0x10000 ? 3
                                                : 4;
    for (size_t i = length - 1; i > 0; i--) {
        bytes[i] = (uint8_t)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    bytes[0] = (uint8_t)(firsts[length] | character);
    return length;
}

static size_t put_utf16(uint8_t *bytes, uint32_t character)
{
    uint16_t units[2] = {(uint16_t)character, 0};
    if (character >= 0x10000) {
        units[0] = (uint16_t)(0xD800 | (character - 0x10000) >> 10);
        units[1] = (uint16_t)(0xDC00 | (character & 0x3FF));
    }
    const size_t length = character >= 0x10000 ? 4 : 2;
    memcpy(bytes, units, length);
    return length;
}

static size_t put_character(program_kind kind, uint8_t *bytes, uint32_t character)
{
    if (kind == KIND_utf8)
        return put_utf8(bytes, character);
    if (kind == KIND_utf16)
        return put_utf16(bytes, character);
    if (kind == KIND_utf32) {
        memcpy(bytes, &character, sizeof character);
        return sizeof character;
    }
    bytes[0] = (uint8_t)character;
    return 1;
}

/* One string in eight has no NUL: it fills its field. The others have remains behind it. */
static void put_text(const program_row *row, uint8_t *bytes, uint32_t number)
{
    uint32_t units[24];
    const size_t unit_bytes = row->kind == KIND_utf16 ? 2 : row->kind == KIND_utf32 ? 4 : 1;
    const size_t length = make_text(row->kind, number, row->element_bytes / unit_bytes, units);
    size_t at = 0;
    for (size_t i = 0; i < length; i++)
        at += put_character(row->kind, bytes + at, units[i]);
    const bool is_full = (number >> 8) % 8 == 0;
    while (is_full && at < row->element_bytes)
        at += put_character(row->kind, bytes + at, 'x');
    if (at < row->element_bytes)
        at += put_character(row->kind, bytes + at, '\0');
    memset(bytes + at, 0xEE, row->element_bytes - at); /* what is left of longer texts */
}

static void put_integer(const program_row *row, uint8_t *bytes, uint32_t number)
{
    uint64_t value = (uint64_t)number | (uint64_t)mix(number) << 32;
    if (row->span)
        value = (uint64_t)(row->least + (int64_t)(number % row->span));
    if (row->kind == KIND_bool8)
        value = number % 3;
    memcpy(bytes, &value, row->element_bytes); /* little-endian, as the structures are */
}

static void put_value(const program_row *row, uint8_t *bytes, uint32_t salt, uint32_t tick)
{
    const uint32_t number = mix(salt + tick * 0x9e3779b9u);
    if (row->kind == KIND_STRUCTURE) {
        program_fill(row->layout(), bytes, UINT64_MAX, salt, tick);
    } else if (row->kind >= KIND_ansi) {
        put_text(row, bytes, number);
    } else if (row->kind == KIND_f32) {
        const float value = (float)((int32_t)(number % 2000001) - 1000000) / 8;
        memcpy(bytes, &value, sizeof value);
    } else if (row->kind == KIND_f64) {
        const double value = ((double)number - 2147483648.0) / 1024;
        memcpy(bytes, &value, sizeof value);
    } else {
        put_integer(row, bytes, number);
    }
}

static void fill_row(const program_row *row, uint8_t *bytes, uint32_t salt, uint32_t tick)
{
    const uint32_t columns = row->columns ? row->columns : 1;
    if (!row->count) {
        put_value(row, bytes, salt, tick);
        return;
    }
    for (uint32_t i = 0; i < row->count; i++)
        for (uint32_t j = 0; j < columns; j++) {
            uint32_t element = salt_index(salt, i);
            if (row->columns)
                element = salt_index(element, j);
            put_value(row, bytes + (i * columns + j) * row->element_bytes, element, tick);
        }
}

void program_fill(const program_layout *layout, uint8_t *bytes, uint64_t limit_bytes, uint32_t salt,
                  uint32_t tick)
{
    for (size_t i = 0; i < layout->row_count; i++) {
        const program_row *row = &layout->rows[i];
        const uint64_t elements =
            (uint64_t)(row->count ? row->count : 1) * (row->columns ? row->columns : 1);
        if (row->offset + elements * row->element_bytes <= limit_bytes)
            fill_row(row, bytes + row->offset, salt_name(salt, row->name), tick);
    }
}
