#include "fields_support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Values are stored: all of them, or none. */

static const section_layout_bits bits[] = {{"pit", 0, 1}, {"gear", 4, 3}, {"top", 15, 1}};
static const section_layout_label labels[] = {{0, "menu"}, {2, "driving"}};
static const section_layout_field entry[] = {STRING(6, "name"), NUMBER(SECTION_U16, "value")};
static const section_layout_type types[] = {TYPE("entry", entry)};
static const section_layout_field fields[] = {
    NUMBER(SECTION_U8, "count"),
    NUMBER(SECTION_I8, "small"),
    NUMBER(SECTION_U16, "flags", .bits = bits, .bits_count = 3),
    NUMBER(SECTION_U32, "state", .labels = labels, .label_count = 2),
    NUMBER(SECTION_F32, "real"),
    NUMBER(SECTION_U16, "speed", .scale = 0.1),
    NUMBER(SECTION_I16, "rest", .has_null = true, .null_value = {.signed_number = -1}),
    NUMBER(SECTION_U64, "big"),
    NUMBER(SECTION_BOOL8, "on"),
    NUMBER(SECTION_CHAR, "letter"),
    STRING(8, "wide", .encoding = SECTION_UTF16LE),
    STRING(4, "ansi", .is_ansi = true),
    STRUCTURE("entry", "list", COUNT_FIELD("count")),
    NUMBER(SECTION_U32, "whole", AT(4)),
    NUMBER(SECTION_I32, "bit_field", AT(44), .bit_shift = 6, .bit_width = 5),
};
static const section_layout_source source = {TYPES(types), WHOLE(fields)};

typedef struct __attribute__((packed)) memory {
    uint8_t count;
    int8_t small;
    uint16_t flags;
    uint32_t state;
    float real;
    uint16_t speed;
    int16_t rest;
    uint64_t big;
    uint8_t on;
    char letter;
    uint16_t wide[4];
    char ansi[4];
    uint8_t list[24];
} memory;

static section_layout *layout;
static section *self;
static memory now;

