#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <section/text.h>
#include <section/utf8.h>

static const section_encoding encodings[] = {SECTION_UTF8, SECTION_UTF16LE, SECTION_UTF32LE};

#define EACH_ENCODING(encoding)                                                                    \
    for (const section_encoding *encoding = encodings; encoding < encodings + 3; encoding++)

/* The first and the last scalar of every range that is encoded in another way. */
static const uint32_t boundaries[] = {0x0,     0x1,     0x7F,    0x80,     0xFF,    0x100,
                                      0x7FF,   0x800,   0xFFF,   0x1000,   0xD7FF,  0xE000,
                                      0xFFFD,  0xFFFE,  0xFFFF,  0x10000,  0x103FF, 0x10400,
                                      0x3FFFF, 0x40000, 0xFFFFF, 0x100000, 0x10FFFF};

static size_t encode(section_encoding encoding, const char *text, size_t text_bytes,
                     uint8_t **ret_bytes)
{
    void *bytes = NULL;
    size_t length = 0;
    assert_int_equal(section_text_encode(encoding, text, text_bytes, false, &bytes, &length, NULL),
                     SECTION_OK);
    *ret_bytes = bytes;
    return length;
}

static section_status decode(section_encoding encoding, const void *bytes, size_t length,
                             uint64_t first_offset, char **ret_text, size_t *ret_text_bytes,
                             section_error *ret_error)
{
    const section_text_bytes from = {
        .encoding = encoding, .bytes = bytes, .length_bytes = length, .first_offset = first_offset};
    return section_text_decode(&from, ret_text, ret_text_bytes, ret_error);
}

static void expect_round_trip(const char *text, size_t text_bytes)
{
    EACH_ENCODING(encoding)
    {
        uint8_t *bytes;
        char *back = NULL;
        size_t back_bytes = 0;
        const size_t length = encode(*encoding, text, text_bytes, &bytes);
        assert_int_equal(length % section_encoding_unit(*encoding), 0);
        assert_int_equal(decode(*encoding, bytes, length, 0, &back, &back_bytes, NULL), SECTION_OK);
        assert_int_equal(back_bytes, text_bytes);
        assert_int_equal(memcmp(back, text, text_bytes), 0);
        assert_int_equal(back[back_bytes], '\0');
        free(back);
        free(bytes);
    }
}

static void test_every_scalar_makes_the_round_trip(void **state)
{
    (void)state;
    size_t used = 0;
    char *text = malloc(0x110000 * 4);
    assert_non_null(text);
    for (uint32_t scalar = 0; scalar <= 0x10FFFF; scalar++) {
        if (scalar < 0xD800 || scalar > 0xDFFF) {
            used += section_utf8_put(scalar, text + used);
        }
    }
    expect_round_trip(text, used);
    expect_round_trip("", 0);
    free(text);
}

static void test_the_bytes_are_those_of_the_standards(void **state)
{
    (void)state;
    static const struct {
        section_encoding encoding;
        const char *text;
        size_t length;
        const char *bytes;
    } cases[] = {
        {SECTION_UTF16LE, "A", 2, "A\0"},
        {SECTION_UTF16LE, "\xE6\x88\x91", 2, "\x11\x62"},
        {SECTION_UTF16LE, "\xF0\x9F\x98\x80", 4, "\x3D\xD8\x00\xDE"},
        {SECTION_UTF16LE, "\xF0\x90\x80\x80", 4, "\x00\xD8\x00\xDC"},
        {SECTION_UTF16LE, "\xF4\x8F\xBF\xBF", 4, "\xFF\xDB\xFF\xDF"},
        {SECTION_UTF32LE, "A", 4, "A\0\0\0"},
        {SECTION_UTF32LE, "\xF0\x9F\x98\x80", 4, "\x00\xF6\x01\x00"},
        {SECTION_UTF8, "\xF0\x9F\x98\x80", 4, "\xF0\x9F\x98\x80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *bytes;
        assert_int_equal(encode(cases[i].encoding, cases[i].text, strlen(cases[i].text), &bytes),
                         cases[i].length);
        assert_memory_equal(bytes, cases[i].bytes, cases[i].length);
        free(bytes);
    }
}

static void expect_bad(section_encoding encoding, const void *bytes, size_t length,
                       unsigned bad_offset)
{
    char *text = NULL;
    size_t text_bytes = 77;
    char wanted[32];
    section_error error;
    assert_int_equal(decode(encoding, bytes, length, 1000, &text, &text_bytes, &error),
                     SECTION_BAD_TEXT);
    assert_null(text);
    assert_int_equal(error.code, SECTION_BAD_TEXT);
    (void)snprintf(wanted, sizeof wanted, "byte %u ", 1000 + bad_offset);
    if (strstr(error.detail, wanted) == NULL) {
        print_error("not at %u: %s\n", bad_offset, error.detail);
    }
    assert_non_null(strstr(error.detail, wanted));
}

static void test_torn_units_are_refused_where_they_begin(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof boundaries / sizeof boundaries[0]; i++) {
        char text[8] = "abc";
        const size_t text_bytes = 3 + section_utf8_put(boundaries[i], text + 3);
        EACH_ENCODING(encoding)
        {
            uint8_t *bytes;
            const size_t unit = section_encoding_unit(*encoding);
            const size_t length = encode(*encoding, text, text_bytes, &bytes);
            for (size_t cut = 3 * unit + 1; cut < length; cut++) {
                expect_bad(*encoding, bytes, cut, (unsigned)(3 * unit));
            }
            free(bytes);
        }
    }
}

