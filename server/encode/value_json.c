#include "encode/value_json.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <section/utf8.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/real_json.h"

static const double largest_whole = 9007199254740992.0; /* 2^53 */

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
    char *first = digits_put(magnitude, is_quoted ? end - 1 : end);
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
        length = real_to_json(facts->size_bytes == sizeof(float), value.real, ret_text);
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
