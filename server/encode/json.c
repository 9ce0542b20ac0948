#include "encode/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const double largest_exact = 9007199254740991.0; /* 2^53-1 */

static section_status parse_checked(const char *text, size_t text_bytes, cJSON **ret_object,
                                    section_error *ret_error)
{
    cJSON *document = cJSON_ParseWithLength(text, text_bytes);
    if (document == NULL) {
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the body");
    }
    if (!cJSON_IsObject(document)) {
        cJSON_Delete(document);
        return section_fail(ret_error, SECTION_BAD_JSON, "the body must be a JSON object");
    }
    *ret_object = document;
    return SECTION_OK;
}

section_status json_parse_object(const char *text, size_t text_bytes, cJSON **ret_object,
                                 section_error *ret_error)
{
    section_status status = json_check(text, text_bytes, ret_error);
    return status == SECTION_OK ? parse_checked(text, text_bytes, ret_object, ret_error) : status;
}

section_status json_parse_values(const char *text, size_t text_bytes, cJSON **ret_object,
                                 section_error *ret_error)
{
    section_status status = json_check_values(text, text_bytes, ret_error);
    return status == SECTION_OK ? parse_checked(text, text_bytes, ret_object, ret_error) : status;
}

/* 4096.0 is 4096: the value counts, not how it is written. */
static bool is_whole(const cJSON *value)
{
    return cJSON_IsNumber(value) && value->valuedouble >= -largest_exact &&
           value->valuedouble <= largest_exact &&
           value->valuedouble == (double)(int64_t)value->valuedouble;
}

static bool read_handle(const cJSON *value, int64_t *ret_handle)
{
    if (is_whole(value)) {
        *ret_handle = (int64_t)value->valuedouble;
        return true;
    }
    const char *text = cJSON_GetStringValue(value);
    if (text == NULL || (text[0] != '-' && (text[0] < '0' || text[0] > '9'))) {
        return false;
    }
    const bool negative = text[0] == '-';
    const char *digits = text + (negative ? 1 : 0);
    const bool hex = digits[0] == '0' && (digits[1] | 0x20) == 'x';
    const char *allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
    digits += hex ? 2 : 0;
    if (digits[0] == '\0' || strspn(digits, allowed) != strlen(digits)) {
        return false;
    }
    errno = 0;
    /* Unsigned, so that 0xffffffffffffffff is what it is on Windows: the pseudo-handle -1. */
    const uint64_t handle = strtoull(digits, NULL, hex ? 16 : 10);
    *ret_handle = negative ? -1 : (int64_t)handle; /* all negative ones are the same to us */
    return errno == 0;
}

static bool read_choice(const char *const *choices, const cJSON *value, int *ret_index)
{
    const char *text = cJSON_GetStringValue(value);
    for (int i = 0; text != NULL && choices[i] != NULL; i++) {
        if (strcmp(choices[i], text) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

/* Whether the value has the member's type at all; null is none. */
static bool has_type(const json_member *member, const cJSON *value)
{
    switch (member->kind) {
    case JSON_TEXT:
    case JSON_CHOICE:
        return cJSON_IsString(value);
    case JSON_NUMBER:
        return cJSON_IsNumber(value);
    case JSON_FLAG:
        return cJSON_IsBool(value);
    case JSON_HANDLE:
        return cJSON_IsNumber(value) || cJSON_IsString(value);
    case JSON_OBJECT:
        return cJSON_IsObject(value);
    case JSON_ARRAY:
        return cJSON_IsArray(value);
    case JSON_ANY:
        return true;
    }
    return false;
}

/* Stores a value of the right type; false where it lies outside what the member can be. */
static bool read_value(const json_member *member, const cJSON *value)
{
    switch (member->kind) {
    case JSON_TEXT:
        *(const char **)member->target = cJSON_GetStringValue(value);
        return true;
    case JSON_NUMBER:
        if (!is_whole(value) || value->valuedouble < 0) {
            return false;
        }
        *(uint64_t *)member->target = (uint64_t)value->valuedouble;
        return true;
    case JSON_FLAG:
        *(bool *)member->target = cJSON_IsTrue(value);
        return true;
    case JSON_HANDLE:
        return read_handle(value, member->target);
    case JSON_CHOICE:
        return read_choice(member->choices, value, member->target);
    case JSON_OBJECT:
    case JSON_ARRAY:
    case JSON_ANY:
        *(const cJSON **)member->target = value;
        return true;
    }
    return false;
}

/* The required type of a member, for the error. */
static const char *const must_be[] = {
    [JSON_TEXT] = "a string",
    [JSON_NUMBER] = "a whole number from 0 to 2^53-1",
    [JSON_FLAG] = "true or false",
    [JSON_HANDLE] = "a handle, such as 420 or \"0x1a4\"",
    [JSON_CHOICE] = "one of the words that it can be",
    [JSON_OBJECT] = "an object",
    [JSON_ARRAY] = "an array",
    [JSON_ANY] = "a value",
};

static const json_member *find_member(const json_member *members, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(members[i].key, key) == 0) {
            return &members[i];
        }
    }
    return NULL;
}

section_status json_read(const cJSON *object, const json_member *members, size_t member_count,
                         section_error *ret_error)
{
    uint32_t seen = 0; /* one bit a member: no body has more than 32 */
    const cJSON *value;
    cJSON_ArrayForEach(value, object)
    {
        const json_member *member = find_member(members, member_count, value->string);
        if (member == NULL) {
            return section_fail(ret_error, SECTION_BAD_JSON, "there is no key \"%.64s\" here",
                                value->string);
        }
        const uint32_t bit = UINT32_C(1) << (member - members);
        if ((seen & bit) != 0) {
            return section_fail(ret_error, SECTION_BAD_JSON, "the key \"%s\" stands twice",
                                member->key);
        }
        seen |= bit;
        if (cJSON_IsNull(value)) {
            continue;
        }
        const bool typed = has_type(member, value);
        if (!typed || !read_value(member, value)) {
            const bool own_code = typed && member->code != SECTION_OK;
            return section_fail(ret_error, own_code ? member->code : SECTION_BAD_JSON,
                                "\"%s\" must be %s", member->key, must_be[member->kind]);
        }
        if (member->present != NULL) {
            *member->present = true;
        }
    }
    return SECTION_OK;
}

/* How a byte is written, with a NUL; what stands for itself is `ret_text[0]`. */
static size_t quote_byte(unsigned char byte, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    if (byte >= 0x20 && byte != '"' && byte != '\\') {
        ret_text[0] = (char)byte;
        return 1;
    }
    ret_text[0] = '\\';
    if (byte >= 0x20) {
        ret_text[1] = (char)byte;
        return 2;
    }
    memcpy(ret_text + 1, "u00", 3);
    ret_text[4] = digits[byte >> 4];
    ret_text[5] = digits[byte & 15];
    return 6;
}

char *json_quote(const char *text, size_t text_bytes)
{
    enum { BYTES_PER_BYTE = 6, QUOTES_AND_NUL = 3 };
    char *quoted = text_bytes <= (SIZE_MAX - QUOTES_AND_NUL) / BYTES_PER_BYTE
                       ? malloc(text_bytes * BYTES_PER_BYTE + QUOTES_AND_NUL)
                       : NULL;
    if (quoted == NULL) {
        return NULL;
    }
    size_t made = 1;
    quoted[0] = '"';
    for (size_t i = 0; i < text_bytes; i++) {
        made += quote_byte((unsigned char)text[i], quoted + made);
    }
    quoted[made++] = '"';
    quoted[made] = '\0';
    return quoted;
}