static void test_lone_surrogates_are_refused(void **state)
{
    (void)state;
    expect_bad(SECTION_UTF16LE, "a\0\x00\xD8", 4, 2);              /* high at the end */
    expect_bad(SECTION_UTF16LE, "\x00\xD8q\0", 4, 0);              /* high, then a letter */
    expect_bad(SECTION_UTF16LE, "\xFF\xDB\xFF\xDB\x00\xDC", 6, 0); /* high, high, low */
    expect_bad(SECTION_UTF16LE, "\x00\xD8\x00\xE0", 4,
               0);                                    /* high, then what follows the low ones */
    expect_bad(SECTION_UTF16LE, "a\0\x00\xDC", 4, 2); /* low alone */
    expect_bad(SECTION_UTF16LE, "\x00\xDC\x00\xD8", 4, 0);         /* low, high */
    expect_bad(SECTION_UTF16LE, "\x00\xD8\x00\xDC\xFF\xDF", 6, 4); /* a pair, then a low */
    expect_bad(SECTION_UTF32LE, "\x00\xD8\0\0", 4, 0);
    expect_bad(SECTION_UTF32LE, "\xFF\xDF\0\0", 4, 0);
    expect_bad(SECTION_UTF32LE, "a\0\0\0\x00\xD8\0\0\x00\xDC\0\0", 12, 4);
    expect_bad(SECTION_UTF8, "a\xED\xA0\x80", 4, 1);
    expect_bad(SECTION_UTF8, "\xED\xBF\xBF", 3, 0);
    expect_bad(SECTION_UTF8, "\xED\xA0\x80\xED\xB0\x80", 6, 0); /* CESU-8 */
}

static void test_what_is_beyond_unicode_is_refused(void **state)
{
    (void)state;
    expect_bad(SECTION_UTF32LE, "\x00\x00\x11\x00", 4, 0);
    expect_bad(SECTION_UTF32LE, "\xFF\xFF\xFF\xFF", 4, 0);
    expect_bad(SECTION_UTF8, "\xF4\x90\x80\x80", 4, 0);
    expect_bad(SECTION_UTF8, "\xF5\x80\x80\x80", 4, 0);
    expect_bad(SECTION_UTF8, "\xF8\x88\x80\x80\x80", 5, 0);
    expect_bad(SECTION_UTF8, "\xFE", 1, 0);
    expect_bad(SECTION_UTF8, "ab\xFF", 3, 2);
}

static void test_malformed_utf8_is_refused_in_both_directions(void **state)
{
    (void)state;
    static const char *const texts[] = {"\x80",
                                        "\xBF",
                                        "\xC0\x80",
                                        "\xC1\xBF",
                                        "\xC2\x41",
                                        "\xC2\xC2",
                                        "\xE0\x80\x80",
                                        "\xE0\x9F\xBF",
                                        "\xE2\x28\xA1",
                                        "\xE2\x82\x28",
                                        "\xF0\x80\x80\x80",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xF0\x28\x8C\xBC",
                                        "\xF0\x90\x28\xBC",
                                        "\xF0\x90\x8C\x28"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        expect_bad(SECTION_UTF8, texts[i], strlen(texts[i]), 0);
        EACH_ENCODING(encoding)
        {
            void *bytes = NULL;
            size_t length;
            assert_int_equal(section_text_encode(*encoding, texts[i], strlen(texts[i]), true,
                                                 &bytes, &length, NULL),
                             SECTION_BAD_TEXT);
            assert_null(bytes);
        }
    }
}

