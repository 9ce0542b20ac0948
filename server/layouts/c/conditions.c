#include <string.h>

#include "layouts/c/private.h"

static bool is_called(const char *directive, const char *name)
{
    return strcmp(directive, name) == 0;
}

/* Whether the name behind #ifdef is a macro. */
static bool is_defined(c_parser *parser, const char *directive)
{
    c_advance_unexpanded(parser);
    if (parser->token.kind != C_NAME) {
        return c_error(parser, &parser->token, "#%s needs a name", directive);
    }
    return parser->token.symbol->macro != NULL;
}

/* The expression behind #if and #elif; one that cannot be read does not hold. */
static bool is_nonzero(c_parser *parser, const char *directive)
{
    c_value value;
    c_advance(parser);
    if (parser->token.kind == C_END) {
        return c_error(parser, &parser->token, "#%s needs a condition", directive);
    }
    if (!c_read_constant(parser, &value)) {
        return false;
    }
    if (parser->token.kind != C_END) {
        return c_error(parser, &parser->token, "The condition of #%s should end before %.*s",
                       directive, c_quoted(&parser->token), parser->token.text);
    }
    return value.bits != 0;
}

static bool holds(c_parser *parser, const char *directive)
{
    bool result;
    if (is_called(directive, "ifdef") || is_called(directive, "elifdef")) {
        result = is_defined(parser, directive);
    } else if (is_called(directive, "ifndef") || is_called(directive, "elifndef")) {
        result = !is_defined(parser, directive);
    } else {
        result = is_nonzero(parser, directive);
    }
    c_close_macros(parser, 1);
    parser->has_peeked = false;
    return result;
}

/* Reads the name of a directive in lines that are left out; false: the line is none. */
static bool read_skipped_name(c_parser *parser, c_lexer *lexer, c_token *ret_at, c_token *ret_name)
{
    parser->quiet++; /* the line may be anything */
    c_lex(parser, lexer, true, ret_at);
    const bool is_directive = ret_at->kind == C_SIGN && ret_at->sign == '#';
    if (is_directive) {
        c_lex(parser, lexer, true, ret_name);
    }
    parser->quiet--;
    return is_directive && ret_name->kind == C_NAME;
}

/* The directive of these that the token names. */
static const char *find_name(const c_token *token, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (token->text_bytes == strlen(*names) &&
            memcmp(token->text, *names, token->text_bytes) == 0) {
            return *names;
        }
    }
    return NULL;
}

static void handle_else(c_parser *parser, const c_token *at, const char *directive,
                        bool *ret_is_taken, bool *ret_is_over);

/* Leaves lines out up to the group that counts, or to the #endif. */
static void skip_groups(c_parser *parser)
{
    static const char *const opening[] = {"if", "ifdef", "ifndef", NULL};
    static const char *const others[] = {"elif", "elifdef", "elifndef", "else", "endif", NULL};
    c_lexer *lexer = &parser->frames[0].lexer;
    unsigned inner = 0;
    bool is_over = false;
    while (!is_over) {
        c_skip_line(parser, lexer);
        if (lexer->next == lexer->end) {
            return; /* c_check_conditions tells */
        }
        lexer->next++;
        c_token at;
        c_token name;
        if (!read_skipped_name(parser, lexer, &at, &name)) {
            continue;
        }
        const char *other = find_name(&name, others);
        if (find_name(&name, opening) != NULL) {
            inner++;
        } else if (inner > 0) {
            inner -= other != NULL && is_called(other, "endif");
        } else if (other != NULL) {
            bool is_taken;
            handle_else(parser, &at, other, &is_taken, &is_over);
            is_over |= is_taken;
        }
    }
}

/* What #elif, #else and #endif say about the innermost condition, of which there is one. */
static void handle_else(c_parser *parser, const c_token *at, const char *directive,
                        bool *ret_is_taken, bool *ret_is_over)
{
    c_condition *condition = &parser->conditions[parser->condition_count - 1];
    *ret_is_taken = false;
    *ret_is_over = is_called(directive, "endif");
    if (*ret_is_over) {
        parser->condition_count--;
        return;
    }
    if (condition->saw_else) {
        (void)c_error(parser, at, "#%s stands behind #else", directive);
    }
    if (is_called(directive, "else")) {
        condition->saw_else = true;
        *ret_is_taken = !condition->was_taken;
    } else {
        *ret_is_taken = !condition->was_taken && holds(parser, directive);
    }
    condition->was_taken |= *ret_is_taken;
}

void c_read_if(c_parser *parser, const c_token *at, const char *directive)
{
    if (parser->condition_count == C_LAYOUT_DEPTH_MAX) {
        (void)c_error(parser, at, "#%s is nested more than %d deep", directive, C_LAYOUT_DEPTH_MAX);
        parser->is_stopped = true;
        return;
    }
    const bool is_taken = holds(parser, directive);
    parser->conditions[parser->condition_count++] =
        (c_condition){.was_taken = is_taken, .line = at->line, .column = at->column};
    if (!is_taken) {
        skip_groups(parser);
    }
}

/* Reached from a group that counts: what follows up to the #endif does not. */
void c_read_else(c_parser *parser, const c_token *at, const char *directive)
{
    bool is_taken;
    bool is_over;
    if (parser->condition_count == 0) {
        (void)c_error(parser, at, "#%s has no #if", directive);
        return;
    }
    handle_else(parser, at, directive, &is_taken, &is_over);
    if (!is_over) {
        skip_groups(parser);
    }
}

void c_check_conditions(c_parser *parser)
{
    while (parser->condition_count > 0) {
        const c_condition *condition = &parser->conditions[--parser->condition_count];
        const c_token at = {.line = condition->line, .column = condition->column};
        (void)c_error(parser, &at, "The #if has no #endif");
    }
}
