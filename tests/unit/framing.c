#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "gate/framing.h"

/* What framing_add_field says of one field of a request that has a Host. */
static const char *wrong_with(const char *name, size_t name_bytes, const char *value,
                              size_t value_bytes)
{
    request request = {0};
    framing_add_field(&request, "Host", 4, "a", 1);
    assert_null(request.malformed);
    framing_add_field(&request, name, name_bytes, value, value_bytes);
    return request.malformed;
}

static void test_names_of_fields_are_tokens(void **state)
{
    (void)state;
    assert_null(wrong_with("X-a.b_c~1", 9, "", 0));
    assert_null(wrong_with("!#$%&'*+-.^_`|~", 15, "", 0));
    assert_non_null(wrong_with("", 0, "", 0));
    assert_non_null(wrong_with("a b", 3, "", 0));
    assert_non_null(wrong_with("a\t", 2, "", 0));
    assert_non_null(wrong_with("a\0", 2, "", 0));
    assert_non_null(wrong_with("\xC3\xA9", 2, "", 0));
    assert_non_null(wrong_with("(a)", 3, "", 0));
    assert_non_null(wrong_with("a:b", 3, "", 0));
}

static void test_values_of_fields_have_no_control_characters_wherever_they_stand(void **state)
{
    (void)state;
    char value[40];
    for (size_t length = 1; length < sizeof value; length++) {
        for (size_t at = 0; at < length; at++) {
            for (int byte = 0; byte < 256; byte++) {
                const bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
                memset(value, 'v', sizeof value);
                value[at] = (char)byte;
                value[length] = '\0';
                assert_true((wrong_with("X-Any", 5, value, length) != NULL) == is_control);
                assert_true((wrong_with("Range", 5, value, length) != NULL) == is_control);
            }
        }
    }
}

static void test_a_field_that_we_read_stands_once_unless_it_is_a_list(void **state)
{
    (void)state;
    static const char *const names[] = {
#define REQUEST_HEADER_NAME(constant, name) name,
        REQUEST_HEADERS(REQUEST_HEADER_NAME)
#undef REQUEST_HEADER_NAME
    };
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        request request = {0};
        framing_add_field(&request, names[i], strlen(names[i]), "first", 5);
        assert_null(request.malformed);
        framing_add_field(&request, "Accept", 6, "*/*", 3);
        framing_add_field(&request, "accept", 6, "*/*", 3);
        assert_null(request.malformed);
        framing_add_field(&request, names[i], strlen(names[i]), "first", 5);
        const bool is_list =
            i == HEADER_ACCEPT_ENCODING || i == HEADER_IF_MATCH || i == HEADER_IF_NONE_MATCH;
        assert_true((request.malformed == NULL) == is_list);
        assert_string_equal(request.headers[i], is_list ? "first, first" : "first");
    }
}

static void test_lists_that_come_as_several_fields_are_joined_in_order(void **state)
{
    (void)state;
    request request = {0};
    framing_add_field(&request, "If-Match", 8, "\"a\"", 3);
    framing_add_field(&request, "Accept-Encoding", 15, "gzip", 4);
    framing_add_field(&request, "if-match", 8, "\"b\", \"c\"", 8);
    framing_add_field(&request, "Accept-Encoding", 15, "", 0);
    framing_add_field(&request, "IF-MATCH", 8, "\"d\"", 3);
    assert_null(request.malformed);
    assert_string_equal(request.headers[HEADER_IF_MATCH], "\"a\", \"b\", \"c\", \"d\"");
    assert_string_equal(request.headers[HEADER_ACCEPT_ENCODING], "gzip, ");
}

static void test_joined_lists_have_an_end(void **state)
{
    (void)state;
    static char value[2 * REQUEST_JOINED_BYTES];
    for (size_t length = 0; length < sizeof value; length++) {
        request request = {0};
        memset(value, 'v', sizeof value);
        value[length] = '\0';
        framing_add_field(&request, "If-Match", 8, value, length);
        assert_null(request.malformed);
        framing_add_field(&request, "If-Match", 8, "w", 1);
        const bool fits = length + sizeof ", w" <= sizeof request.room.joined;
        assert_true((request.malformed == NULL) == fits);
        assert_true(request.joined_bytes <= sizeof request.room.joined);
        if (fits) {
            assert_int_equal(strlen(request.headers[HEADER_IF_MATCH]), length + 3);
        }
    }
}

static void test_trailers_are_like_fields(void **state)
{
    (void)state;
    assert_true(framing_is_trailer("X-Any", 5, "a\tb", 3));
    assert_true(framing_is_trailer("Content-Length", 14, "", 0));
    assert_false(framing_is_trailer("X-Any", 5, "\x01", 1));
    assert_false(framing_is_trailer("X-Any", 5, "\x7f", 1));
    assert_false(framing_is_trailer("X(", 2, "y", 1));
    assert_false(framing_is_trailer("", 0, "y", 1));
}

