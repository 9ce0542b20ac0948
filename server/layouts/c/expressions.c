#include <stddef.h>

#include "layouts/c/private.h"

static bool read_conditional(c_parser *parser, bool is_evaluated, c_value *ret_value);

/* How tightly a sign binds its two operands; 0: it takes none. */
static int precedence(const c_token *token)
{
    static const struct {
        int sign;
        int precedence;
    } operators[] = {
        {C_SIGN_2('|', '|'), 1},
        {C_SIGN_2('&', '&'), 2},
        {'|', 3},
        {'^', 4},
        {'&', 5},
        {C_SIGN_2('=', '='), 6},
        {C_SIGN_2('!', '='), 6},
        {'<', 7},
        {'>', 7},
        {C_SIGN_2('<', '='), 7},
        {C_SIGN_2('>', '='), 7},
        {C_SIGN_2('<', '<'), 8},
        {C_SIGN_2('>', '>'), 8},
        {'+', 9},
        {'-', 9},
        {'*', 10},
        {'/', 10},
        {'%', 10},
    };
    for (size_t i = 0; token->kind == C_SIGN && i < sizeof operators / sizeof operators[0]; i++) {
        if (operators[i].sign == token->sign) {
            return operators[i].precedence;
        }
    }
    return 0;
}

/* defined NAME, defined(NAME): the name is not expanded. */
static bool read_defined(c_parser *parser, c_value *ret_value)
{
    c_advance_unexpanded(parser);
    const bool has_parenthesis = c_at_sign(parser, '(');
    if (has_parenthesis) {
        c_advance_unexpanded(parser);
    }
    if (parser->token.kind != C_NAME) {
        return c_error(parser, &parser->token, "\"defined\" needs a name");
    }
    *ret_value = (c_value){.bits = parser->token.symbol->macro != NULL, .is_wide = true};
    c_advance(parser);
    return !has_parenthesis || c_expect(parser, ')', "after the name");
}

static bool refuse_operand(c_parser *parser)
{
    const c_token *token = &parser->token;
    if (token->kind == C_END) {
        return c_error(parser, token, "A number is missing");
    }
    if (token->kind == C_REAL) {
        return c_error(parser, token, "%.*s is not an integer", c_quoted(token), token->text);
    }
    if (token->kind == C_NAME && token->symbol->macro != NULL &&
        token->symbol->macro->has_parameters) {
        return c_error(parser, token,
                       "%.*s is a macro with parameters, which are not expanded here",
                       c_quoted(token), token->text);
    }
    return c_error(parser, token,
                   token->kind == C_NAME ? "%.*s is not a constant that is known here"
                                         : "A number should stand here, not %.*s",
                   c_quoted(token), token->text);
}

/* A name in #if: 0, as C has it, unless it is a constant word. */
static bool read_directive_name(c_parser *parser, c_value *ret_value)
{
    const c_word word = c_word_of(&parser->token);
    if (word == WORD_DEFINED) {
        return read_defined(parser, ret_value);
    }
    if (c_peek(parser)->kind == C_SIGN && parser->peeked.sign == '(') {
        if (parser->token.text_bytes > 6 && parser->token.text[0] == '_' &&
            parser->token.text[1] == '_' && parser->token.text[2] == 'h') {
            c_advance(parser); /* __has_include(…), __has_attribute(…): nothing is there */
            *ret_value = (c_value){.is_wide = true};
            return c_skip_balanced(parser);
        }
        return c_error(parser, &parser->token,
                       "%.*s is a macro with parameters, which are not expanded here",
                       c_quoted(&parser->token), parser->token.text);
    }
    *ret_value = (c_value){.bits = word == WORD_TRUE, .is_wide = true};
    c_advance(parser);
    return true;
}

static bool read_name(c_parser *parser, c_value *ret_value)
{
    const c_token token = parser->token;
    if (parser->in_directive) {
        return read_directive_name(parser, ret_value);
    }
    switch (token.symbol->word) {
    case WORD_SIZEOF:
    case WORD_ALIGNOF:
        return c_read_sizeof(parser, token.symbol->word == WORD_ALIGNOF, ret_value);
    case WORD_OFFSETOF:
        return c_read_offsetof(parser, ret_value);
    case WORD_TRUE:
    case WORD_FALSE:
        *ret_value = (c_value){.bits = token.symbol->word == WORD_TRUE};
        break;
    default:
        if (token.symbol->constant == NULL) {
            return refuse_operand(parser);
        }
        *ret_value = *token.symbol->constant;
        break;
    }
    c_advance(parser);
    return true;
}

