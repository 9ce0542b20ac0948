#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/capability.h"
#include "base/options.h"

enum { ARGUMENTS_MAX = 40 };

/* Parses arguments that end with NULL; what is printed goes to `ret_printed`. */
static bool parse(const char *const *arguments, options *ret_options, char *ret_printed,
                  size_t capacity)
{
    char *argv[ARGUMENTS_MAX] = {(char *)(uintptr_t)"sectiond"};
    int argc = 1;
    FILE *errors = tmpfile();
    assert_non_null(errors);
    for (; *arguments != NULL && argc < ARGUMENTS_MAX; arguments++) {
        argv[argc++] = (char *)(uintptr_t)*arguments;
    }
    const bool good = options_parse(ret_options, argc, argv, errors);
    rewind(errors);
    const size_t length = fread(ret_printed, 1, capacity - 1, errors);
    ret_printed[length] = '\0';
    (void)fclose(errors);
    return good;
}

#define GOOD(options, ...)                                                                         \
    do {                                                                                           \
        char printed[400];                                                                         \
        const char *const arguments[] = {__VA_ARGS__, NULL};                                       \
        if (!parse(arguments, (options), printed, sizeof printed)) {                               \
            print_error("%s", printed);                                                            \
            fail();                                                                                \
        }                                                                                          \
        assert_string_equal(printed, "");                                                          \
    } while (0)

/* Refused, in one line that has these words. */
#define BAD(words, ...)                                                                            \
    do {                                                                                           \
        char printed[400];                                                                         \
        options refused;                                                                           \
        const char *const arguments[] = {__VA_ARGS__, NULL};                                       \
        assert_false(parse(arguments, &refused, printed, sizeof printed));                         \
        if (strstr(printed, (words)) == NULL) {                                                    \
            print_error("no '%s' in: %s", (words), printed);                                       \
            fail();                                                                                \
        }                                                                                          \
        assert_ptr_equal(strchr(printed, '\n'), printed + strlen(printed) - 1);                    \
    } while (0)

static void test_the_defaults_are_those_of_the_contract(void **state)
{
    (void)state;
    options parsed;
    char printed[100];
    const char *const nothing[] = {NULL};
    assert_true(parse(nothing, &parsed, printed, sizeof printed));
    assert_string_equal(parsed.listen_address, "127.0.0.1");
    assert_int_equal(parsed.listen_port, 7780);
    assert_int_equal(parsed.grace_s, 5);
    assert_int_equal(parsed.log_level, LOG_INFO);
    assert_int_equal(parsed.log_format, LOG_TEXT);
    assert_true(parsed.max_sections > 0);
    assert_true(parsed.max_section_bytes > 0);
    assert_true(parsed.max_total_bytes >= parsed.max_section_bytes);
    assert_in_range(parsed.threads, 1, 64);
    assert_false(parsed.no_token);
    assert_false(parsed.debug_privilege);
    assert_false(parsed.allow_remote);
    assert_null(parsed.token_file);
    assert_null(parsed.unix_path);
    assert_int_equal(parsed.unix_role, 1);
}

static void test_values_stand_after_the_option_or_an_equals_sign(void **state)
{
    (void)state;
    options parsed;
    GOOD(&parsed, "--listen", "127.0.0.1:0", "--grace=7", "--log-level=debug", "--log-format",
         "json", "--no-token", "--debug-privilege", "--token-file", "a=b");
    assert_int_equal(parsed.listen_port, 0);
    assert_int_equal(parsed.grace_s, 7);
    assert_int_equal(parsed.log_level, LOG_DEBUG);
    assert_int_equal(parsed.log_format, LOG_JSON);
    assert_true(parsed.no_token);
    assert_true(parsed.debug_privilege);
    assert_string_equal(parsed.token_file, "a=b");
}

