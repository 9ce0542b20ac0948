#include "../unit.h"

#include <inet.h>
#include <windows.h>

#include <io.h>
#include <process.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "stop.h"

/*
 * What the daemon asks of Windows where Wine does not show the difference: the linker puts the
 * functions below in the place of the calls.
 */

#define WRAPPED(result, name, ...)                                                                 \
    extern result(WINAPI *__real___imp_##name)(__VA_ARGS__);                                       \
    static result WINAPI our_##name(__VA_ARGS__);                                                  \
    extern result(WINAPI *__wrap___imp_##name)(__VA_ARGS__);                                       \
    result(WINAPI *__wrap___imp_##name)(__VA_ARGS__) = our_##name;                                 \
    static result WINAPI our_##name(__VA_ARGS__)

static unsigned binds;
static unsigned binds_that_fail;
static int bind_number;

WRAPPED(int, bind, SOCKET socket, const struct sockaddr *address, int length)
{
    if (binds++ < binds_that_fail) {
        WSASetLastError(bind_number);
        return SOCKET_ERROR;
    }
    return __real___imp_bind(socket, address, length);
}

static unsigned sleeps;

WRAPPED(void, Sleep, DWORD duration_ms)
{
    (void)duration_ms;
    sleeps++;
}

static bool refuses_exclusive;

WRAPPED(int, setsockopt, SOCKET socket, int level, int option, const char *value, int length)
{
    if (refuses_exclusive && option == SO_EXCLUSIVEADDRUSE) {
        WSASetLastError(WSAEINVAL);
        return SOCKET_ERROR;
    }
    return __real___imp_setsockopt(socket, level, option, value, length);
}

static UINT code_page = 850;

WRAPPED(UINT, GetConsoleOutputCP, void)
{
    return code_page;
}

WRAPPED(BOOL, SetConsoleOutputCP, UINT number)
{
    code_page = number;
    return TRUE;
}

static void fail_binds(unsigned count, int number)
{
    binds = 0;
    sleeps = 0;
    binds_that_fail = count;
    bind_number = number;
}

static void test_an_old_connection_in_the_way_is_waited_for(void **state)
{
    (void)state;
    platform_socket listener = -1;
    uint16_t port = 0;
    section_error why = {0};
    fail_binds(3, WSAEADDRINUSE);
    assert_int_equal(platform_listen("127.0.0.1", 0, &listener, &port, &why), SECTION_OK);
    assert_int_equal(binds, 4);
    assert_int_equal(sleeps, 3);
    assert_int_not_equal(port, 0);
    platform_close_socket(listener);
}

static void test_waiting_for_an_address_has_an_end(void **state)
{
    (void)state;
    platform_socket listener = -1;
    uint16_t port = 0;
    section_error why = {0};
    fail_binds(1000, WSAEADDRINUSE);
    assert_int_not_equal(platform_listen("127.0.0.1", 0, &listener, &port, &why), SECTION_OK);
    assert_string_equal(why.call, "bind");
    assert_int_equal(why.os_number, WSAEADDRINUSE);
    assert_in_range(binds, 10, 100);
    assert_int_equal(sleeps, binds - 1);
    assert_int_equal(listener, -1);
    fail_binds(1000, WSAEACCES); /* no old connection gives this number */
    assert_int_not_equal(platform_listen("127.0.0.1", 0, &listener, &port, &why), SECTION_OK);
    assert_int_equal(binds, 1);
}

static void test_an_address_that_somebody_has_is_refused_at_once(void **state)
{
    (void)state;
    platform_socket listener = -1;
    platform_socket second = -1;
    uint16_t port = 0;
    uint16_t again = 0;
    section_error why = {0};
    fail_binds(0, 0);
    assert_int_equal(platform_listen("127.0.0.1", 0, &listener, &port, &why), SECTION_OK);
    fail_binds(1000, WSAEADDRINUSE); /* whichever of its two numbers the system would give */
    assert_int_not_equal(platform_listen("127.0.0.1", port, &second, &again, &why), SECTION_OK);
    assert_int_equal(binds, 1);
    fail_binds(1000, WSAEACCES);
    assert_int_not_equal(platform_listen("127.0.0.1", port, &second, &again, &why), SECTION_OK);
    assert_int_equal(binds, 1);
    assert_int_equal(sleeps, 0);
    platform_close_socket(listener);
}

static void test_nobody_listens_on_an_address_that_is_not_exclusive(void **state)
{
    (void)state;
    platform_socket listener = -1;
    uint16_t port = 0;
    section_error why = {0};
    fail_binds(0, 0);
    refuses_exclusive = true;
    assert_int_not_equal(platform_listen("127.0.0.1", 0, &listener, &port, &why), SECTION_OK);
    refuses_exclusive = false;
    assert_int_equal(binds, 0);
    assert_int_equal(why.os_number, WSAEINVAL);
}

static void test_the_systems_shutdown_ends_the_daemon_and_a_logoff_does_not(void **state)
{
    (void)state;
    static const DWORD ends[] = {CTRL_C_EVENT, CTRL_BREAK_EVENT, CTRL_CLOSE_EVENT,
                                 CTRL_SHUTDOWN_EVENT};
    static const DWORD others[] = {CTRL_LOGOFF_EVENT, 3, 4, 7, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        assert_non_null(stop_reason(ends[i]));
        assert_int_equal(stop_is_final(ends[i]), i >= 2);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_null(stop_reason(others[i]));
        assert_false(stop_is_final(others[i]));
    }
}

enum { AS_IT_WAS = 17, NOT_SET = 18, NOT_PUT_BACK = 19 };
static UINT while_running;

/* Registered first, so it runs last. */
static void tell_code_page(void)
{
    _exit(while_running != CP_UTF8 ? NOT_SET : code_page == 850 ? AS_IT_WAS : NOT_PUT_BACK);
}

/* What the daemon does with the console, in a process of its own. */
static int start_and_end(int argc, char **argv)
{
    section_error why = {0};
    (void)atexit(tell_code_page);
    if (platform_start(&argc, &argv, &why) != SECTION_OK || argc != 3 ||
        strcmp(argv[2], "\xC3\xA9 \xE6\x88\x91") != 0) {
        _exit(1);
    }
    while_running = code_page;
    return 0;
}

static void test_the_consoles_code_page_is_put_back_at_the_end(void **state)
{
    (void)state;
    wchar_t path[MAX_PATH];
    assert_in_range(GetModuleFileNameW(NULL, path, MAX_PATH), 1, MAX_PATH - 1);
    assert_int_equal(_wspawnl(_P_WAIT, path, L"calls", L"start", L"\"\u00E9 \u6211\"", NULL),
                     AS_IT_WAS);
}

static void test_nothing_loads_user32(void **state)
{
    (void)state;
    /* A program that has loaded it is not told of the system's shutdown. */
    assert_null(GetModuleHandleW(L"user32.dll"));
    assert_null(GetModuleHandleW(L"gdi32.dll"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_an_old_connection_in_the_way_is_waited_for),
        cmocka_unit_test(test_waiting_for_an_address_has_an_end),
        cmocka_unit_test(test_an_address_that_somebody_has_is_refused_at_once),
        cmocka_unit_test(test_nobody_listens_on_an_address_that_is_not_exclusive),
        cmocka_unit_test(test_the_systems_shutdown_ends_the_daemon_and_a_logoff_does_not),
        cmocka_unit_test(test_the_consoles_code_page_is_put_back_at_the_end),
        cmocka_unit_test(test_nothing_loads_user32),
    };
    if (argc > 1) {
        return start_and_end(argc, argv);
    }
    section_error why = {0};
    return platform_start(&argc, &argv, &why) != SECTION_OK
               ? 1
               : cmocka_run_group_tests_name("calls", list, NULL, NULL);
}
