#include "layout_c_fixture.h"

#include <stdlib.h>

/* C declarations that are made to cost memory, time or stack: each ends with errors, or with a layout. */

/* Memory runs out at this allocation, counted down; 0: never. */
static unsigned fails_at;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails_at > 0 && --fails_at == 0 ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    return fails_at > 0 && --fails_at == 0 ? NULL : __real_realloc(memory, size);
}

static char text[C_LAYOUT_TEXT_BYTES_MAX + 2];

/* The beginning, then as many of the piece as fit into so many bytes, then the end. */
static size_t fill_up_to(size_t most, const char *begin, const char *piece, size_t piece_bytes,
                         const char *end)
{
    most -= strlen(end);
    size_t length = strlen(begin);
    memcpy(text, begin, length);
    for (; length + piece_bytes <= most; length += piece_bytes) {
        memcpy(text + length, piece, piece_bytes);
    }
    memcpy(text + length, end, strlen(end));
    return length + strlen(end);
}

static size_t fill(const char *begin, const char *piece, size_t piece_bytes, const char *end)
{
    return fill_up_to(C_LAYOUT_TEXT_BYTES_MAX, begin, piece, piece_bytes, end);
}

static bool is_right(c_abi abi, size_t length)
{
    c_layout *layout = read_c(abi, text, length, NULL);
    const bool result = layout->errors == NULL;
    if (result) {
        assert_true(layout->source.whole.field_count > 0);
    }
    c_layout_free(layout);
    return result;
}

/* Over the whole text where the piece is a sign; the others cost the more the longer they are repeated, too. */
static void test_one_piece_repeated_over_the_whole_text_ends(void **state)
{
    (void)state;
    static const char *const begins[] = {
        "",     "struct x { int a[", "struct x { ", "struct x { int a ",
        "#if ", "enum { A = ",       "typedef ",    "struct x "};
    static const char *const pieces[] = {"(",
                                         ")",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         "-",
                                         "!",
                                         "*",
                                         "~",
                                         "&",
                                         ";",
                                         ",",
                                         ":",
                                         "?",
                                         "<",
                                         "#",
                                         "\\",
                                         "\"",
                                         "'",
                                         "\n",
                                         "\r",
                                         "/",
                                         "/*",
                                         "//",
                                         "\\\n",
                                         "0",
                                         "1+",
                                         "1?",
                                         "1?1:",
                                         "a",
                                         "a ",
                                         "a,",
                                         "x(",
                                         "(*",
                                         "1<<",
                                         "sizeof ",
                                         "sizeof(",
                                         "(int)",
                                         "(char[1]){",
                                         "struct{",
                                         "struct x{",
                                         "union{int a;",
                                         "enum{",
                                         "enum e:",
                                         "int ",
                                         "int a;",
                                         "int a[1];",
                                         "a:1;",
                                         "[1]",
                                         "const ",
                                         "typedef ",
                                         "struct ",
                                         "x::",
                                         "template<",
                                         "operator",
                                         "#if 1\n",
                                         "#if 0\n",
                                         "#else\n",
                                         "#endif\n",
                                         "#define a a\n",
                                         "#define b a b\n",
                                         "#pragma pack(push)\n",
                                         "#pragma pack(pop)\n",
                                         "_Pragma(\"pack(1)\")",
                                         "__pragma(pack(1))",
                                         "_Pragma(",
                                         "__pragma(",
                                         "__attribute__((",
                                         "alignas(",
                                         "[[",
                                         "__declspec(",
                                         "extern \"C\" {",
                                         "static_assert(",
                                         "offsetof(",
                                         "_Atomic(",
                                         "'a",
                                         "\"a",
                                         "\x81",
                                         "\xFF",
                                         "\xE5\xAD\x97",
                                         "\x01",
                                         "\\x",
                                         "1.",
                                         "0x",
                                         "1'",
                                         "...",
                                         "<<=",
                                         "->"};
    const char *is_long = getenv("SECTIOND_LONG");
    const size_t parts = is_long != NULL && strcmp(is_long, "1") == 0 ? 1 : 8;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
            const size_t most = i == 0 && j < 24 ? C_LAYOUT_TEXT_BYTES_MAX : 8 * 1024;
            (void)is_right(C_ABI_WIN64,
                           fill_up_to(most / parts, begins[i], pieces[j], strlen(pieces[j]), ""));
        }
    }
    (void)is_right(C_ABI_SYSV32, fill("struct x { int a; ", "", 1, ""));
}

