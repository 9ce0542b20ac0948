#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "api/request.h"
#include "api/route.h"

/* Parses target and query; the request points into a buffer that lives until the next call. */
static section_status parse(const char *target, request *ret_request, section_error *ret_error)
{
    static char buffer[4096];
    (void)snprintf(buffer, sizeof buffer, "%s", target);
    *ret_request = (request){0};
    section_status status = request_parse_target(ret_request, buffer, ret_error);
    if (status == SECTION_OK) {
        status = request_parse_query(ret_request, ret_error);
    }
    return status;
}

static void test_a_path_is_taken_apart_before_it_is_decoded(void **state)
{
    (void)state;
    request request;
    assert_int_equal(parse("/v1/sections/@a%2Fb%5Cc/data", &request, NULL), SECTION_OK);
    assert_int_equal(request.segment_count, 4);
    assert_string_equal(request.segments[0], "v1");
    assert_string_equal(request.segments[2], "@a/b\\c");
    assert_string_equal(request.segments[3], "data");
    assert_int_equal(parse("/", &request, NULL), SECTION_OK);
    assert_int_equal(request.segment_count, 1);
    assert_string_equal(request.segments[0], "");
    assert_int_equal(parse("//v1/", &request, NULL), SECTION_OK);
    assert_int_equal(request.segment_count, 3);
    assert_int_equal(parse("/a+b%2Bc%20d", &request, NULL), SECTION_OK);
    assert_string_equal(request.segments[0], "a+b+c d"); /* + is a space in queries only */
    assert_int_equal(parse("/%e6%88%91%E6%88%91", &request, NULL), SECTION_OK);
    assert_string_equal(request.segments[0], "\xE6\x88\x91\xE6\x88\x91");
    assert_int_equal(parse("/%252F", &request, NULL), SECTION_OK);
    assert_string_equal(request.segments[0], "%2F"); /* decoded once */
}

static void test_targets_that_are_no_paths_are_refused(void **state)
{
    (void)state;
    static const char *const targets[] = {"",         "*",      "v1",     "http://a/v1", "?a=1",
                                          "/a?x=%00", "/a?%00", "/%",     "/%2",         "/%2g",
                                          "/%g2",     "/%00",   "/a%00b", "/%-1",        "/% 1"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        request request;
        section_error error = {0};
        if (parse(targets[i], &request, &error) != SECTION_BAD_REQUEST) {
            print_error("taken: %s\n", targets[i]);
            fail();
        }
        assert_true(error.detail[0] != '\0');
    }
}

static void test_more_segments_than_any_path_has_are_counted(void **state)
{
    (void)state;
    request request;
    assert_int_equal(parse("/a/b/c/d/e/f/g/h/i/j/k/l", &request, NULL), SECTION_OK);
    assert_int_equal(request.segment_count, 12);
    assert_int_equal(route_find(all_routes, &request).path_methods, 0);
}

static void test_a_query_is_decoded(void **state)
{
    (void)state;
    request request;
    assert_int_equal(parse("/a?x=1&y=a%26b+c%2B&z=&w&=v&&x2=p=q", &request, NULL), SECTION_OK);
    assert_int_equal(request.parameter_count, 6);
    assert_string_equal(request_parameter(&request, "x"), "1");
    assert_string_equal(request_parameter(&request, "y"), "a&b c+");
    assert_string_equal(request_parameter(&request, "z"), "");
    assert_string_equal(request_parameter(&request, "w"), "");
    assert_string_equal(request_parameter(&request, ""), "v");
    assert_string_equal(request_parameter(&request, "x2"), "p=q");
    assert_null(request_parameter(&request, "X"));
    assert_int_equal(parse("/a?%78=1", &request, NULL), SECTION_OK);
    assert_string_equal(request_parameter(&request, "x"), "1");
    assert_int_equal(parse("/a?", &request, NULL), SECTION_OK);
    assert_int_equal(request.parameter_count, 0);
}

static void test_a_malformed_query_is_refused(void **state)
{
    (void)state;
    char many[3 + 2 * REQUEST_PARAMETERS_MAX + 2] = "/a?";
    for (size_t i = 0; i <= REQUEST_PARAMETERS_MAX; i++) {
        memcpy(many + 3 + 2 * i, "x&", 2);
    }
    many[sizeof many - 1] = '\0';
    const char *const targets[] = {"/a?x=%", "/a?x=%4", "/a?%zz=1", many};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        request request;
        assert_int_equal(parse(targets[i], &request, NULL), SECTION_BAD_QUERY);
    }
}