static int set_up(void **state)
{
    memory bytes = {.count = 2, .flags = 0x0F0E, .list = "a\0xyz_\x01\0b\0xyz_\x02"};
    (void)state;
    layout = compiled(&source);
    self = section_of(&bytes, sizeof bytes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    section_close(self);
    section_layout_free(layout);
    return 0;
}

static section_status store(const section_field_input *inputs, size_t count, bool force,
                            size_t *ret_index)
{
    const section_fields_store_options options = {.force = force};
    const section_status status =
        section_fields_store(self, layout, inputs, count, &options, ret_index, NULL, &why);
    section_error kept = why;
    works(section_read(self, 0, &now, sizeof now, &why));
    why = kept;
    return status;
}

#define TEXT(where, what)                                                                          \
    {.path = (where), .kind = SECTION_INPUT_TEXT, .text = (what), .text_bytes = sizeof(what) - 1}
#define REAL(where, what)  {.path = (where), .kind = SECTION_INPUT_NUMBER, .number = (what)}
#define TRUTH(where, what) {.path = (where), .kind = SECTION_INPUT_BOOL, .boolean = (what)}
#define NOTHING(where)     {.path = (where), .kind = SECTION_INPUT_NULL}
#define STORE(...)                                                                                 \
    store((const section_field_input[]){__VA_ARGS__},                                              \
          sizeof((const section_field_input[]){__VA_ARGS__}) / sizeof(section_field_input), false, \
          &index)

static void test_all_kinds_of_values_are_stored(void **state)
{
    (void)state;
    size_t index = 99;
    works(STORE(REAL("small", -128), TEXT("state", "driving"), REAL("real", 0.1),
                REAL("speed", 123.4), NOTHING("rest"), TEXT("big", "18446744073709551615"),
                TRUTH("on", true), TEXT("letter", "\u00E4"), TEXT("wide", "a\u20AC"),
                TEXT("ansi", "\u20AC"), REAL("list[1].value", 65535),
                TEXT("list[name=a].name", "hello")));
    assert_int_equal(index, 99);
    assert_int_equal(now.small, -128);
    assert_int_equal(now.state, 2);
    assert_true(now.real == 0.1f);
    assert_int_equal(now.speed, 1234);
    assert_int_equal(now.rest, -1);
    assert_true(now.big == UINT64_MAX);
    assert_int_equal(now.on, 1);
    assert_int_equal(now.letter, (char)0xE4);
    assert_memory_equal(now.wide, "a\0\xAC\x20\0\0\0\0", 8);
    assert_memory_equal(now.ansi, "\x80\0\0\0", 4);
    assert_memory_equal(now.list, "hello\0\x01\0b\0xyz_\xFF\xFF", 16);
    works(STORE(REAL("state", 77), REAL("rest", 5), TEXT("real", "-Infinity"),
                REAL("big", 9007199254740992)));
    assert_int_equal(now.state, 77);
    assert_int_equal(now.rest, 5);
    assert_true(isinf(now.real) && now.real < 0);
    assert_true(now.big == UINT64_C(9007199254740992));
}

static void test_what_is_shown_may_be_stored_again(void **state)
{
    (void)state;
    size_t index;
    works(STORE(TEXT("state", "7"), TEXT("real", "1.5"), TEXT("on", "true"), TEXT("small", "-7")));
    assert_int_equal(now.state, 7);
    assert_true(now.real == 1.5f);
    assert_int_equal(now.on, 1);
    assert_int_equal(now.small, -7);
}

static void test_bits_are_changed_alone(void **state)
{
    (void)state;
    size_t index;
    works(STORE(TRUTH("flags.pit", true), REAL("flags.gear", 5), REAL("flags.top", 1)));
    assert_int_equal(now.flags, 0x8F0E + 1 + 0x50);
    works(STORE(TRUTH("flags.pit", false)));
    assert_int_equal(now.flags, 0x8F0E + 0x50);
    assert_int_equal(now.small, 0);
    memset(now.list + 6, 0xFF, 4);
    works(section_write(self, 0, &now, sizeof now, &why));
    works(STORE(REAL("bit_field", -16)));
    /* Offset 44 is byte 6 of the list: of bits 6 to 10 the highest is set. */
    assert_memory_equal(now.list + 6, "\x3F\xFC\xFF\xFF", 4);
    fails(SECTION_BAD_VALUE, STORE(REAL("bit_field", -17)));
    fails(SECTION_BAD_VALUE, STORE(REAL("bit_field", 16)));
}

static void test_bits_at_the_ends_of_the_view_touch_nothing_beyond_it(void **state)
{
    (void)state;
    static const section_layout_field ends[] = {
        NUMBER(SECTION_U64, "first", AT(0), .bit_shift = 7, .bit_width = 60),
        NUMBER(SECTION_U16, "last", AT(9), .bit_shift = 4, .bit_width = 7)};
    const section_layout_source of_ends = {.packed = true, WHOLE(ends)};
    section_layout *two = compiled(&of_ends);
    const section_create_options options = {.size_bytes = 4096,
                                            .view = {.offset_bytes = 3, .length_bytes = 11}};
    section *part = NULL;
    uint8_t bytes[11];
    works(section_create(&options, &part, &why));
    const section_field_input inputs[] = {TEXT("first", "1152921504606846975"), REAL("last", 127)};
    works(section_fields_store(part, two, inputs, 2, NULL, NULL, NULL, &why));
    works(section_read(part, 0, bytes, sizeof bytes, &why));
    assert_memory_equal(bytes, "\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x07\xF0\x07", 11);
    section_close(part);
    section_layout_free(two);
}

static void test_big_endian_numbers_and_bits_are_stored_as_such(void **state)
{
    (void)state;
    static const section_layout_field big[] = {
        NUMBER(SECTION_U32, "a"), NUMBER(SECTION_U16, "b", .bits = bits, .bits_count = 3)};
    const section_layout_source of_big = {.endian = SECTION_BIG_ENDIAN, WHOLE(big)};
    section_layout *two = compiled(&of_big);
    section *part = section_of("\0\0\0\0\0\0", 6);
    uint8_t bytes[6];
    const section_field_input inputs[] = {REAL("a", 0x01020304), TRUTH("b.top", true),
                                          REAL("b.gear", 7)};
    works(section_fields_store(part, two, inputs, 3, NULL, NULL, NULL, &why));
    works(section_read(part, 0, bytes, sizeof bytes, &why));
    assert_memory_equal(bytes, "\x01\x02\x03\x04\x80\x70", 6);
    section_close(part);
    section_layout_free(two);
}

static void expect_refusal(section_status status, const section_field_input *wrong)
{
    const section_field_input inputs[] = {REAL("small", 1), *wrong};
    memory before;
    size_t index = 99;
    works(section_read(self, 0, &before, sizeof before, &why));
    if (store(inputs, 2, false, &index) != status) {
        fail_msg("%s gave %d: %s", wrong->path, why.code, why.detail);
    }
    assert_int_equal(index, 1);
    assert_memory_equal(&now, &before, sizeof now); /* the first was not stored either */
}

static void test_what_does_not_fit_stores_nothing(void **state)
{
    (void)state;
    static const section_field_input wrong[] = {
        REAL("state", -1),
        REAL("state", 4294967296.0),
        REAL("state", 0.5),
        TEXT("state", "flying"),
        TEXT("state", "-1"),
        REAL("small", 128),
        REAL("list[0].value", -1),
        TRUTH("state", true),
        NOTHING("state"),
        NOTHING("wide"),
        REAL("real", 1e300),
        TEXT("real", "0x1p3"),
        TEXT("real", " 1"),
        TEXT("real", "1.5x"),
        TEXT("real", ""),
        TRUTH("real", true),
        REAL("speed", 6553.6),
        REAL("speed", -0.2),
        TEXT("speed", "NaN"),
        REAL("rest", 40000),
        REAL("big", -1),
        REAL("big", 1e19),
        TEXT("big", "18446744073709551616"),
        REAL("on", 1),
        TEXT("on", "yes"),
        TEXT("letter", "ab"),
        TEXT("letter", "\u20AC"),
        TEXT("wide", "abcd"),
        REAL("wide", 1),
        TEXT("ansi", "abcd"),
        REAL("flags.gear", 8),
        REAL("flags.pit", 2),
        TRUTH("flags.gear", true),
        {.path = "ansi", .kind = SECTION_INPUT_TEXT, .text = "a\0b", .text_bytes = 3}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect_refusal(SECTION_BAD_VALUE, &wrong[i]);
    }
    const section_field_input untold[] = {TEXT("ansi", "\u0416"), TEXT("wide", "\xFF")};
    expect_refusal(SECTION_BAD_TEXT, &untold[0]);
    expect_refusal(SECTION_BAD_TEXT, &untold[1]);
}

static void test_paths_that_lead_to_no_single_value_store_nothing(void **state)
{
    (void)state;
    static const section_field_input bad[] = {REAL("none", 1), REAL("list", 1), REAL("list[0]", 1),
                                              REAL("flags", 1), REAL("list[*].value", 1)};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_refusal(SECTION_BAD_PATH, &bad[i]);
    }
    static const section_field_input absent[] = {REAL("list[2].value", 1),
                                                 REAL("list[name=c].value", 1)};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        expect_refusal(SECTION_FIELD_ABSENT, &absent[i]);
    }
    size_t index;
    works(STORE(TEXT("list[1].name", "a")));
    static const section_field_input twice = REAL("list[name=a].value", 1);
    expect_refusal(SECTION_BAD_PATH, &twice);
}

