#include <string.h>

#include "layouts/c/private.h"

bool c_pack_push(c_parser *parser, const c_token *at, c_symbol *name)
{
    if (parser->pack_count == C_PACKS_MAX) {
        return c_error(parser, at, "More than %d packs are pushed", C_PACKS_MAX);
    }
    parser->packs[parser->pack_count++] = (c_pack){.pack = parser->pack, .name = name};
    return true;
}

void c_pack_pop(c_parser *parser, const c_symbol *name)
{
    unsigned count = parser->pack_count;
    while (count > 0 && name != NULL && parser->packs[count - 1].name != name) {
        count--;
    }
    if (count > 0) { /* else nothing was pushed, which compilers let pass */
        parser->pack_count = count - 1;
        parser->pack = parser->packs[count - 1].pack;
    }
}

static bool read_pack_number(c_parser *parser, unsigned *ret_pack)
{
    const c_token at = parser->token;
    c_value value;
    if (!c_read_constant(parser, &value)) {
        return false;
    }
    const bool is_power = value.bits != 0 && (value.bits & (value.bits - 1)) == 0;
    if (value.bits > 16 || (!is_power && value.bits != 0)) {
        return c_error(parser, &at, "A pack is 1, 2, 4, 8 or 16");
    }
    *ret_pack = (unsigned)value.bits;
    return true;
}

/* pack([push|pop|show] [, NAME] [, N]), after the word pack. */
static bool read_pack(c_parser *parser, const c_token *at)
{
    c_symbol *name = NULL;
    unsigned pack = 0;
    bool has_number = false;
    if (!c_expect(parser, '(', "after pack")) {
        return false;
    }
    const bool pushes = c_is_called(&parser->token, "push");
    const bool pops = c_is_called(&parser->token, "pop");
    const bool shows = c_is_called(&parser->token, "show");
    if (pushes || pops || shows) {
        c_advance(parser);
    } else if (!c_at_sign(parser, ')')) {
        has_number = true;
    }
    while (has_number || c_take(parser, ',')) {
        if (parser->token.kind == C_NAME && !has_number && name == NULL &&
            parser->token.symbol->constant == NULL) {
            name = parser->token.symbol;
            c_advance(parser);
            continue;
        }
        if (!read_pack_number(parser, &pack)) {
            return false;
        }
        has_number = true;
        break;
    }
    if (!c_expect(parser, ')', "after the pack")) {
        return false;
    }
    if (pushes && !c_pack_push(parser, at, name)) {
        return false;
    }
    if (pops) {
        c_pack_pop(parser, name);
    }
    if (has_number || !(pushes || pops || shows)) {
        parser->pack = pack;
    }
    return true;
}

/* What stands behind #pragma, or within the parentheses of __pragma. */
void c_read_pragma(c_parser *parser, const c_token *at)
{
    static const char *const refused[] = {"ms_struct", "scalar_storage_order", "options"};
    const c_token name = parser->token;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (c_is_called(&name, refused[i])) {
            (void)c_error(parser, &name,
                          "#pragma %s changes the layout in ways that are not known here",
                          refused[i]);
        }
    }
    if (c_is_called(&name, "pack")) {
        c_advance(parser);
        (void)read_pack(parser, at);
    } else if (name.kind == C_NAME && !c_is_called(&name, "once")) {
        c_note(parser, name.line, name.column, "#pragma %.*s is passed over", c_quoted(&name),
               name.text);
    }
}

/* __pragma(…): its tokens stand among the others, up to the closing parenthesis. */
static void read_microsoft(c_parser *parser, const c_token *at)
{
    c_advance(parser);
    if (!c_expect(parser, '(', "after __pragma")) {
        return;
    }
    c_read_pragma(parser, at);
    for (unsigned depth = 1; parser->token.kind != C_END; c_advance(parser)) {
        depth += c_at_sign(parser, '(');
        depth -= c_at_sign(parser, ')');
        if (depth == 0) {
            return;
        }
    }
    (void)c_error(parser, at, "The __pragma does not end in its line");
}

/* _Pragma("…"): the string is read as a directive's line. */
static void read_standard(c_parser *parser, const c_token *at)
{
    c_advance(parser);
    if (!c_expect(parser, '(', "after _Pragma")) {
        return;
    }
    const c_token text = parser->token;
    if (text.kind != C_TEXT || text.text[0] != '"' || parser->frame_count == C_LAYOUT_DEPTH_MAX) {
        (void)c_error(parser, &text, "_Pragma needs a string");
        return;
    }
    const unsigned floor = parser->floor;
    parser->use = parser->frame_count == 1 ? *at : parser->use;
    parser->frames[parser->frame_count].macro = NULL;
    parser->frames[parser->frame_count].lexer =
        (c_lexer){.next = text.text + 1, .end = text.text + text.text_bytes - 1};
    parser->floor = ++parser->frame_count;
    c_advance(parser);
    c_read_pragma(parser, at);
    c_close_macros(parser, parser->floor - 1);
    parser->floor = floor;
    c_advance(parser); /* to the parenthesis */
}

void c_read_pragma_operator(c_parser *parser)
{
    const c_token at = parser->token;
    parser->in_directive = true;
    if (c_at_word(parser, WORD_PRAGMA_MS)) {
        read_microsoft(parser, &at);
    } else {
        read_standard(parser, &at);
    }
    parser->in_directive = false;
    parser->has_peeked = false;
}
