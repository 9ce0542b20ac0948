#include "layouts/c/private.h"

static c_member *add_member(c_parser *parser, c_record *record, const c_token *at)
{
    if (parser->member_count == C_LAYOUT_MEMBERS_MAX) {
        (void)c_error(parser, at, "There are more than %d members", C_LAYOUT_MEMBERS_MAX);
        parser->is_stopped = true;
        return NULL;
    }
    c_member *member = arena_take(parser->arena, sizeof *member);
    if (member == NULL) {
        (void)c_no_memory(parser);
        return NULL;
    }
    member->line = at->line;
    member->column = at->column;
    *record->last = member;
    record->last = &member->next;
    record->member_count++;
    parser->member_count++;
    return member;
}

/* struct { … }; and union { … }; whose members are the record's own. */
static bool add_unnamed(c_parser *parser, c_record *record, const c_specifiers *specifiers)
{
    const c_record *inner = specifiers->type->record;
    if (inner->is_wrong) {
        return false;
    }
    c_member *member = add_member(parser, record, &specifiers->at);
    if (member == NULL) {
        return false;
    }
    member->type = specifiers->type;
    member->attributes = specifiers->attributes;
    if (member->attributes.by_declspec) { /* it aligned the type */
        member->attributes.align = 0;
    }
    return true;
}

/* A declaration without a name. */
static bool read_nameless(c_parser *parser, c_record *record, const c_specifiers *specifiers)
{
    const c_type *type = specifiers->type;
    const bool is_tagged = type->kind == C_RECORD || type->enumeration != NULL;
    if (!is_tagged) {
        return c_error(parser, &parser->token, "A name is missing");
    }
    if (type->kind == C_RECORD && specifiers->has_body && type->record->tag == NULL) {
        return add_unnamed(parser, record, specifiers) && c_take(parser, ';');
    }
    if (type->kind == C_RECORD && specifiers->has_body) {
        c_note(parser, specifiers->at.line, specifiers->at.column,
               "%s is declared here, but it is no member: it has no name behind it",
               type->record->tag->name);
    }
    return c_take(parser, ';');
}

/* : WIDTH */
static bool read_width(c_parser *parser, c_member *member, const c_token *at)
{
    const c_type *type = member->type;
    c_value width;
    c_advance(parser);
    const c_token width_at = parser->token;
    if (!c_read_constant(parser, &width)) {
        return false;
    }
    if (type->kind != C_INTEGER) {
        return c_error(parser, at, "A bit field is an integer");
    }
    if (type->is_realigned || member->attributes.align != 0) {
        return c_error(parser, at, "A bit field with an alignment is not laid out here");
    }
    const uint64_t most = type->value == SECTION_BOOL8 ? 1 : type->size_bytes * 8;
    if (c_is_negative(&width) || width.bits > most) {
        return c_error(parser, &width_at, "The width of this bit field is 0 to %u", (unsigned)most);
    }
    if (width.bits == 0 && member->symbol != NULL) {
        return c_error(parser, &width_at, "A bit field of width 0 has no name");
    }
    member->is_bit_field = true;
    member->width = (unsigned)width.bits;
    return true;
}

static void join_attributes(c_attributes *attributes, const c_attributes *others)
{
    attributes->is_packed |= others->is_packed;
    attributes->align = others->align > attributes->align ? others->align : attributes->align;
}

static bool check_member_type(c_parser *parser, const c_declarator *declarator)
{
    const char *name = declarator->symbol != NULL ? declarator->symbol->name : "This";
    if (declarator->type->kind == C_FUNCTION) {
        return c_error(parser, &declarator->at, "%s is a method, which is C++ and not read", name);
    }
    return c_check_complete(parser, &declarator->at, declarator->type);
}

