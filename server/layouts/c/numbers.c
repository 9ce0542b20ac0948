#include <stdio.h>
#include <string.h>

#include "encode/hex.h"
#include "layouts/c/private.h"

/* The digits of a number: their base, and where they begin. */
typedef struct number_text {
    const char *next, *end;
    unsigned base;
    uint64_t number;
    bool overflows;
    bool has_digits;
} number_text;

static bool is_real(const c_token *token)
{
    const bool is_hex =
        token->text_bytes >= 2 && token->text[0] == '0' && (token->text[1] | 0x20) == 'x';
    for (size_t i = 0; i < token->text_bytes; i++) {
        const char lower = (char)(token->text[i] | 0x20);
        if (token->text[i] == '.' || lower == (is_hex ? 'p' : 'e')) {
            return true;
        }
    }
    return false;
}

static void find_base(number_text *text)
{
    text->base = 10;
    if (text->end - text->next >= 2 && text->next[0] == '0') {
        const char lower = (char)(text->next[1] | 0x20);
        text->base = lower == 'x' ? 16 : lower == 'b' ? 2 : 8;
        text->next += lower == 'x' || lower == 'b' ? 2 : 0;
    }
}

static void read_digits(number_text *text)
{
    for (; text->next < text->end; text->next++) {
        const int digit = hex_digit(*text->next);
        if (*text->next == '\'' && text->has_digits) {
            continue;
        }
        if (digit < 0 || (unsigned)digit >= text->base) {
            return;
        }
        text->has_digits = true;
        uint64_t product;
        text->overflows |= __builtin_mul_overflow(text->number, text->base, &product);
        text->overflows |= __builtin_add_overflow(product, (unsigned)digit, &text->number);
    }
}

/* The suffix in small letters: what it says of the type; false: there is no such suffix. */
static bool read_suffix(const c_parser *parser, const number_text *text, c_value *value)
{
    static const struct {
        const char *suffix;
        bool is_unsigned;
        int longs; /* 2: long long */
        bool is_sized;
        bool is_wide;
    } suffixes[] = {
        {"", false, 0, false, false},   {"u", true, 0, false, false},
        {"l", false, 1, false, false},  {"ul", true, 1, false, false},
        {"lu", true, 1, false, false},  {"ll", false, 2, false, false},
        {"ull", true, 2, false, false}, {"llu", true, 2, false, false},
        {"i64", false, 2, true, true},  {"ui64", true, 2, true, true},
        {"i32", false, 0, true, false}, {"ui32", true, 0, true, false},
        {"i16", false, 0, true, false}, {"ui16", true, 0, true, false},
        {"i8", false, 0, true, false},  {"ui8", true, 0, true, false},
    };
    const size_t length = (size_t)(text->end - text->next);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t same = 0;
        while (same < length && suffixes[i].suffix[same] != '\0' &&
               suffixes[i].suffix[same] ==
                   (char)(text->next[same] |
                          0x20 * (text->next[same] >= 'A' && text->next[same] <= 'Z'))) {
            same++;
        }
        if (same == length && suffixes[i].suffix[same] == '\0') {
            value->is_unsigned = suffixes[i].is_unsigned;
            value->is_wide = suffixes[i].longs == 2 ||
                             (suffixes[i].longs == 1 && parser->facts->long_bytes == 8);
            return true;
        }
    }
    return false;
}

/* The first type of C's list that holds the number. */
static void widen(const number_text *text, c_value *value)
{
    const bool may_be_unsigned = value->is_unsigned || text->base != 10;
    if (!value->is_wide && !value->is_unsigned && text->number > INT32_MAX) {
        value->is_unsigned = may_be_unsigned && text->number <= UINT32_MAX;
        value->is_wide = !value->is_unsigned;
    }
    if (!value->is_wide && value->is_unsigned && text->number > UINT32_MAX) {
        value->is_wide = true;
    }
    value->is_unsigned |= text->number > INT64_MAX;
    value->bits = text->number;
}

void c_read_number(c_parser *parser, c_token *token)
{
    if (is_real(token)) {
        token->kind = C_REAL;
        return;
    }
    number_text text = {.next = token->text, .end = token->text + token->text_bytes};
    token->kind = C_NUMBER;
    find_base(&text);
    read_digits(&text);
    if (!text.has_digits || !read_suffix(parser, &text, &token->value)) {
        token->kind = C_WRONG;
        (void)c_error(parser, token, "%.*s is not a number of C", c_quoted(token), token->text);
    } else if (text.overflows) {
        token->kind = C_WRONG;
        (void)c_error(parser, token, "%.*s is larger than 64 bits", c_quoted(token), token->text);
    } else {
        widen(&text, &token->value);
    }
}

/* One escape after its backslash; the digits of \x and of octal ones are read. */
static const char *read_escape(const char *next, const char *end, uint64_t *ret_code)
{
    static const char letters[] = "abfnrtv";
    static const char codes[] = "\a\b\f\n\r\t\v";
    const char *letter = strchr(letters, *next);
    *ret_code = (unsigned char)*next;
    if (*next == 'x') {
        *ret_code = 0;
        for (next++; next < end && hex_digit(*next) >= 0; next++) {
            *ret_code = (*ret_code << 4 | (unsigned)hex_digit(*next)) & UINT32_MAX;
        }
        return next;
    }
    if (*next >= '0' && *next <= '7') {
        *ret_code = 0;
        for (int i = 0; i < 3 && next < end && *next >= '0' && *next <= '7'; i++, next++) {
            *ret_code = *ret_code * 8 + (unsigned)(*next - '0');
        }
        return next;
    }
    if (letter != NULL) {
        *ret_code = (unsigned char)codes[letter - letters];
    }
    return next + 1;
}

void c_read_character(c_parser *parser, c_token *token)
{
    const char *next = token->text;
    const char *end = token->text + token->text_bytes - 1;
    const bool is_wide = *next != '\'';
    unsigned count = 0;
    uint64_t number = 0;
    for (next = (const char *)memchr(next, '\'', token->text_bytes) + 1; next < end; count++) {
        uint64_t code = (unsigned char)*next++;
        if (code == '\\' && next < end) {
            next = read_escape(next, end, &code);
        }
        /* 'ABCD' is a number whose highest byte is A, for all compilers of these ABIs. */
        number = is_wide ? code : (number << 8 | (code & 0xFF)) & UINT32_MAX;
    }
    if (count == 0 || count > (is_wide ? 1u : 4u)) {
        token->kind = C_WRONG;
        (void)c_error(parser, token,
                      count == 0 ? "The character is missing"
                                 : "There are more characters than a number holds");
        return;
    }
    const int64_t sign_extended = is_wide      ? (int64_t)number
                                  : count == 1 ? (int8_t)number
                                               : (int32_t)(uint32_t)number;
    token->value = (c_value){.bits = (uint64_t)sign_extended};
}