static void test_later_versions_of_http_1_are_as_1_1(void **state)
{
    (void)state;
    static const char *const good[] = {"HTTP/1.1", "HTTP/1.2", "HTTP/1.9"};
    static const char *const bad[] = {"HTTP/1.",  "HTTP/1.10", "HTTP/1.x", "HTTP/2.0", "HTTP/0.9",
                                      "http/1.1", "HTTP/1,1",  "",         "HTTP/11",  "HTTP/1.1 "};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        request request = {
            .headers = {[HEADER_HOST] = "a", [HEADER_TRANSFER_ENCODING] = "chunked"}};
        assert_int_equal(framing_check(&request, "PUT", "/", good[i], NULL), SECTION_OK);
        assert_true(request.chunked);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        request request = {.headers = {[HEADER_HOST] = "a"}};
        assert_int_equal(framing_check(&request, "PUT", "/", bad[i], NULL), SECTION_BAD_REQUEST);
    }
}

static section_status check_target(const char *target)
{
    request request = {.method = METHOD_GET, .headers = {[HEADER_HOST] = "a"}};
    return framing_check(&request, "GET", target, "HTTP/1.1", NULL);
}

static void test_targets_are_of_characters_that_need_no_encoding_wherever_they_stand(void **state)
{
    (void)state;
    char target[40];
    for (size_t length = 1; length < sizeof target; length++) {
        for (size_t at = 0; at < length; at++) {
            for (int byte = 1; byte < 256; byte++) {
                const bool is_good = byte > ' ' && byte <= '~' && byte != '#';
                memset(target, 'a', sizeof target);
                target[at] = (char)byte;
                target[length] = '\0';
                assert_int_equal(check_target(target), is_good ? SECTION_OK : SECTION_BAD_REQUEST);
            }
        }
    }
}

static void test_the_length_of_the_body_is_noted(void **state)
{
    (void)state;
    request request = {.method = METHOD_PUT,
                       .headers = {[HEADER_HOST] = "a", [HEADER_CONTENT_LENGTH] = "0012"}};
    assert_int_equal(framing_check(&request, "PUT", "/", "HTTP/1.0", NULL), SECTION_OK);
    assert_true(request.has_length);
    assert_false(request.chunked);
    assert_int_equal(request.length_bytes, 12);
    request =
        (struct request){.headers = {[HEADER_HOST] = "a", [HEADER_TRANSFER_ENCODING] = "CHUNKED"}};
    assert_int_equal(framing_check(&request, "PUT", "/", "HTTP/1.1", NULL), SECTION_OK);
    assert_false(request.has_length);
    assert_true(request.chunked);
    request =
        (struct request){.headers = {[HEADER_HOST] = "a", [HEADER_TRANSFER_ENCODING] = "chunked"}};
    assert_int_equal(framing_check(&request, "PUT", "/", "HTTP/1.0", NULL), SECTION_BAD_REQUEST);
}

static void test_methods_are_tokens(void **state)
{
    (void)state;
    static const char *const good[] = {"GET", "get", "M-SEARCH", "X"};
    static const char *const bad[] = {"", "G(T", "GET\x01", "\xC3\xA9", "GET,", "\"GET\""};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        request request = {.method = METHOD_UNKNOWN, .headers = {[HEADER_HOST] = "a"}};
        assert_int_equal(framing_check(&request, good[i], "/", "HTTP/1.1", NULL), SECTION_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        request request = {.method = METHOD_UNKNOWN, .headers = {[HEADER_HOST] = "a"}};
        assert_int_equal(framing_check(&request, bad[i], "/", "HTTP/1.1", NULL),
                         SECTION_BAD_REQUEST);
    }
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_names_of_fields_are_tokens),
        cmocka_unit_test(test_values_of_fields_have_no_control_characters_wherever_they_stand),
        cmocka_unit_test(test_a_field_that_we_read_stands_once_unless_it_is_a_list),
        cmocka_unit_test(test_targets_are_of_characters_that_need_no_encoding_wherever_they_stand),
        cmocka_unit_test(test_the_length_of_the_body_is_noted),
        cmocka_unit_test(test_methods_are_tokens),
        cmocka_unit_test(test_lists_that_come_as_several_fields_are_joined_in_order),
        cmocka_unit_test(test_joined_lists_have_an_end),
        cmocka_unit_test(test_trailers_are_like_fields),
        cmocka_unit_test(test_later_versions_of_http_1_are_as_1_1),
    };
    return cmocka_run_group_tests_name("framing", list, NULL, NULL);
}
