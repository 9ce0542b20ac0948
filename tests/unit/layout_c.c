#include "layout_c_fixture.h"

#include <stdlib.h>

/* C declarations that are right: what becomes of each, on each ABI. */

static void test_numbers_have_the_size_that_the_abi_gives_them(void **state)
{
    (void)state;
    static const char text[] =
        "struct x { char a; long b; void *c; wchar_t d; long double e; size_t f; "
        "unsigned long long g; double h; time_t i; };";
    expect(C_ABI_WIN64, text,
           "64 a@0=i8 b@4=i32 c@8=u64 d@16=u16 e@24=f64 f@32=u64 g@40=u64 h@48=f64 i@56=i64");
    expect(C_ABI_WIN32, text,
           "56 a@0=i8 b@4=i32 c@8=u32 d@12=u16 e@16=f64 f@24=u32 g@32=u64 h@40=f64 i@48=i64");
    expect(C_ABI_SYSV64, text,
           "80 a@0=i8 b@8=i64 c@16=u64 d@24=i32 e@32=u8[16] f@48=u64 g@56=u64 h@64=f64 i@72=i64");
    expect(C_ABI_SYSV32, text,
           "52 a@0=i8 b@4=i32 c@8=u32 d@12=i32 e@16=u8[12] f@28=u32 g@32=u64 h@40=f64 i@48=i32");
}

static void test_words_of_a_type_may_stand_in_any_order(void **state)
{
    (void)state;
    expect(C_ABI_WIN32,
           "struct x { unsigned a; int unsigned long long b; short int c; signed char d; "
           "unsigned char e; const volatile int f; signed g; };",
           "32 a@0=u32 b@8=u64 c@16=i16 d@18=i8 e@19=u8 f@20=i32 g@24=i32");
}

static void test_types_of_stdint_and_of_windows_are_known(void **state)
{
    (void)state;
    expect(
        C_ABI_WIN64,
        "struct x { uint8_t a; int64_t b; }; struct y { DWORD a; BYTE b; WORD c; LONG d; FLOAT e; "
        "BOOL f; ULONGLONG g[1]; UINT h; BOOLEAN i; CHAR j; };",
        "40 a@0=u32 b@4=u8 c@6=u16 d@8=i32 e@12=f32 f@16=i32 g@24=u64[1] h@32=u32 i@36=bool8 "
        "j@37=i8");
    expect(C_ABI_WIN64, "struct x { HANDLE a; FILETIME b; GUID c; LARGE_INTEGER d; LPCWSTR e; };",
           "48 a@0=u64 b@8=_FILETIME c@16=_GUID d@32=i64 e@40=u64");
    expect(C_ABI_WIN32, "struct x { HANDLE a; SIZE_T b; ULONG_PTR c; LARGE_INTEGER d; POINT e; };",
           "32 a@0=u32 b@4=u32 c@8=u32 d@16=i64 e@24=tagPOINT");
}

static void test_a_known_type_may_be_declared_again(void **state)
{
    (void)state;
    expect_all("typedef unsigned short DWORD; typedef struct { char x; } POINT; enum { WORD = 3 };"
               "struct s { DWORD a; POINT b; BYTE c[WORD]; };",
               "6 a@0=u16 b@2=POINT c@3=u8[3]");
}

static void test_arrays_of_characters_are_strings(void **state)
{
    (void)state;
    static const char text[] =
        "struct x { char a[32]; WCHAR b[4]; wchar_t c[2][3]; char d[2][8]; "
        "char16_t e[2]; char32_t f[2]; unsigned char g[4]; signed char h[2]; "
        "TCHAR i[2]; uint8_t j[2]; };";
    expect(C_ABI_WIN64, text,
           "92 a@0=ansi:32 b@32=utf-16le:8 c@40=utf-16le:6[2] d@52=ansi:8[2] e@68=utf-16le:4 "
           "f@72=utf-32le:8 g@80=u8[4] h@84=i8[2] i@86=utf-16le:4 j@90=u8[2]");
    expect(C_ABI_SYSV64, text,
           "120 a@0=utf-8:32 b@32=utf-32le:16 c@48=utf-32le:12[2] d@72=utf-8:8[2] e@88=utf-16le:4 "
           "f@92=utf-32le:8 g@100=u8[4] h@104=i8[2] i@108=utf-32le:8 j@116=u8[2]");
}

