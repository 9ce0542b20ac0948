#include "layouts/c/private.h"

/* What stands around a name. In `(*a[2])(int)` they are, from the name outwards: array, pointer, function. */
typedef struct part {
    c_type_kind kind;
    uint64_t count;
    bool is_flexible;
    c_token at;
} part;

typedef struct parts {
    part list[C_PARTS_MAX];
    unsigned count;
} parts;

static bool add_part(c_parser *parser, parts *all, const part *next)
{
    if (all->count == C_PARTS_MAX) {
        return c_error(parser, &next->at, "The declarator has more than %d parts", C_PARTS_MAX);
    }
    all->list[all->count++] = *next;
    return true;
}

/* [], [N] */
static bool read_array(c_parser *parser, parts *all)
{
    part array = {.kind = C_ARRAY, .at = parser->token};
    c_value count;
    c_advance(parser);
    if (c_take(parser, ']')) {
        array.is_flexible = true;
        return add_part(parser, all, &array);
    }
    const c_token at = parser->token;
    if (!c_read_constant(parser, &count) ||
        !c_expect(parser, ']', "after the number of elements")) {
        return false;
    }
    if (c_is_negative(&count)) {
        return c_error(parser, &at, "The number of elements is negative");
    }
    array.count = count.bits;
    return add_part(parser, all, &array);
}

static bool read_pointers(c_parser *parser, unsigned *ret_count, c_attributes *attributes)
{
    *ret_count = 0;
    for (;;) {
        const c_word word = c_word_of(&parser->token);
        if (c_at_sign(parser, '*') || c_at_sign(parser, '^')) {
            ++*ret_count;
            c_advance(parser);
        } else if (word == WORD_CONST || word == WORD_QUALIFIER || word == WORD_CALL ||
                   word == WORD_ATOMIC) {
            c_advance(parser);
        } else if (c_at_sign(parser, '&') || c_at_sign(parser, C_SIGN_2('&', '&'))) {
            return c_error(parser, &parser->token, "References are C++, which is not read");
        } else if (c_at_attribute(parser)) {
            if (!c_read_attributes(parser, attributes)) {
                return false;
            }
        } else {
            return true;
        }
    }
}

/* Whether a parenthesis holds a declarator rather than the parameters of a function without a name. */
static bool holds_declarator(c_parser *parser)
{
    const c_token *next = c_peek(parser);
    if (next->kind == C_SIGN) {
        return next->sign == '*' || next->sign == '(' || next->sign == '^' || next->sign == '[';
    }
    return next->kind == C_NAME && (next->symbol->word == WORD_CALL || !c_is_type(next));
}

static bool read_parts(c_parser *parser, parts *all, c_declarator *declarator);

static bool read_nested(c_parser *parser, parts *all, c_declarator *declarator)
{
    c_advance(parser);
    const bool is_read = c_enter(parser) && read_parts(parser, all, declarator);
    c_leave(parser);
    return is_read && c_expect(parser, ')', "after the declarator");
}

static bool read_suffixes(c_parser *parser, parts *all)
{
    for (;;) {
        if (c_at_sign(parser, '[') && !c_at_attribute(parser)) {
            if (!read_array(parser, all)) {
                return false;
            }
        } else if (c_at_sign(parser, '(')) {
            const part function = {.kind = C_FUNCTION, .at = parser->token};
            if (!c_skip_balanced(parser) || !add_part(parser, all, &function)) {
                return false;
            }
        } else {
            return true;
        }
    }
}

static bool read_parts(c_parser *parser, parts *all, c_declarator *declarator)
{
    unsigned pointers;
    if (!read_pointers(parser, &pointers, &declarator->attributes)) {
        return false;
    }
    const part pointer = {.kind = C_POINTER, .at = parser->token};
    if (c_at_sign(parser, '(') && holds_declarator(parser)) {
        if (!read_nested(parser, all, declarator)) {
            return false;
        }
    } else if (parser->token.kind == C_NAME && c_may_be_name(parser->token.symbol->word)) {
        declarator->symbol = parser->token.symbol;
        declarator->at = parser->token;
        c_advance(parser);
    }
    if (!read_suffixes(parser, all)) {
        return false;
    }
    for (; pointers > 0; pointers--) {
        if (!add_part(parser, all, &pointer)) {
            return false;
        }
    }
    return true;
}

static const c_type *apply(c_parser *parser, const part *next, const c_type *type)
{
    if (next->kind == C_POINTER) {
        return &parser->pointer_type;
    }
    if (type->kind == C_FUNCTION) {
        (void)c_error(parser, &next->at, "%s does not exist",
                      next->kind == C_ARRAY ? "An array of functions" : "A function of functions");
        return NULL;
    }
    if (next->kind == C_FUNCTION) {
        return &parser->function_type;
    }
    return c_array_type(parser, &next->at, type, next->count, next->is_flexible);
}

static bool refuse_unnamed(c_parser *parser)
{
    const c_token *token = &parser->token;
    return token->kind == C_END ? c_error(parser, token, "A name is missing at the end")
                                : c_error(parser, token, "A name should stand here, not %.*s",
                                          c_quoted(token), token->text);
}

bool c_read_declarator(c_parser *parser, const c_type *base, bool may_be_unnamed,
                       c_declarator *ret_declarator)
{
    parts all;
    all.count = 0;
    *ret_declarator = (c_declarator){.at = parser->token};
    if (!read_parts(parser, &all, ret_declarator)) {
        return false;
    }
    if (ret_declarator->symbol == NULL && !may_be_unnamed) {
        return refuse_unnamed(parser);
    }
    const c_type *type = base;
    for (unsigned i = all.count; i > 0 && type != NULL; i--) {
        type = apply(parser, &all.list[i - 1], type);
    }
    ret_declarator->type = type;
    return type != NULL;
}
