#include "unit.h"

#include <inet.h>

#include "base/address.h"

static const char *const v4[] = {"127.0.0.1", "127.255.255.255", "0.0.0.0", "255.255.255.255",
                                 "192.168.1.20"};
static const char *const v6[] = {
    "::1", "::", "fe80::1", "2001:db8::", "1:2:3:4:5:6:7:8", "::ffff:127.0.0.1"};
static const char *const none[] = {
    "",
    " ",
    "localhost",
    "127.0.0",
    "127.1",
    "127.0.0.1 ",
    " 127.0.0.1",
    "127.0.0.256",
    "127.0.0.1.1",
    "0x7f.0.0.1",
    "127.0.0.-1",
    "127.0.0.1:80",
    "[::1]",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::1::",
    "12345::",
    "::ffff:127.0.0",
    "g::1",
    "::1/128",
};

enum { V4_COUNT = sizeof v4 / sizeof v4[0], V6_COUNT = sizeof v6 / sizeof v6[0] };

static void test_a_numeric_address_is_told_from_what_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < V4_COUNT; i++) {
        assert_true(address_is_numeric(v4[i]));
    }
    for (size_t i = 0; i < V6_COUNT; i++) {
        assert_true(address_is_numeric(v6[i]));
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (address_is_numeric(none[i])) {
            fail_msg("%s is no address", none[i]);
        }
    }
}

static void test_only_the_machines_own_loopback_is_loopback(void **state)
{
    (void)state;
    static const char *const loopback[] = {"127.0.0.1", "127.0.0.2", "127.255.255.255", "::1",
                                           "0:0:0:0:0:0:0:1"};
    static const char *const others[] = {
        "126.255.255.255",   "128.0.0.1",        "0.0.0.0",   "::", "::2",
        "fe80::1",           "::ffff:127.0.0.1", "localhost", "",   "127.1",
        "127.0.0.1.evil.com"};
    for (size_t i = 0; i < sizeof loopback / sizeof loopback[0]; i++) {
        assert_true(address_is_loopback(loopback[i]));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (address_is_loopback(others[i])) {
            fail_msg("%s is no loopback", others[i]);
        }
    }
}

static void test_localhost_may_lead_to_two_addresses(void **state)
{
    (void)state;
    static const char *const without[] = {"127.0.0.2", "0.0.0.0", "::", "::2", "localhost", ""};
    assert_string_equal(address_twin("127.0.0.1"), "::1");
    assert_string_equal(address_twin("::1"), "127.0.0.1");
    assert_string_equal(address_twin("0:0:0:0:0:0:0:1"), "127.0.0.1");
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        assert_null(address_twin(without[i]));
    }
}

static void test_a_port_is_found_again_in_either_family(void **state)
{
    (void)state;
    struct sockaddr_storage storage;
    assert_in_range(address_make("127.0.0.1", 7080, &storage), 1, sizeof storage);
    assert_int_equal(address_port(&storage), 7080);
    assert_in_range(address_make("::1", 65535, &storage), 1, sizeof storage);
    assert_int_equal(address_port(&storage), 65535);
    assert_int_equal(address_make("localhost", 7080, &storage), 0);
    assert_int_equal(address_port(&storage), 0);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_numeric_address_is_told_from_what_is_none),
        cmocka_unit_test(test_only_the_machines_own_loopback_is_loopback),
        cmocka_unit_test(test_localhost_may_lead_to_two_addresses),
        cmocka_unit_test(test_a_port_is_found_again_in_either_family),
    };
    return cmocka_run_group_tests_name("address", list, NULL, NULL);
}