static void test_arrays_have_up_to_four_dimensions(void **state)
{
    (void)state;
    expect(
        C_ABI_SYSV64,
        "typedef float row[3]; struct x { int a[2][3][4][5]; row b[2]; char c[2][3][4][5][6]; };",
        "1224 a@0=i32[2][3][4][5] b@480=f32[2][3] c@504=utf-8:6[2][3][4][5]");
}

static void test_structures_and_unions_nest(void **state)
{
    (void)state;
    expect_all("struct v { float x, y, z; };"
               "struct car { struct v pos, rot[2][2]; union { int i; float f; short s[4]; };"
               "  struct { char a; struct { int b; }; } in; union u { int p; char q; } tagged; };",
               "80 pos@0=v rot@12=v[2][2] i@60=i32 f@60=f32 s@60=i16[4] in@68=car_in tagged@76=u");
    expect_structure(C_ABI_SYSV64,
                     "union u { struct { short lo, hi; }; int both; }; struct other { int x; };",
                     "union u", "4 lo@0=i16 hi@2=i16 both@0=i32");
}

static void test_the_structure_is_the_last_one_or_the_one_that_is_named(void **state)
{
    (void)state;
    static const char text[] = "typedef struct a { char x; } A; typedef struct { short y; } B, *PB;"
                               "struct { int z; } c; struct d; typedef A E;";
    expect(C_ABI_SYSV64, text, "4 z@0=i32");
    expect_structure(C_ABI_SYSV64, text, "a", "1 x@0=i8");
    expect_structure(C_ABI_SYSV64, text, "struct a", "1 x@0=i8");
    expect_structure(C_ABI_SYSV64, text, "A", "1 x@0=i8");
    expect_structure(C_ABI_SYSV64, text, "E", "1 x@0=i8");
    expect_structure(C_ABI_SYSV64, text, "B", "2 y@0=i16");
}

static void test_the_title_is_the_name_of_the_structure(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"struct tag { int a; };", "tag"},
                                           {"typedef struct { int a; } name;", "name"},
                                           {"typedef struct tag { int a; } name;", "tag"},
                                           {"struct { int a; } variable;", "variable"},
                                           {"struct u32 { int a; };", "u32_2"},
                                           {"struct table { int a; };", "table_2"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        c_layout *layout = read_right(C_ABI_WIN64, cases[i][0], NULL);
        assert_string_equal(layout->source.title, cases[i][1]);
        c_layout_free(layout);
    }
}

static void test_types_have_names_of_their_own(void **state)
{
    (void)state;
    expect_all("struct a { struct { int x; } b; }; struct a_b { int y; };"
               "struct c { struct a a; struct a_b b; struct { int z; } d; };",
               "12 a@0=a b@4=a_b_2 d@8=c_d");
}

static void test_bit_fields_are_counted_from_the_byte_of_their_lowest_bit(void **state)
{
    (void)state;
    static const char text[] =
        "struct x { unsigned a : 3, b : 7; int c : 5; unsigned : 0; _Bool d : 1; "
        "unsigned long long e : 40; signed char f : 4; };";
    expect(C_ABI_SYSV64, text,
           "16 a@0=u8:0:3 b@0=u8:3:7 c@1=i8:2:5 d@4=bool8:0:1 e@8=u64:0:40 f@13=i8:0:4");
    expect(C_ABI_WIN64, text,
           "24 a@0=u8:0:3 b@0=u8:3:7 c@1=i8:2:5 d@4=bool8:0:1 e@8=u64:0:40 f@16=i8:0:4");
    expect(C_ABI_SYSV64, "struct __attribute__((packed)) x { char a; long long b : 60, c : 4; };",
           "9 a@0=i8 b@1=i64:0:60 c@8=i8:4:4");
    expect(C_ABI_SYSV64, "struct __attribute__((packed)) x { int a : 5; long long b : 64; };",
           "9 a@0=i8:0:5 b@0=i64:5:64");
}

