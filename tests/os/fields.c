#include "fields_support.h"

#include <math.h>
#include <string.h>

/* Values of all kinds, as they are shown. */

static void test_numbers_of_all_types_follow_each_other_naturally_aligned(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U8, "a"),    NUMBER(SECTION_I16, "b"), NUMBER(SECTION_U32, "c"),
        NUMBER(SECTION_I64, "d"),   NUMBER(SECTION_F32, "e"), NUMBER(SECTION_F64, "f"),
        NUMBER(SECTION_BOOL8, "g"),
    };
    const section_layout_source source = {WHOLE(fields)};
    struct {
        uint8_t a;
        int16_t b;
        uint32_t c;
        int64_t d;
        float e;
        double f;
        uint8_t g;
    } const memory = {200, -5, 4000000000u, -9000000000000000000, 1.5f, 0.1, 7};
    assert_string_equal(shown_of(&source, &memory, sizeof memory, NULL),
                        "a=200 b=-5 c=4000000000 d=-9000000000000000000 e=1.5 f=0.1 g=true");
}

static void test_a_packed_layout_has_no_gaps(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {NUMBER(SECTION_U8, "a"), NUMBER(SECTION_U32, "b"),
                                                  NUMBER(SECTION_U16, "c")};
    const section_layout_source source = {.packed = true, WHOLE(fields)};
    assert_string_equal(shown_of(&source, "\x01\x02\x00\x00\x00\x03\x00", 7, NULL), "a=1 b=2 c=3");
}

static void test_big_endian_numbers_are_read_as_such(void **state)
{
    (void)state;
    static const section_layout_bits bits[] = {{"low", 0, 4}, {"high", 15, 1}};
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U32, "a"), NUMBER(SECTION_I16, "b"),
        NUMBER(SECTION_U16, "c", .bits = bits, .bits_count = 2)};
    const section_layout_source source = {.endian = SECTION_BIG_ENDIAN, WHOLE(fields)};
    assert_string_equal(shown_of(&source, "\x01\x02\x03\x04\xFF\xFE\x80\x05", 8, NULL),
                        "a=16909060 b=-2 c={low=5,high=true}");
}

static void test_bit_fields_of_c_may_cover_nine_bytes(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U64, "a", AT(0), .bit_shift = 7, .bit_width = 64),
        NUMBER(SECTION_I32, "b", AT(0), .bit_shift = 4, .bit_width = 3),
        NUMBER(SECTION_I8, "c", AT(8), .bit_shift = 0, .bit_width = 7)};
    const section_layout_source source = {.packed = true, WHOLE(fields)};
    uint8_t memory[9] = {0x80 | 0x50, 0xFF, 0, 0, 0, 0, 0, 0, 0x7F};
    /* b is binary 101, that is -3; a has bit 7 of the first byte as its lowest. */
    assert_string_equal(shown_of(&source, memory, 9, NULL), "a=18302628885633696255 b=-3 c=-1");
}

static void test_bit_fields_of_big_endian_count_from_the_lowest_bit(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U16, "a", AT(0), .bit_shift = 0, .bit_width = 4),
        NUMBER(SECTION_I16, "b", AT(0), .bit_shift = 12, .bit_width = 4)};
    const section_layout_source source = {.endian = SECTION_BIG_ENDIAN, WHOLE(fields)};
    assert_string_equal(shown_of(&source, "\xF0\x03", 2, NULL), "a=3 b=-1");
}

static void test_labels_scale_and_null_values_are_applied(void **state)
{
    (void)state;
    static const section_layout_label labels[] = {{2, "driving"}, {0, "menu"}, {-1, "off"}};
    static const section_layout_field fields[] = {
        NUMBER(SECTION_I32, "state", .labels = labels, .label_count = 3, COUNT(4)),
        NUMBER(SECTION_U16, "speed", .scale = 0.1),
        NUMBER(SECTION_I16, "rest", .has_null = true, .null_value = {.signed_number = -1}),
        NUMBER(SECTION_F32, "load", .scale = 0.1),
        NUMBER(SECTION_F32, "none", .has_null = true,
               .null_value = {.real = 3.4028234663852886e38}),
        NUMBER(SECTION_F64, "nan", .has_null = true, .null_value = {.real = (double)NAN}),
    };
    const section_layout_source source = {WHOLE(fields)};
    struct {
        int32_t state[4];
        uint16_t speed;
        int16_t rest;
        float load, none;
        double nan;
    } const memory = {{0, 2, 7, -1}, 1234, -1, 543, 3.4028234663852886e38f, -(double)NAN};
    assert_string_equal(
        shown_of(&source, &memory, sizeof memory, NULL),
        "state=[\"menu\",\"driving\",\"7\",\"off\"] speed=123.4 rest=null load=54.3 "
        "none=null nan=null");
}

