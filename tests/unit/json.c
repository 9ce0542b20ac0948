#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "encode/json.h"

/* What RFC 8259 says is JSON. */
static const char *const good[] = {
    "{}",
    "[]",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "10",
    "-1.5e+10",
    "1E5",
    "1e-7",
    "0.0",
    "\"\"",
    " { } ",
    "\t\r\n[ \n]\n",
    "[1,2,3]",
    "[[],{}]",
    "{\"a\":{\"b\":[null]}}",
    "{\"a\":1,\"b\":2}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u00e9\\uD83D\\uDE00\"",
    "\"\xF0\x9F\x98\x80\x7F\"",
    "\"/\"",
    "{\"\":0}",
    "[1e400]",
    "{\"a\":1,\"a\":2}",
    "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
};

/* What it is not, one case for each way of getting it wrong. */
static const char *const bad[] = {
    "",
    " ",
    "{",
    "}",
    "[",
    "]",
    "{]",
    "[}",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[,]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{,}",
    "{a:1}",
    "{'a':1}",
    "{\"a\" 1}",
    "{\"a\"::1}",
    "{1:1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1]",
    "nul",
    "nulll",
    "True",
    "TRUE",
    "undefined",
    "NaN",
    "Infinity",
    "-Infinity",
    "-",
    "+1",
    "01",
    "-01",
    "00",
    "1.",
    ".5",
    "-.5",
    "1.e5",
    "1e",
    "1e+",
    "1E-",
    "0x10",
    "1_000",
    "1,000",
    "--1",
    "1-",
    "\"",
    "\"a",
    "'a'",
    "\"\\",
    "\"\\\"",
    "\"\\a\"",
    "\"\\x41\"",
    "\"\\u\"",
    "\"\\u12\"",
    "\"\\u12G4\"",
    "\"\\U0041\"",
    "\"\\u0000\"",
    "\"\\uD800\"",
    "\"\\uD800x\"",
    "\"\\uD800\\n\"",
    "\"\\uD800\\uD800\"",
    "\"\\uDC00\"",
    "\"\\uDC00\\uD800\"",
    "\"\n\"",
    "\"\t\"",
    "\"\x01\"",
    "\"\x1F\"",
    "\"\xFF\"",
    "\"\xC0\x80\"",
    "\"\xED\xA0\x80\"",
    "\"\xE6\x88\"",
    "\"\xF4\x90\x80\x80\"",
    "\xEF\xBB\xBF{}",
    "\xC2\xA0{}",
    "\f{}",
    "\v{}",
    "{}{}",
    "{} x",
    "1 2",
    "[]]",
    "// c\n{}",
    "/* c */{}",
    "{}/**/",
    "#{}",
    "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
};

static section_status check_exact(const char *text, size_t length, section_error *ret_error)
{
    /* In memory of its exact size, so that a look past the end shows under the sanitizer. */
    char *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    const section_status status = json_check(copy, length, ret_error);
    free(copy);
    return status;
}

static void test_what_is_json_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        section_error error = {0};
        if (check_exact(good[i], strlen(good[i]), &error) != SECTION_OK) {
            print_error("%s: %s\n", good[i], error.detail);
            fail();
        }
    }
}

static void test_what_is_not_json_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        section_error error = {0};
        if (check_exact(bad[i], strlen(bad[i]), &error) != SECTION_BAD_JSON) {
            print_error("taken: %s\n", bad[i]);
            fail();
        }
        assert_int_equal(error.code, SECTION_BAD_JSON);
        assert_non_null(strstr(error.detail, "at byte "));
    }
}

static void test_a_nul_ends_no_document(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {{"{}\0", 3},   {"\0{}", 3},        {"[\0]", 3},
                 {"\"\0\"", 3}, {"{\"a\0\":1}", 8}, {"tru\0", 4},
                 {"1\0", 2},    {"\"\\\0\"", 4},    {"\"\\u00\0041\"", 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(check_exact(cases[i].text, cases[i].length, NULL), SECTION_BAD_JSON);
    }
}

static void test_every_prefix_of_a_document_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"name\":\"\\uD83D\\uDE00\\n\xC3\xA9\",\"size\":[-1.5e+3,true,"
                               "false,null,{\"x\":[]}]}";
    for (size_t length = 0; length < sizeof text - 1; length++) {
        assert_int_equal(check_exact(text, length, NULL), SECTION_BAD_JSON);
    }
    assert_int_equal(check_exact(text, sizeof text - 1, NULL), SECTION_OK);
}

