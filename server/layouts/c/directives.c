#include <string.h>

#include "layouts/c/private.h"

enum { NOTED_BYTES_MAX = 100 /* of a line that a note quotes */ };

static c_lexer *text_lexer(c_parser *parser)
{
    return &parser->frames[0].lexer;
}

static bool contains(const char *text, size_t text_bytes, const char *word)
{
    const size_t length = strlen(word);
    for (size_t i = 0; i + length <= text_bytes; i++) {
        if (memcmp(text + i, word, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The name behind #define, #undef, #ifdef and #ifndef. */
static c_symbol *read_macro_name(c_parser *parser, const char *directive)
{
    c_advance_unexpanded(parser);
    if (parser->token.kind != C_NAME) {
        (void)c_error(parser, &parser->token, "#%s needs a name", directive);
        return NULL;
    }
    return parser->token.symbol;
}

static void read_define(c_parser *parser)
{
    c_symbol *symbol = read_macro_name(parser, "define");
    c_macro *macro = symbol != NULL ? arena_take(parser->arena, sizeof *macro) : NULL;
    if (macro == NULL) {
        if (symbol != NULL) {
            (void)c_no_memory(parser);
        }
        return;
    }
    c_lexer *lexer = text_lexer(parser);
    macro->has_parameters = lexer->next < lexer->end && *lexer->next == '(';
    macro->body = lexer->next;
    /* Through it once, so that a comment may go over several lines and errors have their place; the body of a
     * macro with parameters may be anything. */
    if (macro->has_parameters) {
        c_skip_line(parser, lexer);
    } else {
        do {
            c_advance_unexpanded(parser);
        } while (parser->token.kind != C_END);
    }
    macro->body_end = lexer->next;
    symbol->macro = macro;
}

static void read_undef(c_parser *parser)
{
    c_symbol *symbol = read_macro_name(parser, "undef");
    if (symbol != NULL) {
        symbol->macro = NULL;
    }
}

/* Headers that do nothing but pack; all others are not read. */
static void read_include(c_parser *parser, const c_token *at)
{
    static const struct {
        const char *name;
        unsigned pack;
    } headers[] = {{"pshpack1.h", 1}, {"pshpack2.h", 2}, {"pshpack4.h", 4}, {"pshpack8.h", 8}};
    const c_lexer *lexer = text_lexer(parser);
    const char *name = lexer->next;
    const char *stop = memchr(name, '\n', (size_t)(lexer->end - name));
    const size_t length = (size_t)((stop != NULL ? stop : lexer->end) - name);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (contains(name, length, headers[i].name)) {
            parser->pack = c_pack_push(parser, at, NULL) ? headers[i].pack : parser->pack;
            return;
        }
    }
    if (contains(name, length, "poppack.h")) {
        c_pack_pop(parser, NULL);
        return;
    }
    c_note(parser, at->line, at->column,
           "#include%.*s is not read: the types of the usual headers are known, and no others",
           (int)(length < NOTED_BYTES_MAX ? length : NOTED_BYTES_MAX), name);
}

static void read_error(c_parser *parser, const c_token *at)
{
    const c_lexer *lexer = text_lexer(parser);
    const char *stop = memchr(lexer->next, '\n', (size_t)(lexer->end - lexer->next));
    const size_t length = (size_t)((stop != NULL ? stop : lexer->end) - lexer->next);
    (void)c_error(parser, at, "#error%.*s", (int)(length < 200 ? length : 200), lexer->next);
}

static void read_known_directive(c_parser *parser, const c_token *at)
{
    static const char *const conditions[] = {"if", "ifdef", "ifndef"};
    static const char *const others[] = {"elif", "elifdef", "elifndef", "else", "endif"};
    static const char *const ignored[] = {"warning", "line", "ident"};
    const c_token *name = &parser->token;
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        if (c_is_called(name, conditions[i])) {
            c_read_if(parser, at, conditions[i]);
            return;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (c_is_called(name, others[i])) {
            c_read_else(parser, at, others[i]);
            return;
        }
    }
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        if (c_is_called(name, ignored[i])) {
            c_note(parser, at->line, at->column, "#%s is passed over", ignored[i]);
            return;
        }
    }
    if (c_is_called(name, "define")) {
        read_define(parser);
    } else if (c_is_called(name, "undef")) {
        read_undef(parser);
    } else if (c_is_called(name, "pragma")) {
        c_advance(parser);
        c_read_pragma(parser, at);
    } else if (c_is_called(name, "include") || c_is_called(name, "include_next") ||
               c_is_called(name, "import")) {
        read_include(parser, at);
    } else if (c_is_called(name, "error")) {
        read_error(parser, at);
    } else if (name->kind != C_END) {
        (void)c_error(parser, name, "There is no directive #%.*s", c_quoted(name), name->text);
    }
}

/* A directive stands between any two tokens of the text, so what the parser holds is put back afterwards. */
void c_read_directive(c_parser *parser)
{
    const c_token token = parser->token;
    const unsigned depth = parser->depth;
    const unsigned quiet = parser->quiet;
    c_lexer *lexer = text_lexer(parser);
    c_token at;
    parser->in_directive = true;
    parser->quiet = 0;
    c_advance_unexpanded(parser);
    at = parser->token;
    read_known_directive(parser, &at);
    c_close_macros(parser, 1);
    c_skip_line(parser, lexer);
    parser->in_directive = false;
    parser->has_peeked = false;
    parser->token = token;
    parser->depth = depth;
    parser->quiet = quiet;
}
