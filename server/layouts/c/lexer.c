#include <section/utf8.h>
#include <string.h>

#include "layouts/c/private.h"

/* Moves the counted place up to `next`. */
static void count_place(const c_parser *parser, c_lexer *lexer)
{
    if (lexer->splice == NULL) {
        return;
    }
    while (lexer->counted < lexer->next) {
        if ((size_t)(lexer->counted - lexer->start) == *lexer->splice) {
            lexer->splice++;
            lexer->line++;
            lexer->column = 1;
            continue;
        }
        const unsigned char byte = (unsigned char)*lexer->counted++;
        if (byte == '\n') {
            lexer->line++;
            lexer->column = 1;
        } else if (!parser->is_utf8 || (byte & 0xC0) != 0x80) {
            lexer->column++;
        }
    }
    while ((size_t)(lexer->next - lexer->start) == *lexer->splice) {
        lexer->splice++;
        lexer->line++;
        lexer->column = 1;
    }
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool begins_name(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           byte == '$' || (unsigned char)byte >= 0x80;
}

static bool goes_on(const c_lexer *lexer, const char *signs)
{
    const size_t length = strlen(signs);
    return (size_t)(lexer->end - lexer->next) >= length && memcmp(lexer->next, signs, length) == 0;
}

/* Skips a comment that begins here; false: none does. A comment that does not end goes to the end. */
static bool skip_comment(c_parser *parser, c_lexer *lexer)
{
    if (goes_on(lexer, "//")) {
        const char *stop = memchr(lexer->next, '\n', (size_t)(lexer->end - lexer->next));
        lexer->next = stop != NULL ? stop : lexer->end;
        return true;
    }
    if (!goes_on(lexer, "/*")) {
        return false;
    }
    count_place(parser, lexer);
    const c_token at = {.line = lexer->line, .column = lexer->column};
    lexer->next += 2;
    while (lexer->next < lexer->end && !goes_on(lexer, "*/")) {
        lexer->next++;
    }
    if (lexer->next == lexer->end) {
        (void)c_error(parser, &at, "The comment does not end");
        return true;
    }
    lexer->next += 2;
    return true;
}

/* Skips blanks and comments; and line ends, unless they count. */
static void skip_space(c_parser *parser, c_lexer *lexer, bool stops_at_line_end)
{
    while (lexer->next < lexer->end) {
        if (*lexer->next == '\n' && !stops_at_line_end) {
            lexer->at_line_start = true;
            lexer->next++;
        } else if (is_blank(*lexer->next)) {
            lexer->next++;
        } else if (!skip_comment(parser, lexer)) {
            return;
        }
    }
}

/* The literal's end, behind its closing quote; NULL: it does not end in its line. */
static const char *find_quote(const c_parser *parser, const c_lexer *lexer, const char *next)
{
    const char quote = *next++;
    while (next < lexer->end && *next != '\n') {
        if (*next == quote) {
            return next + 1;
        }
        const bool is_lead = !parser->is_utf8 && (unsigned char)*next >= 0x81;
        if ((*next == '\\' || is_lead) && lexer->end - next >= 2 && next[1] != '\n') {
            next++;
        }
        next++;
    }
    return NULL;
}

static void lex_quoted(c_parser *parser, c_lexer *lexer, c_token *token, const char *from)
{
    const char *stop = find_quote(parser, lexer, from);
    if (stop == NULL) {
        (void)c_error(parser, token, "The %s does not end in its line",
                      *from == '"' ? "string" : "character");
        const char *line_end = memchr(from, '\n', (size_t)(lexer->end - from));
        lexer->next = line_end != NULL ? line_end : lexer->end;
        token->kind = C_WRONG;
        return;
    }
    lexer->next = stop;
    token->text_bytes = (size_t)(stop - token->text);
    token->kind = *from == '"' ? C_TEXT : C_NUMBER;
    if (*from == '\'') {
        c_read_character(parser, token);
    }
}

/* The prefix of a literal that begins here (L, u, U, u8), as its length; none where no quote follows. */
static const char *find_prefixed_quote(const c_lexer *lexer)
{
    const char *next = lexer->next;
    if (goes_on(lexer, "u8")) {
        next += 2;
    } else if (*next == 'L' || *next == 'u' || *next == 'U') {
        next++;
    }
    return next < lexer->end && (*next == '"' || *next == '\'') ? next : NULL;
}

static void lex_name(c_parser *parser, c_lexer *lexer, c_token *token)
{
    const char *next = lexer->next;
    while (next < lexer->end && (begins_name(*next) || is_digit(*next))) {
        next++;
    }
    lexer->next = next;
    token->text_bytes = (size_t)(next - token->text);
    uint32_t scalar;
    for (size_t i = 0; i < token->text_bytes && !parser->is_utf8; i++) {
        if (section_utf8_get(token->text + i, 1, &scalar) == 0) {
            (void)c_error(parser, token, "A name is not UTF-8");
            token->kind = C_WRONG;
            return;
        }
    }
    token->kind = C_NAME;
    token->symbol = c_intern(parser, token->text, token->text_bytes);
    if (token->symbol == NULL) {
        token->kind = C_WRONG;
    }
}

/* What C calls a preprocessing number; whether it is one, c_read_number finds. */
static void lex_number(c_parser *parser, c_lexer *lexer, c_token *token)
{
    const char *next = lexer->next;
    while (next < lexer->end) {
        if (is_digit(*next) || begins_name(*next) || *next == '.') {
            const char lower = (char)(*next | 0x20);
            next++;
            const bool is_hex = next - token->text >= 2 && (token->text[1] | 0x20) == 'x';
            if ((lower == 'p' || (lower == 'e' && !is_hex)) && next < lexer->end &&
                (*next == '+' || *next == '-')) {
                next++;
            }
        } else if (*next == '\'' && lexer->end - next >= 2 &&
                   (is_digit(next[1]) || begins_name(next[1]))) {
            next += 2; /* 1'000 */
        } else {
            break;
        }
    }
    lexer->next = next;
    token->text_bytes = (size_t)(next - token->text);
    c_read_number(parser, token);
}

static void lex_sign(c_parser *parser, c_lexer *lexer, c_token *token)
{
    static const char *const long_signs[] = {
        "<<=", ">>=", "...", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "::",
        "##",  "->",  "+=",  "-=", "*=", "/=", "%=", "&=", "|=", "^=", "++", "--"};
    size_t length = 1;
    for (size_t i = 0; i < sizeof long_signs / sizeof long_signs[0] && length == 1; i++) {
        if (goes_on(lexer, long_signs[i])) {
            length = strlen(long_signs[i]);
        }
    }
    const unsigned char first = (unsigned char)*lexer->next;
    token->text_bytes = length;
    lexer->next += length;
    if (strchr("{}[]()<>=!&|^~+-*/%?:;,.#", first) == NULL || first == '\0') {
        (void)c_error(parser, token,
                      first > ' ' && first < 0x7F ? "There is no sign %c in C declarations"
                                                  : "There is a byte 0x%02X here",
                      first);
        token->kind = C_WRONG;
        return;
    }
    token->kind = C_SIGN;
    for (size_t i = 0; i < length; i++) {
        token->sign |= (unsigned char)token->text[i] << (8 * i);
    }
}

void c_lex(c_parser *parser, c_lexer *lexer, bool stops_at_line_end, c_token *ret_token)
{
    skip_space(parser, lexer, stops_at_line_end);
    count_place(parser, lexer);
    *ret_token = (c_token){.kind = C_END,
                           .text = lexer->next,
                           .line = lexer->line,
                           .column = lexer->column,
                           .pack = parser->pack,
                           .is_first = lexer->at_line_start};
    if (lexer->next == lexer->end || *lexer->next == '\n') {
        return;
    }
    lexer->at_line_start = false;
    const char *quote = find_prefixed_quote(lexer);
    if (quote != NULL) {
        lex_quoted(parser, lexer, ret_token, quote);
    } else if (begins_name(*lexer->next)) {
        lex_name(parser, lexer, ret_token);
    } else if (is_digit(*lexer->next) ||
               (*lexer->next == '.' && lexer->end - lexer->next >= 2 && is_digit(lexer->next[1]))) {
        lex_number(parser, lexer, ret_token);
    } else {
        lex_sign(parser, lexer, ret_token);
    }
}

void c_skip_line(c_parser *parser, c_lexer *lexer)
{
    while (lexer->next < lexer->end && *lexer->next != '\n') {
        const char *quote = *lexer->next == '"' ? find_quote(parser, lexer, lexer->next) : NULL;
        if (quote != NULL) {
            lexer->next = quote;
        } else if (!skip_comment(parser, lexer)) {
            lexer->next++;
        }
    }
}

static uint64_t hash_name(const char *name, size_t name_bytes)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a, and a last stirring */
    for (size_t i = 0; i < name_bytes; i++) {
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001B3);
    }
    hash ^= hash >> 32;
    return hash * UINT64_C(0x9E3779B97F4A7C15);
}

c_symbol *c_intern(c_parser *parser, const char *name, size_t name_bytes)
{
    const uint64_t hash = hash_name(name, name_bytes);
    c_symbol **place = &parser->symbols;
    for (uint64_t way = hash; *place != NULL; way <<= 2) {
        c_symbol *symbol = *place;
        if (symbol->hash == hash && symbol->name_bytes == name_bytes &&
            memcmp(symbol->name, name, name_bytes) == 0) {
            return symbol;
        }
        place = &symbol->children[way >> 62];
    }
    c_symbol *symbol = arena_take(parser->arena, sizeof *symbol);
    char *copy = arena_copy(parser->arena, name, name_bytes);
    if (symbol == NULL || copy == NULL) {
        (void)c_no_memory(parser);
        return NULL;
    }
    symbol->hash = hash;
    symbol->name = copy;
    symbol->name_bytes = name_bytes;
    *place = symbol;
    return symbol;
}
