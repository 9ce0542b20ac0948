#include "layouts/c/private.h"

/* The words of a type, counted: "unsigned long long int" has one, two and one. */
typedef struct word_counts {
    unsigned of[WORD_INT64 + 1];
    unsigned total;
} word_counts;

static bool is_type_word(c_word word)
{
    return word >= WORD_VOID && word <= WORD_INT64;
}

/* A keyword that only stands within the beginning of a declaration. */
static bool is_specifier_word(c_word word)
{
    return is_type_word(word) || (word >= WORD_TYPEDEF && word <= WORD_ATOMIC) ||
           word == WORD_DECLSPEC || word == WORD_ATTRIBUTE || word == WORD_ALIGNAS;
}

/* A type by its name alone: a typedef's, or as C++ has it, a tag's. */
static const c_type *find_named(const c_symbol *symbol)
{
    if (symbol->type != NULL) {
        return symbol->type;
    }
    if (symbol->record != NULL && !symbol->record->is_ours) {
        return &symbol->record->type;
    }
    return symbol->enumeration != NULL ? &symbol->enumeration->type : NULL;
}

bool c_may_be_name(c_word word)
{
    return word == WORD_NONE || word == WORD_CLASS || word == WORD_ACCESS || word == WORD_CPP ||
           word == WORD_DEFINED;
}

bool c_is_type(const c_token *token)
{
    if (token->kind != C_NAME) {
        return false;
    }
    const c_word word = token->symbol->word;
    return is_type_word(word) || (word >= WORD_STRUCT && word <= WORD_CLASS) ||
           word == WORD_CONST || word == WORD_QUALIFIER || word == WORD_ATOMIC ||
           (word == WORD_NONE && find_named(token->symbol) != NULL);
}

bool c_at_type(const c_parser *parser)
{
    return c_is_type(&parser->token);
}

/* The integer of these words; false: there is no such type. */
static bool find_integer(const word_counts *counts, c_code *ret_code)
{
    const unsigned *of = counts->of;
    const bool is_unsigned = of[WORD_UNSIGNED] > 0;
    const unsigned sizes =
        of[WORD_CHAR] + of[WORD_INT8] + of[WORD_SHORT] + of[WORD_INT64] + (of[WORD_LONG] > 0);
    if (of[WORD_SIGNED] + of[WORD_UNSIGNED] > 1 || of[WORD_INT] > 1 || sizes > 1 ||
        of[WORD_LONG] > 2 ||
        (of[WORD_INT] == 1 && of[WORD_CHAR] + of[WORD_INT8] + of[WORD_INT64] > 0)) {
        return false;
    }
    if (of[WORD_CHAR] + of[WORD_INT8] == 1) {
        const bool is_text = of[WORD_CHAR] == 1 && of[WORD_SIGNED] == 0 && !is_unsigned;
        *ret_code = is_text ? CODE_CHAR : is_unsigned ? CODE_U8 : CODE_I8;
    } else if (of[WORD_SHORT] == 1) {
        *ret_code = is_unsigned ? CODE_U16 : CODE_I16;
    } else if (of[WORD_INT64] == 1 || of[WORD_LONG] == 2) {
        *ret_code = is_unsigned ? CODE_U64 : CODE_I64;
    } else if (of[WORD_LONG] == 1) {
        *ret_code = is_unsigned ? CODE_ULONG : CODE_LONG;
    } else {
        *ret_code = is_unsigned ? CODE_U32 : CODE_I32;
    }
    return true;
}

static bool find_code(const word_counts *counts, c_code *ret_code)
{
    const unsigned *of = counts->of;
    static const struct {
        c_word word;
        c_code code;
    } single[] = {{WORD_VOID, CODE_VOID},
                  {WORD_BOOL, CODE_BOOL},
                  {WORD_FLOAT, CODE_F32},
                  {WORD_DOUBLE, CODE_F64}};
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        if (of[single[i].word] > 0) {
            *ret_code = single[i].code;
            if (single[i].word == WORD_DOUBLE && of[WORD_LONG] == 1 && counts->total == 2) {
                *ret_code = CODE_LONG_DOUBLE;
                return true;
            }
            return counts->total == 1;
        }
    }
    return find_integer(counts, ret_code);
}

/* The type of the words; also their place among the tokens is over. */
static const c_type *make_type(c_parser *parser, const c_token *at, const word_counts *counts)
{
    c_code code;
    if (!find_code(counts, &code)) {
        (void)c_error(parser, at, "These words are no type of C");
        return NULL;
    }
    const c_type type = c_type_of_code(parser, code);
    return c_new_type(parser, &type);
}

/* The types that C and compilers have, and layouts do not. */
static bool refuse_word(c_parser *parser)
{
    const c_token *token = &parser->token;
    return c_error(parser, token, "%.*s is not taken here", c_quoted(token), token->text);
}

