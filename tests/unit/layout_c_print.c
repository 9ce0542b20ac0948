#include "layout_c_fixture.h"

#include <stdlib.h>

/* Descriptions printed as C: what the printed declarations have, that descriptions from C do not show. */

static section_layout_field number(const char *name, section_value_type type, int64_t offset)
{
    return (section_layout_field){
        .name = name, .type = type, .place = {.rule = SECTION_PLACE_AT, .at = {.number = offset}}};
}

static char *print_fields(const section_layout_field *fields, size_t count, uint64_t size_bytes)
{
    char *printed = NULL;
    const section_layout_source source = {
        .title = "a title",
        .whole = {.size_bytes = size_bytes, .fields = fields, .field_count = count}};
    assert_int_equal(c_layout_print(&source, &printed, NULL), SECTION_OK);
    /* Every ABI reads it in the same way; its assertions say so. */
    for (int abi = 0; abi < C_ABI_COUNT; abi++) {
        c_layout_free(read_right((c_abi)abi, printed, NULL));
    }
    return printed;
}

static void expect_printed(const section_layout_field *fields, size_t count, uint64_t size_bytes,
                           const char *const *parts)
{
    char *printed = print_fields(fields, count, size_bytes);
    const char *next = printed;
    for (; *parts != NULL; parts++) {
        next = strstr(next, *parts);
        if (next == NULL) {
            fail_msg("no %s in\n%s", *parts, printed);
        }
        next += strlen(*parts);
    }
    free(printed);
}

static void test_padding_stands_where_it_is(void **state)
{
    (void)state;
    const section_layout_field fields[] = {number("a", SECTION_U8, 0), number("b", SECTION_F64, 8)};
    expect_printed(
        fields, 2, 24,
        (const char *const[]){"\n\nstruct a_title {\n    uint8_t a;\n    uint8_t padding[7];\n"
                              "    double b;\n    uint8_t padding_2[8];\n};\n",
                              "_Static_assert(sizeof(struct a_title) == 24, \"a_title\");\n",
                              "_Static_assert(offsetof(struct a_title, b) == 8, \"b\");\n", NULL});
}

static void test_a_structure_is_packed_only_where_it_has_to_be(void **state)
{
    (void)state;
    const section_layout_field apart[] = {number("a", SECTION_U8, 0), number("b", SECTION_U32, 1)};
    const section_layout_field odd[] = {number("a", SECTION_U32, 0), number("b", SECTION_U8, 4)};
    char *natural = print_fields(odd, 2, 8);
    assert_null(strstr(natural, "pack"));
    free(natural);
    expect_printed(apart, 2, 5,
                   (const char *const[]){"#pragma pack(push, 1)\nstruct a_title {\n    uint8_t a;\n"
                                         "    uint32_t b;\n};\n#pragma pack(pop)\n",
                                         NULL});
    expect_printed(odd, 2, 5,
                   (const char *const[]){"#pragma pack(push, 1)\n", "#pragma pack(pop)\n", NULL});
}

static void test_fields_that_overlap_become_unions(void **state)
{
    (void)state;
    const section_layout_field fields[] = {
        number("word", SECTION_U64, 0), number("low", SECTION_U16, 0),
        number("high", SECTION_U16, 4), number("odd", SECTION_U32, 2)};
    expect_printed(
        fields, 4, 8,
        (const char *const[]){"#pragma pack(push, 1)\n",
                              "    union {\n        uint64_t word;\n        struct {\n"
                              "            uint16_t low;\n            uint32_t odd;\n        };\n"
                              "        struct {\n            uint8_t padding[4];\n"
                              "            uint16_t high;\n        };\n    };\n",
                              NULL});
}

static void test_names_become_identifiers(void **state)
{
    (void)state;
    const section_layout_field fields[] = {
        number("int", SECTION_U8, 0),          number("a b-c", SECTION_U8, 1),
        number("a_b_c", SECTION_U8, 2),        number("1st", SECTION_U8, 3),
        number("\xE5\xAD\x97", SECTION_U8, 4), number("linux", SECTION_U8, 5),
        number("padding", SECTION_U8, 6)};
    expect_printed(fields, 7, 8,
                   (const char *const[]){"uint8_t int_;", "uint8_t a_b_c;", "uint8_t a_b_c_2;",
                                         "uint8_t _1st;", "uint8_t _;", "uint8_t linux_;",
                                         "uint8_t padding;", "uint8_t padding_2[1];", NULL});
}

