#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "gate/gate.h"
#include "gate/sender.h"

/* A server without a token, on 127.0.0.1:7780, that also answers to one more name. */
static server make_server(options *options)
{
    *options = (struct options){.listen_address = "127.0.0.1",
                                .listen_port = 7780,
                                .allowed_hosts = {{"box.test", "proxy.test:443"}, 2},
                                .max_body_bytes = 1000};
    server server = {
        .options = options, .port = 7780, .routes = all_routes, .holds_localhost = true};
    assert_true(sender_list_hosts(&server));
    return server;
}

typedef struct ask {
    const char *method;
    const char *target;
    const char *headers[HEADER_COUNT];
    const char *malformed; /* as framing_add_field found it */
    const char *version;
} ask;

static role last_role; /* of the last that was checked */

static section_status check(const ask *ask, request *ret_request, gate_result *ret_result)
{
    static char target[512];
    options options;
    section_error error = {0};
    server server = make_server(&options);
    caller caller = {0};
    *ret_request = (request){.malformed = ask->malformed};
    memcpy(ret_request->headers, ask->headers, sizeof ask->headers);
    if (ask->headers[HEADER_HOST] == NULL) {
        ret_request->headers[HEADER_HOST] = "127.0.0.1:7780";
    } else if (ask->headers[HEADER_HOST][0] == '\0') {
        ret_request->headers[HEADER_HOST] = NULL;
    }
    (void)snprintf(target, sizeof target, "%s", ask->target);
    const section_status status =
        gate_check(&server, ret_request, &caller, ask->version != NULL ? ask->version : "HTTP/1.1",
                   ask->method, target, ret_result, &error);
    sender_free_hosts(&server);
    last_role = caller.role;
    assert_int_equal(error.code, status);
    return status;
}

static void expect_all(section_status wanted, const ask *asks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        request request;
        gate_result result;
        const section_status status = check(&asks[i], &request, &result);
        if (status != wanted) {
            print_error("case %lu, %s %s: got %d\n", (unsigned long)i, asks[i].method,
                        asks[i].target, (int)status);
        }
        assert_int_equal(status, wanted);
    }
}

#define EXPECT_ALL(status, asks) expect_all((status), (asks), sizeof(asks) / sizeof(asks)[0])

static void test_what_is_fine_passes(void **state)
{
    (void)state;
    static const ask asks[] = {
        {.method = "GET", .target = "/"},
        {.method = "HEAD", .target = "/healthz"},
        {.method = "GET", .target = "/v1/info", .version = "HTTP/1.0"},
        {.method = "GET",
         .target = "/v1/sections?limit=1",
         .headers = {[HEADER_HOST] = "localhost:7780"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_HOST] = "LOCALHOST:7780"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_HOST] = "box.test:7780"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_HOST] = "box.test"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_HOST] = "proxy.test:443"}},
        {.method = "GET",
         .target = "/v1/info",
         .headers = {[HEADER_ORIGIN] = "http://127.0.0.1:7780"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_FETCH_SITE] = "same-origin"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_FETCH_SITE] = "none"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_FETCH_MODE] = "cors"}},
        {.method = "GET", .target = "http://127.0.0.1:7780/v1/info"},
        {.method = "GET", .target = "http://box.test/healthz?"},
        {.method = "GET", .target = "HTTP://LOCALHOST:7780"},
        {.method = "GET", .target = "/v1/info/"},
        {.method = "GET", .target = "/v1/sections/?limit=1"},
        {.method = "GET", .target = "/v1/info", .version = "HTTP/1.2"},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_TYPE] = "multipart/mixed"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_LENGTH] = "1000"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_TRANSFER_ENCODING] = "Chunked"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_EXPECT] = "100-Continue"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_ENCODING] = "identity"}},
        {.method = "POST",
         .target = "/v1/sections",
         .headers = {[HEADER_CONTENT_TYPE] = "application/json"}},
        {.method = "POST",
         .target = "/v1/sections",
         .headers = {[HEADER_CONTENT_TYPE] = "Application/JSON; charset=utf-8"}},
        {.method = "DELETE",
         .target = "/v1/sections/1",
         .headers = {[HEADER_CONTENT_LENGTH] = "0"}},
    };
    EXPECT_ALL(SECTION_OK, asks);
}

