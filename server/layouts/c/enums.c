#include "layouts/c/private.h"

/* What an enumeration's numbers are kept in. */
typedef struct enum_range {
    bool are_ints; /* as MSVC has it */
    bool is_cut;   /* to an int, a number was made another one */
    bool has_negative;
    uint64_t most; /* of those that are not negative */
    int64_t least;
} enum_range;

/* The number of an enumerator that has none written. */
typedef struct next_number {
    c_value value;
    bool overflows;
} next_number;

static c_enum *make_enum(c_parser *parser, c_symbol *tag)
{
    c_enum *enumeration = arena_take(parser->arena, sizeof *enumeration);
    if (enumeration == NULL) {
        (void)c_no_memory(parser);
        return NULL;
    }
    enumeration->tag = tag;
    enumeration->type = c_integer_type(parser, 4, false);
    enumeration->type.enumeration = enumeration;
    if (tag != NULL) {
        tag->enumeration = enumeration;
    }
    return enumeration;
}

/* Whether a type of these bytes holds all numbers. */
static bool fits(const enum_range *range, unsigned bytes, bool is_unsigned)
{
    const unsigned bits = bytes * 8;
    const uint64_t most = is_unsigned ? UINT64_MAX >> (64 - bits) : UINT64_MAX >> (65 - bits);
    const int64_t least = is_unsigned ? 0 : -(int64_t)most - 1;
    return range->most <= most && range->least >= least;
}

/* gcc takes int, or unsigned int where no number is negative; or long. MSVC takes int. */
static bool choose_type(c_parser *parser, const c_token *at, const enum_range *range,
                        bool is_packed, c_type *ret_type)
{
    if (parser->facts->is_microsoft && !is_packed) {
        *ret_type = c_integer_type(parser, 4, false);
        return true;
    }
    for (unsigned bytes = is_packed ? 1 : 4; bytes <= 8; bytes *= 2) {
        const bool is_unsigned = !range->has_negative;
        if (fits(range, bytes, is_unsigned)) {
            *ret_type = c_integer_type(parser, bytes, is_unsigned);
            return true;
        }
    }
    return c_error(parser, at, "No type holds all numbers of the enumeration");
}

static bool add_label(c_parser *parser, c_enum *enumeration, c_label ***last, const c_token *name,
                      const c_value *value)
{
    c_symbol *symbol = name->symbol;
    if (parser->enumerator_count == C_LAYOUT_ENUMERATORS_MAX) {
        return c_error(parser, name, "There are more than %d enumerators",
                       C_LAYOUT_ENUMERATORS_MAX);
    }
    if ((symbol->constant != NULL || symbol->type != NULL) && !symbol->is_ours) {
        return c_error(parser, name, "%s is declared already", symbol->name);
    }
    c_label *label = arena_take(parser->arena, sizeof *label);
    c_value *constant = arena_take(parser->arena, sizeof *constant);
    if (label == NULL || constant == NULL) {
        return c_no_memory(parser);
    }
    *constant = *value;
    if ((int64_t)value->bits >= INT32_MIN && (int64_t)value->bits <= INT32_MAX &&
        !(value->is_unsigned && value->bits > INT32_MAX)) {
        *constant = (c_value){.bits = value->bits}; /* an int, however it was written */
    }
    *label = (c_label){.symbol = symbol, .number = (int64_t)value->bits};
    symbol->constant = constant;
    symbol->type = NULL;
    symbol->is_ours = false;
    **last = label;
    *last = &label->next;
    enumeration->label_count++;
    parser->enumerator_count++;
    return true;
}

/*
 * MSVC's enumerators are of type int: 0xFFFFFFFF is -1 to it. It cuts off what is beyond 32 bits, too,
 * which nobody means: that is refused.
 */
static bool make_int(c_parser *parser, const c_token *name, c_value *value, enum_range *range)
{
    const int64_t number = (int64_t)value->bits;
    if (number < INT32_MIN || number > UINT32_MAX ||
        (value->is_unsigned && value->bits > UINT32_MAX)) {
        return c_error(parser, name, "%s has more than the 32 bits of an enumerator on %s",
                       name->symbol->name, parser->facts->name);
    }
    range->is_cut |= number > INT32_MAX;
    *value = (c_value){.bits = (uint64_t)(int64_t)(int32_t)(uint32_t)value->bits};
    return true;
}

static void widen_range(enum_range *range, const c_value *value)
{
    if (c_is_negative(value)) {
        range->has_negative = true;
        range->least = (int64_t)value->bits < range->least ? (int64_t)value->bits : range->least;
    } else if (value->bits > range->most) {
        range->most = value->bits;
    }
}

/* Goes to the number after this one, in a larger type where its own has none. */
static void count_up(next_number *next)
{
    c_value *value = &next->value;
    next->overflows = value->bits == (value->is_unsigned ? UINT64_MAX : (uint64_t)INT64_MAX);
    value->bits += next->overflows ? 0 : 1;
    const bool fits_narrow =
        value->is_unsigned ? value->bits <= UINT32_MAX : (int64_t)value->bits <= INT32_MAX;
    value->is_wide |= !fits_narrow;
}