static void test_unknown_and_repeated_parameters_are_named(void **state)
{
    (void)state;
    static const parameter names[] = {
        {.name = "offset"}, {.name = "length"}, {.name = "watch", .most_times = 2}, {.name = NULL}};
    request request;
    section_error error;
    assert_int_equal(parse("/a?offset=1&length=2", &request, NULL), SECTION_OK);
    assert_int_equal(request_check_parameters(&request, names, NULL), SECTION_OK);
    assert_int_equal(parse("/a?watch=1&offset=1&watch=2", &request, NULL), SECTION_OK);
    assert_int_equal(request_check_parameters(&request, names, NULL), SECTION_OK);
    assert_int_equal(parse("/a?ofset=16", &request, NULL), SECTION_OK);
    assert_int_equal(request_check_parameters(&request, names, &error), SECTION_BAD_QUERY);
    assert_non_null(strstr(error.detail, "'ofset'"));
    assert_int_equal(parse("/a?Offset=16", &request, NULL), SECTION_OK);
    assert_int_equal(request_check_parameters(&request, names, &error), SECTION_BAD_QUERY);
    static const char *const repeated[] = {"/a?offset=1&offset=1", "/a?offset=1&%6Fffset=2",
                                           "/a?offset&offset", "/a?offset=&offset"};
    for (size_t i = 0; i < sizeof repeated / sizeof repeated[0]; i++) {
        assert_int_equal(parse(repeated[i], &request, NULL), SECTION_OK);
        assert_int_equal(request_check_parameters(&request, names, &error), SECTION_BAD_QUERY);
        assert_non_null(strstr(error.detail, "'offset' stands twice"));
    }
}

static void test_numbers_are_plain_decimals(void **state)
{
    (void)state;
    static const char *const refused[] = {"",
                                          "-1",
                                          "+1",
                                          " 1",
                                          "1 ",
                                          "0x10",
                                          "1e3",
                                          "1.0",
                                          "1_0",
                                          "abc",
                                          "9007199254740992",
                                          "18446744073709551616",
                                          "99999999999999999999999999"};
    uint64_t number = 7;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_false(parse_decimal(refused[i], &number));
        assert_int_equal(number, 7);
    }
    assert_true(parse_decimal("0", &number));
    assert_int_equal(number, 0);
    assert_true(parse_decimal("0010", &number));
    assert_int_equal(number, 10);
    assert_true(parse_decimal("9007199254740991", &number));
    assert_int_equal(number, 9007199254740991);
}

static section_status check_query(const char *target, const parameter *known, request *ret_request)
{
    section_error error = {0};
    assert_int_equal(parse(target, ret_request, NULL), SECTION_OK);
    const section_status status = request_check_parameters(ret_request, known, &error);
    assert_int_equal(error.code, status);
    return status;
}

