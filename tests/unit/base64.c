#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "encode/base64.h"

static void test_the_vectors_of_rfc_4648_hold(void **state)
{
    (void)state;
    static const char *const vectors[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char text[16];
        uint8_t bytes[16];
        size_t length = 77;
        base64_encode(vectors[i][0], strlen(vectors[i][0]), text);
        assert_string_equal(text, vectors[i][1]);
        assert_int_equal(base64_encoded_length(strlen(vectors[i][0])), strlen(text));
        assert_true(base64_decode(text, strlen(text), bytes, &length));
        assert_int_equal(length, strlen(vectors[i][0]));
        assert_memory_equal(bytes, vectors[i][0], length);
    }
}

static void test_every_length_makes_the_round_trip(void **state)
{
    (void)state;
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 151 + 255);
    }
    for (size_t length = 0; length <= sizeof bytes; length++) {
        const size_t text_bytes = base64_encoded_length(length);
        /* Exactly the room that is promised to be enough, for the sanitizer to watch. */
        char *text = malloc(text_bytes + 1);
        uint8_t *back = malloc(text_bytes / 4 * 3 + 1);
        size_t back_bytes = 0;
        base64_encode(bytes, length, text);
        assert_int_equal(strlen(text), text_bytes);
        assert_true(base64_decode(text, text_bytes, back, &back_bytes));
        assert_int_equal(back_bytes, length);
        assert_memory_equal(back, bytes, length);
        free(back);
        free(text);
    }
}

static void test_what_no_encoder_writes_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Z",        "Zg",           "Zg=",      "Zg===",      "Zm9vYg=", "Zm9v=", "====",
        "=Zg=",     "Z===",         "Zg==Zg==", "Zm8=Zm8=",   "Zh==",    "Zm9=",  "Zm 9",
        "Zm9v\r\n", "Zm9v\n\n\n\n", "Zm-_",     "Zm9\x80",    "Zm,9",    "Zg=a",  "[][]",
        "@@@@",     "Zm9v    ",     "`{`{",     "Z\xC3\xA9g",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint8_t bytes[32];
        size_t length = 77;
        if (base64_decode(texts[i], strlen(texts[i]), bytes, &length)) {
            fail_msg("taken: '%s'", texts[i]);
        }
        assert_int_equal(length, 77);
    }
    uint8_t bytes[8];
    size_t length;
    assert_false(base64_decode("Zm9\0", 4, bytes, &length));
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_the_vectors_of_rfc_4648_hold),
        cmocka_unit_test(test_every_length_makes_the_round_trip),
        cmocka_unit_test(test_what_no_encoder_writes_is_refused),
    };
    return cmocka_run_group_tests_name("base64", list, NULL, NULL);
}
