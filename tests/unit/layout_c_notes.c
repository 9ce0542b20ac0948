#include "layout_c_fixture.h"

/* What a client is told beside the layout. */

static void expect_note(const char *text, const char *expected, unsigned line, const char *part)
{
    rendered out = {.length = 0};
    c_layout *layout = read_right(C_ABI_WIN64, text, NULL);
    render_type(&out, &layout->source.whole);
    assert_string_equal(out.text, expected);
    assert_non_null(layout->notes);
    assert_int_equal(layout->notes->line, line);
    if (strstr(layout->notes->detail, part) == NULL) {
        fail_msg("%s", layout->notes->detail);
    }
    c_layout_free(layout);
}

static void test_what_is_left_out_is_told(void **state)
{
    (void)state;
    expect_note("struct x { int a;\n int b[]; };", "4 a@0=i32", 2, "b is left out");
    expect_note("struct x { int a;\n int b[0]; int c; };", "8 a@0=i32 c@4=i32", 2, "b is left out");
    expect_note("struct x { int a;\n uint8_t b[65537]; };", "65544 a@0=i32", 2, "more elements");
    expect_note("struct x { int a;\n char b[20000000]; };", "20000004 a@0=i32", 2, "too long");
    expect_note("struct e { int : 3; }; struct x { int a;\n struct e b; };", "8 a@0=i32", 2,
                "no members");
    expect_note("struct x {\n struct y { int a; }; int b; };", "4 b@0=i32", 2,
                "y is declared here");
}

static void test_what_is_passed_over_is_told(void **state)
{
    (void)state;
    const char *expected = "4 a@0=i32";
    expect_note("struct x {\n __attribute__((unused)) int a; };", expected, 2, "attribute unused");
    expect_note("struct x {\n int a __attribute__((__deprecated__(\"no\"))); };", expected, 2,
                "__deprecated__");
    expect_note("struct x {\n __declspec(novtable) int a; };", expected, 2, "attribute novtable");
    expect_note("struct x {\n [[maybe_unused]] int a; };", expected, 2, "[[ ]]");
    expect_note("\n#pragma warning(disable: 4200)\nstruct x { int a; };", expected, 2,
                "#pragma warning");
    expect_note("\n#include \"telemetry.h\"\nstruct x { int a; };", expected, 2,
                "#include \"telemetry.h\"");
    expect_note("#warning old\nstruct x { int a; };", expected, 1, "#warning");
    expect_note("#line 7 \"x.h\"\nstruct x { int a; };", expected, 1, "#line");
}

static void test_what_is_decided_is_told(void **state)
{
    (void)state;
    expect_note("struct x {\n void *a; };", "8 a@0=u64", 2, "a is a pointer");
    expect_note("struct x {\n int (*a)(int); };", "8 a@0=u64", 2, "a is a pointer");
    expect_note("struct x { int a;\n unsigned b : 3, c : 4; };", "8 a@0=i32 b@4=u8:0:3 c@4=u8:3:4",
                2, "rules of MSVC");
}

static void expect_no_note(const char *text)
{
    c_layout *layout = read_right(C_ABI_WIN64, text, NULL);
    assert_null(layout->notes);
    c_layout_free(layout);
}

static void test_what_is_followed_is_not_told(void **state)
{
    (void)state;
    expect_no_note(
        "#pragma once\n#define N 3\n#pragma pack(push, 1)\n#include <pshpack1.h>\n"
        "struct __attribute__((packed, aligned(4))) x { int a[N]; __declspec(align(8)) int b; };\n"
        "#include <poppack.h>\n#pragma pack(pop)\n");
    expect_no_note("#if 0\n#include \"no.h\"\n#pragma no\n#endif\nstruct x { int a; };");
    /* A structure that is not the layout's says nothing. */
    expect_no_note("struct y { void *p; int b : 3; }; struct x { int a; };");
}

static void test_notes_end_at_a_bound(void **state)
{
    (void)state;
    char text[8192] = "struct x { ";
    size_t length = strlen(text);
    for (int i = 0; i < 200; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "void *p%d;", i);
    }
    (void)snprintf(text + length, sizeof text - length, "};");
    c_layout *layout = read_right(C_ABI_WIN64, text, NULL);
    size_t count = 0;
    const c_message *last = NULL;
    for (const c_message *each = layout->notes; each != NULL; each = each->next) {
        last = each;
        count++;
    }
    assert_int_equal(count, C_LAYOUT_NOTES_MAX);
    assert_non_null(strstr(last->detail, "is not told"));
    c_layout_free(layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_left_out_is_told),
        cmocka_unit_test(test_what_is_passed_over_is_told),
        cmocka_unit_test(test_what_is_decided_is_told),
        cmocka_unit_test(test_what_is_followed_is_not_told),
        cmocka_unit_test(test_notes_end_at_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
