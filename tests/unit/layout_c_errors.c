#include "layout_c_fixture.h"

/* C declarations that are wrong: which line and column is told, and why. */

static const struct {
    const char *text;
    unsigned line, column;
    const char *part; /* of the detail */
} cases[] = {
    /* clang-format off */
    {"struct x { int a }", 1, 18, "; is missing"},
    {"struct x { int a;", 1, 10, "not closed"},
    {"struct x {", 1, 10, "not closed"},
    {"struct x", 1, 9, "name is missing"},
    {"struct", 1, 7, "name or {"},
    {"struct ;", 1, 8, "name or {"},
    {"union { }", 1, 10, "name is missing"},
    {"struct x { foo a; };", 1, 12, "foo is not a type"},
    {"struct x { int a;\n  foo *b; };", 2, 3, "foo is not a type"},
    {"struct x { int; };", 1, 15, "name is missing"},
    {"struct x { int 5; };", 1, 16, "name should stand"},
    {"struct x { int a, ; };", 1, 19, "name should stand"},
    {"struct x { int a[; };", 1, 18, "number should stand"},
    {"struct x { int a[]; int b; };", 1, 16, "last member"},
    {"struct x { int a[2; };", 1, 19, "] is missing"},
    {"struct x { int a[-1]; };", 1, 18, "negative"},
    {"struct x { int a[1/0]; };", 1, 19, "divisor is 0"},
    {"struct x { int a[1%0]; };", 1, 19, "divisor is 0"},
    {"struct x { int a[1.5]; };", 1, 18, "not an integer"},
    {"struct x { int a[n]; };", 1, 18, "n is not a constant"},
    {"struct x { int a[1 << 64]; };", 1, 20, "shift"},
    {"struct x { int a[2147483647 + 1]; };", 1, 29, "32 bits"},
    {"struct x { int a[0x7FFFFFFFFFFFFFFF * 2]; };", 1, 37, "64 bits"},
    {"struct x { int a[(int)]; };", 1, 23, "number should stand"},
    {"struct x { int a[(1]; };", 1, 20, ") is missing"},
    {"struct x { int a[1 ? 2]; };", 1, 23, ": is missing"},
    {"struct x { int a[sizeof(foo)]; };", 1, 25, "foo is not a constant"},
    {"struct x { int a[sizeof(struct y)]; };", 1, 25, "not complete"},
    {"struct x { int a[sizeof(void)]; };", 1, 25, "no size"},
    {"struct y { int b; }; struct x { int a[offsetof(struct y, c)]; };", 1, 58, "no member c"},
    {"struct y { int b : 3; }; struct x { int a[offsetof(struct y, b)]; };", 1, 62, "bit field"},
    {"struct y { int b; }; struct x { int a[offsetof(struct y b)]; };", 1, 57, "without a name"},
    {"struct x { int a[offsetof(int, b)]; };", 1, 32, "no structure"},
    {"struct x { int a[99999999999999999999]; };", 1, 18, "larger than 64"},
    {"struct x { int a[0x]; };", 1, 18, "not a number"},
    {"struct x { int a[08]; };", 1, 18, "not a number"},
    {"struct x { int a[12abc]; };", 1, 18, "not a number"},
    {"struct x { int a['']; };", 1, 18, "missing"},
    {"struct x { int a['abcde']; };", 1, 18, "more characters"},
    {"struct x { int a['a]; };", 1, 18, "does not end"},
    {"struct x { struct x b; };", 1, 21, "not complete"},
    {"struct y; struct x { struct y b; };", 1, 31, "not complete"},
    {"struct x { void a; };", 1, 17, "no size"},
    {"struct x { int a; short a; };", 1, 25, "a already"},
    {"struct x { int a; struct { char a; }; };", 1, 33, "a already"},
    {"struct x { int f(int); };", 1, 16, "f is a method"},
    {"struct x { int a;\n int get() const { return a; } };", 2, 6, "get is a method"},
    {"struct x { x(); };", 1, 12, "constructor"},
    {"struct x { ~x(); };", 1, 12, "C++"},
    {"struct x { virtual int f(); };", 1, 12, "C++"},
    {"class x { int a; };", 1, 1, "C++"},
    {"template <typename T> struct x { T a; };", 1, 1, "C++"},
    {"struct x : y { int a; };", 1, 10, "Bases"},
    {"struct x<int> { int a; };", 1, 9, "Templates"},
    {"namespace n { struct x { int a; }; }", 1, 1, "C++"},
    {"using x = int;", 1, 1, "C++"},
    {"struct x { int &a; };", 1, 16, "References"},
    {"struct x { typedef int t; };", 1, 12, "typedef among members"},
    {"struct x { int operator+(int); };", 1, 24, "; is missing"},
    {"struct x { int a : 33; };", 1, 20, "width"},
    {"struct x { int a : -1; };", 1, 20, "width"},
    {"struct x { int a : 0; };", 1, 20, "width 0"},
    {"struct x { float a : 3; };", 1, 18, "integer"},
    {"struct x { int *a : 3; };", 1, 17, "integer"},
    {"struct x { _Bool a : 2; };", 1, 22, "width"},
    {"struct x { int a : ; };", 1, 20, "number should stand"},
    {"struct x { alignas(8) int a : 3; };", 1, 27, "alignment"},
    {"enum e { A, A }; struct x { int a; };", 1, 13, "declared already"},
    {"enum e { 1 }; struct x { int a; };", 1, 10, "enumerator's name"},
    {"enum e { A B }; struct x { int a; };", 1, 12, ", or }"},
    {"enum e { A = }; struct x { int a; };", 1, 14, "number should stand"},
    {"enum e { A", 1, 11, ", or }"},
    {"enum; struct x { int a; };", 1, 5, "name or {"},
    {"enum e { A }; enum e { B };", 1, 20, "declared already"},
    {"enum e : float { A }; struct x { int a; };", 1, 8, "is an integer"},
    {"enum e : uint8_t { A = 256 }; struct x { int a; };", 1, 18, "does not hold"},
    {"enum e : int64_t { A = 0x7FFFFFFFFFFFFFFF, B };", 1, 46, "64 bits"},
    {"struct x { int a; }; struct x { int b; };", 1, 29, "declared already"},
    {"struct x { int a; }; union x { int b; };", 1, 28, "x is a struct"},
    {"typedef int t; typedef short t; struct x { t a; };", 1, 30, "declared already"},
    {"typedef int t struct x { int a; };", 1, 15, "; is missing"},
    {"struct x { long long long a; };", 1, 12, "no type"},
    {"struct x { unsigned float a; };", 1, 12, "no type"},
    {"struct x { signed unsigned a; };", 1, 12, "no type"},
    {"struct x { short char a; };", 1, 12, "no type"},
    {"struct x { __int128 a; };", 1, 12, "not taken"},
    {"struct x { float _Complex a; };", 1, 18, "not taken"},
    {"struct x { int a[2][]; };", 1, 17, "first dimension"},
    {"struct x { int (a[3])(int); };", 1, 18, "array of functions"},
    {"struct x { char a[0x7FFFFFFFFFFF][16]; };", 1, 18, "address space"},
    {"struct x { struct { char b[0x7FFFFFFFFFF0]; } a[9]; };", 1, 48, "address space"},
    {"struct x { int a; } __attribute__((packed);", 1, 43, ") is missing"},
    {"struct x { int a; } __attribute__((aligned(3)));", 1, 44, "power of two"},
    {"struct x { alignas(16384) int a; };", 1, 20, "power of two"},
    {"struct x { int a __attribute__((mode(DI))); };", 1, 33, "mode"},
    {"struct PACKED x { int a; };", 1, 8, "PACKED seems"},
    {"struct x { MY_ALIGN(8) int a; };", 1, 12, "MY_ALIGN seems"},
    {"typedef struct { int a; } x __attribute__((packed));", 1, 27, "no effect"},
    {"__attribute__((packed)) struct x { int a; };", 1, 1, "no effect"},
    {"struct x { [[gnu::packed]] int a; };", 1, 19, "write __attribute__"},
    {"#pragma pack(3)\nstruct x { int a; };", 1, 14, "pack is"},
    {"#pragma pack(push\nstruct x { int a; };", 1, 18, ") is missing"},
    {"struct x {\n#pragma pack(1)\n int a; };", 3, 9, "pack changes"},
    {"#pragma ms_struct on\nstruct x { int a; };", 1, 9, "ms_struct"},
    {"#if 1\nstruct x { int a; };", 1, 2, "no #endif"},
    {"#endif\nstruct x { int a; };", 1, 2, "no #if"},
    {"#else\nstruct x { int a; };", 1, 2, "no #if"},
    {"#if\n#endif\nstruct x { int a; };", 1, 4, "condition"},
    {"#if 1 +\n#endif\nstruct x { int a; };", 1, 8, "number is missing"},
    {"#if (1\n#endif\nstruct x { int a; };", 1, 7, ") is missing"},
    {"#if 1 2\n#endif\nstruct x { int a; };", 1, 7, "should end"},
    {"#if 1/0\n#endif\nstruct x { int a; };", 1, 6, "divisor"},
    {"#if VERSION(1)\n#endif\nstruct x { int a; };", 1, 5, "parameters"},
    {"#if 1\n#else\n#else\n#endif\nstruct x { int a; };", 3, 1, "behind #else"},
    {"#ifdef 3\n#endif\nstruct x { int a; };", 1, 8, "needs a name"},
    {"#define 3\nstruct x { int a; };", 1, 9, "needs a name"},
    {"#unknown\nstruct x { int a; };", 1, 2, "no directive"},
    {"#error  not this one\nstruct x { int a; };", 1, 2, "#error  not this one"},
    {"#define M(x) x\nstruct x { M(int) a; };", 2, 12, "parameters"},
    {"#define N 3 +\nstruct x { int a[N]; };", 2, 19, "number should stand"},
    {"struct x { int a; }; /* no end", 1, 22, "comment does not end"},
    {"struct x { int a; } \"text;", 1, 21, "string does not end"},
    {"struct x { int a @ b; };", 1, 18, "no sign @"},
    {"struct x { int a; \1 };", 1, 19, "byte 0x01"},
    {"static_assert(sizeof(int) == 5, \"five\"); struct x { int a; };", 1, 1, "assertion fails"},
    {"struct x { int a; _Static_assert(0); };", 1, 19, "assertion fails"},
    {"}", 1, 1, "type should stand"},
    {"struct x { int a; } }", 1, 21, "name should stand"},
    {"extern \"C\" { struct x { int a; };", 1, 34, "} is missing"},
    {"int a", 1, 6, "; is missing"},
    {"5;", 1, 1, "type should stand"},
    {"struct x { enum { A = 0xFFFFFFFFFF } a; };", 1, 19, "32 bits"},
    {"enum e { A = 0xFFFFFFFF, B = -0x80000001LL };", 1, 26, "32 bits"},
    {"enum e { A = 0xFFFFFFFFFFFFFFFF };", 1, 10, "32 bits"},
    {"enum e { A = 0xFFFFFFFF } __attribute__((packed));", 1, 8, "before the enumerators"},
    {"struct x { int a; } __attribute__((packed)) y[];;struct z { struct x a : 3; };", 1, 70, "integer"},
    /* clang-format on */
};

