#include "encode/json.h"

#include <section/utf8.h>
#include <string.h>

typedef struct checker {
    const char *next;
    const char *end;
    unsigned depth;
    unsigned values;
    bool takes_nul;    /* a string may be \u0000 and nothing else */
    const char *wrong; /* what was expected where it went wrong */
} checker;

static bool check_value(checker *in);

static bool refuse(checker *in, const char *wrong)
{
    in->wrong = wrong;
    return false;
}

static void skip_space(checker *in)
{
    while (in->next < in->end && *in->next != '\0' && strchr(" \t\r\n", *in->next) != NULL) {
        in->next++;
    }
}

/* Takes one character if it is the one. */
static bool take(checker *in, char wanted)
{
    if (in->next < in->end && *in->next == wanted) {
        in->next++;
        return true;
    }
    return false;
}

static bool take_digits(checker *in)
{
    const char *start = in->next;
    while (in->next < in->end && *in->next >= '0' && *in->next <= '9') {
        in->next++;
    }
    return in->next > start;
}

/* Its double would be that of 2^53, which is a number that users may mean. */
static bool is_ambiguous(const char *digits, size_t count)
{
    static const char next[] = "9007199254740993";
    return count == sizeof next - 1 && memcmp(digits, next, count) == 0;
}

/* Words that some programs (Python's json.dumps) write for numbers that JSON does not have. */
static const char *find_bare_word(const checker *in)
{
    static const struct {
        const char *word;
        const char *wrong;
    } words[] = {
        {"NaN", "\"NaN\", with its quotes: JSON has no such number"},
        {"Infinity", "\"Infinity\", with its quotes: JSON has no such number"},
        {"-Infinity", "\"-Infinity\", with its quotes: JSON has no such number"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t length = strlen(words[i].word);
        if ((size_t)(in->end - in->next) >= length &&
            memcmp(in->next, words[i].word, length) == 0) {
            return words[i].wrong;
        }
    }
    return NULL;
}

static bool check_number(checker *in)
{
    const char *bare = find_bare_word(in);
    if (bare != NULL) {
        return refuse(in, bare);
    }
    (void)take(in, '-');
    const char *digits = in->next;
    if (!take(in, '0') && !take_digits(in)) {
        return refuse(in, "a digit");
    }
    if (is_ambiguous(digits, (size_t)(in->next - digits))) {
        return refuse(in, "a string: no double is this number");
    }
    if (take(in, '.') && !take_digits(in)) {
        return refuse(in, "a digit after the point");
    }
    if (take(in, 'e') || take(in, 'E')) {
        if (!take(in, '+')) {
            (void)take(in, '-');
        }
        if (!take_digits(in)) {
            return refuse(in, "a digit of the exponent");
        }
    }
    return true;
}

/* The four digits after \u. */
static bool take_unit(checker *in, unsigned *ret_unit)
{
    unsigned unit = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = in->next < in->end && *in->next != '\0'
                                ? memchr(digits, *in->next, sizeof digits - 1)
                                : NULL;
        if (digit == NULL) {
            return refuse(in, "four hex digits");
        }
        unit = unit << 4 | ((unsigned)(digit - digits) & 15);
        in->next++;
    }
    *ret_unit = unit;
    return true;
}

static bool check_escape(checker *in)
{
    unsigned unit;
    if (in->next == in->end || *in->next == '\0' || strchr("\"\\/bfnrtu", *in->next) == NULL) {
        return refuse(in, "an escape that JSON has");
    }
    if (*in->next++ != 'u') {
        return true;
    }
    if (!take_unit(in, &unit)) {
        return false;
    }
    if (unit == 0) {
        return refuse(in, "no \\u0000");
    }
    if (unit >= 0xDC00 && unit <= 0xDFFF) {
        return refuse(in, "a high surrogate before a low one");
    }
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        if (!take(in, '\\') || !take(in, 'u') || !take_unit(in, &unit) || unit < 0xDC00 ||
            unit > 0xDFFF) {
            return refuse(in, "a low surrogate after the high one");
        }
    }
    return true;
}

static bool take_nul(checker *in)
{
    static const char nul[] = "\\u0000\"";
    const bool there = in->takes_nul && (size_t)(in->end - in->next) >= sizeof nul - 1 &&
                       memcmp(in->next, nul, sizeof nul - 1) == 0;
    in->next += there ? sizeof nul - 1 : 0;
    return there;
}

static bool check_string(checker *in)
{
    if (!take(in, '"')) {
        return refuse(in, "a string");
    }
    if (take_nul(in)) {
        return true;
    }
    while (!take(in, '"')) {
        uint32_t scalar;
        size_t used = section_utf8_get(in->next, (size_t)(in->end - in->next), &scalar);
        if (used == 0) {
            return refuse(in, in->next == in->end ? "the end of the string" : "UTF-8");
        }
        if (scalar < 0x20) {
            return refuse(in, "an escape instead of a control character");
        }
        in->next += used;
        if (scalar == '\\' && !check_escape(in)) {
            return false;
        }
    }
    return true;
}

static bool check_member(checker *in)
{
    skip_space(in);
    if (!check_string(in)) {
        return false;
    }
    skip_space(in);
    return take(in, ':') ? check_value(in) : refuse(in, "a colon");
}

/* The inside of an object or an array, its opening bracket taken. */
static bool check_list(checker *in, char closing, bool (*check_element)(checker *))
{
    if (++in->depth > JSON_DEPTH_MAX) {
        return refuse(in, "less nesting");
    }
    skip_space(in);
    if (!take(in, closing)) {
        do {
            if (!check_element(in)) {
                return false;
            }
            skip_space(in);
        } while (take(in, ','));
        if (!take(in, closing)) {
            return refuse(in, "a comma or the closing bracket");
        }
    }
    in->depth--;
    return true;
}

static bool take_word(checker *in, const char *word)
{
    const size_t length = strlen(word);
    if ((size_t)(in->end - in->next) < length || memcmp(in->next, word, length) != 0) {
        return refuse(in, "a value");
    }
    in->next += length;
    return true;
}

static bool check_value(checker *in)
{
    if (++in->values > JSON_VALUES_MAX) {
        return refuse(in, "no more values");
    }
    skip_space(in);
    if (in->next == in->end) {
        return refuse(in, "a value");
    }
    switch (*in->next) {
    case '{':
        in->next++;
        return check_list(in, '}', check_member);
    case '[':
        in->next++;
        return check_list(in, ']', check_value);
    case '"':
        return check_string(in);
    case 't':
        return take_word(in, "true");
    case 'f':
        return take_word(in, "false");
    case 'n':
        return take_word(in, "null");
    default:
        return check_number(in);
    }
}

static section_status check_document(const char *text, size_t text_bytes, bool takes_nul,
                                     section_error *ret_error)
{
    checker in = {.next = text, .end = text + text_bytes, .takes_nul = takes_nul};
    bool good = check_value(&in);
    if (good) {
        skip_space(&in);
        if (in.next != in.end) {
            good = refuse(&in, "the end of the document");
        }
    }
    if (!good) {
        return section_fail(ret_error, SECTION_BAD_JSON,
                            "at byte %llu of the body there should be %s",
                            (unsigned long long)(in.next - text), in.wrong);
    }
    return SECTION_OK;
}

section_status json_check(const char *text, size_t text_bytes, section_error *ret_error)
{
    return check_document(text, text_bytes, false, ret_error);
}

section_status json_check_values(const char *text, size_t text_bytes, section_error *ret_error)
{
    return check_document(text, text_bytes, true, ret_error);
}
