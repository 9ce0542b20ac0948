#include "layouts/c/private.h"

static bool at_tag(const c_parser *parser)
{
    return parser->token.kind == C_NAME && parser->token.symbol->word == WORD_NONE;
}

/* A macro in front of the name: what follows it says that it is one. */
static bool skip_macros(c_parser *parser)
{
    while (at_tag(parser) && c_peek(parser)->kind == C_SIGN && parser->peeked.sign == '(') {
        if (!c_check_macro(parser, &parser->token)) {
            return false;
        }
        c_advance(parser);
        if (!c_skip_balanced(parser)) {
            return false;
        }
    }
    return true;
}

bool c_read_tag(c_parser *parser, c_attributes *attributes, c_symbol **ret_tag)
{
    *ret_tag = NULL;
    if (!c_read_attributes(parser, attributes) || !skip_macros(parser) ||
        !c_read_attributes(parser, attributes) || !at_tag(parser)) {
        return !parser->is_stopped && (parser->token.kind != C_WRONG);
    }
    c_token tag = parser->token;
    c_advance(parser);
    while (at_tag(parser) && c_peek(parser)->kind == C_SIGN && parser->peeked.sign == '{') {
        if (!c_is_called(&parser->token, "final")) {
            if (!c_check_macro(parser, &tag)) {
                return false;
            }
            tag = parser->token;
        }
        c_advance(parser);
    }
    *ret_tag = tag.symbol;
    return c_read_attributes(parser, attributes);
}

static c_record *make_record(c_parser *parser, c_symbol *tag, bool is_union)
{
    c_record *record = arena_take(parser->arena, sizeof *record);
    if (record == NULL) {
        (void)c_no_memory(parser);
        return NULL;
    }
    *record = (c_record){.tag = tag, .is_union = is_union, .is_ours = parser->is_prelude};
    record->type = (c_type){.kind = C_RECORD, .record = record, .align = 1, .required = 1};
    record->last = &record->members;
    if (tag != NULL) {
        tag->record = record;
    }
    return record;
}

/* The record that a tag names: as it was declared, or a new one. */
static c_record *find_record(c_parser *parser, const c_token *at, c_symbol *tag, bool is_union,
                             bool has_body)
{
    c_record *record = tag != NULL ? tag->record : NULL;
    if (record == NULL || (record->is_ours && !parser->is_prelude && has_body)) {
        return make_record(parser, tag, is_union);
    }
    if (record->is_union != is_union) {
        (void)c_error(parser, at, "%s is a %s", tag->name, record->is_union ? "union" : "struct");
        return NULL;
    }
    if (has_body && (record->is_complete || record->is_open || record->is_wrong)) {
        (void)c_error(parser, at, "%s %s is declared already", is_union ? "union" : "struct",
                      tag->name);
        return NULL;
    }
    return record;
}

/* What MSVC and mingw do differently, or what no compiler of the ABI has. */
static bool check_member(c_parser *parser, const c_record *record, const c_member *member,
                         bool is_packed, bool follows_bits)
{
    const c_token at = {.line = member->line, .column = member->column};
    if (!parser->facts->is_microsoft) {
        return true;
    }
    if (member->is_bit_field && member->width == 0 && record->is_union) {
        return c_error(parser, &at, "A bit field of width 0 in a union is not laid out here");
    }
    if (member->is_bit_field && member->attributes.is_packed) {
        return c_error(parser, &at, "A single bit field that is packed is not laid out here");
    }
    if (follows_bits && member->attributes.align != 0 &&
        (is_packed || member->attributes.is_packed)) {
        return c_error(parser, &at,
                       "A packed and aligned member after a bit field is not laid out here");
    }
    return true;
}

