#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <section/text.h>

/* The encodings beside those of wchar_t: bytes, what has no place in them, what they refuse. */

static section_encoding parsed(const char *name)
{
    section_encoding encoding = SECTION_UTF8;
    assert_int_equal(section_encoding_parse(name, &encoding, NULL), SECTION_OK);
    assert_int_equal(section_encoding_check(encoding, NULL), SECTION_OK);
    return encoding;
}

static section_status decode(section_encoding encoding, const void *bytes, size_t length,
                             uint64_t first_offset, char **ret_text, size_t *ret_text_bytes,
                             section_error *ret_error)
{
    const section_text_bytes from = {
        .encoding = encoding, .bytes = bytes, .length_bytes = length, .first_offset = first_offset};
    return section_text_decode(&from, ret_text, ret_text_bytes, ret_error);
}

static void expect_bytes(const char *name, const char *text, const char *bytes, size_t length)
{
    void *encoded = NULL;
    char *decoded = NULL;
    size_t encoded_length = 0;
    size_t decoded_length = 0;
    const section_encoding encoding = parsed(name);
    assert_int_equal(
        section_text_encode(encoding, text, strlen(text), true, &encoded, &encoded_length, NULL),
        SECTION_OK);
    const size_t unit = section_encoding_unit(encoding);
    assert_int_equal(encoded_length, length + unit);
    assert_memory_equal(encoded, bytes, length);
    assert_memory_equal((char *)encoded + length, "\0\0\0\0", unit);
    assert_int_equal(section_text_find_end(encoding, encoded, encoded_length), length);
    assert_int_equal(decode(encoding, bytes, length, 0, &decoded, &decoded_length, NULL),
                     SECTION_OK);
    assert_int_equal(decoded_length, strlen(text));
    assert_string_equal(decoded, text);
    free(decoded);
    free(encoded);
}

static void test_text_has_the_bytes_that_the_encoding_gives_it(void **state)
{
    (void)state;
    expect_bytes("utf-16be", "A\xE6\x88\x91\xF0\x9F\x98\x80", "\0A\x62\x11\xD8\x3D\xDE\x00", 8);
    expect_bytes("latin1", "A\xC3\xA9\xC3\xBF\xC2\x80", "A\xE9\xFF\x80", 4);
    expect_bytes("gbk", "A\xE6\x88\x91\xE4\xBB\xAC", "A\xCE\xD2\xC3\xC7", 5);
    expect_bytes("cp936", "\xE6\x88\x91", "\xCE\xD2", 2);
    expect_bytes("cp932", "\xE6\x97\xA5\xEF\xBD\xB1", "\x93\xFA\xB1", 3);
    expect_bytes("cp949", "\xED\x95\x9C", "\xC7\xD1", 2);
    expect_bytes("cp950", "\xE4\xB8\xAD", "\xA4\xA4", 2);
    expect_bytes("cp1252", "\xE2\x82\xAC\xC3\xA9", "\x80\xE9", 2);
    expect_bytes("cp1251", "\xD0\x96", "\xC6", 1);
    expect_bytes("cp437", "\xE2\x96\x88\xC3\xA9", "\xDB\x82", 2);
    expect_bytes("cp850", "\xC3\xA9", "\x82", 1);
    expect_bytes("cp866", "\xD0\x96", "\x86", 1);
    expect_bytes("cp874", "\xE0\xB8\x81", "\xA1", 1);
    expect_bytes("gbk", "", "", 0);
}

static void test_long_text_makes_the_round_trip(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *piece;
    } cases[] = {{"gbk", "a\xE6\x88\x91"},
                 {"cp1252", "\xE2\x82\xAC"},
                 {"latin1", "\xC3\xA9x"},
                 {"utf-16be", "\xF0\x9F\x98\x80"},
                 {"cp874", "\xE0\xB8\x81"}};
    enum { PIECES = 50000 };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t piece = strlen(cases[i].piece);
        char *text = malloc(PIECES * piece);
        char *back = NULL;
        void *bytes = NULL;
        size_t length = 0;
        size_t back_length = 0;
        const section_encoding encoding = parsed(cases[i].name);
        for (size_t k = 0; k < PIECES; k++) {
            memcpy(text + k * piece, cases[i].piece, piece);
        }
        assert_int_equal(
            section_text_encode(encoding, text, PIECES * piece, false, &bytes, &length, NULL),
            SECTION_OK);
        assert_int_equal(decode(encoding, bytes, length, 0, &back, &back_length, NULL), SECTION_OK);
        assert_int_equal(back_length, PIECES * piece);
        assert_int_equal(memcmp(back, text, back_length), 0);
        free(back);
        free(bytes);
        free(text);
    }
}