static void test_byte_counts_may_have_a_suffix(void **state)
{
    (void)state;
    options parsed;
    GOOD(&parsed, "--max-section-bytes", "64K", "--max-total-bytes=3M", "--max-body-bytes", "2G");
    assert_int_equal(parsed.max_section_bytes, 65536);
    assert_int_equal(parsed.max_total_bytes, 3 << 20);
    assert_int_equal(parsed.max_body_bytes, INT64_C(2) << 30);
    GOOD(&parsed, "--max-section-bytes", "1T");
    assert_int_equal(parsed.max_section_bytes, INT64_C(1) << 40);
    GOOD(&parsed, "--max-section-bytes", "9007199254740991");
    BAD("--max-section-bytes", "--max-section-bytes", "9007199254740992");
    BAD("--max-section-bytes", "--max-section-bytes", "8192T");
    BAD("--max-section-bytes", "--max-section-bytes", "99999999999T");
    BAD("--max-section-bytes", "--max-section-bytes", "99999999999999999999");
    BAD("--max-section-bytes", "--max-section-bytes", "0");
    BAD("--max-section-bytes", "--max-section-bytes", "1k");
    BAD("--max-section-bytes", "--max-section-bytes", "1KB");
    BAD("--max-section-bytes", "--max-section-bytes", "K");
    BAD("--max-section-bytes", "--max-section-bytes", "1.5G");
    BAD("--max-sections", "--max-sections", "1K"); /* a count is no number of bytes */
}

static void test_numbers_have_their_bounds(void **state)
{
    (void)state;
    BAD("--threads takes 1 to 64", "--threads", "0");
    BAD("--threads takes 1 to 64", "--threads", "65");
    BAD("'-1'", "--threads", "-1");
    BAD("'+1'", "--threads", "+1");
    BAD("' 1'", "--threads", " 1");
    BAD("'2x'", "--threads", "2x");
    BAD("--grace", "--grace", "3601");
    BAD("--max-sections", "--max-sections", "0");
    BAD("not nothing", "--threads=");
    BAD("not nothing", "--threads", "");
}

static void test_mistakes_are_named(void **state)
{
    (void)state;
    BAD("'--lisen'", "--lisen", "127.0.0.1:0");
    BAD("'--lis'", "--lis", "127.0.0.1:0"); /* no abbreviations: they change as options come */
    BAD("'-h'", "-h");
    BAD("'x'", "x");
    BAD("''", "");
    BAD("--listen needs ADDRESS:PORT", "--listen");
    BAD("--no-token takes no value", "--no-token=1");
    BAD("error|warn|info|debug", "--log-level", "verbose");
    BAD("error|warn|info|debug", "--log-level", "err");
    BAD("error|warn|info|debug", "--log-level", "info|debug");
    BAD("text|json", "--log-format=JSON");
}

static void test_listen_takes_an_address_and_a_port(void **state)
{
    (void)state;
    options parsed;
    GOOD(&parsed, "--listen", "localhost:1");
    assert_string_equal(parsed.listen_address, "127.0.0.1");
    assert_int_equal(parsed.listen_port, 1);
    GOOD(&parsed, "--listen", "[::1]:65535");
    assert_string_equal(parsed.listen_address, "::1");
    assert_int_equal(parsed.listen_port, 65535);
    GOOD(&parsed, "--listen", "127.1.2.3:80");
    assert_false(parsed.means_localhost);
    GOOD(&parsed, "--listen", "localhost:0");
    assert_true(parsed.means_localhost && parsed.is_listen_given);
    GOOD(&parsed, "--deny", "write");
    assert_true(parsed.means_localhost && !parsed.is_listen_given);
    BAD("--listen", "--listen", "127.0.0.1");
    BAD("--listen", "--listen", "7780");
    BAD("--listen", "--listen", ":7780");
    BAD("--listen", "--listen", "127.0.0.1:");
    BAD("--listen", "--listen", "127.0.0.1:65536");
    BAD("--listen", "--listen", "127.0.0.1:-1");
    BAD("--listen", "--listen", "127.0.0.1:http");
    BAD("--listen", "--listen", "example.org:80");
    BAD("--listen", "--listen", "[]:80");
    BAD("--listen", "--listen", "[::g]:80");
    BAD("--listen", "--listen", "256.0.0.1:80");
    BAD("--listen", "--listen",
        "111111111111111111111111111111111111111111111111111111111111111111111111:80");
}

static void test_other_machines_are_let_in_only_on_purpose(void **state)
{
    (void)state;
    options parsed;
    BAD("--allow-remote", "--listen", "0.0.0.0:7780");
    BAD("--allow-remote", "--listen", "[::]:7780");
    BAD("--allow-remote", "--listen", "192.0.2.1:7780");
    BAD("--token-file", "--listen", "0.0.0.0:7780", "--allow-remote");
    BAD("--no-token", "--listen", "0.0.0.0:7780", "--allow-remote", "--token-file", "t",
        "--no-token");
    GOOD(&parsed, "--listen", "0.0.0.0:7780", "--allow-remote", "--token-file", "t");
    assert_string_equal(parsed.listen_address, "0.0.0.0");
}