static void test_a_value_is_of_its_parameter_s_kind(void **state)
{
    (void)state;
    static const char *const choices[] = {"raw", "hex", NULL};
    static const parameter known[] = {
        {.name = "n", .kind = PARAMETER_NUMBER, .least = 2, .most = 9, .code = SECTION_BAD_SIZE},
        {.name = "f", .kind = PARAMETER_FLAG},
        {.name = "c", .kind = PARAMETER_CHOICE, .choices = choices, .code = SECTION_BAD_TYPE},
        {.name = "d", .kind = PARAMETER_DURATION, .most = 300},
        {.name = "t", .kind = PARAMETER_TEXT, .most_times = 2},
        {.name = NULL},
    };
    static const struct {
        const char *target;
        section_status status;
    } cases[] = {
        {"/a", SECTION_OK},
        {"/a?n=2&f=0&c=raw&d=300s&t=&t=x", SECTION_OK},
        {"/a?n=9&f=1&c=hex&d=300000ms", SECTION_OK},
        {"/a?n=1", SECTION_BAD_SIZE},
        {"/a?n=10", SECTION_BAD_SIZE},
        {"/a?n=", SECTION_BAD_SIZE},
        {"/a?n=-2", SECTION_BAD_SIZE},
        {"/a?n=2x", SECTION_BAD_SIZE},
        {"/a?n=18446744073709551618", SECTION_BAD_SIZE},
        {"/a?f=2", SECTION_BAD_QUERY},
        {"/a?f=", SECTION_BAD_QUERY},
        {"/a?f=01", SECTION_BAD_QUERY},
        {"/a?c=", SECTION_BAD_TYPE},
        {"/a?c=Raw", SECTION_BAD_TYPE},
        {"/a?c=rawhex", SECTION_BAD_TYPE},
        {"/a?d=", SECTION_BAD_QUERY},
        {"/a?d=s", SECTION_BAD_QUERY},
        {"/a?d=301", SECTION_BAD_QUERY},
        {"/a?d=300001ms", SECTION_BAD_QUERY},
        {"/a?d=1m", SECTION_BAD_QUERY},
        {"/a?d=1.5s", SECTION_BAD_QUERY},
        {"/a?d=99999999999999999999s", SECTION_BAD_QUERY},
        {"/a?t=1&t=2&t=3", SECTION_BAD_QUERY},
        {"/a?n=2&n=2", SECTION_BAD_QUERY},
        {"/a?x=1", SECTION_BAD_QUERY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        request request;
        const section_status status = check_query(cases[i].target, known, &request);
        if (status != cases[i].status) {
            print_error("%s: %d\n", cases[i].target, (int)status);
        }
        assert_int_equal(status, cases[i].status);
    }
}

static void test_a_parameter_that_is_needed_is_named(void **state)
{
    (void)state;
    static const parameter known[] = {
        {.name = "type", .required = true, .code = SECTION_BAD_TYPE, .summary = "of each value"},
        {.name = NULL},
    };
    request request;
    section_error error = {0};
    assert_int_equal(parse("/a", &request, NULL), SECTION_OK);
    assert_int_equal(request_check_parameters(&request, known, &error), SECTION_BAD_TYPE);
    assert_non_null(strstr(error.detail, "?type="));
    assert_int_equal(check_query("/a?type=", known, &request), SECTION_OK);
}

static void test_values_are_read_and_what_is_not_given_stays(void **state)
{
    (void)state;
    static const char *const choices[] = {"raw", "hex", NULL};
    request request;
    uint64_t number = 5;
    bool flag = true;
    int choice = 7;
    int64_t us = 3;
    assert_int_equal(parse("/a?offset=12&no=0&yes=1&c=hex&s=2&ms=1500ms", &request, NULL),
                     SECTION_OK);
    assert_false(request_number(&request, "none", &number));
    assert_int_equal(number, 5);
    assert_true(request_number(&request, "offset", &number));
    assert_int_equal(number, 12);
    assert_false(request_flag(&request, "none", &flag));
    assert_true(flag);
    assert_true(request_flag(&request, "no", &flag));
    assert_false(flag);
    assert_true(request_flag(&request, "yes", &flag));
    assert_true(flag);
    assert_false(request_choice(&request, "none", choices, &choice));
    assert_int_equal(choice, 7);
    assert_true(request_choice(&request, "c", choices, &choice));
    assert_int_equal(choice, 1);
    assert_false(request_duration(&request, "none", &us));
    assert_int_equal(us, 3);
    assert_true(request_duration(&request, "s", &us));
    assert_int_equal(us, 2000000);
    assert_true(request_duration(&request, "ms", &us));
    assert_int_equal(us, 1500000);
}

static void test_header_names_have_no_case(void **state)
{
    (void)state;
    assert_int_equal(request_find_header("host", 4), HEADER_HOST);
    assert_int_equal(request_find_header("HOST", 4), HEADER_HOST);
    assert_int_equal(request_find_header("If-None-Match", 13), HEADER_IF_NONE_MATCH);
    assert_int_equal(request_find_header("hos", 3), HEADER_COUNT);
    assert_int_equal(request_find_header("hosts", 5), HEADER_COUNT);
    assert_int_equal(request_find_header("", 0), HEADER_COUNT);
}

static void test_a_path_in_the_log_is_cut_to_its_room(void **state)
{
    (void)state;
    char text[8];
    request request;
    assert_int_equal(parse("/v1/sections/@SHINE", &request, NULL), SECTION_OK);
    for (size_t capacity = 1; capacity <= sizeof text; capacity++) {
        memset(text, 0x5A, sizeof text);
        request_format_path(&request, text, capacity);
        assert_true(memchr(text, '\0', capacity) != NULL);
        assert_int_equal(strncmp(text, "/v1/sections/@SHINE", strlen(text)), 0);
    }
}

static const route *find(const char *method_name, const char *target, unsigned *ret_methods)
{
    request request;
    assert_int_equal(parse(target, &request, NULL), SECTION_OK);
    request.method = method_parse(method_name, &request.head);
    const route_match match = route_find(all_routes, &request);
    if (ret_methods != NULL) {
        *ret_methods = match.path_methods;
    }
    return match.route;
}

static void test_paths_lead_to_their_routes(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *target;
        const char *pattern;
    } cases[] = {
        {"GET", "/", "/"},
        {"HEAD", "/", "/"},
        {"GET", "/healthz", "/healthz"},
        {"GET", "/v1/info", "/v1/info"},
        {"POST", "/v1/sections", "/v1/sections"},
        {"POST", "/v1/sections/open", "/v1/sections/open"},
        {"GET", "/v1/sections/7", "/v1/sections/{id}"},
        {"GET", "/v1/sections/@open", "/v1/sections/{id}"},
        {"DELETE", "/v1/sections/@a%2Fb", "/v1/sections/{id}"},
        {"PUT", "/v1/sections/@/data", "/v1/sections/{id}/data"},
        {"GET", "/v1/sections/12/data?offset=1", "/v1/sections/{id}/data"},
        {"GET", "/v1/sections/open", NULL},
        {"DELETE", "/v1/sections", NULL},
        {"GET", "/v1/sections/", NULL},
        {"GET", "/v1/sections/x", NULL},
        {"GET", "/v1/sections/7/", NULL},
        {"GET", "/v1/sections/7/dat", NULL},
        {"GET", "/v1/sections/7/datas", NULL},
        {"GET", "/v1/Sections", NULL},
        {"GET", "//v1/info", NULL},
        {"GET", "/v1", NULL},
        {"get", "/", NULL},
        {"TRACE", "/", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const route *found = find(cases[i].method, cases[i].target, NULL);
        if ((found != NULL) != (cases[i].pattern != NULL)) {
            print_error("%s %s\n", cases[i].method, cases[i].target);
        }
        if (cases[i].pattern == NULL) {
            assert_null(found);
        } else {
            assert_non_null(found);
            assert_string_equal(found->pattern, cases[i].pattern);
        }
    }
}

static void test_allow_lists_the_methods_of_the_path(void **state)
{
    (void)state;
    unsigned methods = 0;
    char text[100];
    (void)find("PATCH", "/healthz", &methods);
    route_allow(methods, text, sizeof text);
    assert_string_equal(text, "GET, HEAD, OPTIONS");
    (void)find("PATCH", "/v1/sections", &methods);
    route_allow(methods, text, sizeof text);
    assert_string_equal(text, "GET, HEAD, POST, OPTIONS");
    (void)find("GET", "/nowhere", &methods);
    assert_int_equal(methods, 0);
}

static void test_the_table_of_routes_is_consistent(void **state)
{
    (void)state;
    for (size_t i = 0; i < all_routes.count; i++) {
        assert_int_equal(all_routes.routes[i].pattern[0], '/');
        assert_true(all_routes.routes[i].method < METHOD_OPTIONS);
        assert_true((all_routes.routes[i].handler->execute != NULL) !=
                    (all_routes.routes[i].handler->tell != NULL));
        assert_true(all_routes.routes[i].summary[0] != '\0');
        assert_true((all_routes.routes[i].method != METHOD_GET &&
                     all_routes.routes[i].method != METHOD_DELETE) ||
                    all_routes.routes[i].body == BODY_NONE);
        assert_int_not_equal(all_routes.routes[i].answers[0].http_status, 0);
        assert_true(all_routes.routes[i].body != BODY_JSON || all_routes.routes[i].body_limit > 0);
        bool is_optional = false;
        for (const parameter *each = all_routes.routes[i].handler->parameters;
             each != NULL && each->name != NULL; each++) {
            assert_false(each->required && is_optional);
            is_optional = !each->required;
        }
        for (size_t k = 0; k < i; k++) {
            assert_true(all_routes.routes[i].method != all_routes.routes[k].method ||
                        strcmp(all_routes.routes[i].pattern, all_routes.routes[k].pattern) != 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_path_is_taken_apart_before_it_is_decoded),
        cmocka_unit_test(test_targets_that_are_no_paths_are_refused),
        cmocka_unit_test(test_more_segments_than_any_path_has_are_counted),
        cmocka_unit_test(test_a_query_is_decoded),
        cmocka_unit_test(test_a_malformed_query_is_refused),
        cmocka_unit_test(test_unknown_and_repeated_parameters_are_named),
        cmocka_unit_test(test_numbers_are_plain_decimals),
        cmocka_unit_test(test_a_value_is_of_its_parameter_s_kind),
        cmocka_unit_test(test_a_parameter_that_is_needed_is_named),
        cmocka_unit_test(test_values_are_read_and_what_is_not_given_stays),
        cmocka_unit_test(test_header_names_have_no_case),
        cmocka_unit_test(test_a_path_in_the_log_is_cut_to_its_room),
        cmocka_unit_test(test_paths_lead_to_their_routes),
        cmocka_unit_test(test_allow_lists_the_methods_of_the_path),
        cmocka_unit_test(test_the_table_of_routes_is_consistent),
    };
    return cmocka_run_group_tests_name("request", list, NULL, NULL);
}
