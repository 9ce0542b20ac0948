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
    assert_int_equal(
        section_text_decode(encoding, bytes, length, 0, &decoded, &decoded_length, NULL),
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
        assert_int_equal(section_text_decode(encoding, bytes, length, 0, &back, &back_length, NULL),
                         SECTION_OK);
        assert_int_equal(back_length, PIECES * piece);
        assert_int_equal(memcmp(back, text, back_length), 0);
        free(back);
        free(bytes);
        free(text);
    }
}

static void expect_undecodable(const char *name, const char *bytes, size_t length, unsigned offset)
{
    char wanted[40];
    char *text = NULL;
    size_t text_bytes;
    section_error error;
    assert_int_equal(
        section_text_decode(parsed(name), bytes, length, 1000, &text, &text_bytes, &error),
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
    expect_undecodable("cp932", "\x93", 1, 0);
    expect_undecodable("cp932", "x\x93\x00", 3, 1);
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
    expect_unencodable("cp1252", "\xE6\x88\x91", "cp1252 has no U+6211");
    expect_unencodable("cp1252", "a\xC4\x80", "U+0100"); /* no A for an A with a macron */
    expect_unencodable("gbk", "\xE6\x88\x91\xF0\x9F\x98\x80", "gbk has no U+1F600");
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
        "ascii",  "c",      "cp\xFF", "utf16",   "//",   "cp437//TRANSLIT"};
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
    assert_int_equal(section_text_decode(99999, "a", 1, 0, &text, &length, NULL),
                     SECTION_BAD_ENCODING);
    assert_int_equal(section_text_encode(99999, "a", 1, true, &bytes, &length, NULL),
                     SECTION_BAD_ENCODING);
    assert_null(text);
    assert_null(bytes);
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
    };
    return cmocka_run_group_tests_name("encodings", list, NULL, NULL);
}