static void test_what_is_wrong_is_told_with_its_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        c_layout *layout = read_c(C_ABI_WIN64, cases[i].text, strlen(cases[i].text), NULL);
        const c_message *error = layout->errors;
        if (error == NULL || error->line != cases[i].line || error->column != cases[i].column ||
            strstr(error->detail, cases[i].part) == NULL) {
            fail_msg("%s: %u:%u: %s", cases[i].text, error != NULL ? error->line : 0,
                     error != NULL ? error->column : 0, error != NULL ? error->detail : "right");
        }
        assert_null(layout->source.whole.fields);
        c_layout_free(layout);
    }
}

typedef struct expected_error {
    unsigned line, column;
    const char *part;
} expected_error;

static void expect_errors(const char *text, size_t text_bytes, const char *structure,
                          const expected_error *errors)
{
    c_layout *layout = read_c(C_ABI_SYSV64, text, text_bytes, structure);
    const c_message *error = layout->errors;
    for (; errors->part != NULL; errors++, error = error->next) {
        assert_non_null(error);
        if (error->line != errors->line || error->column != errors->column ||
            strstr(error->detail, errors->part) == NULL) {
            fail_msg("%u:%u: %s", error->line, error->column, error->detail);
        }
    }
    if (error != NULL) {
        fail_msg("%u:%u: %s", error->line, error->column, error->detail);
    }
    c_layout_free(layout);
}