static bool place_members(c_parser *parser, c_record *record, abi_record *layout)
{
    bool follows_bits = false;
    for (c_member *member = record->members; member != NULL; member = member->next) {
        const c_token at = {.line = member->line, .column = member->column};
        const abi_member placed = {.size_bytes = member->type->size_bytes,
                                   .align = member->type->align,
                                   .required = member->type->required,
                                   .asked = member->attributes.align,
                                   .is_packed = member->attributes.is_packed,
                                   .is_bit_field = member->is_bit_field,
                                   .is_named = member->symbol != NULL,
                                   .width = member->width};
        if (!check_member(parser, record, member, layout->is_packed, follows_bits)) {
            return false;
        }
        follows_bits = member->is_bit_field;
        member->bit_offset = abi_add(layout, &placed);
        if (layout->is_too_large) {
            return c_error(parser, &at, "The structure is larger than the address space of %s",
                           parser->facts->name);
        }
    }
    abi_end(layout);
    return true;
}

static bool lay_out(c_parser *parser, const c_token *at, c_record *record, unsigned pack,
                    const c_attributes *attributes)
{
    abi_record layout = {.facts = parser->facts,
                         .is_union = record->is_union,
                         .is_packed = attributes->is_packed,
                         .pack = pack,
                         .asked = attributes->align};
    if (!place_members(parser, record, &layout)) {
        return false;
    }
    if (layout.is_too_large) {
        return c_error(parser, at, "The structure is larger than the address space of %s",
                       parser->facts->name);
    }
    record->type.size_bytes = layout.size_bytes;
    record->type.align = layout.align;
    record->type.required = parser->facts->is_microsoft ? layout.required : 1;
    record->is_complete = true;
    return true;
}

/* { members } attributes */
static bool read_body(c_parser *parser, c_record *record, c_attributes *attributes)
{
    const c_token at = parser->token;
    record->line = at.line;
    record->column = at.column;
    record->is_open = true;
    c_advance(parser);
    bool is_read = c_enter(parser) && c_read_members(parser, record);
    c_leave(parser);
    record->is_open = false;
    const unsigned pack = parser->token.pack;
    if (is_read && parser->token.kind == C_END) {
        is_read = c_error(parser, &at, "The { is not closed");
    } else if (is_read && pack != at.pack) {
        is_read = c_error(parser, &parser->token, "The pack changes within the structure");
    }
    if (c_take(parser, '}')) {
        is_read = c_read_attributes(parser, attributes) && is_read;
    }
    is_read = is_read && !record->is_wrong && lay_out(parser, &at, record, pack, attributes);
    record->is_wrong = !is_read;
    return !parser->is_stopped; /* what is wrong was told, and the reading goes on behind it */
}

const c_type *c_read_record(c_parser *parser, const c_attributes *before, bool *ret_has_body)
{
    const bool is_union = c_at_word(parser, WORD_UNION);
    c_attributes attributes = {.align = 0};
    c_symbol *tag;
    c_advance(parser);
    const c_token at = parser->token;
    if (!c_read_tag(parser, &attributes, &tag)) {
        return NULL;
    }
    if (c_at_sign(parser, ':') || c_at_sign(parser, '<')) {
        (void)c_error(parser, &parser->token, "%s are C++, which is not read",
                      c_at_sign(parser, ':') ? "Bases" : "Templates");
        return NULL;
    }
    *ret_has_body = c_at_sign(parser, '{');
    if (tag == NULL && !*ret_has_body) {
        (void)c_error(parser, &parser->token, "A name or { is missing after %s",
                      is_union ? "union" : "struct");
        return NULL;
    }
    c_record *record = find_record(parser, &at, tag, is_union, *ret_has_body);
    if (record == NULL) {
        return NULL;
    }
    if (*ret_has_body) {
        /* __declspec(align(8)) struct X { … }; aligns the type. */
        attributes.align = before->by_declspec && before->align > attributes.align
                               ? before->align
                               : attributes.align;
        if (!read_body(parser, record, &attributes)) {
            return NULL;
        }
    }
    return &record->type;
}
