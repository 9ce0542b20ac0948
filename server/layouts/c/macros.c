#include <string.h>

#include "layouts/c/private.h"

static c_lexer *top_lexer(c_parser *parser)
{
    return &parser->frames[parser->frame_count - 1].lexer;
}

void c_close_macros(c_parser *parser, unsigned frame_count)
{
    while (parser->frame_count > frame_count) {
        parser->frame_count--;
        c_macro *macro = parser->frames[parser->frame_count].macro;
        if (macro != NULL) { /* else it is the string of a _Pragma */
            macro->is_open = false;
        }
    }
}

/* Counts a token that an expansion gave, or a macro that it opened: either may be all that a bomb does. */
static bool charge(c_parser *parser)
{
    parser->expansion++;
    parser->expansions++;
    if (parser->expansion > C_LAYOUT_EXPANSION_TOKENS_MAX) {
        (void)c_error(parser, &parser->use, "%.*s expands to more than %d tokens",
                      c_quoted(&parser->use), parser->use.text, C_LAYOUT_EXPANSION_TOKENS_MAX);
    } else if (parser->expansions > C_EXPANSIONS_MAX) {
        (void)c_error(parser, &parser->use, "The macros expand to more than %d tokens",
                      C_EXPANSIONS_MAX);
    } else {
        return true;
    }
    parser->is_stopped = true;
    return false;
}

/* Counts what was read of a body, each time that it is read: comments and names of any length. */
static bool charge_bytes(c_parser *parser, size_t bytes)
{
    parser->expanded_bytes += bytes;
    if (parser->expanded_bytes <= C_EXPANDED_BYTES_MAX) {
        return true;
    }
    (void)c_error(parser, &parser->use, "The macros expand to more than %d bytes",
                  C_EXPANDED_BYTES_MAX);
    parser->is_stopped = true;
    return false;
}

/* Goes on with the macro's body; false: it stands for itself. */
static bool open_macro(c_parser *parser, const c_token *token)
{
    c_macro *macro = token->symbol->macro;
    if (macro == NULL || macro->is_open || macro->has_parameters) {
        return false;
    }
    if (parser->frame_count == 1) {
        parser->use = *token;
        parser->expansion = 0;
    }
    if (!charge(parser)) {
        return true;
    }
    if (parser->frame_count == C_LAYOUT_DEPTH_MAX) {
        (void)c_error(parser, &parser->use, "%.*s expands through more than %d macros",
                      c_quoted(&parser->use), parser->use.text, C_LAYOUT_DEPTH_MAX);
        parser->is_stopped = true;
        return true;
    }
    parser->frames[parser->frame_count].macro = macro;
    parser->frames[parser->frame_count].lexer =
        (c_lexer){.start = macro->body, .next = macro->body, .end = macro->body_end};
    parser->frame_count++;
    macro->is_open = true;
    return true;
}

/* A token without expansion, of the innermost macro that is open or of the text. */
static void fetch_raw(c_parser *parser, c_token *ret_token)
{
    for (;;) {
        const bool is_text = parser->frame_count == 1;
        c_lexer *lexer = top_lexer(parser);
        const char *from = lexer->next;
        c_lex(parser, lexer, !is_text || parser->in_directive, ret_token);
        if (parser->is_stopped ||
            (!is_text && !charge_bytes(parser, (size_t)(lexer->next - from)))) {
            ret_token->kind = C_END;
            return;
        }
        if (is_text && !parser->in_directive && ret_token->is_first && ret_token->kind == C_SIGN &&
            ret_token->sign == '#') {
            c_read_directive(parser);
        } else if (ret_token->kind == C_END && parser->frame_count > parser->floor) {
            c_close_macros(parser, parser->frame_count - 1);
        } else if (ret_token->kind == C_WRONG) {
            continue;
        } else {
            return;
        }
    }
}

static void fetch(c_parser *parser, bool expands, c_token *ret_token)
{
    for (;;) {
        fetch_raw(parser, ret_token);
        if (ret_token->kind == C_END) {
            return;
        }
        if (expands && ret_token->kind == C_NAME && open_macro(parser, ret_token)) {
            continue;
        }
        if (parser->frame_count > 1) {
            if (!charge(parser)) {
                ret_token->kind = C_END;
                return;
            }
            ret_token->line = parser->use.line;
            ret_token->column = parser->use.column;
        }
        return;
    }
}

/* Takes what stands in the tokens like a directive: __pragma(pack(1)), _Pragma("pack(1)"). */
static void advance(c_parser *parser, bool expands)
{
    if (parser->has_peeked) {
        parser->token = parser->peeked;
        parser->has_peeked = false;
        return;
    }
    fetch(parser, expands, &parser->token);
    while (!parser->in_directive &&
           (c_at_word(parser, WORD_PRAGMA_MS) || c_at_word(parser, WORD_PRAGMA_C))) {
        c_read_pragma_operator(parser);
        fetch(parser, expands, &parser->token);
    }
}

void c_advance(c_parser *parser)
{
    advance(parser, true);
}

void c_advance_unexpanded(c_parser *parser)
{
    advance(parser, false);
}

const c_token *c_peek(c_parser *parser)
{
    if (!parser->has_peeked) {
        const c_token token = parser->token;
        c_advance(parser);
        parser->peeked = parser->token;
        parser->token = token;
        parser->has_peeked = true;
    }
    return &parser->peeked;
}

bool c_at_sign(const c_parser *parser, int sign)
{
    return parser->token.kind == C_SIGN && parser->token.sign == sign;
}

c_word c_word_of(const c_token *token)
{
    return token->kind == C_NAME ? token->symbol->word : WORD_NONE;
}

bool c_at_word(const c_parser *parser, c_word word)
{
    return c_word_of(&parser->token) == word;
}

bool c_take(c_parser *parser, int sign)
{
    if (!c_at_sign(parser, sign)) {
        return false;
    }
    c_advance(parser);
    return true;
}

bool c_expect(c_parser *parser, int sign, const char *where)
{
    if (c_take(parser, sign)) {
        return true;
    }
    const c_token *token = &parser->token;
    if (token->kind == C_END) {
        return c_error(parser, token, "A %c is missing %s", sign, where);
    }
    return c_error(parser, token, "A %c is missing %s, before %.*s", sign, where, c_quoted(token),
                   token->text);
}

bool c_skip_balanced(c_parser *parser)
{
    const c_token from = parser->token;
    unsigned depth = 0;
    do {
        if (parser->token.kind == C_END) {
            return c_error(parser, &from, "The %.*s is not closed", c_quoted(&from), from.text);
        }
        if (c_at_sign(parser, '(') || c_at_sign(parser, '[') || c_at_sign(parser, '{')) {
            depth++;
        } else if (c_at_sign(parser, ')') || c_at_sign(parser, ']') || c_at_sign(parser, '}')) {
            depth--;
        }
        c_advance(parser);
    } while (depth > 0);
    return true;
}