/* A name that is no type: a macro in front of the declaration, or an error. */
static bool skip_macro(c_parser *parser)
{
    const c_token name = parser->token;
    if (name.symbol->macro != NULL && name.symbol->macro->has_parameters) {
        return c_error(parser, &name,
                       "%.*s is a macro with parameters, which are not expanded here",
                       c_quoted(&name), name.text);
    }
    const c_token next = *c_peek(parser);
    const bool has_arguments = next.kind == C_SIGN && next.sign == '(';
    /* _In_ and such, which stand before names of types, too */
    const bool is_annotation = name.text[0] == '_' && name.text[name.text_bytes - 1] == '_';
    if (has_arguments || is_specifier_word(c_word_of(&next)) ||
        (is_annotation && c_is_type(&next))) {
        if (!c_check_macro(parser, &name)) {
            return false;
        }
        c_advance(parser);
        if (!has_arguments) {
            return true;
        }
        if (!c_skip_balanced(parser)) {
            return false;
        }
        if (is_specifier_word(c_word_of(&parser->token)) || c_is_type(&parser->token)) {
            return true;
        }
    }
    return c_error(parser, &name, "%.*s is not a type that is declared here (headers are not read)",
                   c_quoted(&name), name.text);
}

/* _Atomic is a qualifier, or names a type in parentheses. */
static bool read_atomic(c_parser *parser, c_specifiers *specifiers, bool *is_atomic)
{
    const c_token at = parser->token;
    c_advance(parser);
    *is_atomic = true;
    if (!c_take(parser, '(')) {
        return true;
    }
    if (specifiers->type != NULL) {
        return c_error(parser, &at, "There is a type before it already");
    }
    specifiers->type = c_read_type_name(parser);
    return specifiers->type != NULL && c_expect(parser, ')', "after the type of _Atomic");
}

/* struct, union, enum */
static bool read_tagged(c_parser *parser, c_specifiers *specifiers)
{
    const bool is_enum = c_at_word(parser, WORD_ENUM);
    if (c_at_word(parser, WORD_CLASS)) {
        return c_refuse_cpp(parser, &parser->token);
    }
    specifiers->type = is_enum
                           ? c_read_enum(parser, &specifiers->has_body)
                           : c_read_record(parser, &specifiers->attributes, &specifiers->has_body);
    return specifiers->type != NULL;
}

/* One word of storage, or a qualifier. */
static void read_storage(c_parser *parser, c_word word, c_specifiers *specifiers)
{
    specifiers->is_typedef |= word == WORD_TYPEDEF;
    specifiers->is_static |= word == WORD_STATIC || word == WORD_CONSTEXPR;
    specifiers->is_const |= word == WORD_CONST || word == WORD_CONSTEXPR;
    c_advance(parser);
}

/* Reads the next of them; `ret_is_over`: what stands here is none. */
static bool read_one(c_parser *parser, c_specifiers *specifiers, word_counts *counts,
                     bool *is_atomic, bool *ret_is_over)
{
    const c_word word = c_word_of(&parser->token);
    const bool has_type = specifiers->type != NULL || counts->total > 0;
    if (c_at_attribute(parser)) {
        return c_read_attributes(parser, &specifiers->attributes);
    }
    if (word == WORD_ATOMIC) {
        return read_atomic(parser, specifiers, is_atomic);
    }
    if (word == WORD_TYPEDEF || (word >= WORD_STORAGE && word <= WORD_CALL)) {
        read_storage(parser, word, specifiers);
        return true;
    }
    if (word == WORD_REFUSED) {
        return refuse_word(parser);
    }
    if (is_type_word(word) && specifiers->type == NULL) {
        counts->of[word]++;
        counts->total++;
        c_advance(parser);
        return true;
    }
    if (has_type || parser->token.kind != C_NAME) {
        *ret_is_over = true;
        return true;
    }
    if (word >= WORD_STRUCT && word <= WORD_CLASS) {
        return read_tagged(parser, specifiers);
    }
    if (word != WORD_NONE) {
        return c_refuse_cpp(parser, &parser->token);
    }
    specifiers->type = find_named(parser->token.symbol);
    if (specifiers->type == NULL) {
        return skip_macro(parser);
    }
    c_advance(parser);
    return true;
}

bool c_read_specifiers(c_parser *parser, c_specifiers *ret_specifiers)
{
    word_counts counts = {.total = 0};
    bool is_atomic = false;
    bool is_over = false;
    *ret_specifiers = (c_specifiers){.at = parser->token};
    while (!is_over) {
        if (!read_one(parser, ret_specifiers, &counts, &is_atomic, &is_over)) {
            return false;
        }
    }
    if (ret_specifiers->type == NULL && counts.total > 0) {
        ret_specifiers->type = make_type(parser, &ret_specifiers->at, &counts);
        if (ret_specifiers->type == NULL) {
            return false;
        }
    }
    if (ret_specifiers->type == NULL) {
        const c_token *token = &parser->token;
        return token->kind == C_END ? c_error(parser, token, "A type is missing at the end")
                                    : c_error(parser, token, "A type should stand here, not %.*s",
                                              c_quoted(token), token->text);
    }
    if (is_atomic) {
        ret_specifiers->type = c_atomic_type(parser, &ret_specifiers->at, ret_specifiers->type);
    }
    return ret_specifiers->type != NULL;
}

const c_type *c_read_type_name(c_parser *parser)
{
    c_specifiers specifiers;
    c_declarator declarator;
    const c_type *type = NULL;
    if (c_enter(parser) && c_read_specifiers(parser, &specifiers) &&
        c_read_declarator(parser, specifiers.type, true, &declarator)) {
        if (declarator.symbol != NULL) {
            (void)c_error(parser, &declarator.at, "A type without a name should stand here");
        } else {
            type = declarator.type;
        }
    }
    c_leave(parser);
    return type;
}