static void test_the_error_names_the_byte(void **state)
{
    (void)state;
    section_error error;
    (void)json_check("{\"a\":1,}", 8, &error);
    assert_non_null(strstr(error.detail, "at byte 7 "));
    (void)json_check("[1,2,x]", 7, &error);
    assert_non_null(strstr(error.detail, "at byte 5 "));
}

static void test_only_objects_are_bodies(void **state)
{
    (void)state;
    static const char *const others[] = {"[]", "1", "\"a\"", "null", "true", "[{}]"};
    cJSON *object = NULL;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(json_parse_object(others[i], strlen(others[i]), &object, NULL),
                         SECTION_BAD_JSON);
        assert_null(object);
    }
    assert_int_equal(json_parse_object(" {\"a\":1} ", 9, &object, NULL), SECTION_OK);
    cJSON_Delete(object);
}

typedef struct body {
    const char *text;
    uint64_t number;
    bool flag;
    int64_t handle;
    int choice;
    const cJSON *object;
    bool has_text;
} body;

/* Parses and reads; the document is freed, so only its numbers are to be looked at. */
static section_status read_body(const char *json, body *ret_body, section_error *ret_error)
{
    static const char *const choices[] = {"red", "green", NULL};
    const json_member members[] = {
        {"text", JSON_TEXT, &ret_body->text, SECTION_OK, NULL, &ret_body->has_text},
        {"number", JSON_NUMBER, &ret_body->number, SECTION_BAD_SIZE, NULL, NULL},
        {"flag", JSON_FLAG, &ret_body->flag, SECTION_OK, NULL, NULL},
        {"handle", JSON_HANDLE, &ret_body->handle, SECTION_BAD_HANDLE, NULL, NULL},
        {"choice", JSON_CHOICE, &ret_body->choice, SECTION_BAD_REQUEST, choices, NULL},
        {"object", JSON_OBJECT, &ret_body->object, SECTION_OK, NULL, NULL},
    };
    cJSON *document = NULL;
    *ret_body = (body){.number = 42, .handle = 42, .choice = 42};
    section_status status = json_parse_object(json, strlen(json), &document, ret_error);
    if (status == SECTION_OK) {
        status = json_read(document, members, sizeof members / sizeof members[0], ret_error);
        ret_body->text = ret_body->text != NULL ? "some" : NULL;
        cJSON_Delete(document);
    }
    return status;
}

static void test_members_that_are_missing_or_null_keep_their_value(void **state)
{
    (void)state;
    body read;
    assert_int_equal(read_body("{}", &read, NULL), SECTION_OK);
    assert_int_equal(read.number, 42);
    assert_false(read.has_text);
    assert_int_equal(read_body("{\"number\":null,\"text\":null,\"flag\":null}", &read, NULL),
                     SECTION_OK);
    assert_int_equal(read.number, 42);
    assert_null(read.text);
    assert_false(read.has_text);
    assert_int_equal(read_body("{\"text\":\"\"}", &read, NULL), SECTION_OK);
    assert_true(read.has_text);
}

static void test_numbers_count_by_their_value(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        section_status status;
        uint64_t number;
    } cases[] = {
        {"{\"number\":0}", SECTION_OK, 0},
        {"{\"number\":-0}", SECTION_OK, 0},
        {"{\"number\":4096}", SECTION_OK, 4096},
        {"{\"number\":4096.0}", SECTION_OK, 4096},
        {"{\"number\":4.096e3}", SECTION_OK, 4096},
        {"{\"number\":9007199254740991}", SECTION_OK, 9007199254740991},
        {"{\"number\":9007199254740992}", SECTION_BAD_SIZE, 42},
        {"{\"number\":9223372036854775808}", SECTION_BAD_SIZE, 42},
        {"{\"number\":18446744073709551616}", SECTION_BAD_SIZE, 42},
        {"{\"number\":1e308}", SECTION_BAD_SIZE, 42},
        {"{\"number\":1e400}", SECTION_BAD_SIZE, 42},
        {"{\"number\":-1}", SECTION_BAD_SIZE, 42},
        {"{\"number\":0.5}", SECTION_BAD_SIZE, 42},
        {"{\"number\":\"1\"}", SECTION_BAD_JSON, 42},
        {"{\"number\":true}", SECTION_BAD_JSON, 42},
        {"{\"number\":[1]}", SECTION_BAD_JSON, 42},
        {"{\"number\":{}}", SECTION_BAD_JSON, 42},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        body read;
        section_error error = {0};
        const section_status status = read_body(cases[i].json, &read, &error);
        if (status != cases[i].status) {
            print_error("%s: %s\n", cases[i].json, error.detail);
        }
        assert_int_equal(status, cases[i].status);
        assert_int_equal(read.number, cases[i].number);
        if (status != SECTION_OK) {
            assert_non_null(strstr(error.detail, "\"number\""));
        }
    }
}