static bool read_enumerator(c_parser *parser, next_number *next)
{
    c_attributes ignored = {.align = 0};
    const c_token at = parser->token;
    if (!c_read_attributes(parser, &ignored)) {
        return false;
    }
    if (!c_take(parser, '=')) {
        return !next->overflows ||
               c_error(parser, &at, "The enumerator's number is larger than 64 bits");
    }
    return c_read_constant(parser, &next->value);
}

static bool read_enumerators(c_parser *parser, c_enum *enumeration, enum_range *range)
{
    c_label **last = &enumeration->labels;
    next_number next = {.overflows = false};
    while (!c_at_sign(parser, '}')) {
        const c_token name = parser->token;
        if (name.kind != C_NAME || !c_may_be_name(name.symbol->word)) {
            return c_error(parser, &name,
                           name.kind == C_END ? "The enumeration does not end"
                                              : "An enumerator's name should stand here, not %.*s",
                           c_quoted(&name), name.text);
        }
        c_advance(parser);
        if (!read_enumerator(parser, &next)) {
            return false;
        }
        widen_range(range, &next.value); /* as it is written: FORCE_32 = 0xFFFFFFFF means no sign */
        if ((range->are_ints && !make_int(parser, &name, &next.value, range)) ||
            !add_label(parser, enumeration, &last, &name, &next.value)) {
            return false;
        }
        count_up(&next);
        if (!c_take(parser, ',') && !c_at_sign(parser, '}')) {
            return c_error(parser, &parser->token, "A , or } is missing after the enumerator");
        }
    }
    c_advance(parser);
    return true;
}

/* : TYPE */
static bool read_underlying(c_parser *parser, c_enum *enumeration, bool *is_fixed)
{
    c_specifiers specifiers;
    const c_token at = parser->token;
    /* A number there is the width of a bit field. */
    if (!c_at_sign(parser, ':') || !c_is_type(c_peek(parser))) {
        return true;
    }
    *is_fixed = true;
    c_advance(parser);
    const bool is_read = c_enter(parser) && c_read_specifiers(parser, &specifiers);
    c_leave(parser);
    if (!is_read) {
        return false;
    }
    if (specifiers.type->kind != C_INTEGER) {
        return c_error(parser, &at, "The type of an enumeration is an integer");
    }
    enumeration->type = *specifiers.type;
    enumeration->type.text = C_NO_TEXT;
    enumeration->type.enumeration = enumeration;
    return true;
}

static bool read_body(c_parser *parser, c_enum *enumeration, bool is_fixed,
                      c_attributes *attributes)
{
    const c_token at = parser->token;
    /* What is packed is not MSVC's, and is as gcc has it. */
    enum_range range = {
        .are_ints = parser->facts->is_microsoft && !is_fixed && !attributes->is_packed,
    };
    c_advance(parser);
    if (!read_enumerators(parser, enumeration, &range) || !c_read_attributes(parser, attributes)) {
        return false;
    }
    if (range.is_cut && attributes->is_packed) {
        return c_error(parser, &at, "packed must stand before the enumerators here: one is no int");
    }
    enumeration->has_negative = range.has_negative;
    enumeration->is_complete = true;
    if (is_fixed) {
        const bool is_unsigned =
            section_value_lookup(enumeration->type.value)->kind != SECTION_KIND_SIGNED;
        return fits(&range, (unsigned)enumeration->type.size_bytes, is_unsigned) ||
               c_error(parser, &at, "The enumeration's type does not hold all its numbers");
    }
    if (!choose_type(parser, &at, &range, attributes->is_packed, &enumeration->type)) {
        return false;
    }
    enumeration->type.enumeration = enumeration;
    return true;
}

const c_type *c_read_enum(c_parser *parser, bool *ret_has_body)
{
    c_attributes attributes = {.align = 0};
    c_symbol *tag;
    c_advance(parser);
    bool is_fixed = c_at_word(parser, WORD_CLASS) || c_at_word(parser, WORD_STRUCT);
    if (is_fixed) {
        c_advance(parser); /* enum class: an int, whose names have a scope of their own */
    }
    const c_token at = parser->token;
    if (!c_read_tag(parser, &attributes, &tag)) {
        return NULL;
    }
    c_enum *enumeration = tag != NULL ? tag->enumeration : NULL;
    if (enumeration == NULL) {
        enumeration = make_enum(parser, tag);
    }
    if (enumeration == NULL) {
        return NULL;
    }
    if (!read_underlying(parser, enumeration, &is_fixed)) {
        return NULL;
    }
    *ret_has_body = c_at_sign(parser, '{');
    if (tag == NULL && !*ret_has_body) {
        (void)c_error(parser, &parser->token, "A name or { is missing after enum");
        return NULL;
    }
    if (*ret_has_body && enumeration->is_complete) {
        (void)c_error(parser, &at, "enum %s is declared already", tag->name);
        return NULL;
    }
    return !*ret_has_body || read_body(parser, enumeration, is_fixed, &attributes)
               ? &enumeration->type
               : NULL;
}