/* One declarator, with its bits, attributes and initial value. */
static bool read_member(c_parser *parser, c_record *record, const c_specifiers *specifiers)
{
    c_declarator declarator = {.at = parser->token, .type = specifiers->type};
    if (!c_at_sign(parser, ':') &&
        !c_read_declarator(parser, specifiers->type, false, &declarator)) {
        return false;
    }
    if (!check_member_type(parser, &declarator)) {
        return false;
    }
    if (specifiers->is_static) {
        return c_read_initial(parser, specifiers, &declarator);
    }
    c_member *member = add_member(parser, record, &declarator.at);
    if (member == NULL) {
        return false;
    }
    member->symbol = declarator.symbol;
    member->type = declarator.type;
    member->attributes = specifiers->attributes;
    join_attributes(&member->attributes, &declarator.attributes);
    if (c_at_sign(parser, ':') && !read_width(parser, member, &declarator.at)) {
        return false;
    }
    if (!c_read_attributes(parser, &member->attributes)) {
        return false;
    }
    if (member->is_bit_field && member->attributes.align != 0) {
        return c_error(parser, &declarator.at,
                       "A bit field with an alignment is not laid out here");
    }
    return c_read_initial(parser, specifiers, &declarator);
}

static bool read_declaration(c_parser *parser, c_record *record)
{
    c_specifiers specifiers;
    const c_token at = parser->token;
    const bool is_own_name =
        at.kind == C_NAME && at.symbol->record == record && at.symbol->type == NULL;
    if (is_own_name && c_peek(parser)->kind == C_SIGN && parser->peeked.sign == '(') {
        return c_error(parser, &at, "%.*s is a constructor, which is C++ and not read",
                       c_quoted(&at), at.text);
    }
    if (!c_read_specifiers(parser, &specifiers)) {
        return false;
    }
    if (specifiers.is_typedef) {
        return c_error(parser, &at, "A typedef among members is C++, which is not read");
    }
    if (c_at_sign(parser, ';')) {
        return read_nameless(parser, record, &specifiers);
    }
    do {
        if (!read_member(parser, record, &specifiers)) {
            return false;
        }
    } while (c_take(parser, ','));
    return c_expect(parser, ';', "after the member");
}

/* What may stand among members and is none; `ret_is_read`: it was read, or refused. */
static bool read_other(c_parser *parser, bool *ret_is_right)
{
    const c_token at = parser->token;
    *ret_is_right = true;
    if (c_take(parser, ';')) {
        return true;
    }
    if (c_at_word(parser, WORD_ASSERT)) {
        *ret_is_right = c_read_static_assert(parser);
        return true;
    }
    if (c_at_word(parser, WORD_ACCESS) && c_peek(parser)->kind == C_SIGN &&
        parser->peeked.sign == ':') {
        c_advance(parser); /* public: changes no layout */
        c_advance(parser);
        return true;
    }
    if (c_at_word(parser, WORD_CPP) || c_at_word(parser, WORD_ACCESS) || c_at_sign(parser, '~')) {
        *ret_is_right = c_refuse_cpp(parser, &at);
        return true;
    }
    return false;
}

/* Finds two members of one name, those of unnamed records included. */
static bool check_names(c_parser *parser, const c_record *record, unsigned mark)
{
    for (const c_member *member = record->members; member != NULL; member = member->next) {
        if (member->symbol == NULL) {
            if (!member->is_bit_field && !check_names(parser, member->type->record, mark)) {
                return false;
            }
            continue;
        }
        if (member->symbol->mark == mark) {
            const c_token at = {.line = member->line, .column = member->column};
            return c_error(parser, &at, "There is a member %s already", member->symbol->name);
        }
        member->symbol->mark = mark;
    }
    return true;
}

/* An open array is the last member, and not the only one. */
static bool check_flexible(c_parser *parser, const c_record *record)
{
    for (const c_member *member = record->members; member != NULL; member = member->next) {
        const c_token at = {.line = member->line, .column = member->column};
        if (member->type->kind == C_ARRAY && member->type->is_flexible && member->next != NULL &&
            !record->is_union) {
            return c_error(parser, &at, "An array without a size is the last member only");
        }
    }
    return true;
}

bool c_read_members(c_parser *parser, c_record *record)
{
    while (!c_at_sign(parser, '}') && parser->token.kind != C_END) {
        bool is_right;
        if (!read_other(parser, &is_right)) {
            is_right = read_declaration(parser, record);
        }
        if (!is_right) {
            record->is_wrong = true;
            c_recover(parser, true);
        }
    }
    return record->is_wrong ||
           (check_names(parser, record, ++parser->marks) && check_flexible(parser, record));
}