static void test_a_text_is_too_long_by_one_byte(void **state)
{
    (void)state;
    const size_t length = fill("struct x { int a; };", " ", 1, "");
    assert_int_equal(length, C_LAYOUT_TEXT_BYTES_MAX);
    assert_true(is_right(C_ABI_WIN64, length));
    text[length] = ' ';
    assert_false(is_right(C_ABI_WIN64, length + 1));
}

static void expect_refusal(const char *declarations, const char *part)
{
    c_layout *layout = read_c(C_ABI_SYSV64, declarations, strlen(declarations), NULL);
    if (layout->errors == NULL || strstr(layout->errors->detail, part) == NULL) {
        fail_msg("%.200s: %s", declarations,
                 layout->errors != NULL ? layout->errors->detail : "right");
    }
    c_layout_free(layout);
}

static void test_macros_that_double_are_refused(void **state)
{
    (void)state;
    char bomb[4096] = "#define M0 int\n#define E0\n";
    for (int i = 1; i < 40; i++) {
        (void)snprintf(bomb + strlen(bomb), sizeof bomb - strlen(bomb),
                       "#define M%d M%d M%d\n#define E%d E%d E%d\n", i, i - 1, i - 1, i, i - 1,
                       i - 1);
    }
    const size_t length = strlen(bomb);
    (void)snprintf(bomb + length, sizeof bomb - length, "struct x { M39 a; };");
    expect_refusal(bomb, "1000 tokens");
    (void)snprintf(bomb + length, sizeof bomb - length, "struct x { E39 int a; };");
    expect_refusal(bomb, "1000 tokens");
    (void)snprintf(bomb + length, sizeof bomb - length, "#if E39 1\n#endif\nstruct x { int a; };");
    expect_refusal(bomb, "1000 tokens");
}

static void test_macros_in_macros_are_refused_when_they_are_too_deep(void **state)
{
    (void)state;
    char chain[8192] = "#define M0 int\n";
    for (int i = 1; i < 100; i++) {
        (void)snprintf(chain + strlen(chain), sizeof chain - strlen(chain), "#define M%d M%d\n", i,
                       i - 1);
    }
    const size_t length = strlen(chain);
    (void)snprintf(chain + length, sizeof chain - length, "struct x { M62 a; };");
    c_layout_free(read_right(C_ABI_SYSV64, chain, NULL));
    (void)snprintf(chain + length, sizeof chain - length, "struct x { M63 a; };");
    expect_refusal(chain, "more than 64 macros");
    expect_refusal("#define A B\n#define B A\nstruct x { A a; };", "A is not a type");
}

/* A macro of 200 uses of another one, whose body is long in bytes and short in tokens. */
static void expect_bytes_refused(const char *before, char filler, const char *after)
{
    enum { LONG_BYTES = 100000, USES = 200 };
    const size_t room = LONG_BYTES + 4096;
    char *text = malloc(room);
    assert_non_null(text);
    size_t length = (size_t)snprintf(text, room, "#define A %s", before);
    memset(text + length, filler, LONG_BYTES);
    length += LONG_BYTES;
    length += (size_t)snprintf(text + length, room - length, "%s\n#define B 0", after);
    for (int i = 0; i < USES; i++) {
        length += (size_t)snprintf(text + length, room - length, "+A");
    }
    (void)snprintf(text + length, room - length, "\nenum { E = B };");
    expect_refusal(text, "more than 16777216 bytes");
    free(text);
}

