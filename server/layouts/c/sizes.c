#include <string.h>

#include "layouts/c/private.h"

bool c_check_complete(c_parser *parser, const c_token *at, const c_type *type)
{
    while (type->kind == C_ARRAY) {
        type = type->of;
    }
    if (type->kind == C_VOID || type->kind == C_FUNCTION) {
        return c_error(parser, at, "%s has no size", type->kind == C_VOID ? "void" : "A function");
    }
    if (type->kind != C_RECORD || type->record->is_complete) {
        return true;
    }
    const c_record *record = type->record;
    if (record->is_wrong) {
        return false; /* which was told where it is declared */
    }
    return c_error(parser, at, "%s %s is not complete here", record->is_union ? "union" : "struct",
                   record->tag != NULL ? record->tag->name : "without a name");
}

/* By gcc's __alignof__: that of a variable, which on i386 is larger than that of a member. */
static unsigned natural_align(const c_type *type)
{
    while (type->kind == C_ARRAY) {
        type = type->of;
    }
    const bool is_eight = (type->kind == C_INTEGER || type->kind == C_FLOATING) &&
                          type->size_bytes == 8 && !type->is_realigned;
    return is_eight ? 8 : type->align;
}

static c_value size_value(const c_parser *parser, uint64_t number)
{
    return (c_value){
        .bits = number, .is_unsigned = true, .is_wide = parser->facts->pointer_bytes == 8};
}

/* sizeof "text", or of an expression: the size of its type. */
static bool read_sizeof_operand(c_parser *parser, c_value *ret_value)
{
    if (parser->token.kind == C_TEXT) {
        const c_token *token = &parser->token;
        if (token->text[0] != '"' || memchr(token->text, '\\', token->text_bytes) != NULL) {
            return c_error(parser, token, "The size of this string is not known here");
        }
        *ret_value = size_value(parser, token->text_bytes - 1);
        c_advance(parser);
        return true;
    }
    c_value value;
    if (!c_read_unary(parser, false, &value)) {
        return false;
    }
    *ret_value = size_value(parser, value.is_wide ? 8 : 4);
    return true;
}

bool c_read_sizeof(c_parser *parser, bool is_align, c_value *ret_value)
{
    const c_token at = parser->token;
    c_advance(parser);
    if (!c_at_sign(parser, '(') || !c_is_type(c_peek(parser))) {
        return is_align ? c_error(parser, &parser->token, "%.*s needs a type in parentheses",
                                  c_quoted(&at), at.text)
                        : read_sizeof_operand(parser, ret_value);
    }
    c_advance(parser);
    const c_token type_at = parser->token;
    const c_type *type = c_read_type_name(parser);
    if (type == NULL || !c_check_complete(parser, &type_at, type) ||
        !c_expect(parser, ')', "after the type")) {
        return false;
    }
    const bool is_gnu = at.text_bytes > 2 && at.text[1] == '_';
    const unsigned align = is_gnu ? natural_align(type) : type->align;
    *ret_value = size_value(parser, is_align ? align : type->size_bytes);
    return true;
}

const c_member *c_find_member(const c_record *record, const c_symbol *symbol, uint64_t *ret_bits)
{
    for (const c_member *member = record->members; member != NULL; member = member->next) {
        const bool is_unnamed_record =
            member->symbol == NULL && !member->is_bit_field && member->type->kind == C_RECORD;
        if (member->symbol == symbol) {
            *ret_bits = member->bit_offset;
            return member;
        }
        if (is_unnamed_record) {
            const c_member *found = c_find_member(member->type->record, symbol, ret_bits);
            if (found != NULL) {
                *ret_bits += member->bit_offset;
                return found;
            }
        }
    }
    return NULL;
}

/* Adds the place of the member that is named here, and goes on to its type. */
static bool read_member(c_parser *parser, const c_type **type, uint64_t *offset_bytes)
{
    const c_token at = parser->token;
    if (at.kind != C_NAME) {
        return c_error(parser, &at, "offsetof needs the name of a member");
    }
    if ((*type)->kind != C_RECORD) {
        return c_error(parser, &at, "%.*s is a member of no structure", c_quoted(&at), at.text);
    }
    if (!c_check_complete(parser, &at, *type)) {
        return false;
    }
    uint64_t bits = 0;
    const c_member *member = c_find_member((*type)->record, at.symbol, &bits);
    if (member == NULL) {
        return c_error(parser, &at, "There is no member %.*s", c_quoted(&at), at.text);
    }
    if (member->is_bit_field) {
        return c_error(parser, &at, "offsetof does not take the bit field %.*s", c_quoted(&at),
                       at.text);
    }
    *type = member->type;
    *offset_bytes += bits / 8;
    c_advance(parser);
    return true;
}

static bool read_index(c_parser *parser, const c_type **type, uint64_t *offset_bytes)
{
    const c_token at = parser->token;
    c_value index;
    if ((*type)->kind != C_ARRAY) {
        return c_error(parser, &at, "This member is not an array");
    }
    if (!c_read_constant(parser, &index) || !c_expect(parser, ']', "after the index")) {
        return false;
    }
    uint64_t distance;
    if (c_is_negative(&index) ||
        __builtin_mul_overflow(index.bits, (*type)->of->size_bytes, &distance) ||
        distance > parser->facts->object_bytes_most) {
        return c_error(parser, &at, "The index leads out of the address space");
    }
    *offset_bytes += distance;
    *type = (*type)->of;
    return *offset_bytes <= parser->facts->object_bytes_most ||
           c_error(parser, &at, "The index leads out of the address space");
}

bool c_read_offsetof(c_parser *parser, c_value *ret_value)
{
    uint64_t offset_bytes = 0;
    c_advance(parser);
    if (!c_expect(parser, '(', "after offsetof")) {
        return false;
    }
    const c_type *type = c_read_type_name(parser);
    if (type == NULL || !c_expect(parser, ',', "after the type of offsetof") ||
        !read_member(parser, &type, &offset_bytes)) {
        return false;
    }
    for (;;) {
        if (c_take(parser, '.')) {
            if (!read_member(parser, &type, &offset_bytes)) {
                return false;
            }
        } else if (c_take(parser, '[')) {
            if (!read_index(parser, &type, &offset_bytes)) {
                return false;
            }
        } else {
            break;
        }
    }
    *ret_value = size_value(parser, offset_bytes);
    return c_expect(parser, ')', "after offsetof");
}
