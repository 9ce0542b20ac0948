#include <stdlib.h>
#include <string.h>

#include "layouts/c/private.h"

/* The object that c.h hands out, with what it stands on. */
typedef struct c_layout_object {
    c_layout layout;
    arena arena;
} c_layout_object;

static bool closes(const c_parser *parser)
{
    return c_at_sign(parser, '}') || c_at_sign(parser, ')') || c_at_sign(parser, ']');
}

void c_recover(c_parser *parser, bool in_record)
{
    unsigned depth = 0;
    while (parser->token.kind != C_END) {
        if (c_at_sign(parser, ';') && depth == 0) {
            c_advance(parser);
            return;
        }
        const bool is_brace = c_at_sign(parser, '}');
        if (is_brace && depth == 0 && in_record) {
            return;
        }
        if (c_at_sign(parser, '{') || c_at_sign(parser, '(') || c_at_sign(parser, '[')) {
            depth++;
        } else if (closes(parser) && depth > 0) {
            depth--;
        }
        c_advance(parser);
        /* Behind a body the next declaration begins, unless a name or ; follows in the same line. */
        if (is_brace && depth == 0 &&
            (parser->token.is_first || c_at_sign(parser, '}') || parser->token.kind == C_END)) {
            return;
        }
    }
}

bool c_refuse_cpp(c_parser *parser, const c_token *at)
{
    return c_error(parser, at, "%.*s: this is C++, of which only plain structures are read",
                   c_quoted(at), at->text);
}

/* An expression that cannot be read is no assertion that fails. */
bool c_read_static_assert(c_parser *parser)
{
    const c_token at = parser->token;
    c_value value = {.bits = 1};
    c_advance(parser);
    if (!c_expect(parser, '(', "after static_assert")) {
        return false;
    }
    const unsigned depth = parser->depth;
    parser->quiet++;
    const bool is_read =
        c_read_constant(parser, &value) && (c_at_sign(parser, ',') || c_at_sign(parser, ')'));
    parser->quiet--;
    parser->depth = depth;
    if (is_read && value.bits == 0) {
        const c_token *text = c_take(parser, ',') ? &parser->token : &at;
        return c_error(parser, &at, "The assertion fails on %s: %.*s", parser->facts->name,
                       c_quoted(text), text->text);
    }
    c_recover(parser, true);
    return true;
}

static void skip_initial(c_parser *parser)
{
    unsigned depth = 0;
    while (parser->token.kind != C_END) {
        if (depth == 0 &&
            (c_at_sign(parser, ',') || c_at_sign(parser, ';') || c_at_sign(parser, '}'))) {
            return;
        }
        if (c_at_sign(parser, '{') || c_at_sign(parser, '(') || c_at_sign(parser, '[')) {
            depth++;
        } else if (closes(parser) && depth > 0) {
            depth--;
        }
        c_advance(parser);
    }
}

/* static const int N = 4; is a constant in C++, and in what people paste. */
static bool keep_constant(c_parser *parser, const c_specifiers *specifiers,
                          const c_declarator *declarator)
{
    c_value value;
    parser->quiet++;
    const bool is_read =
        c_read_constant(parser, &value) && (c_at_sign(parser, ',') || c_at_sign(parser, ';'));
    parser->quiet--;
    if (!is_read || declarator->symbol == NULL || declarator->symbol->constant != NULL) {
        return true;
    }
    c_value *constant = arena_take(parser->arena, sizeof *constant);
    if (constant == NULL) {
        return c_no_memory(parser);
    }
    *constant = c_cast(specifiers->type, &value);
    declarator->symbol->constant = constant;
    return true;
}

bool c_read_initial(c_parser *parser, const c_specifiers *specifiers,
                    const c_declarator *declarator)
{
    if (c_at_sign(parser, '{') && declarator->type->kind != C_FUNCTION) {
        skip_initial(parser);
        return true;
    }
    if (!c_take(parser, '=')) {
        return true;
    }
    if (specifiers->is_const && declarator->type->kind == C_INTEGER &&
        !keep_constant(parser, specifiers, declarator)) {
        return false;
    }
    skip_initial(parser);
    return true;
}

