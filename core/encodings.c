#include "encodings.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "os.h"

/* Encodings by their names. */

const own_encoding own_encodings[OWN_ENCODINGS] = {
    [SECTION_UTF8] = {"utf-8", 1, false, 65001},
    [SECTION_UTF16LE] = {"utf-16le", 2, false, 1200},
    [SECTION_UTF16BE] = {"utf-16be", 2, true, 1201},
    [SECTION_UTF32LE] = {"utf-32le", 4, false, 12000},
    [SECTION_LATIN1] = {"latin1", 1, false, 28591},
};

/*
 * The labels of https://encoding.spec.whatwg.org/#names-and-labels, and the code pages that have the
 * encodings. The first of a row is the encoding's name. One thing differs: there the labels of
 * ISO 8859-1 mean windows-1252, here they mean ISO 8859-1.
 */
static const struct label_row {
    unsigned code_page;
    const char *labels; /* with a space between two */
} label_rows[] = {
    {866, "ibm866 866 csibm866"},
    {874, "windows-874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620"},
    {932, "shift_jis csshiftjis ms932 ms_kanji shift-jis sjis windows-31j x-sjis"},
    {936, "gbk chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 iso-ir-58 x-gbk"},
    {949, "euc-kr cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 "
          "ksc5601 ksc_5601 windows-949"},
    {950, "big5 big5-hkscs cn-big5 csbig5 x-x-big5"},
    {1200, "utf-16le csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16"},
    {1201, "utf-16be unicodefffe"},
    {1250, "windows-1250 x-cp1250"},
    {1251, "windows-1251 x-cp1251"},
    {1252, "windows-1252 ansi_x3.4-1968 ascii us-ascii x-cp1252"},
    {1253, "windows-1253 x-cp1253"},
    {1254, "windows-1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 "
           "iso_8859-9:1989 l5 latin5 x-cp1254"},
    {1255, "windows-1255 x-cp1255"},
    {1256, "windows-1256 x-cp1256"},
    {1257, "windows-1257 x-cp1257"},
    {1258, "windows-1258 x-cp1258"},
    {10000, "macintosh csmacintosh mac x-mac-roman"},
    {10017, "x-mac-cyrillic x-mac-ukrainian"},
    {20866, "koi8-r cskoi8r koi koi8 koi8_r"},
    {20932, "euc-jp cseucpkdfmtjapanese x-euc-jp"},
    {21866, "koi8-u koi8-ru"},
    {28591, "latin1 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 "
            "iso_8859-1 iso_8859-1:1987 l1"},
    {28592, "iso-8859-2 csisolatin2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 "
            "iso_8859-2:1987 l2 latin2"},
    {28593, "iso-8859-3 csisolatin3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 "
            "iso_8859-3:1988 l3 latin3"},
    {28594, "iso-8859-4 csisolatin4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 "
            "iso_8859-4:1988 l4 latin4"},
    {28595, "iso-8859-5 csisolatincyrillic cyrillic iso-ir-144 iso8859-5 iso88595 "
            "iso_8859-5 iso_8859-5:1988"},
    {28596, "iso-8859-6 arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 "
            "iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 "
            "iso_8859-6:1987"},
    {28597, "iso-8859-7 csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso8859-7 "
            "iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek"},
    {28598, "iso-8859-8 csiso88598e csiso88598i csisolatinhebrew hebrew iso-8859-8-e "
            "iso-8859-8-i iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 logical "
            "visual"},
    {28600, "iso-8859-10 csisolatin6 iso-ir-157 iso8859-10 iso885910 l6 latin6"},
    {28603, "iso-8859-13 iso8859-13 iso885913"},
    {28604, "iso-8859-14 iso8859-14 iso885914"},
    {28605, "iso-8859-15 csisolatin9 iso8859-15 iso885915 iso_8859-15 l9"},
    {28606, "iso-8859-16"},
    {50220, "iso-2022-jp csiso2022jp"},
    {54936, "gb18030"},
    {65001, "utf-8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf8 x-unicode20utf8"},
};