static void test_values_that_overlap_store_nothing(void **state)
{
    (void)state;
    static const section_field_input wrong[][2] = {
        {REAL("state", 1), REAL("whole", 2)},
        {REAL("real", 1), REAL("real", 2)},
        {TRUTH("flags.pit", true), TRUTH("flags.pit", true)},
        {REAL("list[0].value", 1), REAL("list[name=a].value", 1)},
        {REAL("list[0].value", 1), REAL("bit_field", 1)}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        size_t index;
        if (store(wrong[i], 2, false, &index) != SECTION_BAD_PATH) {
            fail_msg("%s and %s: %d", wrong[i][0].path, wrong[i][1].path, why.code);
        }
        assert_int_equal(now.state, 0);
        assert_int_equal(now.list[6], 1);
    }
}

static void test_what_the_layout_reads_is_stored_with_force_only(void **state)
{
    (void)state;
    static const section_field_input count = REAL("count", 1);
    size_t index;
    fails(SECTION_FIELD_READ_BY_LAYOUT, store(&count, 1, false, &index));
    assert_int_equal(now.count, 2);
    works(store(&count, 1, true, &index));
    assert_int_equal(now.count, 1);
}

static void test_guards_are_protected_under_other_names_too(void **state)
{
    (void)state;
    static const section_layout_field two[] = {
        NUMBER(SECTION_U32, "magic"), NUMBER(SECTION_U32, "sequence"),
        NUMBER(SECTION_U8, "alias", AT(1)), NUMBER(SECTION_U16, "other", AT(6)),
        NUMBER(SECTION_U32, "free", AT(8))};
    static const section_layout_guard guard = {
        .field = "magic", .kind = SECTION_KIND_UNSIGNED, .value = {.unsigned_number = 7}};
    const section_layout_source guarded = {
        .guards = &guard,
        .guard_count = 1,
        .consistency = {.rule = SECTION_CONSISTENCY_SEQLOCK, .field = "sequence"},
        WHOLE(two)};
    section_layout *of_two = compiled(&guarded);
    section *part = section_of("\x07\0\0\0\x02\0\0\0\0\0\0", 12);
    static const char *const names[] = {"magic", "sequence", "alias", "other"};
    for (size_t i = 0; i < 4; i++) {
        const section_field_input input = REAL(names[i], 1);
        fails(SECTION_FIELD_READ_BY_LAYOUT,
              section_fields_store(part, of_two, &input, 1, NULL, NULL, NULL, &why));
    }
    const section_field_input good = REAL("free", 1);
    works(section_fields_store(part, of_two, &good, 1, NULL, NULL, NULL, &why));
    assert_int_equal(byte_at(part, 8), 1);
    assert_int_equal(byte_at(part, 4), 2); /* the guard is as it was */
    set_byte(part, 0, 8);
    fails(SECTION_LAYOUT_MISMATCH,
          section_fields_store(part, of_two, &good, 1, NULL, NULL, NULL, &why));
    section_close(part);
    section_layout_free(of_two);
}