static void test_an_enumeration_becomes_labels(void **state)
{
    (void)state;
    static const char text[] =
        "enum e { A, B = 5, C, ALSO_B = 5, };"
        "typedef enum { MINUS = -1, ONE = 0x1 } f; enum g : uint8_t { G = 200 };"
        "struct x { enum e a; f b; enum g c; enum e d : 3; e h[2]; };";
    expect(C_ABI_WIN64, text,
           "24 a@0=i32{A=0,B=5,C=6} b@4=i32{MINUS=-1,ONE=1} c@8=u8{G=200} d@12=u8:0:3{A=0,B=5,C=6} "
           "h@16=i32[2]{A=0,B=5,C=6}");
    expect(C_ABI_SYSV64, text,
           "20 a@0=u32{A=0,B=5,C=6} b@4=i32{MINUS=-1,ONE=1} c@8=u8{G=200} d@9=u8:0:3{A=0,B=5,C=6} "
           "h@12=u32[2]{A=0,B=5,C=6}");
    expect(
        C_ABI_SYSV64,
        "enum { BIG = 0x100000000, SMALL = 0 }; enum l { L = 1LL << 40 }; struct x { enum l a; };",
        "8 a@0=u64{L=1099511627776}");
    expect(C_ABI_WIN64, "enum h { H = 0xFFFFFFFF, I = 1 }; struct x { enum h a; };",
           "4 a@0=i32{H=-1,I=1}");
    expect(C_ABI_SYSV64, "enum h { H = 0xFFFFFFFF }; struct x { enum h a; };",
           "4 a@0=u32{H=4294967295}");
    /* MSVC makes an int of each: the second name of -1 is dropped, the count goes on from it. */
    static const char ints[] =
        "enum h { NONE = -1, ALL = 0xFFFFFFFF, NEXT, HIGH = 0x7FFFFFFF, LOW };"
        "struct x { enum h a; char b[ALL < 0 ? 3 : 5]; };";
    expect(C_ABI_WIN64, ints,
           "8 a@0=i32{LOW=-2147483648,NONE=-1,NEXT=0,HIGH=2147483647} b@4=ansi:3");
    expect(C_ABI_WIN32, "enum h { H = 0xFFFFFFFF }; struct x { enum h a : 8; };",
           "4 a@0=u8:0:8{H=-1}");
    expect(C_ABI_SYSV64, "enum h { NONE = -1, ALL = 0xFFFFFFFF }; struct x { enum h a; };",
           "8 a@0=i64{NONE=-1,ALL=4294967295}");
    expect_all("enum h : unsigned { H = 0xFFFFFFFF }; struct x { enum h a; };",
               "4 a@0=u32{H=4294967295}");
    expect_all("enum __attribute__((packed)) p { P = 0xFFFFFFFF }; struct x { enum p a; };",
               "4 a@0=u32{P=4294967295}");
    expect_all("enum __attribute__((packed)) p { P = 200 }; struct x { enum p a; };",
               "1 a@0=u8{P=200}");
    expect_all("enum { FALSE, TRUE, PRIVATE }; enum class s { S1, S2 }; struct x { s a; BYTE "
               "b[TRUE + 1]; };",
               "8 a@0=i32{S1=0,S2=1} b@4=u8[2]");
}

static void test_pragma_pack_is_followed(void **state)
{
    (void)state;
    static const char text[] =
        "#pragma pack(push, outer, 2)\nstruct a { char x; int y; };\n"
        "#pragma pack(push)\n#pragma pack(1)\nstruct b { char x; int y; };\n"
        "#pragma pack(pop, outer)\nstruct c { char x; int y; };\n"
        "__pragma(pack(push, 1)) struct d { char x; int y; }; __pragma(pack(pop))\n"
        "_Pragma(\"pack(1)\") struct e { char x; int y; }; _Pragma(\"pack()\")\n"
        "#include <pshpack2.h>\nstruct f { char x; int y; };\n#include <poppack.h>\n"
        "struct g { char x; int y; };\n";
    static const char *const expected[] = {
        "6 x@0=i8 y@2=i32", "5 x@0=i8 y@1=i32", "8 x@0=i8 y@4=i32", "5 x@0=i8 y@1=i32",
        "5 x@0=i8 y@1=i32", "6 x@0=i8 y@2=i32", "8 x@0=i8 y@4=i32"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const char name[2] = {(char)('a' + i), '\0'};
        expect_structure(C_ABI_WIN64, text, name, expected[i]);
    }
}

