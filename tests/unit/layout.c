#include "layouts.h"

#include <stdio.h>
#include <string.h>

#include "number.h"
#include "program.h"

/* Descriptions become layouts. */

/* The places of the fields of a type, as `name@offset`. */
static const char *places(const section_layout_type *type)
{
    static char text[1000];
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < type->field_count; i++) {
        const section_layout_field *field = &type->fields[i];
        const char *gap = i > 0 ? " " : "";
        if (field->place.rule == SECTION_PLACE_AT && field->place.at.field == NULL) {
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s@%lld", gap,
                                       field->name, (long long)field->place.at.number);
        } else {
            length +=
                (size_t)snprintf(text + length, sizeof text - length, "%s%s@?", gap, field->name);
        }
    }
    return text;
}

static void expect_places(const section_layout_source *source, const char *whole, uint64_t size,
                          uint64_t alignment)
{
    section_layout *layout = compiled(source);
    const section_layout_source *described = section_layout_description(layout);
    const section_layout_type_facts facts = section_layout_look_at_type(layout, &described->whole);
    assert_string_equal(places(&described->whole), whole);
    assert_int_equal(facts.size_bytes, size);
    assert_int_equal(facts.alignment_bytes, alignment);
    section_layout *again = compiled(described);
    assert_string_equal(places(&section_layout_description(again)->whole), whole);
    section_layout_free(again);
    section_layout_free(layout);
}

static void test_fields_are_placed_as_c_places_members(void **state)
{
    (void)state;
    const section_layout_source natural = {
        WHOLE(NUMBER(SECTION_U8, "a"), NUMBER(SECTION_U32, "b"), NUMBER(SECTION_U16, "c"),
              NUMBER(SECTION_F64, "d"), STRING(3, "e"), STRING(4, "f", .encoding = SECTION_UTF16LE),
              NUMBER(SECTION_U16, "g", COUNT(3)))};
    expect_places(&natural, "a@0 b@4 c@8 d@16 e@24 f@28 g@32", 40, 8);
    section_layout_source packed = natural;
    packed.packed = true;
    expect_places(&packed, "a@0 b@1 c@5 d@7 e@15 f@18 g@22", 28, 1);
}

static void test_structures_are_placed_with_their_alignment_and_padding(void **state)
{
    (void)state;
    const section_layout_source source = {
        TYPES({.name = "outer", FIELDS(STRUCTURE("inner", "x"), NUMBER(SECTION_U8, "y"))},
              {.name = "inner", FIELDS(NUMBER(SECTION_U32, "p"), NUMBER(SECTION_U8, "q"))},
              {.name = "fixed", .size_bytes = 7, FIELDS(NUMBER(SECTION_U8, "r"))}),
        WHOLE(NUMBER(SECTION_U8, "a"), STRUCTURE("outer", "b", COUNT(2)), NUMBER(SECTION_U8, "c"),
              STRUCTURE("fixed", "d"), NUMBER(SECTION_U8, "e"))};
    expect_places(&source, "a@0 b@4 c@28 d@29 e@36", 40, 4);
    section_layout *layout = compiled(&source);
    const section_layout_source *described = section_layout_description(layout);
    const section_layout_field *b = section_layout_find_field(layout, &described->whole, "bXX", 1);
    const section_layout_field_facts facts = section_layout_look_at_field(layout, b);
    assert_ptr_equal(facts.structure, &described->types[0]);
    assert_ptr_equal(facts.type, &described->whole);
    assert_int_equal(facts.element_bytes, 12);
    assert_int_equal(facts.size_bytes, 24);
    assert_int_equal(b->stride.number, 12);
    assert_int_equal(described->types[0].size_bytes, 12);
    assert_int_equal(described->types[2].size_bytes, 7);
    assert_int_equal(section_layout_look_at_type(layout, &described->whole).levels, 3);
    assert_null(section_layout_find_field(layout, &described->whole, "zz", 2));
    assert_null(section_layout_find_field(layout, &described->types[0], "a", 1));
    section_layout_free(layout);
}

static void test_what_follows_memory_of_any_length_has_no_number(void **state)
{
    (void)state;
    const section_layout_source source = {
        WHOLE(NUMBER(SECTION_U8, "n"), NUMBER(SECTION_U8, "list", COUNT_FIELD("n")),
              NUMBER(SECTION_U32, "after"), NUMBER(SECTION_U8, "fixed", AT(40)),
              NUMBER(SECTION_U8, "next"))};
    expect_places(&source, "n@0 list@1 after@? fixed@40 next@41", 44, 4);
    section_layout *layout = compiled(&source);
    const section_layout_source *described = section_layout_description(layout);
    const section_layout_field *after = &described->whole.fields[2];
    assert_int_equal(after->place.rule, SECTION_PLACE_END_OF);
    assert_string_equal(after->place.of, "list");
    assert_int_equal(after->place.align, 4);
    assert_false(section_layout_look_at_type(layout, &described->whole).is_size_fixed);
    assert_false(section_layout_look_at_field(layout, after).is_place_fixed);
    assert_true(section_layout_look_at_field(layout, &described->whole.fields[1]).is_place_fixed);
    assert_true(
        section_layout_look_at_field(layout, &described->whole.fields[0]).is_read_by_layout);
    assert_false(section_layout_look_at_field(layout, after).is_read_by_layout);
    section_layout_free(layout);
}