static void test_long_bodies_of_macros_have_a_bound_together(void **state)
{
    (void)state;
    expect_bytes_refused("/*", 'x', "*/ 1");
    expect_bytes_refused("1", ' ', "");
    expect_bytes_refused("", '0', "");
}

static void test_many_uses_of_a_macro_have_a_bound_together(void **state)
{
    (void)state;
    char begin[4096] = "#define Z 0";
    for (int i = 0; i < 499; i++) {
        (void)snprintf(begin + strlen(begin), sizeof begin - strlen(begin), "+0");
    }
    (void)snprintf(begin + strlen(begin), sizeof begin - strlen(begin), "\nenum { ");
    assert_false(is_right(C_ABI_WIN64, fill(begin, "A=Z,", 4, "")));
    assert_false(is_right(C_ABI_WIN64, fill(begin, "A=1+Z+Z+Z+Z+Z+Z+Z+Z+Z,", 22, "")));
}

static void test_nesting_has_a_bound(void **state)
{
    (void)state;
    static const struct {
        const char *open, *middle, *close;
        unsigned most;
    } nested[] = {{"(", "1", ")", 62}, {"- ", "1", "", 62}, {"1 ? 1 : ", "1", "", 62}};
    for (size_t i = 0; i < sizeof nested / sizeof nested[0]; i++) {
        for (unsigned count = nested[i].most - 2; count < nested[i].most + 4; count++) {
            rendered out = {.length = 0};
            render_add(&out, "struct x { int a[");
            for (unsigned j = 0; j < count; j++) {
                render_add(&out, "%s", nested[i].open);
            }
            render_add(&out, "%s", nested[i].middle);
            for (unsigned j = 0; j < count; j++) {
                render_add(&out, "%s", nested[i].close);
            }
            render_add(&out, "]; };");
            if (nested[i].open[0] == '-' && count % 2 == 1) {
                continue; /* a negative number */
            }
            if (count <= nested[i].most) {
                c_layout_free(read_right(C_ABI_WIN64, out.text, NULL));
            } else {
                expect_refusal(out.text, "64 deep");
            }
        }
    }
}

static void test_structures_in_structures_have_a_bound(void **state)
{
    (void)state;
    rendered out = {.length = 0};
    render_add(&out, "struct s1 { int a; };");
    for (int i = 2; i <= 64; i++) {
        const size_t length = out.length;
        render_add(&out, "struct s%d { struct s%d a, b; };", i, i - 1);
        if (i == SECTION_LAYOUT_LEVELS_MAX) {
            c_layout_free(read_right(C_ABI_WIN64, out.text, NULL));
        } else if (i == SECTION_LAYOUT_LEVELS_MAX + 1) {
            expect_refusal(out.text, "16 levels");
        }
        assert_true(out.length > length);
    }
    expect_refusal(out.text, "address space");
}

static void test_sizes_do_not_overflow(void **state)
{
    (void)state;
    static const char *const declarations[] = {
        "struct x { char a[0xFFFFFFFFFFFFFFFF]; };",
        "struct x { int a[0x4000000000000000]; };",
        "struct x { int a[0x4000000000000001]; };",
        "struct x { char a[0x800000000001]; };",
        "struct x { char a[0x400000000000]; char b[0x400000000000]; char c; };",
        "struct x { char a[65536][65536][65536][65536]; };",
        "struct x { struct { char a[0x7FFFFFFFFFFF]; int b; int c : 3; } a; };",
        "struct x { char a[0x7FFFFFFFFFFF]; int b : 32; long long : 0; };",
        "struct x { struct { char a[0x7FFFFFFFFFFF]; } __attribute__((aligned(8192))) a[2]; };",
    };
    for (size_t i = 0; i < sizeof declarations / sizeof declarations[0]; i++) {
        expect_refusal(declarations[i], "address space");
    }
    expect_refusal(
        "struct y { char a[3]; }; struct x { char a[offsetof(struct y, a[0x7FFFFFFFFFFFFFFF])]; };",
        "address space");
}