static void test_comments_do_not_end_early(void **state)
{
    (void)state;
    static const section_layout_label labels[] = {{.number = 1, .label = "one */ int x; /*"}};
    section_layout_field field = number("a", SECTION_U8, 0);
    field.note = "a\n*/ b";
    field.unit = "m/s";
    field.labels = labels;
    field.label_count = 1;
    expect_printed(
        &field, 1, 1,
        (const char *const[]){"uint8_t a; /* a * / b [m/s] one * / int x; / * = 1 */\n", NULL});
}

static void test_arrays_may_lie_further_apart_than_their_elements_are_long(void **state)
{
    (void)state;
    section_layout_field field = number("a", SECTION_U16, 4);
    field.dimensions = 2;
    field.counts[0].number = 2;
    field.counts[1].number = 3;
    field.stride.number = 6;
    expect_printed(
        &field, 1, 40,
        (const char *const[]){"struct { uint16_t value; uint8_t padding[4]; } a[2][3];", NULL});
}

static void test_what_depends_on_memory_is_told_in_a_comment(void **state)
{
    (void)state;
    section_layout_field fields[] = {number("count", SECTION_U32, 0),
                                     number("rows", SECTION_U32, 4), number("end", SECTION_U32, 0),
                                     number("far", SECTION_U32, 0)};
    fields[1].dimensions = 1;
    fields[1].counts[0].field = "count";
    fields[2].place.rule = SECTION_PLACE_END_OF;
    fields[2].place.of = "rows";
    fields[3].place.at.field = "count";
    expect_printed(fields, 4, 0,
                   (const char *const[]){"depends on memory: rows */", "memory: end */",
                                         "memory: far */",
                                         "struct a_title {\n    uint32_t count;\n};", NULL});
}

static void test_strings_have_the_units_of_their_encoding(void **state)
{
    (void)state;
    section_layout_field fields[4];
    static const section_encoding encodings[] = {SECTION_UTF8, SECTION_UTF16LE, SECTION_UTF32LE,
                                                 SECTION_UTF16LE};
    static const uint64_t sizes[] = {6, 6, 8, 7};
    int64_t offset = 0;
    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = {"a", "b", "c", "d"};
        fields[i] = number(names[i], SECTION_U8, offset);
        fields[i].kind = SECTION_FIELD_STRING;
        fields[i].encoding = encodings[i];
        fields[i].string_bytes = sizes[i];
        offset += (int64_t)sizes[i];
    }
    expect_printed(fields, 4, 28,
                   (const char *const[]){"#include <uchar.h>", "char a[6];", "char16_t b[3];",
                                         "char32_t c[2];", "uint8_t d[7];", NULL});
}

static void test_bit_fields_fill_their_units(void **state)
{
    (void)state;
    section_layout_field fields[] = {number("a", SECTION_U8, 0), number("b", SECTION_I32, 0),
                                     number("c", SECTION_U64, 8)};
    fields[0].bit_shift = 1;
    fields[0].bit_width = 3;
    fields[1].bit_shift = 4;
    fields[1].bit_width = 18;
    fields[2].bit_shift = 7;
    fields[2].bit_width = 64;
    expect_printed(
        fields, 2, 8,
        (const char *const[]){
            "    uint32_t : 1; uint32_t a : 3;\n    int32_t b : 18;\n    uint32_t : 10;\n"
            "    uint8_t padding[4];\n",
            NULL});
    char *printed = NULL;
    const section_layout_source source = {.whole = {.fields = fields, .field_count = 3}};
    assert_int_equal(c_layout_print(&source, &printed, NULL), SECTION_OK);
    assert_non_null(strstr(printed, "as gcc packs bit fields"));
    c_layout *again = read_right(C_ABI_SYSV64, printed, NULL);
    const section_layout_field *last =
        &again->source.whole.fields[again->source.whole.field_count - 1];
    assert_string_equal(last->name, "c");
    assert_int_equal(last->place.at.number, 8);
    assert_int_equal(last->bit_shift, 7);
    assert_int_equal(last->bit_width, 64);
    c_layout_free(again);
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_padding_stands_where_it_is),
        cmocka_unit_test(test_a_structure_is_packed_only_where_it_has_to_be),
        cmocka_unit_test(test_fields_that_overlap_become_unions),
        cmocka_unit_test(test_names_become_identifiers),
        cmocka_unit_test(test_comments_do_not_end_early),
        cmocka_unit_test(test_arrays_may_lie_further_apart_than_their_elements_are_long),
        cmocka_unit_test(test_what_depends_on_memory_is_told_in_a_comment),
        cmocka_unit_test(test_strings_have_the_units_of_their_encoding),
        cmocka_unit_test(test_bit_fields_fill_their_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