static void test_a_terminator_is_one_unit(void **state)
{
    (void)state;
    EACH_ENCODING(encoding)
    {
        void *with = NULL;
        uint8_t *without;
        size_t with_length;
        const size_t unit = section_encoding_unit(*encoding);
        const size_t length = encode(*encoding, "ab\xC3\xA9", 4, &without);
        assert_int_equal(
            section_text_encode(*encoding, "ab\xC3\xA9", 4, true, &with, &with_length, NULL),
            SECTION_OK);
        assert_int_equal(with_length, length + unit);
        assert_memory_equal(with, without, length);
        assert_memory_equal((uint8_t *)with + length, "\0\0\0\0", unit);
        free(with);
        free(without);
        assert_int_equal(section_text_encode(*encoding, "", 0, true, &with, &with_length, NULL),
                         SECTION_OK);
        assert_int_equal(with_length, unit);
        assert_memory_equal(with, "\0\0\0\0", unit);
        free(with);
    }
}

static void test_the_end_is_the_first_aligned_nul(void **state)
{
    (void)state;
    static const struct {
        section_encoding encoding;
        const char *bytes;
        size_t length;
        size_t end;
    } cases[] = {
        {SECTION_UTF8, "abc\0def", 7, 3},
        {SECTION_UTF8, "abc", 3, 3},
        {SECTION_UTF8, "", 0, 0},
        {SECTION_UTF8, "\0", 1, 0},
        {SECTION_UTF16LE, "a\0b\0\0\0c\0", 8, 4},
        {SECTION_UTF16LE, "\x01\x00\x00\x01\x00\x00", 6, 4}, /* the NULs between units do not end */
        {SECTION_UTF16LE, "a\0b\0", 4, 4},
        {SECTION_UTF16LE, "a\0b", 3, 2}, /* half a unit at the end is not looked at */
        {SECTION_UTF16LE, "\0", 1, 0},
        {SECTION_UTF32LE, "a\0\0\0\0\0\0\0", 8, 4},
        {SECTION_UTF32LE, "\x01\0\0\0\0\0\0\x01\0\0\0\0", 12, 8},
        {SECTION_UTF32LE, "a\0\0\0b\0\0", 7, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(section_text_find_end(cases[i].encoding, cases[i].bytes, cases[i].length),
                         cases[i].end);
    }
}

static void test_encodings_are_found_by_name_in_any_case(void **state)
{
    (void)state;
    static const char *const unknown[] = {"",       "utf_8",  "utf16", "utf-8 ",
                                          " utf-8", "latin9", "x",     "utf-8 utf8"};
    section_encoding found = SECTION_UTF8;
    section_error error;
    assert_int_equal(section_encoding_parse("utf-16le", &found, NULL), SECTION_OK);
    assert_int_equal(found, SECTION_UTF16LE);
    assert_int_equal(section_encoding_parse("UTF-32LE", &found, NULL), SECTION_OK);
    assert_int_equal(found, SECTION_UTF32LE);
    assert_int_equal(section_encoding_parse("Utf-8", &found, NULL), SECTION_OK);
    assert_int_equal(found, SECTION_UTF8);
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_int_equal(section_encoding_parse(unknown[i], &found, &error), SECTION_BAD_ENCODING);
        assert_non_null(strstr(error.detail, "utf-16le")); /* says what there is */
    }
}

static void test_units_have_1_2_and_4_bytes(void **state)
{
    (void)state;
    assert_int_equal(section_encoding_unit(SECTION_UTF8), 1);
    assert_int_equal(section_encoding_unit(SECTION_UTF16LE), 2);
    assert_int_equal(section_encoding_unit(SECTION_UTF32LE), 4);
}

static void test_utf8_is_read_and_written_at_its_boundaries(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3,
                                     3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4};
    for (size_t i = 0; i < sizeof boundaries / sizeof boundaries[0]; i++) {
        char bytes[4];
        uint32_t scalar = UINT32_MAX;
        assert_int_equal(section_utf8_put(boundaries[i], bytes), lengths[i]);
        assert_int_equal(section_utf8_get(bytes, 4, &scalar), lengths[i]);
        assert_int_equal(scalar, boundaries[i]);
        for (size_t cut = 0; cut < lengths[i]; cut++) {
            assert_int_equal(section_utf8_get(bytes, cut, &scalar), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_every_scalar_makes_the_round_trip),
        cmocka_unit_test(test_the_bytes_are_those_of_the_standards),
        cmocka_unit_test(test_torn_units_are_refused_where_they_begin),
        cmocka_unit_test(test_lone_surrogates_are_refused),
        cmocka_unit_test(test_what_is_beyond_unicode_is_refused),
        cmocka_unit_test(test_malformed_utf8_is_refused_in_both_directions),
        cmocka_unit_test(test_a_terminator_is_one_unit),
        cmocka_unit_test(test_the_end_is_the_first_aligned_nul),
        cmocka_unit_test(test_encodings_are_found_by_name_in_any_case),
        cmocka_unit_test(test_units_have_1_2_and_4_bytes),
        cmocka_unit_test(test_utf8_is_read_and_written_at_its_boundaries),
    };
    return cmocka_run_group_tests_name("text", list, NULL, NULL);
}