static void test_handles_are_numbers_or_texts(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        section_status status;
        int64_t handle;
    } cases[] = {
        {"{\"handle\":420}", SECTION_OK, 420},
        {"{\"handle\":\"420\"}", SECTION_OK, 420},
        {"{\"handle\":\"0x1a4\"}", SECTION_OK, 420},
        {"{\"handle\":\"0X1A4\"}", SECTION_OK, 420},
        {"{\"handle\":\"0\"}", SECTION_OK, 0},
        {"{\"handle\":-1}", SECTION_OK, -1},
        {"{\"handle\":\"-1\"}", SECTION_OK, -1},
        {"{\"handle\":\"0xffffffffffffffff\"}", SECTION_OK, -1},
        {"{\"handle\":\"0x10000000000000000\"}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":\"\"}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":\"0x\"}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":\"x\"}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":\"1a4\"}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":\" 1\"}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":\"1 \"}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":\"+1\"}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":\"--1\"}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":1.5}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":1e300}", SECTION_BAD_HANDLE, 0},
        {"{\"handle\":true}", SECTION_BAD_JSON, 0},
        {"{\"handle\":[]}", SECTION_BAD_JSON, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        body read;
        const section_status status = read_body(cases[i].json, &read, NULL);
        if (status != cases[i].status) {
            print_error("%s: got %d\n", cases[i].json, (int)status);
        }
        assert_int_equal(status, cases[i].status);
        if (status == SECTION_OK) {
            assert_int_equal(read.handle, cases[i].handle);
        }
    }
}

static void test_other_types_are_not_converted(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"text\":1}",           "{\"text\":true}", "{\"text\":[]}",       "{\"text\":{}}",
        "{\"flag\":0}",           "{\"flag\":1}",    "{\"flag\":\"true\"}", "{\"choice\":0}",
        "{\"choice\":[\"red\"]}", "{\"object\":[]}", "{\"object\":\"{}\"}", "{\"object\":true}"};
    body read;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(read_body(wrong[i], &read, NULL), SECTION_BAD_JSON);
    }
    assert_int_equal(read_body("{\"choice\":\"green\",\"flag\":true,\"object\":{}}", &read, NULL),
                     SECTION_OK);
    assert_int_equal(read.choice, 1);
    assert_true(read.flag);
    assert_non_null(read.object);
    assert_int_equal(read_body("{\"choice\":\"blue\"}", &read, NULL), SECTION_BAD_REQUEST);
    assert_int_equal(read_body("{\"choice\":\"Red\"}", &read, NULL), SECTION_BAD_REQUEST);
    assert_int_equal(read_body("{\"choice\":\"\"}", &read, NULL), SECTION_BAD_REQUEST);
}

static void test_unknown_and_repeated_keys_are_named(void **state)
{
    (void)state;
    body read;
    section_error error;
    assert_int_equal(read_body("{\"colour\":1}", &read, &error), SECTION_BAD_JSON);
    assert_non_null(strstr(error.detail, "\"colour\""));
    assert_int_equal(read_body("{\"Number\":1}", &read, &error), SECTION_BAD_JSON);
    assert_non_null(strstr(error.detail, "\"Number\""));
    assert_int_equal(read_body("{\"\":1}", &read, &error), SECTION_BAD_JSON);
    assert_int_equal(read_body("{\"number\":1,\"flag\":true,\"number\":1}", &read, &error),
                     SECTION_BAD_JSON);
    assert_non_null(strstr(error.detail, "\"number\""));
    assert_int_equal(read_body("{\"number\":null,\"number\":1}", &read, &error), SECTION_BAD_JSON);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_what_is_json_is_taken),
        cmocka_unit_test(test_what_is_not_json_is_refused),
        cmocka_unit_test(test_a_nul_ends_no_document),
        cmocka_unit_test(test_every_prefix_of_a_document_is_refused),
        cmocka_unit_test(test_the_error_names_the_byte),
        cmocka_unit_test(test_only_objects_are_bodies),
        cmocka_unit_test(test_members_that_are_missing_or_null_keep_their_value),
        cmocka_unit_test(test_numbers_count_by_their_value),
        cmocka_unit_test(test_handles_are_numbers_or_texts),
        cmocka_unit_test(test_other_types_are_not_converted),
        cmocka_unit_test(test_unknown_and_repeated_keys_are_named),
    };
    return cmocka_run_group_tests_name("json", list, NULL, NULL);
}