static void test_labels_of_64_bits_are_found_by_their_bits(void **state)
{
    (void)state;
    static const section_layout_label labels[] = {{-1, "all"}, {1, "one"}};
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U64, "a", .labels = labels, .label_count = 2, COUNT(3))};
    const section_layout_source source = {WHOLE(fields)};
    const uint64_t memory[] = {UINT64_MAX, 1, UINT64_MAX - 1};
    assert_string_equal(shown_of(&source, memory, sizeof memory, NULL),
                        "a=[\"all\",\"one\",\"18446744073709551614\"]");
}

static void test_bits_of_one_are_booleans_and_others_numbers(void **state)
{
    (void)state;
    static const section_layout_bits bits[] = {{"pit", 0, 1}, {"gear", 4, 3}, {"top", 63, 1}};
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U64, "flags", .bits = bits, .bits_count = 3, COUNT(2))};
    const section_layout_source source = {WHOLE(fields)};
    const uint64_t memory[] = {0x51, UINT64_C(1) << 63};
    assert_string_equal(shown_of(&source, memory, sizeof memory, NULL),
                        "flags=[{pit=true,gear=5,top=false},{pit=false,gear=0,top=true}]");
    assert_string_equal(shown_of(&source, memory, sizeof memory, "flags[1].top,flags[0].gear"),
                        "flags[1].top=true flags[0].gear=5");
}

static void test_strings_of_every_encoding_end_at_their_nul_or_their_end(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {
        STRING(5, "a"),
        STRING(4, "b", .encoding = SECTION_LATIN1),
        STRING(6, "c", .encoding = SECTION_UTF16LE, AT(10)),
        STRING(4, "d", .encoding = SECTION_UTF16BE),
        STRING(8, "e", .encoding = SECTION_UTF32LE),
        STRING(4, "f", .is_ansi = true),
        STRING(4, "g"),
        STRING(3, "h", .encoding = SECTION_UTF16LE),
    };
    const section_layout_source source = {WHOLE(fields)};
    static const char memory[] = "abcde" /* fills its field */
                                 "\xB0"
                                 "C\0x" /* latin1 */
                                 "\0"   /* a gap */
                                 "\xAC\x20"
                                 "a\0\0\0"
                                 "\0z\xD8\0" /* torn at the end: half a pair */
                                 "\x00\xF6\x01\x00\0\0\0\0"
                                 "\x80\xB0\x41\0"
                                 "\xC3\xA4\xFF\0"
                                 "y\0x";
    assert_string_equal(shown_of(&source, memory, sizeof memory, NULL),
                        "a=\"abcde\" b=\"\u00B0C\" c=\"\u20ACa\" d=\"z\uFFFD\" e=\"\U0001F600\" "
                        "f=\"\u20AC\u00B0A\" g=\"\u00E4\uFFFD\" h=\"y\"");
}

static void test_the_undefined_bytes_of_windows_1252_are_replaced(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {STRING(8, "a", .encoding = 1252)};
    const section_layout_source source = {WHOLE(fields)};
    assert_string_equal(shown_of(&source, "\x81\x8D\x8F\x90\x9D\x9F\xFF\x7F", 8, NULL),
                        "a=\"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\u0178\u00FF\x7F\"");
}

static void test_code_pages_are_decoded_as_the_platform_does(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {STRING(4, "a", .encoding = 1251)};
    const section_layout_source source = {WHOLE(fields)};
    assert_string_equal(shown_of(&source, "\xCF\xE0x", 4, NULL), "a=\"\u041F\u0430x\"");
}

static void test_structures_and_arrays_nest_row_major(void **state)
{
    (void)state;
    static const section_layout_field point[] = {NUMBER(SECTION_U8, "x"), NUMBER(SECTION_U8, "y")};
    static const section_layout_field line[] = {
        STRUCTURE("point", "ends", COUNT(2)),
        NUMBER(SECTION_U8, "grid", .dimensions = 3,
               .counts = {{.number = 2}, {.number = 1}, {.number = 3}})};
    static const section_layout_type types[] = {TYPE("line", line), TYPE("point", point)};
    static const section_layout_field fields[] = {STRUCTURE("line", "first"),
                                                  STRUCTURE("line", "rest", COUNT(1))};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    uint8_t memory[20];
    for (uint8_t i = 0; i < sizeof memory; i++) {
        memory[i] = i;
    }
    assert_string_equal(shown_of(&source, memory, sizeof memory, NULL),
                        "first={ends=[{x=0,y=1},{x=2,y=3}],grid=[[[4,5,6]],[[7,8,9]]]} "
                        "rest=[{ends=[{x=10,y=11},{x=12,y=13}],grid=[[[14,15,16]],[[17,18,19]]]}]");
    assert_string_equal(shown_of(&source, memory, sizeof memory,
                                 "first.grid[1],rest[0].grid[0][0][2],first.ends[1].x"),
                        "first.grid[1]=[[7,8,9]] rest[0].grid[0][0][2]=16 first.ends[1].x=2");
}

