#include "encode/value_json.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <section/utf8.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double largest_whole = 9007199254740992.0; /* 2^53 */

/* Digits, the last one at `end`; returns the first. */
static char *put_digits(uint64_t number, char *end)
{
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return end;
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
        char *first = put_digits(whole, end);
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

static int write_real(bool is_narrow, double real, char *ret_text)
{
    if (real != real) {
        return snprintf(ret_text, VALUE_JSON_BYTES, "\"NaN\"");
    }
    if (fabs(real) > DBL_MAX) {
        return snprintf(ret_text, VALUE_JSON_BYTES, "\"%sInfinity\"", real < 0 ? "-" : "");
    }
    if (real == 0 && copysign(1, real) < 0) {
        return snprintf(ret_text, VALUE_JSON_BYTES, "-0.0"); /* -0 is an integer to many */
    }
    int length = write_decimals(is_narrow, real, ret_text);
    if (length > 0) {
        return length;
    }
    /* Up to 6 or 15 digits %g drops the zeros by itself; subnormals have fewer that mean something. */
    const bool is_subnormal = fabs(real) < (is_narrow ? (double)FLT_MIN : DBL_MIN);
    const int most = is_narrow ? 9 : 17; /* these tell any two apart */
    for (int digits = is_subnormal ? 1 : most - (is_narrow ? 3 : 2); digits <= most; digits++) {
        length = snprintf(ret_text, VALUE_JSON_BYTES, "%.*g", digits, real);
        const double back = strtod(ret_text, NULL);
        if (back == real || (is_narrow && (float)back == (float)real)) {
            break;
        }
    }
    return length;
}

static int write_character(uint64_t character, char *ret_text)
{
    if (character < 0x20 || character == 0x7F || character == '"' || character == '\\') {
        return snprintf(ret_text, VALUE_JSON_BYTES, "\"\\u%04x\"", (unsigned)character);
    }
    size_t length = 0;
    ret_text[length++] = '"';
    length += section_utf8_put((uint32_t)character, ret_text + length);
    ret_text[length++] = '"';
    ret_text[length] = '\0';
    return (int)length;
}

/* Digits of 64 bits stand between quotes. */
static int write_whole(bool is_quoted, bool is_negative, uint64_t magnitude, char *ret_text)
{
    char digits[32];
    char *const end = digits + sizeof digits;
    char *first = put_digits(magnitude, is_quoted ? end - 1 : end);
    if (is_negative) {
        *--first = '-';
    }
    if (is_quoted) {
        *--first = end[-1] = '"';
    }
    const size_t length = (size_t)(end - first);
    memcpy(ret_text, first, length);
    ret_text[length] = '\0';
    return (int)length;
}

size_t value_to_json(section_value_type type, section_value value, char ret_text[VALUE_JSON_BYTES])
{
    const section_value_facts *facts = section_value_lookup(type);
    const bool is_quoted = facts->size_bytes == 8;
    const uint64_t bits = value.unsigned_number;
    const bool is_negative = facts->kind == SECTION_KIND_SIGNED && value.signed_number < 0;
    int length = 0;
    switch (facts->kind) {
    case SECTION_KIND_UNSIGNED:
    case SECTION_KIND_SIGNED:
        length = write_whole(is_quoted, is_negative, is_negative ? 0 - bits : bits, ret_text);
        break;
    case SECTION_KIND_REAL:
        length = write_real(facts->size_bytes == sizeof(float), value.real, ret_text);
        break;
    case SECTION_KIND_BOOL:
        length = snprintf(ret_text, VALUE_JSON_BYTES, "%s",
                          value.unsigned_number != 0 ? "true" : "false");
        break;
    case SECTION_KIND_CHARACTER:
        length = write_character(value.unsigned_number, ret_text);
        break;
    }
    return (size_t)length;
}

/* A whole number as sign and magnitude, out of a number or a string of digits. */
static bool read_whole(const cJSON *json, bool *ret_negative, uint64_t *ret_magnitude)
{
    const char *text = cJSON_GetStringValue(json);
    if (cJSON_IsNumber(json)) {
        const double magnitude = fabs(json->valuedouble);
        *ret_negative = json->valuedouble < 0;
        if (!(magnitude <= largest_whole) || magnitude != (double)(uint64_t)magnitude) {
            return false;
        }
        *ret_magnitude = (uint64_t)magnitude;
        return true;
    }
    if (text == NULL) {
        return false;
    }
    *ret_negative = text[0] == '-';
    text += *ret_negative ? 1 : 0;
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text)) {
        return false;
    }
    errno = 0;
    *ret_magnitude = strtoull(text, NULL, 10);
    return errno == 0;
}

static bool read_unsigned(const cJSON *json, section_value *ret_value)
{
    bool negative;
    uint64_t magnitude;
    if (!read_whole(json, &negative, &magnitude) || (negative && magnitude != 0)) {
        return false;
    }
    ret_value->unsigned_number = magnitude;
    return true;
}