static void test_the_reading_goes_on_after_an_error(void **state)
{
    (void)state;
    static const char text[] =
        "struct a {\n  foo one;\n  int two[0 / 0];\n  struct { bar x; } three;\n"
        "  int four\n};\nclass b { int x; void f() { ; } };\nstruct c { struct a a; };\n"
        "int d[sizeof(struct a)];\ntypedef unknown e;\nstruct f : g { int x; } h;\n"
        "struct i { int j; void k() {} int l, l; };\n";
    expect_errors(text, strlen(text), NULL,
                  (const expected_error[]){{2, 3, "foo is not a type"},
                                           {3, 13, "divisor"},
                                           {4, 12, "bar is not a type"},
                                           {6, 1, "; is missing"},
                                           {7, 1, "class"},
                                           {10, 9, "unknown is not a type"},
                                           {11, 10, "Bases"},
                                           {12, 24, "k is a method"},
                                           {0, 0, NULL}});
}

static void test_no_more_than_some_errors_are_told(void **state)
{
    (void)state;
    char text[4096] = "";
    for (int i = 0; i < 100; i++) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "foo a%d;\n", i);
    }
    c_layout *layout = read_c(C_ABI_WIN64, text, strlen(text), NULL);
    unsigned count = 0;
    for (const c_message *error = layout->errors; error != NULL; error = error->next) {
        assert_int_equal(error->line, ++count);
    }
    assert_int_equal(count, C_LAYOUT_ERRORS_MAX);
    c_layout_free(layout);
}

