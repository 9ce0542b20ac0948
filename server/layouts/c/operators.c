#include "layouts/c/private.h"

bool c_is_negative(const c_value *value)
{
    return !value->is_unsigned && (int64_t)value->bits < 0;
}

/* What is left of 64 bits in the value's type. */
static uint64_t fitted(uint64_t bits, bool is_unsigned, bool is_wide)
{
    if (is_wide) {
        return bits;
    }
    return is_unsigned ? (uint32_t)bits : (uint64_t)(int64_t)(int32_t)(uint32_t)bits;
}

c_value c_cast(const c_type *type, const c_value *value)
{
    const bool is_unsigned =
        type->kind == C_POINTER || section_value_lookup(type->value)->kind != SECTION_KIND_SIGNED;
    if (type->value == SECTION_BOOL8 && type->size_bytes == 1) {
        return (c_value){.bits = value->bits != 0};
    }
    switch (type->size_bytes) {
    case 1: /* then it is promoted to int */
        return (c_value){.bits = is_unsigned ? (uint8_t)value->bits
                                             : (uint64_t)(int64_t)(int8_t)(uint8_t)value->bits};
    case 2:
        return (c_value){.bits = is_unsigned ? (uint16_t)value->bits
                                             : (uint64_t)(int64_t)(int16_t)(uint16_t)value->bits};
    default: {
        const bool is_wide = type->size_bytes == 8;
        return (c_value){.bits = fitted(value->bits, is_unsigned, is_wide),
                         .is_unsigned = is_unsigned,
                         .is_wide = is_wide};
    }
    }
}

/* Brings both to the type that C's usual arithmetic conversions give. */
static void convert(c_value *left, c_value *right)
{
    bool is_unsigned = left->is_unsigned || right->is_unsigned;
    const bool is_wide = left->is_wide || right->is_wide;
    if (left->is_wide != right->is_wide) {
        is_unsigned = left->is_wide ? left->is_unsigned : right->is_unsigned;
    }
    const c_value type = {.is_unsigned = is_unsigned, .is_wide = is_wide};
    const uint64_t left_bits = fitted(left->bits, is_unsigned, is_wide);
    const uint64_t right_bits = fitted(right->bits, is_unsigned, is_wide);
    *left = type;
    *right = type;
    left->bits = left_bits;
    right->bits = right_bits;
}

static bool compare(int sign, const c_value *left, const c_value *right)
{
    const bool is_less =
        left->is_unsigned ? left->bits < right->bits : (int64_t)left->bits < (int64_t)right->bits;
    const bool is_equal = left->bits == right->bits;
    switch (sign) {
    case '<':
        return is_less;
    case '>':
        return !is_less && !is_equal;
    case C_SIGN_2('<', '='):
        return is_less || is_equal;
    case C_SIGN_2('>', '='):
        return !is_less;
    case C_SIGN_2('=', '='):
        return is_equal;
    default:
        return !is_equal;
    }
}

static bool shift(c_parser *parser, const c_token *at, const c_value *left, const c_value *right,
                  bool is_evaluated, c_value *ret_value)
{
    const unsigned width = left->is_wide ? 64 : 32;
    *ret_value = *left;
    if (c_is_negative(right) || right->bits >= width) {
        return !is_evaluated || c_error(parser, at, "The shift is not by 0 to %u bits", width - 1);
    }
    const unsigned count = (unsigned)right->bits;
    if (at->sign == C_SIGN_2('<', '<')) {
        ret_value->bits = fitted(left->bits << count, left->is_unsigned, left->is_wide);
    } else if (c_is_negative(left)) {
        ret_value->bits = ~(~left->bits >> count);
    } else {
        ret_value->bits = left->bits >> count;
    }
    return true;
}

/* + - * of signed numbers; false: it overflows. */
static bool calculate_signed(int sign, int64_t left, int64_t right, int64_t *ret_number)
{
    switch (sign) {
    case '+':
        return !__builtin_add_overflow(left, right, ret_number);
    case '-':
        return !__builtin_sub_overflow(left, right, ret_number);
    default:
        return !__builtin_mul_overflow(left, right, ret_number);
    }
}

static uint64_t calculate_unsigned(int sign, uint64_t left, uint64_t right)
{
    switch (sign) {
    case '+':
        return left + right;
    case '-':
        return left - right;
    default:
        return left * right;
    }
}

static bool divide(c_parser *parser, const c_token *at, const c_value *left, const c_value *right,
                   bool is_evaluated, c_value *ret_value)
{
    *ret_value = *left;
    if (right->bits == 0) {
        return !is_evaluated || c_error(parser, at, "The divisor is 0");
    }
    const bool divides = at->sign == '/';
    if (left->is_unsigned) {
        ret_value->bits = divides ? left->bits / right->bits : left->bits % right->bits;
        return true;
    }
    const int64_t dividend = (int64_t)left->bits;
    const int64_t divisor = (int64_t)right->bits;
    if (divisor == -1 && dividend == (left->is_wide ? INT64_MIN : INT32_MIN)) {
        return !is_evaluated || c_error(parser, at, "The quotient overflows");
    }
    ret_value->bits = (uint64_t)(divides ? dividend / divisor : dividend % divisor);
    return true;
}

static bool add(c_parser *parser, const c_token *at, int sign, const c_value *left,
                const c_value *right, bool is_evaluated, c_value *ret_value)
{
    *ret_value = *left;
    if (left->is_unsigned) {
        ret_value->bits =
            fitted(calculate_unsigned(sign, left->bits, right->bits), true, left->is_wide);
        return true;
    }
    int64_t number;
    if (!calculate_signed(sign, (int64_t)left->bits, (int64_t)right->bits, &number) ||
        (!left->is_wide && number != (int32_t)number)) {
        return !is_evaluated ||
               c_error(parser, at, "The result is no number of %d bits", left->is_wide ? 64 : 32);
    }
    ret_value->bits = (uint64_t)number;
    return true;
}

bool c_calculate(c_parser *parser, const c_token *at, int sign, const c_value *left_operand,
                 const c_value *right_operand, bool is_evaluated, c_value *ret_value)
{
    c_value left = *left_operand;
    c_value right = *right_operand;
    switch (sign) {
    case C_SIGN_2('&', '&'):
        *ret_value = (c_value){.bits = left.bits != 0 && right.bits != 0};
        return true;
    case C_SIGN_2('|', '|'):
        *ret_value = (c_value){.bits = left.bits != 0 || right.bits != 0};
        return true;
    case C_SIGN_2('<', '<'):
    case C_SIGN_2('>', '>'):
        return shift(parser, at, &left, &right, is_evaluated, ret_value);
    default:
        break;
    }
    convert(&left, &right);
    *ret_value = left;
    switch (sign) {
    case '&':
        ret_value->bits = left.bits & right.bits;
        return true;
    case '|':
        ret_value->bits = left.bits | right.bits;
        return true;
    case '^':
        ret_value->bits = left.bits ^ right.bits;
        return true;
    case '/':
    case '%':
        return divide(parser, at, &left, &right, is_evaluated, ret_value);
    case '+':
    case '-':
    case '*':
        return add(parser, at, sign, &left, &right, is_evaluated, ret_value);
    default:
        *ret_value = (c_value){.bits = compare(sign, &left, &right)};
        return true;
    }
}