static bool is_read(const section_layout *layout, const char *name)
{
    const section_layout_type *whole = &section_layout_description(layout)->whole;
    const section_layout_field *field =
        section_layout_find_field(layout, whole, name, strlen(name));
    assert_non_null(field);
    return section_layout_look_at_field(layout, field).is_read_by_layout;
}

static void test_a_field_that_another_one_only_follows_is_not_read_by_the_layout(void **state)
{
    (void)state;
    const section_layout_source source = {
        WHOLE(NUMBER(SECTION_U8, "n"), NUMBER(SECTION_U8, "list", COUNT_FIELD("n")),
              NUMBER(SECTION_U32, "after"), NUMBER(SECTION_U8, "last"))};
    section_layout *layout = compiled(&source);
    assert_true(is_read(layout, "n"));
    assert_false(is_read(layout, "list"));
    assert_false(is_read(layout, "after"));
    assert_false(is_read(layout, "last"));
    section_layout_free(layout);
}

static void test_a_layout_keeps_nothing_of_the_callers(void **state)
{
    (void)state;
    char name[] = "a", label[] = "x", title[] = "t";
    section_layout_label labels[] = {{1, label}};
    section_layout_field field = {.name = name, .labels = labels, .label_count = 1};
    section_layout_source source = {.title = title, .whole = {.fields = &field, .field_count = 1}};
    section_layout *layout = compiled(&source);
    name[0] = label[0] = title[0] = '?';
    memset(labels, 0xFF, sizeof labels);
    memset(&field, 0xFF, sizeof field);
    const section_layout_source *described = section_layout_description(layout);
    assert_string_equal(described->title, "t");
    assert_string_equal(described->whole.fields[0].name, "a");
    assert_string_equal(described->whole.fields[0].labels[0].label, "x");
    section_layout_free(layout);
    section_layout_free(NULL);
}

static void test_labels_are_found_by_number_and_by_text_in_whatever_order_they_are_given(
    void **state)
{
    (void)state;
    static const section_layout_label labels[] = {
        {7, "b"}, {-3, "abc"}, {INT64_MAX, "a"}, {INT64_MIN, "ab"}, {0, "\u00E4"}, {8, "B"}};
    const section_layout_source source = {
        WHOLE(NUMBER(SECTION_I64, "x", .labels = labels, .label_count = 6),
              NUMBER(SECTION_U64, "y", LABELS({-1, "most"}, {1, "one"})), NUMBER(SECTION_U8, "z"))};
    section_layout *layout = compiled(&source);
    const program_field *fields = layout->fields;
    int64_t number = 99;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        const char *text = labels[i].label;
        assert_non_null(number_label(&fields[0], labels[i].number));
        assert_string_equal(number_label(&fields[0], labels[i].number), text);
        assert_true(number_of_label(&fields[0], text, strlen(text), &number));
        assert_int_equal(number, labels[i].number);
    }
    static const int64_t none[] = {-4, -2, 1, 6, 9, INT64_MIN + 1, INT64_MAX - 1};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_null(number_label(&fields[0], none[i]));
    }
    static const char *const unknown[] = {"", "c", "abcd", "A", "\u00E5", "7"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_false(number_of_label(&fields[0], unknown[i], strlen(unknown[i]), &number));
    }
    assert_false(number_of_label(&fields[0], "abc", 0, &number));
    assert_false(number_of_label(&fields[0], "ab\0c", 4, &number));
    assert_true(number_of_label(&fields[0], "abc", 2, &number)); /* it needs no terminator */
    assert_true(number == INT64_MIN);
    assert_string_equal(number_label(&fields[1], -1), "most");
    assert_null(number_label(&fields[2], 0));
    assert_false(number_of_label(&fields[2], "one", 3, &number));
    section_layout_free(layout);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_fields_are_placed_as_c_places_members),
        cmocka_unit_test(test_structures_are_placed_with_their_alignment_and_padding),
        cmocka_unit_test(test_what_follows_memory_of_any_length_has_no_number),
        cmocka_unit_test(test_a_field_that_another_one_only_follows_is_not_read_by_the_layout),
        cmocka_unit_test(test_a_layout_keeps_nothing_of_the_callers),
        cmocka_unit_test(
            test_labels_are_found_by_number_and_by_text_in_whatever_order_they_are_given),
    };
    return cmocka_run_group_tests_name("layout", list, NULL, NULL);
}