static const struct label_row *row_of(unsigned code_page)
{
    for (size_t i = 0; i < sizeof label_rows / sizeof label_rows[0]; i++) {
        if (label_rows[i].code_page == code_page) {
            return &label_rows[i];
        }
    }
    return NULL;
}

static bool has_label(const char *labels, const char *name, size_t name_bytes)
{
    while (*labels != '\0') {
        const size_t length = strcspn(labels, " ");
        if (length == name_bytes && strncasecmp(labels, name, length) == 0) {
            return true;
        }
        labels += length + strspn(labels + length, " ");
    }
    return false;
}

/* 0: no row has it. */
static unsigned find_label(const char *name)
{
    const size_t name_bytes = strlen(name);
    for (size_t i = 0; i < sizeof label_rows / sizeof label_rows[0]; i++) {
        if (name_bytes > 0 && has_label(label_rows[i].labels, name, name_bytes)) {
            return label_rows[i].code_page;
        }
    }
    return 0;
}

/* "cp" and up to five digits; 0: it is something else. */
static unsigned parse_code_page(const char *name)
{
    unsigned number = 0;
    if (strncasecmp(name, "cp", 2) != 0 || strlen(name) > 7) {
        return 0;
    }
    for (name += 2; *name >= '0' && *name <= '9'; name++) {
        number = number * 10 + (unsigned)(*name - '0');
    }
    return *name == '\0' && number >= SECTION_CODE_PAGE_LEAST ? number : 0;
}

static section_status bad_encoding(const char *name, section_error *ret_error)
{
    return section_fail(ret_error, SECTION_BAD_ENCODING,
                        "there is no encoding \"%.40s\" here; there are utf-8, utf-16le, utf-16be, "
                        "utf-32le, latin1, gbk, others by WHATWG's labels (shift_jis, koi8-r, …), "
                        "and cpNNN for the code pages of this platform",
                        name);
}

section_status section_encoding_parse(const char *name, section_encoding *ret_encoding,
                                      section_error *ret_error)
{
    section_encoding own = 0;
    while (own < OWN_ENCODINGS && strcasecmp(name, own_encodings[own].name) != 0) {
        own++;
    }
    if (own < OWN_ENCODINGS) {
        *ret_encoding = own;
        return SECTION_OK;
    }
    unsigned code_page = find_label(name);
    if (code_page == 0) {
        code_page = parse_code_page(name);
    }
    if (code_page == 0) {
        return bad_encoding(name, ret_error);
    }
    own = 0;
    while (own < OWN_ENCODINGS && own_encodings[own].code_page != code_page) {
        own++;
    }
    *ret_encoding = own < OWN_ENCODINGS ? own : code_page;
    return SECTION_OK;
}

section_status section_encoding_check(section_encoding encoding, section_error *ret_error)
{
    if (encoding >= OWN_ENCODINGS && !os_code_page_exists(encoding)) {
        char name[ENCODING_NAME_BYTES];
        encoding_format_name(encoding, name);
        return bad_encoding(name, ret_error);
    }
    return SECTION_OK;
}

size_t section_encoding_unit(section_encoding encoding)
{
    return encoding < OWN_ENCODINGS ? own_encodings[encoding].unit_bytes : 1;
}

void encoding_format_name(section_encoding encoding, char ret_text[ENCODING_NAME_BYTES])
{
    const struct label_row *row = row_of(encoding);
    if (encoding < OWN_ENCODINGS) {
        (void)snprintf(ret_text, ENCODING_NAME_BYTES, "%s", own_encodings[encoding].name);
    } else if (row != NULL) {
        (void)snprintf(ret_text, ENCODING_NAME_BYTES, "%.*s (cp%u)", (int)strcspn(row->labels, " "),
                       row->labels, encoding);
    } else {
        (void)snprintf(ret_text, ENCODING_NAME_BYTES, "cp%u", encoding);
    }
}
