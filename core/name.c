#include <section/name.h>
#include <section/utf8.h>

#include <string.h>

#include "os.h"

/* `Session\N\`: returns its length, or 0 where the text does not begin so. */
static size_t session_prefix_length(const char *text)
{
    static const char session[] = "Session\\";
    const size_t head = sizeof session - 1;
    if (strncmp(text, session, head) != 0) {
        return 0;
    }
    size_t digits = strspn(text + head, "0123456789");
    if (digits == 0 || digits > 10 || text[head + digits] != '\\') {
        return 0;
    }
    return head + digits + 1;
}

/*
 * `\Sessions\N\BaseNamedObjects\NAME` and `\BaseNamedObjects\NAME`, as debuggers and drivers spell
 * names: the error gives the spelling that is accepted here.
 */
static section_status check_no_path(const char *text, section_error *ret_error)
{
    static const char sessions[] = "\\Sessions\\";
    static const char folder[] = "\\BaseNamedObjects\\";
    const char *rest = text;
    size_t digits = 0;
    if (text[0] != '\\') {
        return SECTION_OK;
    }
    if (strncmp(text, sessions, sizeof sessions - 1) == 0) {
        rest = text + sizeof sessions - 1;
        digits = strspn(rest, "0123456789");
    }
    const char *session = rest;
    rest += digits;
    if (strncmp(rest, folder, sizeof folder - 1) != 0 || digits > 10) {
        return section_fail(ret_error, SECTION_BAD_NAME,
                            "the name begins with a backslash; names are not paths of the system's "
                            "object directories: write NAME, Local\\NAME or Global\\NAME");
    }
    rest += sizeof folder - 1;
    return digits > 0
               ? section_fail(
                     ret_error, SECTION_BAD_NAME,
                     "this is the path of an object directory; write Session\\%.*s\\%.60s, "
                     "or Local\\%.60s where that session is ours",
                     (int)digits, session, rest, rest)
               : section_fail(ret_error, SECTION_BAD_NAME,
                              "this is the path of an object directory; write Global\\%.120s",
                              rest);
}

/* The rules of every platform for the name after its prefix. */
static section_status check_base(const char *base, section_error *ret_error)
{
    size_t rest = strlen(base);
    unsigned units = 0;
    if (rest == 0) {
        return section_fail(ret_error, SECTION_BAD_NAME,
                            "the name is empty; leave it out for an anonymous section");
    }
    while (rest > 0) {
        uint32_t scalar;
        size_t used = section_utf8_get(base, rest, &scalar);
        if (used == 0) {
            return section_fail(ret_error, SECTION_BAD_NAME, "the name is not UTF-8");
        }
        if (scalar == '\\') {
            return section_fail(ret_error, SECTION_BAD_NAME,
                                "a backslash may only follow Local, Global or Session\\N");
        }
        if (scalar < 0x20 || (scalar >= 0x7F && scalar < 0xA0)) {
            return section_fail(ret_error, SECTION_BAD_NAME,
                                "the name has the control character U+%04X", (unsigned)scalar);
        }
        units += scalar > 0xFFFF ? 2 : 1;
        base += used;
        rest -= used;
    }
    if (units > SECTION_NAME_UNITS_MAX) {
        return section_fail(ret_error, SECTION_BAD_NAME,
                            "the name has %u UTF-16 units, at most %d fit", units,
                            SECTION_NAME_UNITS_MAX);
    }
    return SECTION_OK;
}

section_status section_name_parse(const char *text, section_name *ret_name,
                                  section_error *ret_error)
{
    section_name name = {.scope = SECTION_SCOPE_LOCAL};
    const char *prefix = "";
    size_t session = session_prefix_length(text);
    if (strncmp(text, "Local\\", 6) == 0) {
        text += 6;
    } else if (strncmp(text, "Global\\", 7) == 0) {
        prefix = "Global\\";
        text += 7;
        name.scope = SECTION_SCOPE_GLOBAL;
    } else if (session > 0) {
        prefix = "Session\\";
    }
    section_status status = check_no_path(text, ret_error);
    if (status == SECTION_OK) {
        status = check_base(text + session, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    memcpy(name.text, text, strlen(text) + 1); /* check_base bounds it */
    status = os_check_name(&name, prefix, ret_error);
    if (status == SECTION_OK) {
        *ret_name = name;
    }
    return status;
}

bool section_name_equal(const section_name *a, const section_name *b)
{
    return a->scope == b->scope && strcmp(a->text, b->text) == 0;
}
