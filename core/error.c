#include <section/error.h>
#include <section/utf8.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "os.h"

static const section_status_facts facts_by_status[SECTION_STATUS_COUNT] = {
    [SECTION_OK] = {"ok", "It worked", 200},
#define SECTION_ERROR_FACTS(constant, slug, http_status, title)                                    \
    [constant] = {slug, title, http_status},
    SECTION_ERRORS(SECTION_ERROR_FACTS)
#undef SECTION_ERROR_FACTS
};

const section_status_facts *section_status_lookup(section_status status)
{
    if ((unsigned)status >= SECTION_STATUS_COUNT || status == SECTION_OK) {
        status = SECTION_OS_ERROR;
    }
    return &facts_by_status[status];
}

/*
 * Details quote names, paths and messages of the OS, and may be cut. Bytes that are not UTF-8
 * become '?'.
 */
static void make_utf8(char *text)
{
    size_t rest = strlen(text);
    while (rest > 0) {
        uint32_t scalar;
        size_t used = section_utf8_get(text, rest, &scalar);
        if (used == 0) {
            *text = '?';
            used = 1;
        }
        text += used;
        rest -= used;
    }
}

section_status section_fail(section_error *ret_error, section_status code,
                            const char *detail_format, ...)
{
    if (ret_error != NULL) {
        va_list arguments;
        memset(ret_error, 0, sizeof *ret_error);
        ret_error->code = code;
        va_start(arguments, detail_format);
        (void)vsnprintf(ret_error->detail, sizeof ret_error->detail, detail_format, arguments);
        va_end(arguments);
        make_utf8(ret_error->detail);
    }
    return code;
}

section_status section_fail_os(section_error *ret_error, const char *call, section_os_domain domain,
                               uint32_t number, const char *what)
{
    section_status code = os_status(call, domain, number);
    if (ret_error != NULL) {
        char words[200];
        section_os_error_text(domain, number, words, sizeof words);
        if (words[0] == '\0') { /* Wine has no message for many numbers */
            const char *name = section_os_error_name(domain, number);
            (void)snprintf(words, sizeof words, "%s %u", name != NULL ? name : "error", number);
        }
        (void)section_fail(ret_error, code, "%s: %s", what, words);
        ret_error->os_domain = domain;
        ret_error->os_number = number;
        ret_error->call = call;
    }
    return code;
}

const char *section_os_error_name(section_os_domain domain, uint32_t number)
{
    return os_error_name(domain, number);
}

void section_os_error_text(section_os_domain domain, uint32_t number, char *ret_text,
                           uint32_t capacity)
{
    if (capacity > 0) {
        ret_text[0] = '\0';
        os_error_text(domain, number, ret_text, capacity);
    }
}