static void test_fields_may_overlap(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {NUMBER(SECTION_U32, "whole", AT(0)),
                                                  NUMBER(SECTION_U8, "parts", AT(0), COUNT(4))};
    const section_layout_source source = {WHOLE(fields)};
    assert_string_equal(shown_of(&source, "\x01\x02\x03\x04", 4, NULL),
                        "whole=67305985 parts=[1,2,3,4]");
}

static void test_the_same_values_feed_a_hash_with_the_same_bytes(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {
        STRING(8, "name"), NUMBER(SECTION_U8, "count"), NUMBER(SECTION_U8, "gap"),
        NUMBER(SECTION_U16, "list", AT(10), .dimensions = 1,
               .counts = {{.field = "count", .max = 3}})};
    const section_layout_source source = {WHOLE(fields)};
    section_layout *layout = compiled(&source);
    section *self = section_of("abc\0efgh\x02_\x01\0\x02\0\x03\0", 16);
    const uint64_t all = fed(self, layout, NULL);
    const uint64_t some = fed(self, layout, "name,list[*]");
    set_byte(self, 5, 'X'); /* behind the NUL */
    set_byte(self, 14, 9);  /* behind the count */
    assert_int_equal(fed(self, layout, NULL), all);
    set_byte(self, 9, '?');
    assert_int_not_equal(fed(self, layout, NULL), all);
    assert_int_equal(fed(self, layout, "name,list[*]"), some);
    assert_int_not_equal(fed(self, layout, "list[*],name"), some);
    set_byte(self, 12, 8);
    assert_int_not_equal(fed(self, layout, "name,list[*]"), some);
    set_byte(self, 12, 1); /* as the first one */
    assert_int_not_equal(fed(self, layout, "list[0]"), fed(self, layout, "list[1]"));
    section_close(self);
    section_layout_free(layout);
}

/* Counts what is met, and goes into nothing. */
static bool stay_out(void *context, const section_field_at *at, section_fields_shape shape)
{
    unsigned *counts = context;
    counts[shape]++;
    assert_true(at->size_bytes > 0);
    return false;
}

static void fail_at_value(void *context, const section_field_at *at,
                          const section_field_value *value)
{
    (void)context;
    (void)value;
    fail_msg("%s was shown", at->path);
}

static void test_a_visitor_may_pass_over_structures_and_arrays(void **state)
{
    (void)state;
    static const section_layout_field point[] = {NUMBER(SECTION_U8, "x"), NUMBER(SECTION_U8, "y")};
    static const section_layout_type types[] = {TYPE("point", point)};
    static const section_layout_bits bits[] = {{"a", 0, 1}};
    static const section_layout_field fields[] = {
        STRUCTURE("point", "p"), STRUCTURE("point", "q", COUNT(2)),
        NUMBER(SECTION_U8, "flags", .bits = bits, .bits_count = 1),
        NUMBER(SECTION_U8, "r", COUNT(2))};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    unsigned counts[2] = {0};
    const section_fields_visitor visitor = {stay_out, NULL, fail_at_value, counts};
    section_layout *layout = compiled(&source);
    section *self = section_of("0123456789", 10);
    section_image *image = section_image_new();
    works(section_fields_read(self, layout, NULL, NULL, image, NULL, &why));
    works(section_fields_visit(image, &visitor, &why));
    assert_int_equal(counts[SECTION_SHAPE_STRUCTURE], 2);
    assert_int_equal(counts[SECTION_SHAPE_ARRAY], 2);
    section_image_free(image);
    section_close(self);
    section_layout_free(layout);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_numbers_of_all_types_follow_each_other_naturally_aligned),
        cmocka_unit_test(test_a_packed_layout_has_no_gaps),
        cmocka_unit_test(test_big_endian_numbers_are_read_as_such),
        cmocka_unit_test(test_bit_fields_of_c_may_cover_nine_bytes),
        cmocka_unit_test(test_bit_fields_of_big_endian_count_from_the_lowest_bit),
        cmocka_unit_test(test_labels_scale_and_null_values_are_applied),
        cmocka_unit_test(test_labels_of_64_bits_are_found_by_their_bits),
        cmocka_unit_test(test_bits_of_one_are_booleans_and_others_numbers),
        cmocka_unit_test(test_strings_of_every_encoding_end_at_their_nul_or_their_end),
        cmocka_unit_test(test_the_undefined_bytes_of_windows_1252_are_replaced),
        cmocka_unit_test(test_code_pages_are_decoded_as_the_platform_does),
        cmocka_unit_test(test_structures_and_arrays_nest_row_major),
        cmocka_unit_test(test_fields_may_overlap),
        cmocka_unit_test(test_the_same_values_feed_a_hash_with_the_same_bytes),
        cmocka_unit_test(test_a_visitor_may_pass_over_structures_and_arrays),
    };
    return cmocka_run_group_tests_name("fields", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