static void test_ambiguous_framing_is_refused(void **state)
{
    (void)state;
    static const ask asks[] = {
        {.method = "GET", .target = "/", .version = "HTTP/2.0"},
        {.method = "GET", .target = "/", .version = "HTTP/0.9"},
        {.method = "GET", .target = "/", .version = "HTTP/2.0"},
        {.method = "GET", .target = "/", .version = ""},
        {.method = "GET", .target = "/", .malformed = "a field"},
        {.method = "GET", .target = "/", .headers = {[HEADER_HOST] = ""}}, /* none at all */
        {.method = "G(T", .target = "/"},
        {.method = "GET\x01", .target = "/"},
        {.method = "GET", .target = "/", .headers = {[HEADER_HOST] = " "}},
        {.method = "GET", .target = "/", .headers = {[HEADER_HOST] = "a b"}},
        {.method = "GET", .target = "/", .headers = {[HEADER_HOST] = "user@127.0.0.1:7780"}},
        {.method = "GET", .target = "/", .headers = {[HEADER_HOST] = "127.0.0.1:7780, a"}},
        {.method = "GET", .target = "/", .headers = {[HEADER_HOST] = "127.0.0.1:7780/"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_LENGTH] = "5", [HEADER_TRANSFER_ENCODING] = "chunked"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_LENGTH] = ""}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_LENGTH] = "+5"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_LENGTH] = "-5"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_LENGTH] = "0x5"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_LENGTH] = "5, 5"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_LENGTH] = "18446744073709551617"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_TRANSFER_ENCODING] = "gzip, chunked"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_TRANSFER_ENCODING] = "identity"}},
        {.method = "PUT", .target = "/v1/sections/1/data", .headers = {[HEADER_EXPECT] = "200-ok"}},
        {.method = "GET", .target = "ftp://127.0.0.1:7780/v1/info"},
        {.method = "GET", .target = "*"},
        {.method = "GET", .target = "/v1/info#x"},
        {.method = "GET", .target = "/v1/%00"},
        {.method = "GET", .target = "/v1/info?x=%00"},
        {.method = "GET", .target = "/v1/sections/1/data?#"},
        {.method = "GET", .target = "/v1/sections/1/data\x7F"},
        {.method = "GET", .target = "/v1/sections/@\xC3\xA9/data"},
        {.method = "GET", .target = "/v1\t/sections/1/data"},
    };
    EXPECT_ALL(SECTION_BAD_REQUEST, asks);
}

static void test_pages_of_others_get_no_answer(void **state)
{
    (void)state;
    static const ask asks[] = {
        {.method = "GET", .target = "/healthz", .headers = {[HEADER_HOST] = "evil.test"}},
        {.method = "GET", .target = "/healthz", .headers = {[HEADER_HOST] = "evil.test:7780"}},
        {.method = "GET",
         .target = "/healthz",
         .headers = {[HEADER_HOST] = "127.0.0.1"}}, /* not our port */
        {.method = "GET", .target = "/healthz", .headers = {[HEADER_HOST] = "127.0.0.1:7781"}},
        {.method = "GET", .target = "/healthz", .headers = {[HEADER_HOST] = "127.0.0.1:77800"}},
        {.method = "GET",
         .target = "/healthz",
         .headers = {[HEADER_HOST] = "127.0.0.1:7780.evil.test"}},
        {.method = "GET",
         .target = "/healthz",
         .headers = {[HEADER_HOST] = "127.0.0.1.evil.test:7780"}},
        {.method = "GET", .target = "/healthz", .headers = {[HEADER_HOST] = "localhost"}},
        {.method = "GET", .target = "/healthz", .headers = {[HEADER_HOST] = "localhost.:7780"}},
        {.method = "GET", .target = "/healthz", .headers = {[HEADER_HOST] = "proxy.test:7780"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_ORIGIN] = "null"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_ORIGIN] = ""}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_ORIGIN] = "http://evil.test"}},
        {.method = "GET",
         .target = "/v1/info",
         .headers = {[HEADER_ORIGIN] = "http://127.0.0.1:8080"}},
        {.method = "GET",
         .target = "/v1/info",
         .headers = {[HEADER_ORIGIN] = "https://127.0.0.1:7780"}},
        {.method = "GET",
         .target = "/v1/info",
         .headers = {[HEADER_ORIGIN] = "http://127.0.0.1:7780.evil.test"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_ORIGIN] = "127.0.0.1:7780"}},
        {.method = "OPTIONS",
         .target = "/v1/info",
         .headers = {[HEADER_ORIGIN] = "http://evil.test"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_FETCH_SITE] = "cross-site"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_FETCH_SITE] = "same-site"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_FETCH_SITE] = "elsewhere"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_FETCH_SITE] = ""}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_FETCH_SITE] = "Same-Origin"}},
        {.method = "GET", .target = "/", .headers = {[HEADER_FETCH_SITE] = "cross-site"}},
        {.method = "GET",
         .target = "/",
         .headers = {[HEADER_FETCH_SITE] = "cross-site",
                     [HEADER_FETCH_MODE] = "navigate",
                     [HEADER_FETCH_DEST] = "iframe"}},
        {.method = "POST",
         .target = "/",
         .headers = {[HEADER_FETCH_SITE] = "cross-site",
                     [HEADER_FETCH_MODE] = "navigate",
                     [HEADER_FETCH_DEST] = "document"}},
        {.method = "GET",
         .target = "/v1/info",
         .headers = {[HEADER_FETCH_SITE] = "cross-site",
                     [HEADER_FETCH_MODE] = "navigate",
                     [HEADER_FETCH_DEST] = "document"}},
    };
    EXPECT_ALL(SECTION_FORBIDDEN_ORIGIN, asks);
}