/* The error says the name as it is given here, in front of the code page. */
static void expect_undecodable(const char *name, const char *bytes, size_t length, unsigned offset)
{
    char wanted[64];
    char *text = NULL;
    size_t text_bytes;
    section_error error;
    assert_int_equal(decode(parsed(name), bytes, length, 1000, &text, &text_bytes, &error),
                     SECTION_BAD_TEXT);
    assert_null(text);
    (void)snprintf(wanted, sizeof wanted, "byte %u is not %s", 1000 + offset, name);
    if (strstr(error.detail, wanted) == NULL) {
        fail_msg("not '%s': %s", wanted, error.detail);
    }
}

static void test_torn_and_undecodable_bytes_are_refused_where_they_stand(void **state)
{
    (void)state;
    expect_undecodable("utf-16be", "\0A\xD8\x3D", 4, 2);
    expect_undecodable("utf-16be", "\xDE\x00\xD8\x3D", 4, 0);
    expect_undecodable("utf-16be", "\0A\0", 3, 2);
    expect_undecodable("gbk", "A\xCE", 2, 1);        /* half a character */
    expect_undecodable("gbk", "\xCE\xD2\xCE", 3, 2); /* the same after a whole one */
    expect_undecodable("gbk", "ab\xCE\x20zz", 6, 2); /* no second byte is a space */
    expect_undecodable("shift_jis", "\x93", 1, 0);
    expect_undecodable("shift_jis", "x\x93\x00", 3, 1);
}

static void expect_unencodable(const char *name, const char *text, const char *wanted)
{
    void *bytes = NULL;
    size_t length;
    section_error error;
    assert_int_equal(
        section_text_encode(parsed(name), text, strlen(text), true, &bytes, &length, &error),
        SECTION_BAD_TEXT);
    assert_null(bytes);
    if (strstr(error.detail, wanted) == NULL) {
        fail_msg("not '%s': %s", wanted, error.detail);
    }
}

static void test_characters_that_the_encoding_lacks_are_refused_by_name(void **state)
{
    (void)state;
    expect_unencodable("latin1", "ab\xE2\x82\xAC", "latin1 has no U+20AC");
    expect_unencodable("latin1", "ab\xE2\x82\xAC", "at byte 2 ");
    expect_unencodable("latin1", "\xC4\x80", "U+0100");
    expect_unencodable("cp1252", "\xE6\x88\x91", "windows-1252 (cp1252) has no U+6211");
    expect_unencodable("cp1252", "a\xC4\x80", "U+0100"); /* no A for an A with a macron */
    expect_unencodable("gbk", "\xE6\x88\x91\xF0\x9F\x98\x80", "gbk (cp936) has no U+1F600");
    expect_unencodable("gbk", "\xE6\x88\x91\xF0\x9F\x98\x80", "at byte 3 ");
    expect_unencodable("cp437", "\xE2\x82\xAC", "U+20AC");
}

static void test_what_is_not_utf8_is_refused_as_such(void **state)
{
    (void)state;
    static const char *const names[] = {"utf-16be", "latin1", "gbk", "cp1252"};
    static const char *const texts[] = {"ab\xFF", "ab\xED\xA0\x80", "ab\xC0\x80", "ab\xE6\x88"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
            expect_unencodable(names[i], texts[k], "byte 2 is not utf-8");
        }
    }
}

static void test_code_pages_of_our_own_encodings_are_those(void **state)
{
    (void)state;
    assert_int_equal(parsed("cp65001"), SECTION_UTF8);
    assert_int_equal(parsed("CP1200"), SECTION_UTF16LE);
    assert_int_equal(parsed("cp1201"), SECTION_UTF16BE);
    assert_int_equal(parsed("cp12000"), SECTION_UTF32LE);
    assert_int_equal(parsed("cp28591"), SECTION_LATIN1);
    assert_int_equal(parsed("GBK"), parsed("cp936"));
    assert_int_equal(parsed("Latin1"), SECTION_LATIN1);
    assert_int_equal(parsed("UTF-16BE"), SECTION_UTF16BE);
}

static void test_unknown_encodings_are_refused_with_what_there_is(void **state)
{
    (void)state;
    static const char *const names[] = {
        "cp",     "cp0",    "cp1",    "cp3",     "cp42", "cp99999",        "cp-1", "cp 437",
        "cp437 ", "cp437x", "437",    "cp0x1b5", "gb",   "gbk2",           "cp7",  "cp123456",
        "asci",   "c",      "cp\xFF", "utf16",   "//",   "cp437//TRANSLIT"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        section_encoding encoding;
        section_error error;
        section_status status = section_encoding_parse(names[i], &encoding, &error);
        if (status == SECTION_OK) {
            status = section_encoding_check(encoding, &error);
        }
        if (status != SECTION_BAD_ENCODING) {
            fail_msg("taken: %s", names[i]);
        }
        assert_non_null(strstr(error.detail, "gbk"));
    }
}

