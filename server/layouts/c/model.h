#ifndef SECTIOND_LAYOUTS_C_MODEL_H
#define SECTIOND_LAYOUTS_C_MODEL_H

#include <section/values.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layouts/c/c.h"

/**
 * @file
 * What the C reader knows of a text: tokens, names, types.
 */

/* ---- tokens ---- */

typedef enum c_token_kind {
    C_END, /* of the text, or of the directive's line */
    C_NAME,
    C_NUMBER, /* also a character constant */
    C_REAL,
    C_TEXT, /* a string literal */
    C_SIGN,
    C_WRONG /* it was told already */
} c_token_kind;

/** A sign of up to three characters as one number, the first one lowest. */
#define C_SIGN_2(a, b)    ((a) | (b) << 8)
#define C_SIGN_3(a, b, c) ((a) | (b) << 8 | (c) << 16)

/** An integer as an expression has it. */
typedef struct c_value {
    uint64_t bits; /* sign-extended */
    bool is_unsigned;
    bool is_wide; /* 64 bits, else 32 */
} c_value;

typedef struct c_symbol c_symbol;

typedef struct c_token {
    c_token_kind kind;
    int sign;
    c_symbol *symbol;
    c_value value;
    const char *text; /* as it stands there */
    size_t text_bytes;
    unsigned line, column;
    unsigned pack; /* what #pragma pack says there; 0: nothing */
    bool is_first; /* of its line */
} c_token;

/** A place up to which lines and columns are counted, and the next token begins. */
typedef struct c_lexer {
    const char *start, *next, *end;
    const char *counted;
    const uint32_t
        *splice; /* the next line continuation, as an offset of the text; NULL: not counted */
    unsigned line, column;
    bool at_line_start;
} c_lexer;

/* ---- names ---- */

/** What a keyword is; words.c has them. */
typedef enum c_word {
    WORD_NONE,
    WORD_TYPEDEF,
    WORD_STRUCT,
    WORD_UNION,
    WORD_ENUM,
    WORD_CLASS,
    WORD_STORAGE, /* and other words without a meaning here */
    WORD_STATIC,
    WORD_EXTERN,
    WORD_CONST,
    WORD_CONSTEXPR,
    WORD_QUALIFIER,
    WORD_CALL, /* a calling convention */
    WORD_ATOMIC,
    WORD_ATTRIBUTE,
    WORD_DECLSPEC,
    WORD_ALIGNAS,
    WORD_ALIGNOF,
    WORD_SIZEOF,
    WORD_OFFSETOF,
    WORD_ASSERT,
    WORD_PRAGMA_MS,
    WORD_PRAGMA_C,
    WORD_DEFINED,
    WORD_ACCESS,  /* public, private, protected */
    WORD_CPP,     /* C++ that is refused */
    WORD_REFUSED, /* C that is refused */
    WORD_TRUE,
    WORD_FALSE,
    WORD_NULLPTR,
    WORD_VOID,
    WORD_CHAR,
    WORD_SHORT,
    WORD_INT,
    WORD_LONG,
    WORD_FLOAT,
    WORD_DOUBLE,
    WORD_SIGNED,
    WORD_UNSIGNED,
    WORD_BOOL,
    WORD_INT8,
    WORD_INT16,
    WORD_INT64
} c_word;

typedef struct c_macro {
    const char *body, *body_end;
    bool is_open; /* it is being expanded */
    bool has_parameters;
} c_macro;

typedef struct c_type c_type;
typedef struct c_record c_record;
typedef struct c_enum c_enum;

/** A name, of any of C's name spaces. */
struct c_symbol {
    c_symbol *children[4];
    uint64_t hash;
    const char *name;
    size_t name_bytes;
    c_word word;
    c_macro *macro;
    const c_type *type; /* of a typedef */
    const c_value *constant;
    c_record *record; /* of a tag */
    c_enum *enumeration;
    bool is_ours;      /* the type, record or enumeration is built in, and may be declared again */
    bool is_type_name; /* of the description */
    unsigned mark;     /* of the last record that was looked through for members of the same name */
};

/* ---- types ---- */

typedef enum c_type_kind {
    C_VOID,
    C_INTEGER,
    C_FLOATING,
    C_POINTER,
    C_ARRAY,
    C_RECORD,
    C_FUNCTION
} c_type_kind;

/** What an array of it is. */
typedef enum c_text_kind {
    C_NO_TEXT,
    C_CHAR_TEXT,
    C_UTF8_TEXT,
    C_UTF16_TEXT,
    C_UTF32_TEXT
} c_text_kind;

struct c_type {
    c_type_kind kind;
    section_value_type
        value; /* of a number; a long double of more than 8 bytes has u8 and that size */
    c_text_kind text;
    uint64_t size_bytes;
    unsigned align;    /* as a member */
    unsigned required; /* that no pack lowers on Windows; 1: none */
    bool is_realigned; /* by a typedef */
    const c_type *of;  /* of an array */
    uint64_t count;
    bool is_flexible;
    c_record *record;
    c_enum *enumeration;
};

typedef struct c_attributes {
    bool is_packed;
    bool by_declspec;
    unsigned align; /* 0: none */
    c_token at;     /* of the last one */
} c_attributes;

typedef struct c_member {
    struct c_member *next;
    c_symbol *symbol; /* NULL: unnamed */
    const c_type *type;
    bool is_bit_field;
    unsigned width;
    c_attributes attributes;
    uint64_t bit_offset;
    unsigned line, column;
} c_member;

struct c_record {
    c_symbol *tag;
    const c_symbol *name;     /* of the first typedef; NULL: none */
    const c_symbol *variable; /* of an unnamed one, declared with it; NULL: none */
    bool is_union;
    bool is_open; /* its members are being read */
    bool is_complete;
    bool is_wrong; /* a member was refused, so its size means nothing */
    bool is_ours;
    c_member *members;
    c_member **last;
    size_t member_count;
    c_type type;
    unsigned line, column;
    /* the description */
    const char *described_name;
    size_t described_fields;
    unsigned described_levels; /* 0: not described yet */
};

typedef struct c_label {
    struct c_label *next;
    const c_symbol *symbol;
    int64_t number;
    size_t order;
} c_label;

struct c_enum {
    c_symbol *tag;
    bool is_complete;
    bool is_ours;
    bool has_negative;
    c_type type;
    c_label *labels;
    size_t label_count;
    const section_layout_label *described;
    size_t described_count;
};

#endif