static void test_a_string_may_fill_its_field_where_that_is_asked_for(void **state)
{
    (void)state;
    const section_fields_store_options open = {.no_terminator = true};
    const section_field_input inputs[] = {TEXT("wide", "abcd"), TEXT("ansi", "xy")};
    const section_field_input too_long = TEXT("wide", "abcde");
    works(section_fields_store(self, layout, inputs, 2, &open, NULL, NULL, &why));
    works(section_read(self, 0, &now, sizeof now, &why));
    assert_memory_equal(now.wide, "a\0b\0c\0d\0", 8);
    assert_memory_equal(now.ansi, "xy\0", 3);
    fails(SECTION_BAD_VALUE,
          section_fields_store(self, layout, &too_long, 1, &open, NULL, NULL, &why));
}

static void test_a_trial_stores_nothing(void **state)
{
    (void)state;
    const section_fields_store_options trial = {.is_trial = true};
    const section_field_input input = REAL("small", 5);
    works(section_fields_store(self, layout, &input, 1, &trial, NULL, NULL, &why));
    works(section_read(self, 0, &now, sizeof now, &why));
    assert_int_equal(now.small, 0);
}

static void test_stores_may_be_a_part_of_a_longer_sequence(void **state)
{
    (void)state;
    const section_field_input input = REAL("small", 5);
    section_hold_lock(self);
    works(section_fields_store(self, layout, &input, 1, NULL, NULL, NULL, &why));
    works(section_fields_store(self, layout, &input, 1, NULL, NULL, NULL, &why));
    section_release_lock();
    assert_int_equal(byte_at(self, 1), 5);
}

static void test_read_only_sections_are_not_stored_to(void **state)
{
    (void)state;
    const char *text = fresh_name();
    const section_name name = parsed(text);
    const section_open_options options = {.name = &name, .access = SECTION_ACCESS_READ};
    const section_field_input input = REAL("small", 5);
    section *made = create_section(text, sizeof(memory));
    section *opened = NULL;
    works(section_open(&options, &opened, &why));
    fails(SECTION_READ_ONLY,
          section_fields_store(opened, layout, &input, 1, NULL, NULL, NULL, &why));
    works(section_fields_store(made, layout, &input, 1, NULL, NULL, NULL, &why));
    assert_int_equal(byte_at(opened, 1), 5);
    section_close(opened);
    section_close(made);
}

static void test_the_number_of_values_is_bounded(void **state)
{
    (void)state;
    static section_field_input many[SECTION_FIELDS_INPUTS_MAX + 1];
    size_t index = 99;
    fails(SECTION_BAD_PATH, section_fields_store(self, layout, many, SECTION_FIELDS_INPUTS_MAX + 1,
                                                 NULL, &index, NULL, &why));
    assert_int_equal(index, SECTION_FIELDS_INPUTS_MAX + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static int tests(void)
{
    const struct CMUnitTest list[] = {
        TEST(test_all_kinds_of_values_are_stored),
        TEST(test_what_is_shown_may_be_stored_again),
        TEST(test_bits_are_changed_alone),
        TEST(test_bits_at_the_ends_of_the_view_touch_nothing_beyond_it),
        TEST(test_big_endian_numbers_and_bits_are_stored_as_such),
        TEST(test_what_does_not_fit_stores_nothing),
        TEST(test_paths_that_lead_to_no_single_value_store_nothing),
        TEST(test_values_that_overlap_store_nothing),
        TEST(test_what_the_layout_reads_is_stored_with_force_only),
        TEST(test_guards_are_protected_under_other_names_too),
        TEST(test_a_string_may_fill_its_field_where_that_is_asked_for),
        TEST(test_a_trial_stores_nothing),
        TEST(test_stores_may_be_a_part_of_a_longer_sequence),
        TEST(test_read_only_sections_are_not_stored_to),
        TEST(test_the_number_of_values_is_bounded),
    };
    return cmocka_run_group_tests_name("fields_store", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
