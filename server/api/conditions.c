#include "api/conditions.h"

#include <string.h>
#include <strings.h>

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

/*
 * One range-spec: `FIRST-`, `FIRST-LAST` or `-LAST_SO_MANY`. Returns where it ends, NULL where it is
 * none; a part of length 0 cannot be satisfied.
 */
static const char *parse_spec(const char *text, uint64_t size_bytes, byte_part *ret_part)
{
    uint64_t first;
    uint64_t last;
    bool has_first;
    bool has_last;
    text = take_number(text, &first, &has_first);
    if (*text++ != '-') {
        return NULL;
    }
    text = take_number(text, &last, &has_last);
    if ((!has_first && !has_last) || (has_first && has_last && last < first)) {
        return NULL;
    }
    *ret_part = (byte_part){0};
    if (!has_first) {
        ret_part->length = last < size_bytes ? last : size_bytes;
        ret_part->first = size_bytes - ret_part->length;
    } else if (first < size_bytes) {
        const uint64_t end = has_last && last < size_bytes - 1 ? last : size_bytes - 1;
        ret_part->first = first;
        ret_part->length = end - first + 1;
    }
    return text;
}

range_result range_parse(const char *header, uint64_t size_bytes,
                         byte_part ret_parts[RANGE_PARTS_MAX], unsigned *ret_count)
{
    static const char blanks[] = " \t";
    unsigned specs = 0;
    *ret_count = 0;
    if (header == NULL || strncasecmp(header, "bytes=", 6) != 0) {
        return RANGE_WHOLE;
    }
    const char *text = header + 6;
    for (;; text++) {
        byte_part part;
        text = parse_spec(text + strspn(text, blanks), size_bytes, &part);
        if (text == NULL || ++specs > RANGE_PARTS_MAX) {
            return RANGE_WHOLE;
        }
        if (part.length > 0) {
            ret_parts[(*ret_count)++] = part;
        }
        text += strspn(text, blanks);
        if (*text != ',') {
            break;
        }
    }
    if (*text != '\0') {
        return RANGE_WHOLE;
    }
    return *ret_count > 0 ? RANGE_PARTS : RANGE_UNSATISFIABLE;
}