static void test_attributes_pack_and_align(void **state)
{
    (void)state;
    expect_all("struct __attribute__((packed)) x { char a; int b; };", "5 a@0=i8 b@1=i32");
    expect_all("struct x { char a; int b; } __attribute__((__packed__, aligned(2)));",
               "6 a@0=i8 b@1=i32");
    expect_all(
        "typedef struct { char a; int b __attribute__((packed)); } __attribute__((aligned(8))) x;",
        "8 a@0=i8 b@1=i32");
    static const char aligned[] =
        "struct x { char a; alignas(8) char b; _Alignas(double) char c; };";
    expect(C_ABI_SYSV64, aligned, "24 a@0=i8 b@8=i8 c@16=i8");
    expect(C_ABI_WIN32, aligned, "24 a@0=i8 b@8=i8 c@16=i8");
    expect(C_ABI_SYSV32, aligned, "16 a@0=i8 b@8=i8 c@12=i8");
    expect(C_ABI_SYSV32, "struct x { BYTE a[_Alignof(double)], b[__alignof__(double)]; };",
           "12 a@0=u8[4] b@4=u8[8]");
    expect_all("struct __declspec(align(16)) x { int a; }; struct y { char a; struct x b; };",
               "32 a@0=i8 b@16=x");
    expect_all("__declspec(align(8)) struct x { char a; };", "8 a@0=i8");
    expect_all("typedef int wide __attribute__((aligned(8))); struct x { char a; wide b; };",
               "16 a@0=i8 b@8=i32");
    expect_all("struct [[nodiscard]] x { [[maybe_unused]] int a; __attribute__((unused, "
               "deprecated(\"x\"))) int b; };",
               "8 a@0=i32 b@4=i32");
    expect(C_ABI_SYSV32,
           "struct x { char a; _Atomic long long b; _Atomic(int) c; atomic_ullong d; };",
           "32 a@0=i8 b@8=i64 c@16=i32 d@24=u64");
}

static void test_constant_expressions_are_calculated(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        unsigned value;
    } cases[] = {
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"7 / 2 + 7 % 4", 6},
        {"-7 / 2 + 10", 7},
        {"1 << 4 | 3 & 2", 18},
        {"~0 & 0xF ^ 1", 14},
        {"(-1 > 0u) + 1", 2},
        {"1 ? 2 : 1 / 0", 2},
        {"(0 && 1 / 0) + (1 || 1 / 0)", 1},
        {"0 ? 3 : 1 ? 4 : 5", 4},
        {"sizeof(int) + sizeof(struct s)", 12},
        {"sizeof (char[3][4])", 12},
        {"sizeof \"abc\"", 4},
        {"sizeof 1", 4},
        {"sizeof(long long *) / sizeof(void *)", 1},
        {"offsetof(struct s, b)", 4},
        {"offsetof(struct s, c[1]) + sizeof(s)", 14},
        {"_Alignof(int)", 4},
        {"(unsigned char)-1 - 250", 5},
        {"(short)0x18001 + 32768", 1},
        {"(int)(long long)5", 5},
        {"(_Bool)7", 1},
        {"'A' - '\\x40'", 1},
        {"'\\n'", 10},
        {"0x1'0", 16},
        {"0b101 + 010", 13},
        {"10ull / 3", 3},
        {"0x7FFFFFFFFFFFFFFF >> 60", 7},
        {"-1LL >> 62 & 3", 3},
        {"0xFFFFFFFFFFFFFFFFu % 10", 5},
        {"true + !false + FIVE + TRUE", 8},
        {"N", 6},
        {"K * 2", 8},
        {"(1 << 31) < 0 ? 2 : 3", 2},
        {"4294967295 == -1 ? 1 : 2", 2},
        {"0xFFFFFFFF == -1 ? 1 : 2", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        char expected[64];
        (void)snprintf(
            text, sizeof text,
            "#define N (M + 2) // six\n#define M 4\nenum { FIVE = 5 }; static const int K = 4;"
            "struct s { char a; short b2; char b, c[3]; };"
            "struct x { unsigned char a[%s]; };",
            cases[i].expression);
        (void)snprintf(expected, sizeof expected, "%u a@0=u8[%u]", cases[i].value, cases[i].value);
        expect_all(text, expected);
    }
}