static void test_a_code_page_that_is_not_there_converts_nothing(void **state)
{
    (void)state;
    char *text = NULL;
    void *bytes = NULL;
    size_t length;
    assert_int_equal(decode(99999, "a", 1, 0, &text, &length, NULL), SECTION_BAD_ENCODING);
    assert_int_equal(section_text_encode(99999, "a", 1, true, &bytes, &length, NULL),
                     SECTION_BAD_ENCODING);
    assert_null(text);
    assert_null(bytes);
}

static void test_labels_lead_to_the_encodings_that_whatwg_gives_them(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        section_encoding encoding;
    } cases[] = {
        {"shift_jis", 932},
        {"Shift_JIS", 932},
        {"sjis", 932},
        {"windows-31j", 932},
        {"euc-kr", 949},
        {"ks_c_5601-1987", 949},
        {"big5", 950},
        {"gb2312", 936},
        {"gb18030", 54936},
        {"koi8-r", 20866},
        {"koi8-u", 21866},
        {"windows-1252", 1252},
        {"ascii", 1252},
        {"us-ascii", 1252},
        {"x-cp1250", 1250},
        {"windows-874", 874},
        {"tis-620", 874},
        {"iso-8859-2", 28592},
        {"latin2", 28592},
        {"l9", 28605},
        {"iso-8859-9", 1254},
        {"iso-8859-16", 28606},
        {"macintosh", 10000},
        {"euc-jp", 20932},
        {"ibm866", 866},
        {"utf-16", SECTION_UTF16LE},
        {"ucs-2", SECTION_UTF16LE},
        {"utf8", SECTION_UTF8},
        {"unicodefffe", SECTION_UTF16BE},
        /* Of these WHATWG says windows-1252. */
        {"iso-8859-1", SECTION_LATIN1},
        {"l1", SECTION_LATIN1},
        {"cp819", SECTION_LATIN1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        section_encoding found = UINT32_MAX;
        if (section_encoding_parse(cases[i].label, &found, NULL) != SECTION_OK ||
            found != cases[i].encoding) {
            fail_msg("%s is %u", cases[i].label, (unsigned)found);
        }
    }
}

static void test_labels_have_the_bytes_of_their_encodings(void **state)
{
    (void)state;
    expect_bytes("shift_jis", "\xE6\x97\xA5\xEF\xBD\xB1", "\x93\xFA\xB1", 3);
    expect_bytes("euc-kr", "\xED\x95\x9C", "\xC7\xD1", 2);
    expect_bytes("big5", "\xE4\xB8\xAD", "\xA4\xA4", 2);
    expect_bytes("koi8-r", "\xD0\x96", "\xF6", 1);
    expect_bytes("koi8-u", "\xD1\x96", "\xA6", 1);
    expect_bytes("iso-8859-2", "\xC5\x81", "\xA3", 1);
    expect_bytes("iso-8859-15", "\xE2\x82\xAC", "\xA4", 1);
    expect_bytes("macintosh", "\xC3\xA9", "\x8E", 1);
    expect_bytes("euc-jp", "A\xE4\xBA\x9C\xEF\xBD\xB1", "A\xB0\xA1\x8E\xB1", 5);
    expect_bytes("euc-jp", "\xE4\xB8\x82", "\x8F\xB0\xA1", 3); /* JIS X 0212 */
    expect_bytes("utf-16", "A\xF0\x9F\x98\x80", "A\0\x3D\xD8\x00\xDE", 6);
}

static void test_gb18030_has_every_character(void **state)
{
    (void)state;
    expect_bytes("gb18030", "A\xE6\x88\x91", "A\xCE\xD2", 3);
    expect_bytes("gb18030", "\xE2\x82\xAC", "\xA2\xE3", 2);         /* U+20AC, not as in gbk */
    expect_bytes("gb18030", "\xC2\x80", "\x81\x30\x81\x30", 4);     /* the first of four bytes */
    expect_bytes("gb18030", "\xC3\xBF", "\x81\x30\x8B\x37", 4);     /* U+00FF */
    expect_bytes("gb18030", "\xEF\xBF\xBF", "\x84\x31\xA4\x39", 4); /* U+FFFF */
    expect_bytes("gb18030", "\xF0\x90\x80\x80", "\x90\x30\x81\x30", 4);
    expect_bytes("gb18030", "\xF0\x9F\x98\x80", "\x94\x39\xFC\x36", 4);
    expect_bytes("gb18030", "\xF4\x8F\xBF\xBF", "\xE3\x32\x9A\x35", 4);
    expect_bytes("gb18030", "\xE2\xBA\x81", "\xFE\x50", 2);
}

