#include "unit.h"

#include <stdio.h>

#include "base/address.h"
#include "base/tcp_table.h"
#include <inet.h>

static const char head[] = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
                           "retrnsmt   uid  timeout inode\n";

/* Looks for the socket at 127.0.0.1:7780 of the client at 127.0.0.1:40000, or of other ends. */
static bool find(const char *rows, const char *local, const char *remote, bool mapped,
                 unsigned *ret_user)
{
    struct sockaddr_storage ends[2];
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_true(address_make(local, 7780, &ends[0]) > 0);
    assert_true(address_make(remote, 40000, &ends[1]) > 0);
    (void)fputs(head, file);
    (void)fputs(rows, file);
    rewind(file);
    const bool found = tcp_table_find_user(file, &ends[0], &ends[1], mapped, ret_user);
    (void)fclose(file);
    return found;
}

static void test_the_socket_of_a_connection_is_found(void **state)
{
    (void)state;
    unsigned user = 0;
    assert_true(find("   0: 0100007F:1E64 00000000:0000 0A 00000000:00000000 00:00000000 00000000  "
                     "   7  0 11 1\n"
                     "   1: 0100007F:9C40 0100007F:1E64 01 00000000:00000000 00:00000000 00000000  "
                     "   8  0 12 1\n"
                     "   2: 0100007F:1E64 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  "
                     "1000  0 13 1\n",
                     "127.0.0.1", "127.0.0.1", false, &user));
    assert_int_equal(user, 1000);
}

static void test_one_that_nobody_has_taken_has_no_user(void **state)
{
    (void)state;
    unsigned user = 99;
    assert_false(find("   0: 0100007F:1E64 0100007F:9C40 01 00000000:00000000 00:00000000 00000000 "
                      "    0  0 0 1\n",
                      "127.0.0.1", "127.0.0.1", false, &user));
    assert_int_equal(user, 99);
}

static void test_other_ends_are_other_sockets(void **state)
{
    (void)state;
    unsigned user;
    const char *row = "   0: 0200007F:1E64 0100007F:9C40 01 00000000:00000000 00:00000000 00000000 "
                      " 1000  0 13 1\n";
    assert_false(find(row, "127.0.0.1", "127.0.0.1", false, &user));
    assert_true(find(row, "127.0.0.2", "127.0.0.1", false, &user));
    assert_false(find("", "127.0.0.1", "127.0.0.1", false, &user));
    assert_false(find("nonsense\n\n: :\n", "127.0.0.1", "127.0.0.1", false, &user));
}

static void test_ipv6_and_what_is_mapped_into_it(void **state)
{
    (void)state;
    unsigned user = 0;
    assert_true(
        find("   0: 00000000000000000000000001000000:1E64 00000000000000000000000001000000:9C40 "
             "01 00000000:00000000 00:00000000 00000000  1001  0 13 1\n",
             "::1", "::1", false, &user));
    assert_int_equal(user, 1001);
    assert_true(
        find("   0: 0000000000000000FFFF00000100007F:1E64 0000000000000000FFFF00000100007F:9C40 "
             "01 00000000:00000000 00:00000000 00000000  1002  0 13 1\n",
             "127.0.0.1", "127.0.0.1", true, &user));
    assert_int_equal(user, 1002);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_socket_of_a_connection_is_found),
        cmocka_unit_test(test_one_that_nobody_has_taken_has_no_user),
        cmocka_unit_test(test_other_ends_are_other_sockets),
        cmocka_unit_test(test_ipv6_and_what_is_mapped_into_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