static bool declare_type(c_parser *parser, const c_declarator *declarator)
{
    c_symbol *symbol = declarator->symbol;
    const c_type *type = declarator->type;
    if (declarator->attributes.is_packed) {
        return c_error(parser, &declarator->at,
                       "packed behind the name has no effect: write it behind the }");
    }
    if (declarator->attributes.align != 0) {
        type = c_realigned_type(parser, &declarator->at, type, declarator->attributes.align);
        if (type == NULL) {
            return false;
        }
    }
    if ((symbol->constant != NULL || symbol->type != NULL) && !symbol->is_ours &&
        (symbol->type == NULL || !c_is_same_type(symbol->type, type))) {
        return c_error(parser, &declarator->at, "%s is declared already", symbol->name);
    }
    symbol->type = type;
    symbol->constant = NULL;
    symbol->is_ours = parser->is_prelude;
    if (type->kind == C_RECORD && type->record->name == NULL) {
        type->record->name = symbol;
    }
    return true;
}

static bool declare_variable(c_parser *parser, const c_specifiers *specifiers,
                             const c_declarator *declarator)
{
    const c_type *type = declarator->type;
    if (specifiers->has_body && type->kind == C_RECORD && type->record->tag == NULL) {
        type->record->variable = declarator->symbol;
    }
    return c_read_initial(parser, specifiers, declarator);
}

/* A name of the declaration, up to the , or ; behind it. */
static bool read_declared(c_parser *parser, const c_specifiers *specifiers, bool *ret_is_function)
{
    c_declarator declarator;
    if (!c_read_declarator(parser, specifiers->type, false, &declarator)) {
        return false;
    }
    *ret_is_function = declarator.type->kind == C_FUNCTION;
    if (!c_read_attributes(parser, &declarator.attributes)) {
        return false;
    }
    if (!specifiers->is_typedef) {
        return declare_variable(parser, specifiers, &declarator);
    }
    if (specifiers->attributes.is_packed) {
        return c_error(parser, &specifiers->attributes.at,
                       "packed has no effect here: write it behind the }");
    }
    if (specifiers->attributes.align > declarator.attributes.align) {
        declarator.attributes.align = specifiers->attributes.align;
    }
    return declare_type(parser, &declarator);
}

/* struct X { … }; alone: gcc ignores attributes in front of it. */
static bool check_alone(c_parser *parser, const c_specifiers *specifiers)
{
    const c_attributes *attributes = &specifiers->attributes;
    if (specifiers->has_body && (attributes->is_packed || attributes->align != 0) &&
        !attributes->by_declspec) {
        return c_error(parser, &attributes->at,
                       "This attribute has no effect here: write it behind the word struct");
    }
    return true;
}

static bool read_declaration(c_parser *parser)
{
    c_specifiers specifiers;
    bool is_function = false;
    if (!c_read_specifiers(parser, &specifiers)) {
        return false;
    }
    if (specifiers.has_body && specifiers.type->kind == C_RECORD) {
        parser->last_record = specifiers.type->record;
    }
    if (c_at_sign(parser, ';')) {
        c_advance(parser);
        return check_alone(parser, &specifiers);
    }
    do {
        if (!read_declared(parser, &specifiers, &is_function)) {
            return false;
        }
        if (is_function && c_at_sign(parser, '{')) {
            return c_skip_balanced(parser);
        }
    } while (c_take(parser, ','));
    return c_expect(parser, ';', "after the declaration");
}

