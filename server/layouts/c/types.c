#include "layouts/c/private.h"

c_type *c_new_type(c_parser *parser, const c_type *from)
{
    c_type *type = arena_take(parser->arena, sizeof *type);
    if (type == NULL) {
        (void)c_no_memory(parser);
        return NULL;
    }
    *type = *from;
    return type;
}

c_type c_integer_type(const c_parser *parser, unsigned size_bytes, bool is_unsigned)
{
    static const section_value_type values[][2] = {[1] = {SECTION_I8, SECTION_U8},
                                                   [2] = {SECTION_I16, SECTION_U16},
                                                   [4] = {SECTION_I32, SECTION_U32},
                                                   [8] = {SECTION_I64, SECTION_U64}};
    return (c_type){.kind = C_INTEGER,
                    .value = values[size_bytes][is_unsigned],
                    .size_bytes = size_bytes,
                    .align = size_bytes == 8 ? parser->facts->eight_bytes_align : size_bytes,
                    .required = 1};
}

static c_type text_type(const c_parser *parser, unsigned unit_bytes, c_text_kind text,
                        bool is_unsigned)
{
    c_type type = c_integer_type(parser, unit_bytes, is_unsigned);
    type.text = text;
    return type;
}

static c_type real_type(const c_parser *parser, unsigned size_bytes)
{
    return (c_type){.kind = C_FLOATING,
                    .value = size_bytes == 4 ? SECTION_F32 : SECTION_F64,
                    .size_bytes = size_bytes,
                    .align = size_bytes == 8 ? parser->facts->eight_bytes_align : size_bytes,
                    .required = 1};
}

/* One that no type of values holds is bytes. */
static c_type long_double_type(const c_parser *parser)
{
    const abi_facts *facts = parser->facts;
    return (c_type){.kind = C_FLOATING,
                    .value = facts->long_double_bytes == 8 ? SECTION_F64 : SECTION_U8,
                    .size_bytes = facts->long_double_bytes,
                    .align = facts->long_double_align,
                    .required = 1};
}

static c_type large_type(const c_parser *parser, bool is_unsigned)
{
    c_type type = c_integer_type(parser, 8, is_unsigned);
    type.align = 8;
    type.is_realigned = true;
    return type;
}

/* Integers whose size the code says; 0: it says none. */
static unsigned fixed_size(c_code code)
{
    static const unsigned char sizes[CODE_COUNT] = {
        [CODE_I8] = 1,  [CODE_U8] = 1,  [CODE_I16] = 2, [CODE_U16] = 2,
        [CODE_I32] = 4, [CODE_U32] = 4, [CODE_I64] = 8, [CODE_U64] = 8};
    return sizes[code];
}

/* Integers whose size the ABI says; 0: it is none. */
static unsigned integer_size(const c_parser *parser, c_code code)
{
    const abi_facts *facts = parser->facts;
    switch (code) {
    case CODE_LONG:
    case CODE_ULONG:
        return facts->long_bytes;
    case CODE_SIZE:
    case CODE_SSIZE:
        return facts->pointer_bytes;
    case CODE_TIME:
        return facts->is_microsoft ? 8 : facts->long_bytes;
    case CODE_WIDE_INT:
        return facts->wide_bytes;
    case CODE_FAST:
    case CODE_UFAST:
        return facts->is_microsoft ? 4 : facts->long_bytes;
    default:
        return fixed_size(code);
    }
}

static bool is_unsigned_code(c_code code)
{
    switch (code) {
    case CODE_U8:
    case CODE_U16:
    case CODE_U32:
    case CODE_U64:
    case CODE_ULONG:
    case CODE_SIZE:
    case CODE_WIDE_INT:
    case CODE_UFAST:
        return true;
    default:
        return false;
    }
}

