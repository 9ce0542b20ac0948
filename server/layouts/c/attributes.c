#include <string.h>

#include "layouts/c/private.h"

bool c_is_called(const c_token *token, const char *name)
{
    return token->kind == C_NAME && token->text_bytes == strlen(name) &&
           memcmp(token->text, name, token->text_bytes) == 0;
}

/* As c_is_called, for names that may stand between underscores: __packed__. */
static bool is_attribute(const c_token *token, const char *name)
{
    const size_t length = strlen(name);
    return c_is_called(token, name) ||
           (token->kind == C_NAME && token->text_bytes == length + 4 &&
            memcmp(token->text, "__", 2) == 0 && memcmp(token->text + 2, name, length) == 0 &&
            memcmp(token->text + 2 + length, "__", 2) == 0);
}

static bool contains(const char *text, size_t text_bytes, const char *word)
{
    const size_t length = strlen(word);
    for (size_t i = 0; i + length <= text_bytes; i++) {
        size_t same = 0;
        while (same < length && (text[i + same] & ~0x20) == word[same]) {
            same++;
        }
        if (same == length) {
            return true;
        }
    }
    return false;
}

bool c_check_macro(c_parser *parser, const c_token *at)
{
    if (contains(at->text, at->text_bytes, "PACK") || contains(at->text, at->text_bytes, "ALIGN")) {
        return c_error(parser, at, "%.*s seems to change the layout, but it is not defined here",
                       c_quoted(at), at->text);
    }
    return true;
}

static bool set_align(c_parser *parser, const c_token *at, const c_value *value,
                      c_attributes *attributes)
{
    const bool is_power = value->bits != 0 && (value->bits & (value->bits - 1)) == 0;
    if (value->bits > C_ALIGN_MAX || (!is_power && value->bits != 0)) {
        return c_error(parser, at, "An alignment is a power of two up to %d", C_ALIGN_MAX);
    }
    if (value->bits > attributes->align) {
        attributes->align = (unsigned)value->bits;
    }
    return true;
}

/* (N) */
static bool read_align(c_parser *parser, c_attributes *attributes)
{
    c_value value;
    if (!c_expect(parser, '(', "before the alignment")) {
        return false;
    }
    const c_token at = parser->token;
    return c_read_constant(parser, &value) && set_align(parser, &at, &value, attributes) &&
           c_expect(parser, ')', "after the alignment");
}

/* alignas(N), alignas(TYPE) */
static bool read_alignas(c_parser *parser, c_attributes *attributes)
{
    c_advance(parser);
    if (!c_at_sign(parser, '(') || !c_is_type(c_peek(parser))) {
        return read_align(parser, attributes);
    }
    c_advance(parser);
    const c_token at = parser->token;
    const c_type *type = c_read_type_name(parser);
    if (type == NULL || !c_check_complete(parser, &at, type)) {
        return false;
    }
    const c_value value = {.bits = type->align}; /* on i386 4 for a double, as _Alignof has it */
    return set_align(parser, &at, &value, attributes) &&
           c_expect(parser, ')', "after the type of alignas");
}

/* One attribute of a list; those that do not change the layout are skipped. */
static bool read_one(c_parser *parser, bool is_declspec, c_attributes *attributes)
{
    static const char *const refused[] = {
        "mode",       "vector_size",          "ms_struct",
        "gcc_struct", "scalar_storage_order", "no_unique_address"};
    const c_token name = parser->token;
    const bool packs = is_attribute(&name, "packed") && !is_declspec;
    if (packs) {
        attributes->is_packed = true;
    } else if (is_attribute(&name, is_declspec ? "align" : "aligned")) {
        c_advance(parser);
        attributes->by_declspec |= is_declspec;
        if (c_at_sign(parser, '(')) {
            return read_align(parser, attributes);
        }
        const c_value most = {.bits = parser->facts->most_align};
        return set_align(parser, &name, &most, attributes);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (is_attribute(&name, refused[i])) {
            return c_error(parser, &name, "The attribute %s is not taken here", refused[i]);
        }
    }
    if (!packs) {
        c_note(parser, name.line, name.column,
               "The attribute %.*s is passed over: it does not change the layout", c_quoted(&name),
               name.text);
    }
    c_advance(parser);
    return !c_at_sign(parser, '(') || c_skip_balanced(parser);
}

/* __attribute__((…)) with two pairs of parentheses, __declspec(…) with one. */
static bool read_list(c_parser *parser, bool is_declspec, c_attributes *attributes)
{
    c_advance(parser);
    if (!c_expect(parser, '(', "before the attributes") ||
        (!is_declspec && !c_expect(parser, '(', "before the attributes"))) {
        return false;
    }
    while (!c_at_sign(parser, ')')) {
        if (parser->token.kind != C_NAME && !c_at_sign(parser, ',')) {
            return c_error(parser, &parser->token, "An attribute should stand here");
        }
        if (!c_take(parser, ',') && !read_one(parser, is_declspec, attributes)) {
            return false;
        }
    }
    c_advance(parser);
    return is_declspec || c_expect(parser, ')', "after the attributes");
}

/* [[…]]: those of the standard do not change the layout. */
static bool read_standard(c_parser *parser)
{
    const c_token from = parser->token;
    unsigned depth = 0;
    do {
        if (parser->token.kind == C_END) {
            return c_error(parser, &from, "The [[ is not closed");
        }
        if (is_attribute(&parser->token, "packed") || is_attribute(&parser->token, "aligned") ||
            is_attribute(&parser->token, "no_unique_address")) {
            return c_error(parser, &parser->token,
                           "In [[ ]] this is not taken: write __attribute__((%.*s))",
                           c_quoted(&parser->token), parser->token.text);
        }
        depth += c_at_sign(parser, '[');
        depth -= c_at_sign(parser, ']');
        c_advance(parser);
    } while (depth > 0);
    c_note(parser, from.line, from.column,
           "The attributes in [[ ]] are passed over: they do not change the layout");
    return true;
}

static bool at_standard(c_parser *parser)
{
    return c_at_sign(parser, '[') && c_peek(parser)->kind == C_SIGN && parser->peeked.sign == '[';
}

bool c_at_attribute(c_parser *parser)
{
    return c_at_word(parser, WORD_ATTRIBUTE) || c_at_word(parser, WORD_DECLSPEC) ||
           c_at_word(parser, WORD_ALIGNAS) || at_standard(parser);
}

bool c_read_attributes(c_parser *parser, c_attributes *attributes)
{
    while (c_at_attribute(parser)) {
        attributes->at = parser->token;
        bool is_read;
        if (c_at_word(parser, WORD_ALIGNAS)) {
            is_read = read_alignas(parser, attributes);
        } else if (c_at_sign(parser, '[')) {
            is_read = read_standard(parser);
        } else {
            is_read = read_list(parser, c_at_word(parser, WORD_DECLSPEC), attributes);
        }
        if (!is_read) {
            return false;
        }
    }
    return true;
}
