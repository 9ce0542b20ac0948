#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include <section/text.h>

/* Converters of iconv that have a state: what they keep back, and what they are shifted to. */

#define FFFD       "\xEF\xBF\xBD"
#define ALEF       "\xD7\x90"
#define PATAH      "\xD6\xB7"
#define HIRAGANA_A "\xE3\x81\x82"
#define HIRAGANA_I "\xE3\x81\x84"

static void expect_replaced(section_encoding encoding, const char *bytes, const char *text)
{
    char *decoded = NULL;
    size_t decoded_length = 0;
    const section_text_bytes from = {
        .encoding = encoding, .bytes = bytes, .length_bytes = strlen(bytes), .replaces = true};
    assert_int_equal(section_encoding_check(encoding, NULL), SECTION_OK);
    assert_int_equal(section_text_decode(&from, &decoded, &decoded_length, NULL), SECTION_OK);
    assert_string_equal(decoded, text);
    assert_int_equal(decoded_length, strlen(text));
    free(decoded);
}

static void test_a_letter_that_is_kept_back_stands_before_what_replaces_the_next_byte(void **state)
{
    (void)state;
    expect_replaced(1255, "\xE0\xD9z", ALEF FFFD "z");
    expect_replaced(1255, "\xE0\xD9\xD9\xE0", ALEF FFFD FFFD ALEF);
    expect_replaced(1255, "z\xD9\xE0", "z" FFFD ALEF);
    expect_replaced(1258, "a\x8Az", "a" FFFD "z");
    expect_replaced(1258,
                    "a\x8A\x8A"
                    "a",
                    "a" FFFD FFFD "a");
}

static void test_a_letter_that_is_kept_back_stands_before_a_mark_at_the_end(void **state)
{
    (void)state;
    expect_replaced(1255, "\xE0\xD9", ALEF FFFD);
    expect_replaced(1255, "\xE0", ALEF);
    expect_replaced(1258, "a\x8A", "a" FFFD);
    expect_replaced(1258, "a", "a");
}

static void test_a_mark_is_not_joined_with_a_letter_before_what_is_replaced(void **state)
{
    (void)state;
    expect_replaced(1255, "\xE0\xC7", "\xEF\xAC\xAE"); /* alef with patah is one character */
    expect_replaced(1255, "\xE0\xD9\xC7", ALEF FFFD PATAH);
    expect_replaced(1258, "a\xEC", "\xC3\xA1"); /* a with an acute accent, too */
    expect_replaced(1258, "a\x8A\xEC", "a" FFFD "\xCC\x81");
}

static void test_a_converter_stays_shifted_behind_what_is_replaced(void **state)
{
    (void)state;
    expect_replaced(50220, "\x1B$B$\"\xFF$$\x1B(Bz", HIRAGANA_A FFFD HIRAGANA_I "z");
    expect_replaced(50220, "\x1B$B$\"$", HIRAGANA_A FFFD); /* torn */
    expect_replaced(50220, "\xFF\x1B$B$\"", FFFD HIRAGANA_A);
    expect_replaced(939, "\x0E\x44\x81\xFF\xFF\x44\x82\x0F\x81",
                    HIRAGANA_A FFFD FFFD HIRAGANA_I "a");
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_letter_that_is_kept_back_stands_before_what_replaces_the_next_byte),
        cmocka_unit_test(test_a_letter_that_is_kept_back_stands_before_a_mark_at_the_end),
        cmocka_unit_test(test_a_mark_is_not_joined_with_a_letter_before_what_is_replaced),
        cmocka_unit_test(test_a_converter_stays_shifted_behind_what_is_replaced),
    };
    return cmocka_run_group_tests_name("codepage", list, NULL, NULL);
}
