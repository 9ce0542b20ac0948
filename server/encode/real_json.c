#include "encode/real_json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double largest_whole = 9007199254740992.0; /* 2^53 */

char *digits_put(uint64_t number, char *end)
{
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return end;
}

/* Mantissa and exponent: number = mantissa * 2^-fraction_bits. */
typedef struct parts {
    uint64_t mantissa;
    int fraction_bits;
} parts;

static parts take_apart(bool is_narrow, double magnitude)
{
    enum { BITS = DBL_MANT_DIG, NARROW_BITS = FLT_MANT_DIG };
    const int mantissa_bits = is_narrow ? NARROW_BITS : BITS;
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    const uint64_t mantissa =
        (bits & (((uint64_t)1 << (BITS - 1)) - 1)) | ((uint64_t)1 << (BITS - 1));
    const int exponent = (int)(bits >> (BITS - 1)) - (DBL_MAX_EXP - 1);
    return (parts){mantissa >> (BITS - mantissa_bits), mantissa_bits - 1 - exponent};
}

/*
 * Digits of a fraction, exactly, in whole numbers: until what is left out is less than half of the distance
 * to the next number, which is when they lead back to this one. Just half of it is never left out: so many
 * digits have the whole number. The algorithm is that of Steele and White. Returns the end.
 */
static char *put_fraction(const parts *number, char *out)
{
    const int shift = number->fraction_bits + 1;
    const uint64_t one = (uint64_t)1 << shift;
    uint64_t rest = (number->mantissa << 1) & (one - 1);
    uint64_t half = 1;
    bool is_low, is_high;
    do {
        rest *= 10;
        half *= 10;
        *out++ = (char)('0' + (rest >> shift));
        rest &= one - 1;
        is_low = rest < half;
        is_high = one - rest < half;
    } while (!is_low && !is_high);
    const bool is_odd = (out[-1] & 1) != 0;
    if (is_high && (!is_low || 2 * rest > one || (2 * rest == one && is_odd))) {
        out[-1]++; /* not of a 9: then the digit before would have been the last */
    }
    return out;
}

/* 0: the number is too small or too large for 64 bits, whole, or a power of two, which has another
 * distance below it. */
static int write_fraction(bool is_narrow, double real, char *ret_text)
{
    enum { FRACTION_BITS_MAX = 59 }; /* one more, and ten times as much, fit into 64 bits */
    const parts number = take_apart(is_narrow, is_narrow ? (double)(float)fabs(real) : fabs(real));
    if (number.fraction_bits < 1 || number.fraction_bits > FRACTION_BITS_MAX ||
        (number.mantissa & (number.mantissa - 1)) == 0) {
        return 0;
    }
    const uint64_t whole = number.mantissa >> number.fraction_bits;
    if (whole << number.fraction_bits == number.mantissa) {
        return 0;
    }
    char digits[32];
    char *const end = digits + sizeof digits;
    char *const first = digits_put(whole, end);
    char *out = ret_text;
    if (real < 0) {
        *out++ = '-';
    }
    memcpy(out, first, (size_t)(end - first));
    out += end - first;
    *out++ = '.';
    out = put_fraction(&number, out);
    *out = '\0';
    return (int)(out - ret_text);
}

/*
 * What people write has few decimals: whole / 10^k is the number that was read, so it is told exactly
 * by those digits. 0: it is no such number.
 */
static int write_decimals(bool is_narrow, double real, char *ret_text)
{
    enum { DECIMALS_MAX = 9 };
    const double magnitude = real < 0 ? -real : real;
    double power = 1;
    for (int decimals = 0; decimals <= DECIMALS_MAX; decimals++, power *= 10) {
        char digits[32];
        char *const end = digits + sizeof digits;
        if (!(magnitude * power + 0.5 < largest_whole)) {
            return 0;
        }
        const uint64_t whole = (uint64_t)(magnitude * power + 0.5);
        const double back = (double)whole / power;
        if (is_narrow ? (float)back != (float)magnitude : back != magnitude) {
            continue;
        }
        char *first = digits_put(whole, end);
        while (end - first <= decimals) { /* a digit before the point */
            *--first = '0';
        }
        char *out = ret_text;
        if (real < 0) {
            *out++ = '-';
        }
        const size_t before = (size_t)(end - first) - (size_t)decimals;
        memcpy(out, first, before);
        out += before;
        if (decimals > 0) {
            *out++ = '.';
            memcpy(out, first + before, (size_t)decimals);
            out += decimals;
        }
        *out = '\0';
        return (int)(out - ret_text);
    }
    return 0;
}

int real_to_json(bool is_narrow, double real, char ret_text[REAL_JSON_BYTES])
{
    if (real != real) {
        return snprintf(ret_text, REAL_JSON_BYTES, "\"NaN\"");
    }
    if (fabs(real) > DBL_MAX) {
        return snprintf(ret_text, REAL_JSON_BYTES, "\"%sInfinity\"", real < 0 ? "-" : "");
    }
    if (real == 0 && copysign(1, real) < 0) {
        return snprintf(ret_text, REAL_JSON_BYTES, "-0.0"); /* -0 is an integer to many */
    }
    int length = write_fraction(is_narrow, real, ret_text);
    if (length == 0) {
        length = write_decimals(is_narrow, real, ret_text);
    }
    if (length > 0) {
        return length;
    }
    /* Up to 6 or 15 digits %g drops the zeros by itself; subnormals have fewer that mean something. */
    const bool is_subnormal = fabs(real) < (is_narrow ? (double)FLT_MIN : DBL_MIN);
    const int most = is_narrow ? 9 : 17; /* these tell any two apart */
    for (int digits = is_subnormal ? 1 : most - (is_narrow ? 3 : 2); digits <= most; digits++) {
        length = snprintf(ret_text, REAL_JSON_BYTES, "%.*g", digits, real);
        const double back = strtod(ret_text, NULL);
        if (back == real || (is_narrow && (float)back == (float)real)) {
            break;
        }
    }
    return length;
}