static void test_conditions_choose_members(void **state)
{
    (void)state;
    static const char text[] =
        "#ifndef GUARD_H\n#define GUARD_H\n#define VERSION 3\n#define OLD 0\n"
        "struct x {\n#if defined(_WIN32) && !OLD\n  int a;\n#elif VERSION >= 3\n  short "
        "a;\n#else\n  don't read \"this\n"
        "#endif\n#ifdef __cplusplus\n#error no\n# if 1\n#else\n#endif\n#elif 0\n#endif\n"
        "#if VERSION == 2 || UNKNOWN\n  char b;\n#elif defined VERSION\n  char c;\n#elif "
        "1/0\n#endif\n"
        "#if __has_include(<x.h>) /* a comment\n over lines */\n  char d;\n#endif\n#undef "
        "VERSION\n#ifdef VERSION\n"
        "  char e;\n#endif\n};\n#endif\n";
    expect(C_ABI_WIN32, text, "8 a@0=i32 c@4=i8");
    expect(C_ABI_SYSV32, text, "4 a@0=i16 c@2=i8");
}

static void test_macros_stand_for_what_they_are_defined_as(void **state)
{
    (void)state;
    expect_all("#define API\n#define PACKED __attribute__((packed))\n#define BEGIN struct PACKED\n"
               "#define TYPE unsigned \\\n  short\n#define SELF SELF\n#define UNUSED(x) (x ## y)\n"
               "API BEGIN x { char a; TYPE b; int SELF; };",
               "7 a@0=i8 b@1=u16 SELF@3=i32");
    expect(C_ABI_WIN64, "struct x { _In_ DWORD a; _Field_size_(a) BYTE *b; EXPORT(1) WORD c; };",
           "24 a@0=u32 b@8=u64 c@16=u16");
    expect_all("EXPORT struct x { int a; }; struct DLL_API y { int a; }; struct EXPORT_AS(x) z "
               "final { int c; };",
               "4 c@0=i32");
}

static void test_what_is_no_structure_is_passed_over(void **state)
{
    (void)state;
    expect_all(
        "#include <windows.h>\n#include \"own.h\"\n#pragma once\n#pragma region x\n"
        "extern \"C\" {\nextern int variable; static int values[] = { 1, 2, (3) }, other = 4;\n"
        "int function(struct y *, UNKNOWN z); inline int body(void) { return ((1)); }\n"
        "typedef int (*callback)(void *, int); struct forward; ; }\nextern \"C\" int f(void);\n"
        "_Static_assert(sizeof(int) == 4, \"int\"); static_assert(sizeof(unknown) == 3);\n"
        "struct x { callback a[1]; int b; int (*c)(int); static_assert(1 == 1); struct forward *d; "
        "};"
        " struct y { int e; ; public: int public; };",
        "8 e@0=i32 public@4=i32");
}

static void test_pointers_are_numbers(void **state)
{
    (void)state;
    static const char text[] =
        "struct x { int *a, **b; int (*c)[4]; void (*d)(int, char *); int *e[2]; "
        "int (*(*f)(int))[3]; void (__stdcall *g)(void); LPVOID h; char *i[3]; };";
    expect(
        C_ABI_SYSV64, text,
        "96 a@0=u64 b@8=u64 c@16=u64 d@24=u64 e@32=u64[2] f@48=u64 g@56=u64 h@64=u64 i@72=u64[3]");
    expect(
        C_ABI_WIN32, text,
        "48 a@0=u32 b@4=u32 c@8=u32 d@12=u32 e@16=u32[2] f@24=u32 g@28=u32 h@32=u32 i@36=u32[3]");
}