static void expect_replaced(const char *name, const char *bytes, size_t length, const char *text)
{
    char *decoded = NULL;
    size_t decoded_length = 0;
    const section_text_bytes from = {
        .encoding = parsed(name), .bytes = bytes, .length_bytes = length, .replaces = true};
    assert_int_equal(section_text_decode(&from, &decoded, &decoded_length, NULL), SECTION_OK);
    assert_string_equal(decoded, text);
    assert_int_equal(decoded_length, strlen(text));
    free(decoded);
}

#define FFFD "\xEF\xBF\xBD"

static void test_what_does_not_decode_may_be_replaced(void **state)
{
    (void)state;
    expect_replaced("utf-8", "a\xFFz", 3, "a" FFFD "z");
    expect_replaced("utf-8", "\xE4\xBDz", 3, FFFD "z"); /* the longest part that could begin one */
    expect_replaced("utf-8", "\xF0\x9F\x98", 3, FFFD);
    expect_replaced("utf-8", "\xED\xA0\x80", 3, FFFD FFFD FFFD);
    expect_replaced("utf-8", "\xC0\x80", 2, FFFD FFFD);
    expect_replaced("utf-8", "\xF0\x80\x80\x41", 4, FFFD FFFD FFFD "A");
    expect_replaced("utf-8", "\xF4\x90\xE6\x88\x91", 5, FFFD FFFD "\xE6\x88\x91");
    expect_replaced("utf-8", "\xF0\x9F\xC3\xA9", 4, FFFD "\xC3\xA9");
    expect_replaced("utf-16le", "a\0\x3D\xD8", 4, "a" FFFD); /* half a pair at the end */
    expect_replaced("utf-16le", "\x3D\xD8z\0", 4, FFFD "z");
    expect_replaced("utf-16le", "\x00\xDCz\0", 4, FFFD "z");
    expect_replaced("utf-16le", "z\0y", 3, "z" FFFD);
    expect_replaced("utf-16be", "\0a\xD8\x3D", 4, "a" FFFD);
    expect_replaced("utf-32le", "\0\xD8\0\0z\0\0\0\1", 9, FFFD "z" FFFD);
    expect_replaced("gbk", "a\xFFz", 3, "a" FFFD "z");
    expect_replaced("gbk", "\xCE\xD2\xCE", 3, "\xE6\x88\x91" FFFD); /* torn */
    expect_replaced("gbk", "\xCE\x20\xCE\xD2", 4, FFFD " \xE6\x88\x91");
    expect_replaced("shift_jis", "\x93\xFA\x93", 3, "\xE6\x97\xA5" FFFD);
    expect_replaced("gb18030", "\x94\x39\xFC", 3, FFFD);
    expect_replaced("gb18030", "\x80z", 2, FFFD "z");
    expect_replaced("euc-jp", "\xB0\x21z", 3, FFFD "!z");
    expect_replaced("utf-8", "", 0, "");
}

static void test_much_that_does_not_decode_is_replaced_in_its_place(void **state)
{
    (void)state;
    static const char *const names[] = {"utf-8", "gbk", "cp932", "gb18030"};
    enum { COUNT = 100000 };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *bytes = malloc(COUNT);
        char *decoded = NULL;
        size_t length = 0;
        memset(bytes, 0xFF, COUNT);
        const section_text_bytes from = {
            .encoding = parsed(names[i]), .bytes = bytes, .length_bytes = COUNT, .replaces = true};
        assert_int_equal(section_text_decode(&from, &decoded, &length, NULL), SECTION_OK);
        assert_int_equal(length, 3 * COUNT);
        assert_memory_equal(decoded + length - 3, FFFD, 3);
        free(decoded);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_text_has_the_bytes_that_the_encoding_gives_it),
        cmocka_unit_test(test_long_text_makes_the_round_trip),
        cmocka_unit_test(test_torn_and_undecodable_bytes_are_refused_where_they_stand),
        cmocka_unit_test(test_characters_that_the_encoding_lacks_are_refused_by_name),
        cmocka_unit_test(test_what_is_not_utf8_is_refused_as_such),
        cmocka_unit_test(test_code_pages_of_our_own_encodings_are_those),
        cmocka_unit_test(test_unknown_encodings_are_refused_with_what_there_is),
        cmocka_unit_test(test_a_code_page_that_is_not_there_converts_nothing),
        cmocka_unit_test(test_labels_lead_to_the_encodings_that_whatwg_gives_them),
        cmocka_unit_test(test_labels_have_the_bytes_of_their_encodings),
        cmocka_unit_test(test_gb18030_has_every_character),
        cmocka_unit_test(test_what_does_not_decode_may_be_replaced),
        cmocka_unit_test(test_much_that_does_not_decode_is_replaced_in_its_place),
    };
    return cmocka_run_group_tests_name("encodings", list, NULL, NULL);
}
