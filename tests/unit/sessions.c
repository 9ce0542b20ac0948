#include "unit.h"

#include <string.h>

#include "base/platform.h"
#include "gate/sessions.h"

/* The clock is the test's. */
static int64_t now_ms = 1000;

int64_t __wrap_platform_monotonic_ms(void);

int64_t __wrap_platform_monotonic_ms(void)
{
    return now_ms;
}

static void make_code(sessions *all, role granted, char ret_code[SESSION_CODE_BYTES])
{
    assert_int_equal(sessions_make_code(all, granted, ret_code, NULL), SECTION_OK);
    assert_int_equal(strspn(ret_code, "0123456789abcdef"), SESSION_CODE_BYTES - 1);
    assert_int_equal(strlen(ret_code), SESSION_CODE_BYTES - 1);
}

static section_status redeem(sessions *all, const char *code, char ret_token[SESSION_TOKEN_BYTES])
{
    role granted;
    return sessions_redeem(all, code, ret_token, &granted, NULL);
}

/* A session of the role admin. */
static void begin(sessions *all, char ret_token[SESSION_TOKEN_BYTES])
{
    char code[SESSION_CODE_BYTES];
    make_code(all, ROLE_ADMIN, code);
    assert_int_equal(redeem(all, code, ret_token), SECTION_OK);
}

static role check(sessions *all, const char *token)
{
    return sessions_check(all, token, strlen(token));
}

static void test_a_code_works_once(void **state)
{
    (void)state;
    char code[SESSION_CODE_BYTES];
    char token[SESSION_TOKEN_BYTES];
    char other[SESSION_TOKEN_BYTES];
    sessions *all = sessions_new();
    make_code(all, ROLE_WRITE, code);
    assert_int_equal(redeem(all, code, token), SECTION_OK);
    assert_int_equal(redeem(all, code, other), SECTION_NOT_FOUND);
    assert_int_equal(check(all, token), ROLE_WRITE);
    assert_int_equal(check(all, other), ROLE_NONE);
    sessions_free(all);
}

static void test_a_code_works_for_a_minute(void **state)
{
    (void)state;
    char early[SESSION_CODE_BYTES];
    char late[SESSION_CODE_BYTES];
    char token[SESSION_TOKEN_BYTES];
    sessions *all = sessions_new();
    make_code(all, ROLE_ADMIN, early);
    make_code(all, ROLE_ADMIN, late);
    now_ms += SESSION_CODE_MS - 1;
    assert_int_equal(redeem(all, early, token), SECTION_OK);
    now_ms += 1;
    assert_int_equal(redeem(all, late, token), SECTION_NOT_FOUND);
    sessions_free(all);
}

static void test_a_session_outlives_its_code(void **state)
{
    (void)state;
    char token[SESSION_TOKEN_BYTES];
    sessions *all = sessions_new();
    begin(all, token);
    now_ms += INT64_C(1000) * 86400 * 365;
    assert_int_equal(check(all, token), ROLE_ADMIN);
    sessions_free(all);
}

static void test_a_code_is_no_token_and_a_token_no_code(void **state)
{
    (void)state;
    char code[SESSION_CODE_BYTES];
    char token[SESSION_TOKEN_BYTES];
    char other[SESSION_TOKEN_BYTES];
    sessions *all = sessions_new();
    make_code(all, ROLE_ADMIN, code);
    assert_int_equal(check(all, code), ROLE_NONE);
    begin(all, token);
    assert_int_equal(redeem(all, token, other), SECTION_NOT_FOUND);
    assert_int_equal(check(all, ""), ROLE_NONE);
    token[0] = token[0] == 'a' ? 'b' : 'a';
    assert_int_equal(check(all, token), ROLE_NONE);
    sessions_free(all);
}

/* What is free must not be found by what an empty place holds. */
static void test_zeros_open_nothing(void **state)
{
    (void)state;
    char token[SESSION_TOKEN_BYTES];
    const char zeros[SESSION_TOKEN_BYTES] = {0};
    sessions *all = sessions_new();
    assert_int_equal(redeem(all, "", token), SECTION_NOT_FOUND);
    assert_int_equal(sessions_check(all, zeros, SESSION_TOKEN_BYTES - 1), ROLE_NONE);
    sessions_free(all);
}

static void test_too_many_codes_make_the_oldest_void(void **state)
{
    (void)state;
    char codes[SESSION_CODES_MAX + 1][SESSION_CODE_BYTES];
    char token[SESSION_TOKEN_BYTES];
    sessions *all = sessions_new();
    for (int i = 0; i <= SESSION_CODES_MAX; i++) {
        make_code(all, ROLE_ADMIN, codes[i]);
        now_ms++;
    }
    assert_int_equal(redeem(all, codes[0], token), SECTION_NOT_FOUND);
    for (int i = 1; i <= SESSION_CODES_MAX; i++) {
        assert_int_equal(redeem(all, codes[i], token), SECTION_OK);
    }
    sessions_free(all);
}

static void test_too_many_sessions_end_the_one_that_is_not_used(void **state)
{
    (void)state;
    char tokens[SESSIONS_MAX + 1][SESSION_TOKEN_BYTES];
    sessions *all = sessions_new();
    for (int i = 0; i < SESSIONS_MAX; i++) {
        begin(all, tokens[i]);
    }
    assert_int_equal(check(all, tokens[0]), ROLE_ADMIN);
    begin(all, tokens[SESSIONS_MAX]);
    for (int i = 0; i <= SESSIONS_MAX; i++) {
        assert_int_equal(check(all, tokens[i]), i == 1 ? ROLE_NONE : ROLE_ADMIN);
    }
    sessions_free(all);
}

static void test_wrong_codes_are_slowed_and_right_ones_are_not(void **state)
{
    (void)state;
    char code[SESSION_CODE_BYTES];
    char token[SESSION_TOKEN_BYTES];
    const char *wrong = "00000000000000000000000000000000";
    sessions *all = sessions_new();
    make_code(all, ROLE_ADMIN, code);
    int refused = 0;
    while (redeem(all, wrong, token) == SECTION_NOT_FOUND) {
        refused++;
    }
    assert_int_equal(refused, 20);
    assert_int_equal(redeem(all, wrong, token), SECTION_TOO_MANY_FAILURES);
    assert_int_equal(redeem(all, code, token), SECTION_OK);
    now_ms += 500;
    assert_int_equal(redeem(all, wrong, token), SECTION_NOT_FOUND);
    assert_int_equal(redeem(all, wrong, token), SECTION_TOO_MANY_FAILURES);
    sessions_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_works_once),
        cmocka_unit_test(test_a_code_works_for_a_minute),
        cmocka_unit_test(test_a_session_outlives_its_code),
        cmocka_unit_test(test_a_code_is_no_token_and_a_token_no_code),
        cmocka_unit_test(test_zeros_open_nothing),
        cmocka_unit_test(test_too_many_codes_make_the_oldest_void),
        cmocka_unit_test(test_too_many_sessions_end_the_one_that_is_not_used),
        cmocka_unit_test(test_wrong_codes_are_slowed_and_right_ones_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
