#include <errno.h>
#include <iconv.h>
#include <section/utf8.h>
#include <stdio.h>

#include "../os.h"

/* Code pages through iconv, which knows some of them by a name that is not "CP" and the number. */

enum { ROOM_PER_BYTE = 4, ROOM_AT_END = 12 }; /* four of the 16 stay free for a terminator */
enum { NAME_BYTES = 24 };

static void name_converter(unsigned code_page, char ret_name[NAME_BYTES])
{
    static const struct {
        unsigned code_page;
        const char *name;
    } named[] = {
        {10000, "MACINTOSH"},   {10007, "MAC-CYRILLIC"}, {10017, "MAC-UK"},
        {20866, "KOI8-R"},      {20932, "EUC-JP"},       {21866, "KOI8-U"},
        {50220, "ISO-2022-JP"}, {51932, "EUC-JP"},       {54936, "GB18030"},
    };
    enum { ISO_8859_FIRST = 28591, ISO_8859_LAST = 28606 };
    if (code_page >= ISO_8859_FIRST && code_page <= ISO_8859_LAST) {
        (void)snprintf(ret_name, NAME_BYTES, "ISO-8859-%u", code_page - ISO_8859_FIRST + 1);
        return;
    }
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (named[i].code_page == code_page) {
            (void)snprintf(ret_name, NAME_BYTES, "%s", named[i].name);
            return;
        }
    }
    (void)snprintf(ret_name, NAME_BYTES, "CP%03u", code_page); /* of at least three digits */
}

static iconv_t open_converter(unsigned code_page, bool decodes)
{
    char name[NAME_BYTES];
    name_converter(code_page, name);
    return decodes ? iconv_open("UTF-8", name) : iconv_open(name, "UTF-8");
}

unsigned os_ansi_code_page(void)
{
    enum { WESTERN = 1252 }; /* what such texts are written in on most machines */
    return WESTERN;
}

bool os_code_page_exists(unsigned code_page)
{
    for (int decodes = 0; decodes < 2; decodes++) {
        iconv_t converter = open_converter(code_page, decodes != 0);
        if (converter == (iconv_t)(-1)) {
            return false;
        }
        (void)iconv_close(converter);
    }
    return true;
}

/* Input and output of a conversion; iconv advances both. */
typedef struct conversion {
    unsigned code_page;
    bool decodes;
    bool replaces;
    char *in;
    size_t in_left;
    char *out;
    size_t out_left;
} conversion;

/*
 * Of these iconv keeps a letter back, because a mark that follows may be joined with it. Others keep
 * nothing, but some are shifted (ISO-2022-JP, code pages of EBCDIC), which flushing would undo.
 */
static bool keeps_letters_back(unsigned code_page)
{
    enum { CODE_PAGE_HEBREW = 1255, CODE_PAGE_VIETNAMESE = 1258 };
    return code_page == CODE_PAGE_HEBREW || code_page == CODE_PAGE_VIETNAMESE;
}

/*
 * Passes over what does not decode: one byte, or, where the bytes end within a character, the rest.
 * There is room: each byte has that of the longest character.
 */
static void replace(conversion *self, iconv_t converter, bool is_torn)
{
    if (keeps_letters_back(self->code_page)) {
        (void)iconv(converter, NULL, NULL, &self->out, &self->out_left);
    }
    const size_t skipped = is_torn ? self->in_left : 1;
    const size_t made = section_utf8_put(SECTION_UTF8_REPLACEMENT, self->out);
    self->in += skipped;
    self->in_left -= skipped;
    self->out += made;
    self->out_left -= made;
}

static section_status convert(conversion *self, section_error *ret_error)
{
    iconv_t converter = open_converter(self->code_page, self->decodes);
    const size_t length_bytes = self->in_left;
    if (converter == (iconv_t)(-1)) {
        return errno == EINVAL ? section_fail(ret_error, SECTION_BAD_ENCODING, "iconv has no cp%u",
                                              self->code_page)
                               : section_fail_os(ret_error, "iconv_open", SECTION_OS_ERRNO,
                                                 (uint32_t)errno, "the encoding cannot be loaded");
    }
    bool failed;
    while ((failed = iconv(converter, &self->in, &self->in_left, &self->out, &self->out_left) ==
                     (size_t)-1) &&
           self->replaces && self->in_left > 0) {
        replace(self, converter, errno == EINVAL);
    }
    if (!failed && iconv(converter, NULL, NULL, &self->out, &self->out_left) == (size_t)-1) {
        self->in_left = length_bytes; /* what it held back */
    }
    (void)iconv_close(converter);
    return SECTION_OK;
}

static section_status run(conversion *self, const void *bytes, size_t length_bytes,
                          size_t *ret_taken_bytes, void *ret_bytes, size_t *ret_length_bytes,
                          section_error *ret_error)
{
    self->in = (char *)(uintptr_t)bytes; /* iconv does not write there, whatever its type says */
    self->in_left = length_bytes;
    self->out = ret_bytes;
    self->out_left = length_bytes * ROOM_PER_BYTE + ROOM_AT_END;
    section_status status = convert(self, ret_error);
    *ret_taken_bytes = length_bytes - self->in_left;
    *ret_length_bytes = (size_t)(self->out - (char *)ret_bytes);
    return status;
}

section_status os_code_page_decode(const section_text_bytes *from, size_t *ret_taken_bytes,
                                   char *ret_text, size_t *ret_text_bytes, section_error *ret_error)
{
    conversion self = {.code_page = from->encoding, .decodes = true, .replaces = from->replaces};
    return run(&self, from->bytes, from->length_bytes, ret_taken_bytes, ret_text, ret_text_bytes,
               ret_error);
}

section_status os_code_page_encode(unsigned code_page, const char *text, size_t length_bytes,
                                   size_t *ret_taken_bytes, uint8_t *ret_bytes,
                                   size_t *ret_length_bytes, section_error *ret_error)
{
    conversion self = {.code_page = code_page};
    return run(&self, text, length_bytes, ret_taken_bytes, ret_bytes, ret_length_bytes, ret_error);
}