static void test_lines_end_in_every_way_and_may_go_on(void **state)
{
    (void)state;
    expect_all("\xEF\xBB\xBFstruct x {\r\n  int a; // one\\\r\n  int no;\r\n  in\\\nt b;\r}; /* "
               "\xE5\xAD\x97 */",
               "8 a@0=i32 b@4=i32");
}

static void test_comments_may_be_gbk(void **state)
{
    (void)state;
    /* The second byte of the last character is a backslash. */
    expect_all(
        "struct x { // \xB3\xB5\xCB\xD9 \x81\x5C\n  int a; /* \x81\x2A\xD7\xD6 */\n  int b; };",
        "8 a@0=i32 b@4=i32");
    /* In UTF-8 a backslash is one, whatever stands before it. */
    expect_all("struct x { // \xE5\xAD\x97\\\n  int a;\n  int b; };", "4 b@0=i32");
}

static void test_names_may_be_utf8(void **state)
{
    (void)state;
    expect_all("struct x { int \xE5\xAD\x97; float $a1; };", "8 \xE5\xAD\x97@0=i32 $a1@4=f32");
}

static void test_a_bound_may_be_reached(void **state)
{
    (void)state;
    char *text = malloc(200000);
    assert_non_null(text);
    size_t length = (size_t)snprintf(text, 32, "struct x { char ");
    for (int i = 0; i < SECTION_LAYOUT_FIELDS_MAX; i++) {
        length += (size_t)snprintf(text + length, 32, "%sa%d", i == 0 ? "" : ",", i);
    }
    (void)snprintf(text + length, 32, "; };");
    c_layout *layout = read_right(C_ABI_WIN64, text, NULL);
    assert_int_equal(layout->source.whole.field_count, SECTION_LAYOUT_FIELDS_MAX);
    c_layout_free(layout);
    free(text);
    expect_all(
        "struct "
        "a{struct{struct{struct{struct{struct{struct{struct{struct{struct{struct{struct{struct{"
        "struct{struct{struct{int x;}a;}a;}a;}a;}a;}a;}a;}a;}a;}a;}a;}a;}a;}a;}a;};",
        "4 a@0=a_a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_have_the_size_that_the_abi_gives_them),
        cmocka_unit_test(test_words_of_a_type_may_stand_in_any_order),
        cmocka_unit_test(test_types_of_stdint_and_of_windows_are_known),
        cmocka_unit_test(test_a_known_type_may_be_declared_again),
        cmocka_unit_test(test_arrays_of_characters_are_strings),
        cmocka_unit_test(test_arrays_have_up_to_four_dimensions),
        cmocka_unit_test(test_structures_and_unions_nest),
        cmocka_unit_test(test_the_structure_is_the_last_one_or_the_one_that_is_named),
        cmocka_unit_test(test_the_title_is_the_name_of_the_structure),
        cmocka_unit_test(test_types_have_names_of_their_own),
        cmocka_unit_test(test_bit_fields_are_counted_from_the_byte_of_their_lowest_bit),
        cmocka_unit_test(test_an_enumeration_becomes_labels),
        cmocka_unit_test(test_pragma_pack_is_followed),
        cmocka_unit_test(test_attributes_pack_and_align),
        cmocka_unit_test(test_constant_expressions_are_calculated),
        cmocka_unit_test(test_conditions_choose_members),
        cmocka_unit_test(test_macros_stand_for_what_they_are_defined_as),
        cmocka_unit_test(test_what_is_no_structure_is_passed_over),
        cmocka_unit_test(test_pointers_are_numbers),
        cmocka_unit_test(test_lines_end_in_every_way_and_may_go_on),
        cmocka_unit_test(test_comments_may_be_gbk),
        cmocka_unit_test(test_names_may_be_utf8),
        cmocka_unit_test(test_a_bound_may_be_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
