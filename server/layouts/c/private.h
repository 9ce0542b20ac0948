#ifndef SECTIOND_LAYOUTS_C_PRIVATE_H
#define SECTIOND_LAYOUTS_C_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "layouts/c/c.h"
#include "layouts/c/model.h"
#include "layouts/model/abi.h"

/**
 * @file
 * What the files of the C reader share.
 *
 *     model.h        tokens, names, types
 *     text.c         the text without its line continuations, as UTF-8 or GBK
 *     lexer.c        tokens
 *     macros.c       tokens after the expansion of macros
 *     directives.c   #define, #if, #pragma
 *     expressions.c  constant expressions; sizes.c: sizeof, offsetof
 *     types.c        names of types, numbers; words.c: the tables of names
 *     specifiers.c   what a declaration begins with; attributes.c: packed, aligned
 *     declarators.c  pointers, arrays, functions
 *     records.c      structures and unions; members.c: their members; enums.c: enumerations
 *     parse.c        declarations of the file; c.h
 *     describe.c     the description of one structure
 *
 * Functions that may fail return false (or NULL) after c_error; the caller hands that on to the next place
 * that can go on: the next member, or the next declaration.
 */

/* ---- the reader ---- */

typedef struct c_condition {
    bool was_taken; /* one of its groups */
    bool saw_else;
    unsigned line, column;
} c_condition;

typedef struct c_pack {
    unsigned pack;
    c_symbol *name;
} c_pack;

enum {
    C_PACKS_MAX = 64,
    C_PARTS_MAX = 32,                    /* of a declarator */
    C_EXPANSIONS_MAX = 1000000,          /* tokens, of the whole text */
    C_EXPANDED_BYTES_MAX = 16 * 1048576, /* read for them: names and comments may be long */
    C_ALIGN_MAX = 8192
};

typedef struct c_parser {
    arena *arena;
    c_abi abi;
    const abi_facts *facts;
    bool is_utf8; /* else bytes from 0x81 on lead a pair, as in GBK */
    /* tokens */
    struct {
        c_lexer lexer;
        c_macro *macro;
    } frames[C_LAYOUT_DEPTH_MAX]; /* the text, and the macros that are open */
    unsigned frame_count;
    unsigned floor; /* frames above it are left at their end; 1 but within a _Pragma */
    c_token use;    /* of the outermost macro */
    unsigned expansion;
    unsigned expansions;
    size_t expanded_bytes;
    bool in_directive;
    c_token token, peeked;
    bool has_peeked;
    c_condition conditions[C_LAYOUT_DEPTH_MAX];
    unsigned condition_count;
    c_pack packs[C_PACKS_MAX];
    unsigned pack_count;
    unsigned pack;
    /* names */
    c_symbol *symbols;
    unsigned marks;
    /* what was declared */
    c_record *last_record;
    size_t member_count;
    size_t enumerator_count;
    c_type pointer_type;
    c_type function_type;
    bool is_prelude; /* our own declarations are being read */
    /* errors */
    unsigned depth;
    unsigned quiet; /* errors are not kept */
    bool is_stopped;
    unsigned error_count;
    c_message *errors, *last_error;
    unsigned note_count;
    bool has_told_bits; /* whose rules place bit fields */
    c_message *notes, *last_note;
} c_parser;

/* text.c: errors, and the text */
__attribute__((format(printf, 3, 4))) bool c_error(c_parser *parser, const c_token *at,
                                                   const char *format, ...);
__attribute__((format(printf, 4, 5))) void c_note(c_parser *parser, unsigned line, unsigned column,
                                                  const char *format, ...);
/* Keeps what memory ran out for; false. */
bool c_no_memory(c_parser *parser);
/* Counts a level of nesting; c_leave takes it back, also after a refusal. */
bool c_enter(c_parser *parser);
void c_leave(c_parser *parser);
/* Sets the lexer to the beginning of the text, which is copied without continuations. */
bool c_begin_text(c_parser *parser, const char *text, size_t text_bytes);
/* How a token is quoted in an error. */
int c_quoted(const c_token *token);

/* lexer.c */
void c_lex(c_parser *parser, c_lexer *lexer, bool stops_at_line_end, c_token *ret_token);
void c_skip_line(c_parser *parser, c_lexer *lexer);
c_symbol *c_intern(c_parser *parser, const char *name, size_t name_bytes);

/* numbers.c */
void c_read_number(c_parser *parser, c_token *token);
void c_read_character(c_parser *parser, c_token *token);

/* macros.c */
void c_advance(c_parser *parser);
void c_advance_unexpanded(c_parser *parser);
const c_token *c_peek(c_parser *parser);
bool c_at_sign(const c_parser *parser, int sign);
bool c_at_word(const c_parser *parser, c_word word);
/* Takes the sign where it stands there. */
bool c_take(c_parser *parser, int sign);
/* As c_take; else an error that names `where`. */
bool c_expect(c_parser *parser, int sign, const char *where);
/* Skips from an opening sign to behind its closing one. */
bool c_skip_balanced(c_parser *parser);
c_word c_word_of(const c_token *token);
void c_close_macros(c_parser *parser, unsigned frame_count);

/* directives.c, pragmas.c */
void c_read_directive(c_parser *parser);
void c_read_pragma(c_parser *parser, const c_token *at);
void c_read_pragma_operator(c_parser *parser);
void c_check_conditions(c_parser *parser);
bool c_pack_push(c_parser *parser, const c_token *at, c_symbol *name);
void c_pack_pop(c_parser *parser, const c_symbol *name);

/* conditions.c */
void c_read_if(c_parser *parser, const c_token *at, const char *directive);
void c_read_else(c_parser *parser, const c_token *at, const char *directive);