static void test_a_structure_that_is_not_there_is_told_without_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *structure, *part;
    } missing[] = {{"", NULL, "no structure"},
                   {"int a; enum e { A };", NULL, "no structure"},
                   {"struct x { int a; };", "y", "no structure y"},
                   {"struct x { int a; };", "", "no structure"},
                   {"struct x { int a; };", "FILETIME2", "no structure"},
                   {"struct x { int a; }; struct y;", "y", "its members are not"},
                   {"struct x { int a; }; typedef int y;", "y", "no structure y"}};
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        expect_errors(missing[i].text, strlen(missing[i].text), missing[i].structure,
                      (const expected_error[]){{0, 0, missing[i].part}, {0, 0, NULL}});
    }
    static const char empty[] = "struct x { };";
    expect_errors(empty, strlen(empty), NULL,
                  (const expected_error[]){{1, 10, "no member"}, {0, 0, NULL}});
}

static void test_places_count_characters_and_lines_of_the_text_as_it_came(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line, column;
    } places[] = {{"/* \xE5\xAD\x97 */ foo a;", 1, 9},
                  {"\xEF\xBB\xBF"
                   "foo a;",
                   1, 1},
                  {"/* \xD7\xD6 */ foo a;", 1, 10},
                  {"\tfoo a;", 1, 2},
                  {"\r\n\r\n  foo a;", 3, 3},
                  {"\r\rfoo a;", 3, 1},
                  {"int a; \\\n\\\n int \\\n b; foo c;", 4, 5},
                  {"#define X foo\n\n  X a;", 3, 3},
                  {"/*\n\n*/ foo a;", 3, 4}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        expect_errors(places[i].text, strlen(places[i].text), NULL,
                      (const expected_error[]){
                          {places[i].line, places[i].column, "foo is not a type"}, {0, 0, NULL}});
    }
}

static void test_what_an_abi_has_not_is_refused_there(void **state)
{
    (void)state;
    static const struct {
        c_abi abi;
        const char *text, *part;
    } refused[] = {
        {C_ABI_WIN64, "struct x { int a : 3 __attribute__((packed)); };", "packed"},
        {C_ABI_WIN32, "union x { int a; int : 0; };", "width 0"},
        {C_ABI_WIN64, "struct __attribute__((packed)) x { int a : 3; alignas(8) int b; };",
         "after a bit field"},
        {C_ABI_WIN64, "struct x { enum { A = 1, B = 0x100000000 } a; };", "32 bits"},
        {C_ABI_SYSV64, "struct x { enum { A = -1, B = 0xFFFFFFFFFFFFFFFF } a; };", "No type"},
        {C_ABI_WIN32, "struct x { int a[0x40000000]; };", "address space of win32"},
        {C_ABI_SYSV32, "struct x { struct { char a[0x7FFFFFFF]; } b[2]; };",
         "address space of sysv32"},
        {C_ABI_SYSV32, "struct x { char a[0x7FFFFFFF]; char b; };", "larger than"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        c_layout *layout = read_c(refused[i].abi, refused[i].text, strlen(refused[i].text), NULL);
        if (layout->errors == NULL || strstr(layout->errors->detail, refused[i].part) == NULL) {
            fail_msg("%s: %s", refused[i].text,
                     layout->errors != NULL ? layout->errors->detail : "right");
        }
        c_layout_free(layout);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_wrong_is_told_with_its_line_and_column),
        cmocka_unit_test(test_the_reading_goes_on_after_an_error),
        cmocka_unit_test(test_no_more_than_some_errors_are_told),
        cmocka_unit_test(test_a_structure_that_is_not_there_is_told_without_a_place),
        cmocka_unit_test(test_places_count_characters_and_lines_of_the_text_as_it_came),
        cmocka_unit_test(test_what_an_abi_has_not_is_refused_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