static bool read_cast(c_parser *parser, bool is_evaluated, c_value *ret_value)
{
    const c_token at = parser->token;
    c_value value;
    const c_type *type = c_read_type_name(parser);
    if (type == NULL || !c_expect(parser, ')', "after the type of a cast") ||
        !c_read_unary(parser, is_evaluated, &value)) {
        return false;
    }
    if (type->kind != C_INTEGER && type->kind != C_POINTER) {
        return c_error(parser, &at, "A constant is cast to an integer only");
    }
    *ret_value = c_cast(type, &value);
    return true;
}

static bool read_operand(c_parser *parser, bool is_evaluated, c_value *ret_value)
{
    const c_token *token = &parser->token;
    if (token->kind == C_NUMBER) {
        *ret_value = token->value;
        ret_value->is_wide |= parser->in_directive;
        c_advance(parser);
        return true;
    }
    if (token->kind == C_NAME) {
        return read_name(parser, ret_value);
    }
    if (!c_take(parser, '(')) {
        return refuse_operand(parser);
    }
    if (!parser->in_directive && c_at_type(parser)) {
        return read_cast(parser, is_evaluated, ret_value);
    }
    return read_conditional(parser, is_evaluated, ret_value) &&
           c_expect(parser, ')', "after the expression");
}

static bool apply(c_parser *parser, const c_token *at, bool is_evaluated, const c_value *value,
                  c_value *ret_value)
{
    const c_value zero = {.is_wide = value->is_wide, .is_unsigned = value->is_unsigned};
    const c_value ones = {.bits = UINT64_MAX, .is_wide = value->is_wide};
    switch (at->sign) {
    case '-':
        return c_calculate(parser, at, '-', &zero, value, is_evaluated, ret_value);
    case '~':
        return c_calculate(parser, at, '^', value, &ones, is_evaluated, ret_value);
    case '!':
        *ret_value = (c_value){.bits = value->bits == 0, .is_wide = parser->in_directive};
        return true;
    default:
        *ret_value = *value;
        return true;
    }
}

bool c_read_unary(c_parser *parser, bool is_evaluated, c_value *ret_value)
{
    const c_token at = parser->token;
    bool is_read;
    if (!c_enter(parser)) {
        c_leave(parser);
        return false;
    }
    if (c_at_sign(parser, '-') || c_at_sign(parser, '+') || c_at_sign(parser, '~') ||
        c_at_sign(parser, '!')) {
        c_value value;
        c_advance(parser);
        is_read = c_read_unary(parser, is_evaluated, &value) &&
                  apply(parser, &at, is_evaluated, &value, ret_value);
    } else {
        is_read = read_operand(parser, is_evaluated, ret_value);
    }
    c_leave(parser);
    return is_read;
}

static bool read_binary(c_parser *parser, int least, bool is_evaluated, c_value *ret_value)
{
    if (!c_read_unary(parser, is_evaluated, ret_value)) {
        return false;
    }
    for (int binds = precedence(&parser->token); binds >= least;
         binds = precedence(&parser->token)) {
        const c_token at = parser->token;
        const bool is_decided = (at.sign == C_SIGN_2('&', '&') && ret_value->bits == 0) ||
                                (at.sign == C_SIGN_2('|', '|') && ret_value->bits != 0);
        c_value right;
        c_advance(parser);
        if (!read_binary(parser, binds + 1, is_evaluated && !is_decided, &right) ||
            !c_calculate(parser, &at, at.sign, ret_value, &right, is_evaluated, ret_value)) {
            return false;
        }
        ret_value->is_wide |= parser->in_directive;
    }
    return true;
}

/* a ? b : c, where only one of b and c is evaluated. */
static bool read_choice(c_parser *parser, bool is_evaluated, c_value *ret_value)
{
    const bool is_first = ret_value->bits != 0;
    c_value first;
    c_value second;
    if (!read_conditional(parser, is_evaluated && is_first, &first) ||
        !c_expect(parser, ':', "in the choice after ?") ||
        !read_conditional(parser, is_evaluated && !is_first, &second)) {
        return false;
    }
    /* The sum with 0 of the other's type has the type of both. */
    c_value zero = is_first ? second : first;
    zero.bits = 0;
    const c_token at = parser->token;
    return c_calculate(parser, &at, '|', is_first ? &first : &second, &zero, true, ret_value);
}

static bool read_conditional(c_parser *parser, bool is_evaluated, c_value *ret_value)
{
    if (!read_binary(parser, 1, is_evaluated, ret_value)) {
        return false;
    }
    if (!c_take(parser, '?')) {
        return true;
    }
    const bool is_read = c_enter(parser) && read_choice(parser, is_evaluated, ret_value);
    c_leave(parser);
    return is_read;
}

bool c_read_constant(c_parser *parser, c_value *ret_value)
{
    return read_conditional(parser, true, ret_value);
}