static void test_members_enumerators_and_packs_have_bounds(void **state)
{
    (void)state;
    assert_false(is_right(C_ABI_WIN64, fill("struct x { int ", "a,", 2, "b; };")));
    assert_false(is_right(C_ABI_WIN64, fill("struct x { int ", ":1,", 3, "b; };")));
    assert_false(is_right(C_ABI_WIN64, fill("struct x { int b; }; enum { ", "A,", 2, "B };")));
    assert_false(
        is_right(C_ABI_WIN64, fill("struct x { int b; };", "\n#pragma pack(push)", 19, "")));
    assert_false(is_right(C_ABI_WIN64, fill("struct x { char ", "a[1],", 5, "b; };")));
}

static void test_many_names_stay_within_the_memory(void **state)
{
    (void)state;
    size_t length = 0;
    for (unsigned i = 0; length + 64 < C_LAYOUT_TEXT_BYTES_MAX; i++) {
        length += (size_t)snprintf(text + length, 64, "struct s%x;", i);
    }
    (void)is_right(C_ABI_WIN64, length);
    length = 0;
    for (unsigned i = 0; length + 64 < C_LAYOUT_TEXT_BYTES_MAX; i++) {
        length += (size_t)snprintf(text + length, 64, "#define m%x\n", i);
    }
    (void)is_right(C_ABI_WIN64, length);
    length = 0;
    for (unsigned i = 0; length + 64 < C_LAYOUT_TEXT_BYTES_MAX; i++) {
        length += (size_t)snprintf(text + length, 64, "typedef int t%x[1][1][1];", i);
    }
    (void)is_right(C_ABI_WIN64, length);
}

/* Reads and prints; false: memory ran out. */
static bool reads_and_prints(const char *declarations)
{
    c_layout *layout = NULL;
    char *printed = NULL;
    section_error error = {0};
    section_status status =
        c_layout_parse(declarations, strlen(declarations), NULL, C_ABI_SYSV64, &layout, &error);
    if (status == SECTION_OK) {
        assert_null(layout->errors);
        status = c_layout_print(&layout->source, &printed, &error);
    }
    assert_true(status == SECTION_OK || error.code == SECTION_NO_MEMORY);
    assert_int_equal(status == SECTION_OK, printed != NULL);
    c_layout_free(layout);
    free(printed);
    return status == SECTION_OK;
}

static void test_memory_that_runs_out_is_told_at_every_allocation(void **state)
{
    (void)state;
    rendered out = {.length = 0};
    render_add(&out,
               "enum e { A, B }; struct x { enum e e; struct { int a : 3; char b[4]; } in[2]; "
               "union { int u; float v; };");
    for (int i = 0; i < 200; i++) {
        render_add(&out, " int m%d;", i);
    }
    render_add(&out, " };");
    unsigned count = 1;
    for (; fails_at = count, !reads_and_prints(out.text); count++) {
    }
    fails_at = 0;
    assert_true(count > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_piece_repeated_over_the_whole_text_ends),
        cmocka_unit_test(test_a_text_is_too_long_by_one_byte),
        cmocka_unit_test(test_macros_that_double_are_refused),
        cmocka_unit_test(test_macros_in_macros_are_refused_when_they_are_too_deep),
        cmocka_unit_test(test_long_bodies_of_macros_have_a_bound_together),
        cmocka_unit_test(test_many_uses_of_a_macro_have_a_bound_together),
        cmocka_unit_test(test_nesting_has_a_bound),
        cmocka_unit_test(test_structures_in_structures_have_a_bound),
        cmocka_unit_test(test_sizes_do_not_overflow),
        cmocka_unit_test(test_members_enumerators_and_packs_have_bounds),
        cmocka_unit_test(test_many_names_stay_within_the_memory),
        cmocka_unit_test(test_memory_that_runs_out_is_told_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
