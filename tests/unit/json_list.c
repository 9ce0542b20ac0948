#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <section/utf8.h>

#include "api/json_list.h"
#include "unseen.h"

static cJSON *number(int value)
{
    cJSON *object = cJSON_CreateObject();
    json_add_number(object, "n", (uint64_t)value);
    return object;
}

static void expect_text(reply *reply, const char *text)
{
    assert_int_equal(reply->http_status, 200);
    assert_string_equal(reply->content_type, "application/json");
    assert_int_equal(reply->length_bytes, strlen(text));
    assert_memory_equal(reply->bytes, text, strlen(text));
    reply_discard(reply);
}

static void test_an_empty_list_is_a_list(void **state)
{
    (void)state;
    json_list list = {.name = "things"};
    reply reply = {0};
    assert_int_equal(json_list_reply(&list, &reply, NULL, NULL), SECTION_OK);
    expect_text(&reply, "{\"things\":[]}");
}

static void test_members_follow_the_list(void **state)
{
    (void)state;
    json_list list = {.name = "things"};
    reply reply = {0};
    assert_true(json_list_add(&list, number(1)));
    assert_true(json_list_add(&list, number(2)));
    assert_int_equal(json_list_reply(&list, &reply, number(3), NULL), SECTION_OK);
    expect_text(&reply, "{\"things\":[{\"n\":1},{\"n\":2}],\"n\":3}");
}

static void test_a_long_list_is_whole(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    json_list list = {.name = "things"};
    reply reply = {0};
    for (int i = 0; i < COUNT; i++) {
        assert_true(json_list_add(&list, number(i)));
    }
    assert_int_equal(json_list_reply(&list, &reply, NULL, NULL), SECTION_OK);
    cJSON *parsed = cJSON_ParseWithLength(reply.bytes, (size_t)reply.length_bytes);
    const cJSON *things = cJSON_GetObjectItemCaseSensitive(parsed, "things");
    assert_int_equal(cJSON_GetArraySize(things), COUNT);
    int i = 0;
    const cJSON *each;
    cJSON_ArrayForEach(each, things)
    {
        assert_int_equal(cJSON_GetObjectItemCaseSensitive(each, "n")->valuedouble, i++);
    }
    cJSON_Delete(parsed);
    reply_discard(&reply);
}

static void test_an_element_without_memory_fails_the_list(void **state)
{
    (void)state;
    json_list list = {.name = "things"};
    reply reply = {0};
    section_error error = {0};
    assert_true(json_list_add(&list, number(1)));
    assert_false(json_list_add(&list, NULL));
    assert_int_equal(json_list_reply(&list, &reply, NULL, &error), SECTION_NO_MEMORY);
    assert_int_equal(error.code, SECTION_NO_MEMORY);
    assert_null(reply.bytes);
}

static void test_text_of_unknown_encoding_becomes_utf_8(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"plain", "plain"},
        {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
        {"a\xFF"
         "b",
         "a\xEF\xBF\xBD"
         "b"},
        {"\xC3", "\xEF\xBF\xBD"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* a surrogate */
    };
    char text[32];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        section_utf8_clean(cases[i][0], text, sizeof text);
        assert_string_equal(text, cases[i][1]);
    }
}

static void test_clean_text_is_cut_between_characters(void **state)
{
    (void)state;
    char text[6] = "xxxxx";
    section_utf8_clean("ab\xE6\x88\x91", text, sizeof text);
    assert_string_equal(text, "ab\xE6\x88\x91");
    section_utf8_clean("abc\xE6\x88\x91", text, sizeof text);
    assert_string_equal(text, "abc");
    section_utf8_clean("abc", text, 1);
    assert_string_equal(text, "");
}

static void test_what_was_not_seen_is_counted_and_the_first_explained(void **state)
{
    (void)state;
    unseen unseen = {0};
    section_error told = {0};
    section_error why = {.code = SECTION_ACCESS_DENIED};
    unseen_tell(&unseen, "its handles", &told);
    assert_int_equal(told.code, SECTION_OK);
    (void)section_fail(&why, SECTION_ACCESS_DENIED, "the first reason");
    unseen_note(&unseen, &why);
    (void)section_fail(&why, SECTION_NO_MEMORY, "another");
    unseen_note(&unseen, &why);
    unseen_tell(&unseen, "its handles", &told);
    assert_int_equal(told.code, SECTION_ACCESS_DENIED);
    assert_string_equal(told.detail,
                        "2 of its handles could not be looked at, the first: the first reason");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_list_is_a_list),
        cmocka_unit_test(test_members_follow_the_list),
        cmocka_unit_test(test_a_long_list_is_whole),
        cmocka_unit_test(test_an_element_without_memory_fails_the_list),
        cmocka_unit_test(test_text_of_unknown_encoding_becomes_utf_8),
        cmocka_unit_test(test_clean_text_is_cut_between_characters),
        cmocka_unit_test(test_what_was_not_seen_is_counted_and_the_first_explained),
    };
    return cmocka_run_group_tests_name("json_list", tests, NULL, NULL);
}
