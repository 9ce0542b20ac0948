#include "conditions.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <xxhash.h>

void etag_of(const void *bytes, size_t length_bytes, char ret_etag[ETAG_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    const XXH128_hash_t hash = XXH3_128bits(bytes, length_bytes);
    char *out = ret_etag;
    *out++ = '"';
    for (int shift = 60; shift >= 0; shift -= 4) {
        *out++ = digits[hash.high64 >> shift & 15];
    }
    for (int shift = 60; shift >= 0; shift -= 4) {
        *out++ = digits[hash.low64 >> shift & 15];
    }
    *out++ = '"';
    *out = '\0';
}

bool etag_list_has(const char *list, const char *etag, bool weak_too)
{
    static const char separators[] = " \t,";
    const size_t etag_length = strlen(etag);
    list += strspn(list, separators);
    if (strcmp(list, "*") == 0) {
        return true;
    }
    while (*list != '\0') {
        const bool weak = strncmp(list, "W/", 2) == 0;
        const char *tag = list + (weak ? 2 : 0);
        const char *end = *tag == '"' ? strchr(tag + 1, '"') : NULL;
        if (end == NULL) {
            return false; /* no tag: what follows cannot be told apart */
        }
        end++;
        if ((!weak || weak_too) && (size_t)(end - tag) == etag_length &&
            memcmp(tag, etag, etag_length) == 0) {
            return true;
        }
        list = end + strspn(end, separators);
    }
    return false;
}

/* Digits up to what is not one. Larger than any size stays so: ranges are cut, not refused. */
static const char *take_number(const char *text, uint64_t *ret_number, bool *ret_any)
{
    uint64_t number = 0;
    *ret_any = false;
    for (; *text >= '0' && *text <= '9'; text++) {
        const uint64_t digit = (uint64_t)(*text - '0');
        number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
        *ret_any = true;
    }
    *ret_number = number;
    return text;
}

range_result range_parse(const char *header, uint64_t size_bytes, uint64_t *ret_first,
                         uint64_t *ret_length)
{
    uint64_t first;
    uint64_t last;
    bool has_first;
    bool has_last;
    if (header == NULL || strncasecmp(header, "bytes=", 6) != 0) {
        return RANGE_WHOLE;
    }
    const char *text = header + 6;
    text += strspn(text, " \t");
    text = take_number(text, &first, &has_first);
    if (*text++ != '-') {
        return RANGE_WHOLE;
    }
    text = take_number(text, &last, &has_last);
    if (text[strspn(text, " \t")] != '\0' || (!has_first && !has_last) ||
        (has_first && has_last && last < first)) {
        return RANGE_WHOLE;
    }
    if (!has_first) { /* the last so many bytes */
        if (last == 0 || size_bytes == 0) {
            return RANGE_UNSATISFIABLE;
        }
        *ret_length = last < size_bytes ? last : size_bytes;
        *ret_first = size_bytes - *ret_length;
        return RANGE_PART;
    }
    if (first >= size_bytes) {
        return RANGE_UNSATISFIABLE;
    }
    if (!has_last || last >= size_bytes) {
        last = size_bytes - 1;
    }
    *ret_first = first;
    *ret_length = last - first + 1;
    return RANGE_PART;
}