static void test_hosts_are_collected_up_to_their_limit(void **state)
{
    (void)state;
    options parsed;
    char text[400];
    const char *many[2 * (OPTIONS_LIST_MAX + 1) + 1] = {NULL};
    GOOD(&parsed, "--allow-host", "a", "--allow-host=b:80");
    assert_int_equal(parsed.allowed_hosts.count, 2);
    assert_string_equal(parsed.allowed_hosts.values[0], "a");
    assert_string_equal(parsed.allowed_hosts.values[1], "b:80");
    for (int i = 0; i < OPTIONS_LIST_MAX; i++) {
        many[2 * i] = "--allow-host";
        many[2 * i + 1] = "c";
    }
    assert_true(parse(many, &parsed, text, sizeof text));
    many[2 * OPTIONS_LIST_MAX] = "--allow-host";
    many[2 * OPTIONS_LIST_MAX + 1] = "d";
    assert_false(parse(many, &parsed, text, sizeof text));
    assert_non_null(strstr(text, "--allow-host"));
}

static void test_what_is_denied_adds_up(void **state)
{
    (void)state;
    options parsed;
    GOOD(&parsed, "--files", "f");
    assert_int_equal(parsed.denied, 0);
    GOOD(&parsed, "--deny", "write", "--deny=create,write");
    assert_int_equal(parsed.denied, 1u << CAPABILITY_WRITE | 1u << CAPABILITY_CREATE);
    GOOD(&parsed, "--files", "f", "--deny", "discover,duplicate,files");
    assert_int_equal(parsed.denied, 1u << CAPABILITY_DISCOVER | 1u << CAPABILITY_DUPLICATE |
                                        1u << CAPABILITY_FILES);
    assert_null(parsed.files); /* so that no handler can forget it */
    BAD("'writes'", "--deny", "writes");
    BAD("''", "--deny", "write,");
    BAD("''", "--deny", ",write");
    BAD("'Write'", "--deny", "Write");
    BAD("'none'", "--deny", "none");
    BAD("--deny", "--deny=");
}

static void test_help_and_version_ask_for_nothing_else(void **state)
{
    (void)state;
    options parsed;
    GOOD(&parsed, "--help", "--listen", "nonsense");
    assert_true(parsed.help);
    GOOD(&parsed, "--version");
    assert_true(parsed.version);
}

static void test_help_lists_every_option(void **state)
{
    (void)state;
    static const char *const names[] = {"--listen",
                                        "--token-file",
                                        "--no-token",
                                        "--allow-host",
                                        "--max-sections",
                                        "--max-section-bytes",
                                        "--max-total-bytes",
                                        "--max-body-bytes",
                                        "--deny",
                                        "--debug-privilege",
                                        "--log-level",
                                        "--log-format",
                                        "--grace",
                                        "--state-dir",
                                        "--url",
                                        "--help",
                                        "--version",
                                        "--threads",
                                        "--unix",
                                        "--unix-role"};
    char text[8192];
    FILE *out = tmpfile();
    assert_non_null(out);
    options_print_help(out);
    rewind(out);
    const size_t length = fread(text, 1, sizeof text - 1, out);
    text[length] = '\0';
    (void)fclose(out);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_non_null(strstr(text, names[i]));
    }
    size_t column = 0;
    for (const char *next = text; *next != '\0'; next++) {
        column = *next == '\n' ? 0 : column + 1;
        assert_true(column <= 100);
    }
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_the_defaults_are_those_of_the_contract),
        cmocka_unit_test(test_values_stand_after_the_option_or_an_equals_sign),
        cmocka_unit_test(test_byte_counts_may_have_a_suffix),
        cmocka_unit_test(test_numbers_have_their_bounds),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_listen_takes_an_address_and_a_port),
        cmocka_unit_test(test_other_machines_are_let_in_only_on_purpose),
        cmocka_unit_test(test_what_is_denied_adds_up),
        cmocka_unit_test(test_hosts_are_collected_up_to_their_limit),
        cmocka_unit_test(test_help_and_version_ask_for_nothing_else),
        cmocka_unit_test(test_help_lists_every_option),
    };
    return cmocka_run_group_tests_name("options", list, NULL, NULL);
}