c_type c_type_of_code(const c_parser *parser, c_code code)
{
    const unsigned wide_bytes = parser->facts->wide_bytes;
    c_type type;
    switch (code) {
    case CODE_CHAR:
        return text_type(parser, 1, C_CHAR_TEXT, false);
    case CODE_UTF8:
        return text_type(parser, 1, C_UTF8_TEXT, true);
    case CODE_UTF16:
        return text_type(parser, 2, C_UTF16_TEXT, true);
    case CODE_UTF32:
        return text_type(parser, 4, C_UTF32_TEXT, true);
    case CODE_WIDE: /* System V's is signed */
        return text_type(parser, wide_bytes, wide_bytes == 2 ? C_UTF16_TEXT : C_UTF32_TEXT,
                         wide_bytes == 2);
    case CODE_F32:
    case CODE_F64:
        return real_type(parser, code == CODE_F32 ? 4 : 8);
    case CODE_LONG_DOUBLE:
        return long_double_type(parser);
    case CODE_LARGE:
    case CODE_ULARGE:
        return large_type(parser, code == CODE_ULARGE);
    case CODE_BOOL:
        type = c_integer_type(parser, 1, true);
        type.value = SECTION_BOOL8;
        return type;
    case CODE_POINTER:
        type = c_integer_type(parser, parser->facts->pointer_bytes, true);
        type.kind = C_POINTER;
        return type;
    case CODE_VOID:
        return (c_type){.kind = C_VOID, .align = 1, .required = 1};
    default:
        return c_integer_type(parser, integer_size(parser, code), is_unsigned_code(code));
    }
}

const c_type *c_array_type(c_parser *parser, const c_token *at, const c_type *of, uint64_t count,
                           bool is_flexible)
{
    c_type type = {.kind = C_ARRAY,
                   .of = of,
                   .count = count,
                   .is_flexible = is_flexible,
                   .align = of->align,
                   .required = of->required};
    if (!c_check_complete(parser, at, of)) {
        return NULL;
    }
    if (of->kind == C_ARRAY && of->is_flexible) {
        (void)c_error(parser, at, "Only the first dimension of an array may be left open");
        return NULL;
    }
    if (of->size_bytes % of->align != 0 && of->is_realigned) {
        (void)c_error(parser, at, "The element's alignment is larger than its size");
        return NULL;
    }
    if (__builtin_mul_overflow(of->size_bytes, count, &type.size_bytes) ||
        type.size_bytes > parser->facts->object_bytes_most) {
        (void)c_error(parser, at, "The array is larger than the address space of %s",
                      parser->facts->name);
        return NULL;
    }
    return c_new_type(parser, &type);
}

const c_type *c_realigned_type(c_parser *parser, const c_token *at, const c_type *of,
                               unsigned align)
{
    c_type type = *of;
    if (!c_check_complete(parser, at, of)) {
        return NULL;
    }
    /* gcc lowers the alignment, too; MSVC only raises it, and no pack lowers it then. */
    if (parser->facts->is_microsoft) {
        type.required = align > type.required ? align : type.required;
        type.align = align > type.align ? align : type.align;
    } else {
        type.align = align;
    }
    type.is_realigned = true;
    return c_new_type(parser, &type);
}

const c_type *c_atomic_type(c_parser *parser, const c_token *at, const c_type *of)
{
    c_type type = *of;
    if (type.kind != C_INTEGER && type.kind != C_POINTER && type.kind != C_FLOATING) {
        (void)c_error(parser, at, "_Atomic is taken of numbers and pointers only");
        return NULL;
    }
    if (type.size_bytes == 8) {
        type.align = 8; /* so on i386, too */
        type.is_realigned = true;
    }
    return c_new_type(parser, &type);
}

bool c_is_same_type(const c_type *a, const c_type *b)
{
    while (a->kind == C_ARRAY && b->kind == C_ARRAY && a->count == b->count &&
           a->is_flexible == b->is_flexible) {
        a = a->of;
        b = b->of;
    }
    return a->kind == b->kind && a->value == b->value && a->size_bytes == b->size_bytes &&
           a->align == b->align && a->record == b->record && a->enumeration == b->enumeration;
}