static bool read_signed(const cJSON *json, section_value *ret_value)
{
    bool negative;
    uint64_t magnitude;
    if (!read_whole(json, &negative, &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return false;
    }
    /* One less and back, so that the smallest number is never negated. */
    ret_value->signed_number =
        negative && magnitude > 0 ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return true;
}

static bool read_real(const cJSON *json, section_value *ret_value)
{
    const char *text = cJSON_GetStringValue(json);
    if (cJSON_IsNumber(json)) {
        ret_value->real = json->valuedouble;
        return fabs(json->valuedouble) <= DBL_MAX; /* 1e999 is no number of ours */
    }
    if (text == NULL) {
        return false;
    }
    if (strcmp(text, "NaN") == 0) {
        ret_value->real = (double)NAN;
        return true;
    }
    ret_value->real = text[0] == '-' ? -(double)INFINITY : (double)INFINITY;
    return strcmp(text + (text[0] == '-' ? 1 : 0), "Infinity") == 0;
}

static bool read_bool(const cJSON *json, section_value *ret_value)
{
    if (cJSON_IsBool(json)) {
        ret_value->unsigned_number = cJSON_IsTrue(json) ? 1 : 0;
        return true;
    }
    return cJSON_IsNumber(json) && read_unsigned(json, ret_value);
}

/* The empty string is what is left of "\u0000". */
static bool read_character(const cJSON *json, section_value *ret_value)
{
    const char *text = cJSON_GetStringValue(json);
    uint32_t scalar = 0;
    if (text == NULL) {
        return cJSON_IsNumber(json) && read_unsigned(json, ret_value);
    }
    const size_t length = strlen(text);
    if (length > 0 && section_utf8_get(text, length, &scalar) != length) {
        return false;
    }
    ret_value->unsigned_number = scalar;
    return true;
}

static bool read_kind(const cJSON *json, section_value_kind kind, section_value *ret_value)
{
    switch (kind) {
    case SECTION_KIND_UNSIGNED:
        return read_unsigned(json, ret_value);
    case SECTION_KIND_SIGNED:
        return read_signed(json, ret_value);
    case SECTION_KIND_REAL:
        return read_real(json, ret_value);
    case SECTION_KIND_BOOL:
        return read_bool(json, ret_value);
    case SECTION_KIND_CHARACTER:
        return read_character(json, ret_value);
    }
    return false;
}

/* The required form of a value of a type, for the error. */
static void describe(const section_value_facts *facts, char *ret_text, size_t capacity)
{
    const unsigned bits = 8 * (unsigned)facts->size_bytes;
    const unsigned long long largest = UINT64_MAX >> (64 - bits);
    const char *as_string = bits == 64 ? ", as a string if it is beyond 2^53" : "";
    switch (facts->kind) {
    case SECTION_KIND_UNSIGNED:
        (void)snprintf(ret_text, capacity, "a whole number from 0 to %llu%s", largest, as_string);
        break;
    case SECTION_KIND_SIGNED:
        (void)snprintf(ret_text, capacity, "a whole number from -%llu to %llu%s", largest / 2 + 1,
                       largest / 2, as_string);
        break;
    case SECTION_KIND_REAL:
        (void)snprintf(ret_text, capacity,
                       "a number that an %s can hold, or \"NaN\", \"Infinity\" or \"-Infinity\"",
                       facts->name);
        break;
    case SECTION_KIND_BOOL:
        (void)snprintf(ret_text, capacity, "true or false");
        break;
    case SECTION_KIND_CHARACTER:
        (void)snprintf(ret_text, capacity, "a string of one character up to U+00FF, or its number");
        break;
    }
}

section_status value_from_json(const cJSON *json, section_value_type type, const char *what,
                               section_value *ret_value, section_error *ret_error)
{
    uint8_t bytes[8];
    section_value value = {0};
    const section_value_facts *facts = section_value_lookup(type);
    if (!read_kind(json, facts->kind, &value) ||
        !section_value_store(type, SECTION_LITTLE_ENDIAN, value, bytes)) {
        char needed[100];
        describe(facts, needed, sizeof needed);
        return section_fail(ret_error, SECTION_BAD_VALUE, "%s must be %s", what, needed);
    }
    *ret_value = value;
    return SECTION_OK;
}

char *values_to_json(section_value_type type, section_endian endian, const void *bytes,
                     size_t count)
{
    const size_t size = section_value_lookup(type)->size_bytes;
    const uint8_t *next = bytes;
    char *text =
        count <= SIZE_MAX / VALUE_JSON_BYTES - 1 ? malloc((count + 1) * VALUE_JSON_BYTES) : NULL;
    size_t used = 0;
    if (text == NULL) {
        return NULL;
    }
    text[used++] = '[';
    for (size_t i = 0; i < count; i++, next += size) {
        if (i > 0) {
            text[used++] = ',';
        }
        used += value_to_json(type, section_value_load(type, endian, next), text + used);
    }
    text[used++] = ']';
    text[used] = '\0';
    return text;
}

section_status values_from_json(const cJSON *array, section_value_type type, section_endian endian,
                                void **ret_bytes, size_t *ret_count, section_error *ret_error)
{
    const size_t size = section_value_lookup(type)->size_bytes;
    const size_t count = (size_t)cJSON_GetArraySize(array);
    uint8_t *bytes = malloc(count > 0 ? count * size : 1);
    size_t done = 0;
    const cJSON *json;
    if (bytes == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the values");
    }
    cJSON_ArrayForEach(json, array)
    {
        char what[40];
        section_value value;
        (void)snprintf(what, sizeof what, "values[%llu]", (unsigned long long)done);
        section_status status = value_from_json(json, type, what, &value, ret_error);
        if (status != SECTION_OK) {
            free(bytes);
            return status;
        }
        (void)section_value_store(type, endian, value, bytes + done * size);
        done++;
    }
    *ret_bytes = bytes;
    *ret_count = count;
    return SECTION_OK;
}