static void test_a_link_to_the_root_may_be_followed(void **state)
{
    (void)state;
    static const ask asks[] = {{.method = "GET",
                                .target = "/",
                                .headers = {[HEADER_FETCH_SITE] = "cross-site",
                                            [HEADER_FETCH_MODE] = "navigate",
                                            [HEADER_FETCH_DEST] = "document"}}};
    EXPECT_ALL(SECTION_OK, asks);
}

static void test_what_is_not_there_is_not_found(void **state)
{
    (void)state;
    static const ask asks[] = {
        {.method = "GET", .target = "/nothing"},
        {.method = "GET", .target = "/v1"},
        {.method = "GET", .target = "/v2/sections"},
        {.method = "GET", .target = "/v1/sections//"},
        {.method = "OPTIONS", .target = "/nothing"},
        {.method = "OPTIONS", .target = "/v1/nothing"},
        {.method = "PUT",
         .target = "/v1/sections/1/dat",
         .headers = {[HEADER_CONTENT_LENGTH] = "99999"}},
    };
    EXPECT_ALL(SECTION_NOT_FOUND, asks);
}

static void test_wrong_methods_and_bodies_are_told_apart(void **state)
{
    (void)state;
    static const ask methods[] = {
        {.method = "DELETE", .target = "/v1/sections"}, {.method = "POST", .target = "/healthz"},
        {.method = "TRACE", .target = "/v1/info"},      {.method = "get", .target = "/v1/info"},
        {.method = "CONNECT", .target = "/"},
    };
    static const ask types[] = {
        {.method = "POST", .target = "/v1/sections"},
        {.method = "POST",
         .target = "/v1/sections",
         .headers = {[HEADER_CONTENT_TYPE] = "text/plain"}},
        {.method = "POST",
         .target = "/v1/sections",
         .headers = {[HEADER_CONTENT_TYPE] = "application/jsonx"}},
        {.method = "POST",
         .target = "/v1/sections",
         .headers = {[HEADER_CONTENT_TYPE] = "application/"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_ENCODING] = "gzip"}},
    };
    static const ask lengths[] = {
        {.method = "OPTIONS", .target = "/v1/info", .headers = {[HEADER_CONTENT_LENGTH] = "5"}},
        {.method = "OPTIONS",
         .target = "/healthz",
         .headers = {[HEADER_TRANSFER_ENCODING] = "chunked"}},
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_LENGTH] = "1001"}},
        {.method = "GET", .target = "/v1/info", .headers = {[HEADER_CONTENT_LENGTH] = "1"}},
        {.method = "DELETE",
         .target = "/v1/sections/1",
         .headers = {[HEADER_TRANSFER_ENCODING] = "chunked"}},
    };
    static const ask queries[] = {
        {.method = "GET", .target = "/v1/info?x=1"},
        {.method = "GET", .target = "/v1/sections/1/data?ofset=16"},
        {.method = "GET", .target = "/v1/sections/1/data?offset=1&offset=1"},
        {.method = "GET", .target = "/v1/sections/1/data?offset=%"},
    };
    EXPECT_ALL(SECTION_BAD_METHOD, methods);
    EXPECT_ALL(SECTION_BAD_MEDIA_TYPE, types);
    EXPECT_ALL(SECTION_TOO_LARGE, lengths);
    EXPECT_ALL(SECTION_BAD_QUERY, queries);
}

static void test_options_is_answered_for_every_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < all_routes.count; i++) {
        char target[100];
        request request;
        gate_result result;
        const char *id = strchr(all_routes.routes[i].pattern, '{');
        if (id != NULL) {
            (void)snprintf(target, sizeof target, "%.*s1%s",
                           (int)(id - all_routes.routes[i].pattern), all_routes.routes[i].pattern,
                           strchr(id, '}') + 1);
        } else {
            (void)snprintf(target, sizeof target, "%s", all_routes.routes[i].pattern);
        }
        const ask ask = {.method = "OPTIONS", .target = target};
        assert_int_equal(check(&ask, &request, &result), SECTION_OK);
        assert_true(result.is_options);
        assert_true((result.match.path_methods & 1u << all_routes.routes[i].method) != 0);
    }
}