/* expressions.c */
bool c_read_constant(c_parser *parser, c_value *ret_value);
bool c_read_unary(c_parser *parser, bool is_evaluated, c_value *ret_value);
bool c_is_negative(const c_value *value);
/* operators.c */
bool c_calculate(c_parser *parser, const c_token *at, int sign, const c_value *left,
                 const c_value *right, bool is_evaluated, c_value *ret_value);
c_value c_cast(const c_type *type, const c_value *value);
/* sizes.c */
bool c_read_sizeof(c_parser *parser, bool is_align, c_value *ret_value);
bool c_read_offsetof(c_parser *parser, c_value *ret_value);
bool c_check_complete(c_parser *parser, const c_token *at, const c_type *type);
const c_member *c_find_member(const c_record *record, const c_symbol *symbol, uint64_t *ret_bits);

/* words.c */
/* What a type's name stands for. */
typedef enum c_code {
    CODE_CHAR,
    CODE_I8,
    CODE_U8,
    CODE_I16,
    CODE_U16,
    CODE_I32,
    CODE_U32,
    CODE_I64,
    CODE_U64,
    CODE_LONG,
    CODE_ULONG,
    CODE_SIZE, /* unsigned, as large as a pointer */
    CODE_SSIZE,
    CODE_F32,
    CODE_F64,
    CODE_LONG_DOUBLE,
    CODE_BOOL,
    CODE_WIDE, /* wchar_t */
    CODE_UTF8,
    CODE_UTF16,
    CODE_UTF32,
    CODE_POINTER,
    CODE_TIME, /* time_t */
    CODE_WIDE_INT,
    CODE_FAST, /* int_fast16_t, int_fast32_t */
    CODE_UFAST,
    CODE_LARGE, /* LARGE_INTEGER: a union, aligned to 8 everywhere */
    CODE_ULARGE,
    CODE_VOID,
    CODE_COUNT
} c_code;

bool c_add_words(c_parser *parser);
extern const char c_prelude[];

/* types.c */
c_type *c_new_type(c_parser *parser, const c_type *from);
c_type c_type_of_code(const c_parser *parser, c_code code);
/* Of 1, 2, 4 or 8 bytes. */
c_type c_integer_type(const c_parser *parser, unsigned size_bytes, bool is_unsigned);
const c_type *c_array_type(c_parser *parser, const c_token *at, const c_type *of, uint64_t count,
                           bool is_flexible);
/* As the type is with an alignment of its own; NULL after an error. */
const c_type *c_realigned_type(c_parser *parser, const c_token *at, const c_type *of,
                               unsigned align);
/* _Atomic of it. */
const c_type *c_atomic_type(c_parser *parser, const c_token *at, const c_type *of);
bool c_is_same_type(const c_type *a, const c_type *b);

/* attributes.c */
bool c_read_attributes(c_parser *parser, c_attributes *attributes);
bool c_at_attribute(c_parser *parser);
/* Refuses a macro that is not defined, and whose name says that it packs or aligns. */
bool c_check_macro(c_parser *parser, const c_token *at);

/* specifiers.c */
typedef struct c_specifiers {
    const c_type *type;
    c_token at;
    bool is_typedef, is_static, is_const;
    bool has_body; /* a structure, union or enumeration was defined here */
    c_attributes attributes;
} c_specifiers;

bool c_read_specifiers(c_parser *parser, c_specifiers *ret_specifiers);
bool c_at_type(const c_parser *parser);
bool c_is_type(const c_token *token);
/* Whether a declaration may name something so; keywords of C++ alone are names in C. */
bool c_may_be_name(c_word word);
bool c_is_called(const c_token *token, const char *name);
/* A type name, as in a cast. */
const c_type *c_read_type_name(c_parser *parser);

/* declarators.c */
typedef struct c_declarator {
    c_symbol *symbol; /* NULL: unnamed */
    c_token at;
    const c_type *type;
    c_attributes attributes;
} c_declarator;

bool c_read_declarator(c_parser *parser, const c_type *base, bool may_be_unnamed,
                       c_declarator *ret_declarator);

/* records.c: at the word struct or union; enums.c: at the word enum */
const c_type *c_read_record(c_parser *parser, const c_attributes *before, bool *ret_has_body);
const c_type *c_read_enum(c_parser *parser, bool *ret_has_body);
/* The name after these words; macros in front of it are skipped. Without one it ends at another token. */
bool c_read_tag(c_parser *parser, c_attributes *attributes, c_symbol **ret_tag);

/* members.c */
bool c_read_members(c_parser *parser, c_record *record);

/* parse.c */
bool c_read_static_assert(c_parser *parser);
/* What C++ has and C has not. */
bool c_refuse_cpp(c_parser *parser, const c_token *at);
/* Skips `= …`, or keeps it as a constant where it is one. */
bool c_read_initial(c_parser *parser, const c_specifiers *specifiers,
                    const c_declarator *declarator);
/* Goes on behind the next `;`, or in front of the `}` that ends the members. */
void c_recover(c_parser *parser, bool in_record);

/* describe.c */
typedef struct c_description {
    section_layout_type *types;
    size_t type_count;
    size_t field_count;
} c_description;

bool c_describe(c_parser *parser, const char *structure, section_layout_source *source);

/* fields.c */
typedef struct c_fields {
    c_parser *parser;
    section_layout_field *fields;
    size_t count;
    size_t room;
} c_fields;

/* Adds the members of a record that begins at a bit; those of unnamed members as its own. */
bool c_add_fields(c_fields *all, const c_record *record, uint64_t base_bit);

#endif