/* extern "C", and the { or } of its group; false: what stands here is a declaration. */
static bool read_linkage(c_parser *parser, unsigned *groups)
{
    if (c_at_word(parser, WORD_EXTERN) && c_peek(parser)->kind == C_TEXT) {
        c_advance(parser);
        c_advance(parser);
        *groups += c_take(parser, '{');
        return true;
    }
    if (*groups > 0 && c_at_sign(parser, '}')) {
        c_advance(parser);
        --*groups;
        return true;
    }
    return c_take(parser, ';');
}

static void read_file(c_parser *parser)
{
    unsigned groups = 0;
    parser->has_peeked = false;
    c_advance(parser);
    while (parser->token.kind != C_END) {
        bool is_right = true;
        if (read_linkage(parser, &groups)) {
            continue;
        }
        if (c_at_word(parser, WORD_ASSERT)) {
            is_right = c_read_static_assert(parser);
        } else if (c_at_word(parser, WORD_CPP) || c_at_word(parser, WORD_CLASS)) {
            is_right = c_refuse_cpp(parser, &parser->token);
        } else {
            is_right = read_declaration(parser);
        }
        if (!is_right) {
            c_recover(parser, false);
        }
    }
    if (groups > 0) {
        (void)c_error(parser, &parser->token, "A } is missing at the end");
    }
    c_check_conditions(parser);
}

/* Reads our own declarations, then the text. */
static bool read_all(c_parser *parser, const char *text, size_t text_bytes)
{
    const c_type pointer = c_type_of_code(parser, CODE_POINTER);
    parser->pointer_type = pointer;
    parser->function_type = (c_type){.kind = C_FUNCTION, .align = 1, .required = 1};
    parser->is_prelude = true;
    if (!c_add_words(parser) || !c_begin_text(parser, c_prelude, strlen(c_prelude))) {
        return false;
    }
    read_file(parser);
    parser->is_prelude = false;
    parser->last_record = NULL;
    parser->member_count = 0;
    if (parser->is_stopped || !c_begin_text(parser, text, text_bytes)) {
        return false;
    }
    read_file(parser);
    return parser->error_count == 0 && !parser->is_stopped;
}

static void read_layout(c_parser *parser, const char *text, size_t text_bytes,
                        const char *structure, section_layout_source *source)
{
    if (text_bytes > C_LAYOUT_TEXT_BYTES_MAX) {
        (void)c_error(parser, &(c_token){0}, "The declarations are longer than %d bytes",
                      C_LAYOUT_TEXT_BYTES_MAX);
    } else if (!read_all(parser, text, text_bytes) || !c_describe(parser, structure, source)) {
        *source = (section_layout_source){0};
    }
}

static const c_message memory_is_full = {
    .detail = "The declarations need more memory than they are given"};

section_status c_layout_parse(const char *text, size_t text_bytes, const char *structure, c_abi abi,
                              c_layout **ret_layout, section_error *ret_error)
{
    c_layout_object *object = calloc(1, sizeof *object);
    c_parser *parser = calloc(1, sizeof *parser);
    if (object == NULL || parser == NULL) {
        free(object);
        free(parser);
        return section_fail(ret_error, SECTION_NO_MEMORY, "Memory ran out");
    }
    arena_init(&object->arena, C_LAYOUT_MEMORY_BYTES_MAX);
    parser->arena = &object->arena;
    parser->abi = abi;
    parser->facts = abi_lookup(abi);
    read_layout(parser, text, text_bytes, structure, &object->layout.source);
    object->layout.errors = parser->errors;
    object->layout.notes = parser->notes;
    if (object->arena.is_full && parser->errors == NULL) {
        object->layout.errors = &memory_is_full;
    }
    free(parser);
    if (object->arena.is_exhausted) {
        c_layout_free(&object->layout);
        return section_fail(ret_error, SECTION_NO_MEMORY, "Memory ran out");
    }
    *ret_layout = &object->layout;
    return SECTION_OK;
}

void c_layout_free(c_layout *layout)
{
    c_layout_object *object = (c_layout_object *)layout;
    if (object != NULL) {
        arena_release(&object->arena);
        free(object);
    }
}