static void test_checks_come_in_the_order_of_the_contract(void **state)
{
    (void)state;
    request request;
    gate_result result;
    /* Wrong in every way; each step mends the first of them. */
    ask ask = {.method = "DELETE",
               .target = "/v1/nowhere?x",
               .headers = {[HEADER_HOST] = "evil.test", [HEADER_CONTENT_LENGTH] = "x"}};
    assert_int_equal(check(&ask, &request, &result), SECTION_BAD_REQUEST);
    ask.headers[HEADER_CONTENT_LENGTH] = "9999";
    assert_int_equal(check(&ask, &request, &result), SECTION_FORBIDDEN_ORIGIN);
    ask.headers[HEADER_HOST] = NULL;
    assert_int_equal(check(&ask, &request, &result), SECTION_NOT_FOUND);
    ask.target = "/v1/sections/open?x";
    assert_int_equal(check(&ask, &request, &result), SECTION_BAD_METHOD);
    ask.method = "POST";
    assert_int_equal(check(&ask, &request, &result), SECTION_BAD_MEDIA_TYPE);
    ask.headers[HEADER_CONTENT_TYPE] = "application/json";
    assert_int_equal(check(&ask, &request, &result), SECTION_TOO_LARGE);
    ask.headers[HEADER_CONTENT_LENGTH] = "10";
    assert_int_equal(check(&ask, &request, &result), SECTION_BAD_QUERY);
    ask.target = "/v1/sections/open";
    assert_int_equal(check(&ask, &request, &result), SECTION_OK);
}

static void test_an_absolute_target_names_a_host_of_ours(void **state)
{
    (void)state;
    static const ask asks[] = {
        {.method = "GET", .target = "http://evil.test/v1/info"},
        {.method = "GET", .target = "http://127.0.0.1/v1/info"},
        {.method = "GET", .target = "http://127.0.0.1:7780.evil.test/v1/info"},
        {.method = "GET", .target = "http://evil.test@127.0.0.1:7780/v1/info"},
        {.method = "GET", .target = "http:///v1/info"},
        {.method = "GET", .target = "http://"},
        {.method = "GET", .target = "http:/v1/info"},
        {.method = "GET", .target = "https://127.0.0.1:7780/v1/info"},
        {.method = "GET", .target = "http://127.0.0.1:7780\\/v1/info"},
    };
    EXPECT_ALL(SECTION_BAD_REQUEST, asks);
    static const ask foreign[] = {{.method = "GET",
                                   .target = "http://127.0.0.1:7780/v1/info",
                                   .headers = {[HEADER_HOST] = "evil.test"}}};
    EXPECT_ALL(SECTION_FORBIDDEN_ORIGIN, foreign);
}

static void test_the_asterisk_is_for_options_only(void **state)
{
    (void)state;
    request request;
    gate_result result;
    const ask options_ask = {.method = "OPTIONS", .target = "*"};
    assert_int_equal(check(&options_ask, &request, &result), SECTION_OK);
    assert_true(result.is_options && result.is_asterisk);
    const ask path = {.method = "OPTIONS", .target = "/v1/info"};
    assert_int_equal(check(&path, &request, &result), SECTION_OK);
    assert_true(result.is_options && !result.is_asterisk);
    static const ask bad[] = {{.method = "GET", .target = "*"},
                              {.method = "options", .target = "*"},
                              {.method = "OPTIONS", .target = "*x"}};
    EXPECT_ALL(SECTION_BAD_REQUEST, bad);
}

static void test_forms_are_no_bytes(void **state)
{
    (void)state;
    static const ask asks[] = {
        {.method = "PUT",
         .target = "/v1/sections/1/data",
         .headers = {[HEADER_CONTENT_TYPE] = "multipart/form-data; boundary=x"}},
        {.method = "PUT",
         .target = "/v1/sections/1/text",
         .headers = {[HEADER_CONTENT_TYPE] = "Multipart/Form-Data"}},
    };
    EXPECT_ALL(SECTION_BAD_MEDIA_TYPE, asks);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_what_is_fine_passes),
        cmocka_unit_test(test_ambiguous_framing_is_refused),
        cmocka_unit_test(test_pages_of_others_get_no_answer),
        cmocka_unit_test(test_a_link_to_the_root_may_be_followed),
        cmocka_unit_test(test_what_is_not_there_is_not_found),
        cmocka_unit_test(test_wrong_methods_and_bodies_are_told_apart),
        cmocka_unit_test(test_options_is_answered_for_every_path),
        cmocka_unit_test(test_an_absolute_target_names_a_host_of_ours),
        cmocka_unit_test(test_the_asterisk_is_for_options_only),
        cmocka_unit_test(test_forms_are_no_bytes),
        cmocka_unit_test(test_checks_come_in_the_order_of_the_contract),
    };
    return cmocka_run_group_tests_name("gate", list, NULL, NULL);
}
