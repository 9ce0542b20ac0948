#include "unit.h"

#include <stdio.h>
#include <string.h>

#include <section/utf8.h>

#include "os.h"

static void test_every_error_has_a_slug_of_its_own(void **state)
{
    (void)state;
    for (int i = 1; i < SECTION_STATUS_COUNT; i++) {
        const section_status_facts *facts = section_status_lookup((section_status)i);
        assert_true(facts->slug[0] != '\0');
        assert_int_equal(strspn(facts->slug, "abcdefghijklmnopqrstuvwxyz_"), strlen(facts->slug));
        assert_true(facts->title[0] >= 'A' && facts->title[0] <= 'Z');
        assert_in_range(facts->http_status, 400, 599);
        for (int k = 1; k < i; k++) {
            assert_string_not_equal(facts->slug, section_status_lookup((section_status)k)->slug);
        }
    }
}

static void test_errors_have_the_statuses_of_the_contract(void **state)
{
    (void)state;
    static const struct {
        section_status status;
        unsigned http_status;
        const char *slug;
    } cases[] = {
        {SECTION_BAD_REQUEST, 400, "bad_request"},
        {SECTION_BAD_NAME, 400, "bad_name"},
        {SECTION_ACCESS_DENIED, 403, "access_denied"},
        {SECTION_NOT_FOUND, 404, "not_found"},
        {SECTION_ALREADY_EXISTS, 409, "already_exists"},
        {SECTION_PROTECTED, 409, "protected"},
        {SECTION_NOT_A_SECTION, 409, "not_a_section"},
        {SECTION_IN_USE, 409, "in_use"},
        {SECTION_CHANGED, 409, "changed"},
        {SECTION_GONE, 410, "section_gone"},
        {SECTION_PRECONDITION, 412, "precondition_failed"},
        {SECTION_BAD_RANGE, 416, "range_not_satisfiable"},
        {SECTION_OS_ERROR, 500, "os_error"},
        {SECTION_UNSUPPORTED, 501, "unsupported_here"},
        {SECTION_NO_MEMORY, 507, "no_memory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const section_status_facts *facts = section_status_lookup(cases[i].status);
        assert_int_equal(facts->http_status, cases[i].http_status);
        assert_string_equal(facts->slug, cases[i].slug);
    }
}

static void test_a_status_that_is_none_is_an_os_error(void **state)
{
    (void)state;
    const section_status_facts *os_error = section_status_lookup(SECTION_OS_ERROR);
    assert_ptr_equal(section_status_lookup(SECTION_OK), os_error);
    assert_ptr_equal(section_status_lookup(SECTION_STATUS_COUNT), os_error);
    assert_ptr_equal(section_status_lookup((section_status)-1), os_error);
    assert_ptr_equal(section_status_lookup((section_status)9999), os_error);
}

static void test_a_failure_of_ours_names_no_os_call(void **state)
{
    (void)state;
    section_error error;
    memset(&error, 0x5A, sizeof error);
    assert_int_equal(section_fail(&error, SECTION_BAD_SIZE, "%d of %s", 7, "them"),
                     SECTION_BAD_SIZE);
    assert_int_equal(error.code, SECTION_BAD_SIZE);
    assert_string_equal(error.detail, "7 of them");
    assert_null(error.call);
    assert_int_equal(error.os_domain, SECTION_OS_NONE);
    assert_int_equal(error.os_number, 0);
    assert_int_equal(section_fail(NULL, SECTION_BAD_SIZE, "%s", "nobody listens"),
                     SECTION_BAD_SIZE);
}

static bool is_utf8(const char *text)
{
    size_t rest = strlen(text);
    while (rest > 0) {
        uint32_t scalar;
        const size_t used = section_utf8_get(text, rest, &scalar);
        if (used == 0) {
            return false;
        }
        text += used;
        rest -= used;
    }
    return true;
}

static void test_a_long_detail_is_cut_and_stays_utf8(void **state)
{
    (void)state;
    char words[1000];
    section_error error;
    for (unsigned shift = 0; shift < 4; shift++) {
        memset(words, 'x', shift);
        for (size_t i = 0; i < 200; i++) {
            memcpy(words + shift + 4 * i, "\xF0\x9F\x98\x80", 5);
        }
        (void)section_fail(&error, SECTION_BAD_NAME, "%s", words);
        assert_int_equal(strlen(error.detail), sizeof error.detail - 1);
        assert_true(is_utf8(error.detail));
    }
    (void)section_fail(&error, SECTION_BAD_NAME,
                       "a\xFF"
                       "b\xE6\x88 %s",
                       "\xC3\xA9");
    assert_string_equal(error.detail, "a?b?? \xC3\xA9");
}

static void test_a_failure_of_the_os_tells_call_number_and_words(void **state)
{
    (void)state;
    for (const number_case *each = number_cases; each->call != NULL; each++) {
        section_error error;
        char words[200];
        section_os_error_text(each->domain, each->number, words, sizeof words);
        assert_int_equal(
            section_fail_os(&error, each->call, each->domain, each->number, "it did not work"),
            each->status);
        assert_int_equal(error.code, each->status);
        assert_int_equal(error.os_domain, each->domain);
        assert_int_equal(error.os_number, each->number);
        assert_string_equal(error.call, each->call);
        assert_memory_equal(error.detail, "it did not work: ", 17);
        if (words[0] == '\0') { /* where the OS has none, the number has to do */
            (void)snprintf(words, sizeof words, "%s %lu", each->name != NULL ? each->name : "error",
                           (unsigned long)each->number);
        }
        assert_string_equal(error.detail + 17, words);
        assert_int_equal(section_fail_os(NULL, each->call, each->domain, each->number, ""),
                         each->status);
    }
}

static void test_os_numbers_mean_what_the_contract_says(void **state)
{
    (void)state;
    for (const number_case *each = number_cases; each->call != NULL; each++) {
        const section_status status = os_status(each->call, each->domain, each->number);
        if (status != each->status) {
            print_error("%s %lu: got %s\n", each->call, (unsigned long)each->number,
                        section_status_lookup(status)->slug);
        }
        assert_int_equal(status, each->status);
    }
}

static void test_os_numbers_have_their_names(void **state)
{
    (void)state;
    for (const number_case *each = number_cases; each->call != NULL; each++) {
        const char *name = section_os_error_name(each->domain, each->number);
        if (each->name == NULL) {
            assert_null(name);
        } else {
            assert_non_null(name);
            assert_string_equal(name, each->name);
        }
    }
    assert_null(section_os_error_name(SECTION_OS_NONE, 2));
}

static void test_the_words_of_the_os_fit_what_is_given(void **state)
{
    (void)state;
    const number_case *first = number_cases;
    char whole[200];
    char text[200];
    section_os_error_text(first->domain, first->number, whole, sizeof whole);
    assert_true(strlen(whole) > 5);
    assert_null(strpbrk(whole, "\r\n"));
    assert_true(whole[strlen(whole) - 1] != '.' && whole[strlen(whole) - 1] != ' ');
    for (uint32_t capacity = 1; capacity < 10; capacity++) {
        memset(text, 0x5A, sizeof text);
        section_os_error_text(first->domain, first->number, text, capacity);
        assert_true(strlen(text) < capacity);
        assert_int_equal(strncmp(text, whole, strlen(text)), 0);
        assert_int_equal(text[capacity], 0x5A);
    }
    text[0] = 0x5A;
    section_os_error_text(first->domain, first->number, text, 0);
    assert_int_equal(text[0], 0x5A);
    section_os_error_text(SECTION_OS_NONE, 2, text, sizeof text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_every_error_has_a_slug_of_its_own),
        cmocka_unit_test(test_errors_have_the_statuses_of_the_contract),
        cmocka_unit_test(test_a_status_that_is_none_is_an_os_error),
        cmocka_unit_test(test_a_failure_of_ours_names_no_os_call),
        cmocka_unit_test(test_a_long_detail_is_cut_and_stays_utf8),
        cmocka_unit_test(test_a_failure_of_the_os_tells_call_number_and_words),
        cmocka_unit_test(test_os_numbers_mean_what_the_contract_says),
        cmocka_unit_test(test_os_numbers_have_their_names),
        cmocka_unit_test(test_the_words_of_the_os_fit_what_is_given),
    };
    return cmocka_run_group_tests_name("error", list, NULL, NULL);
}
