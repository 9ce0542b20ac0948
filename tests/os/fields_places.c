#include "fields_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Places that memory tells, as real programs have them, and with whatever memory may hold. */

/* An array as HWiNFO has it: offset, size of an element and count stand in the header. */
static const section_layout_field reading[] = {
    NUMBER(SECTION_U32, "id", AT(0)), NUMBER(SECTION_U16, "value", AT(4)), STRING(4, "unit", AT(6)),
    NUMBER(SECTION_U8, "late", AT(10))};
static const section_layout_type reading_type[] = {TYPE("reading", reading)};
static const section_layout_field header[] = {
    NUMBER(SECTION_U32, "offset"), NUMBER(SECTION_U32, "stride"), NUMBER(SECTION_U32, "count"),
    STRUCTURE("reading", "readings", AT_FIELD("offset"), STRIDE_FIELD("stride"), .dimensions = 1,
              .counts = {{.field = "count", .max = 4}})};
static const section_layout_source array = {TYPES(reading_type), WHOLE(header)};

typedef struct memory {
    uint32_t offset, stride, count;
    uint8_t rest[52];
} memory;

static void test_offset_count_and_stride_are_read_from_the_section(void **state)
{
    (void)state;
    memory bytes = {16, 12, 2, {0}};
    memcpy(bytes.rest + 4, "\x01\0\0\0\x05\0\x41\0\0\0\x09_\x02\0\0\0\x06\0\x42\0\0\0\x08_", 24);
    assert_string_equal(
        shown_of(&array, &bytes, sizeof bytes, "readings"),
        "readings=[{id=1,value=5,unit=\"A\",late=9},{id=2,value=6,unit=\"B\",late=8}]");
    bytes.count = 0;
    assert_string_equal(shown_of(&array, &bytes, sizeof bytes, "readings"), "readings=[]");
}

static void test_a_count_beyond_its_maximum_does_not_match_even_inside_the_view(void **state)
{
    (void)state;
    memory bytes = {12, 1, 4, {0}};
    assert_string_equal(shown_of(&array, &bytes, sizeof bytes, "readings"),
                        "readings=[{},{},{},{}]");
    bytes.count = 5;
    expect_mismatch(&array, &bytes, sizeof bytes, "its count is made of 5, and goes from 0 to 4");
    static const section_layout_field counted[] = {
        NUMBER(SECTION_U32, "n"),
        NUMBER(SECTION_U8, "grid", .dimensions = 2, .counts = {{.field = "n"}, {.number = 3}})};
    static const section_layout_source unbounded = {WHOLE(counted)};
    static uint32_t view[SECTION_LAYOUT_ELEMENTS_MAX];
    view[0] = SECTION_LAYOUT_ELEMENTS_MAX / 3 + 1;
    expect_mismatch(&unbounded, view, sizeof view, "goes from 0 to 21845");
}

static void test_fields_beyond_a_shorter_stride_are_absent(void **state)
{
    (void)state;
    memory bytes = {12, 6, 2, {0}};
    memcpy(bytes.rest, "\x01\0\0\0\x05\0\x02\0\0\0\x06\0", 12);
    assert_string_equal(shown_of(&array, &bytes, sizeof bytes, "readings"),
                        "readings=[{id=1,value=5},{id=2,value=6}]");
    bytes.stride = 1;
    assert_string_equal(shown_of(&array, &bytes, sizeof bytes, "readings"), "readings=[{},{}]");
    assert_string_equal(shown_of(&array, &bytes, sizeof bytes, "readings[*].id,readings[id=1].id"),
                        "");
}

static void test_a_longer_stride_leaves_gaps_and_the_last_element_needs_none(void **state)
{
    (void)state;
    memory bytes = {12, 41, 2, {0}}; /* the last byte of the second element is the view's last */
    bytes.rest[0] = 1;
    bytes.rest[41] = 2;
    bytes.rest[51] = 7;
    assert_string_equal(shown_of(&array, &bytes, sizeof bytes, "readings[*].id,readings[*].late"),
                        "readings[0].id=1 readings[1].id=2 readings[0].late=0 readings[1].late=7");
    bytes.stride = 42;
    expect_mismatch(&array, &bytes, sizeof bytes, "readings");
}

static void test_what_leads_outside_of_the_view_is_a_mismatch(void **state)
{
    (void)state;
    static const memory wrong[] = {
        {65, 11, 1, {0}}, {54, 11, 1, {0}}, {UINT32_MAX, 11, 1, {0}}, {12, UINT32_MAX, 2, {0}},
        {12, 6, 5, {0}},  {12, 11, 5, {0}}, {12, 0, 2, {0}},          {12, 11, UINT32_MAX, {0}}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect_mismatch(&array, &wrong[i], sizeof wrong[i], "readings");
    }
    const memory fits = {53, 11, 1, {0}};
    (void)shown_of(&array, &fits, sizeof fits, NULL);
}

static void test_negative_and_enormous_numbers_are_no_places(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {
        NUMBER(SECTION_I64, "at"), NUMBER(SECTION_U64, "far"),
        NUMBER(
            SECTION_U8, "a",
            .place = {.rule = SECTION_PLACE_AT, .at = {.field = "at", .multiply = 3, .add = 16}}),
        NUMBER(SECTION_U8, "b",
               .place = {.rule = SECTION_PLACE_AT, .at = {.field = "far", .multiply = INT64_MIN}})};
    const section_layout_source source = {WHOLE(fields)};
    const int64_t ats[] = {-6, INT64_MIN, INT64_MAX, INT64_MAX / 3};
    for (size_t i = 0; i < sizeof ats / sizeof ats[0]; i++) {
        const int64_t bytes[3] = {ats[i], 0, 0};
        expect_mismatch(&source, bytes, sizeof bytes, "a: its offset is made of ");
    }
    const uint64_t far[3] = {0, UINT64_MAX, 0};
    expect_mismatch(&source, far, sizeof far, "b: ");
    const int64_t good[3] = {-5, 0, 0};
    assert_string_equal(shown_of(&source, good, sizeof good, "a,b"), "a=255 b=251");
}

static void test_a_place_is_looked_up_in_the_same_element_then_outwards(void **state)
{
    (void)state;
    static const section_layout_field inner[] = {
        NUMBER(SECTION_U8, "count"), NUMBER(SECTION_U8, "own", AT(1), COUNT_FIELD("count")),
        NUMBER(SECTION_U8, "outer", AT_FIELD("where"), COUNT_FIELD("shared.n"))};
    static const section_layout_field shared[] = {NUMBER(SECTION_U8, "m"), NUMBER(SECTION_U8, "n")};
    static const section_layout_type types[] = {
        {.name = "inner", .fields = inner, .field_count = 3, .size_bytes = 4},
        TYPE("shared", shared)};
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U8, "count"), NUMBER(SECTION_U8, "where"), STRUCTURE("shared", "shared"),
        STRUCTURE("inner", "list", COUNT_FIELD("count"))};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    static const uint8_t bytes[] = {2, 3, 9, 1, 2, 10, 11, 12, 0, 20, 21, 22};
    assert_string_equal(shown_of(&source, bytes, sizeof bytes, "list"),
                        "list=[{count=2,own=[10,11],outer=[12]},{count=0,own=[],outer=[22]}]");
}

static void test_an_array_that_outgrows_its_element_is_a_mismatch(void **state)
{
    (void)state;
    static const section_layout_field inner[] = {
        NUMBER(SECTION_U8, "n"), NUMBER(SECTION_U8, "data", AT(1), COUNT_FIELD("n"))};
    static const section_layout_type types[] = {
        {.name = "inner", .fields = inner, .field_count = 2, .size_bytes = 4}};
    static const section_layout_field fields[] = {STRUCTURE("inner", "list", COUNT(2))};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    assert_string_equal(shown_of(&source,
                                 "\x03"
                                 "abc\x01x__",
                                 8, NULL),
                        "list=[{n=3,data=[97,98,99]},{n=1,data=[120]}]");
    expect_mismatch(&source,
                    "\x04"
                    "abc\x01x__",
                    8, "list[0].data");
    expect_mismatch(&source,
                    "\x03"
                    "abc\x04x__",
                    8, "list[1].data");
}

static void test_places_from_the_view_leave_the_element(void **state)
{
    (void)state;
    static const section_layout_field inner[] = {
        NUMBER(SECTION_U8, "name_at"),
        STRING(4, "name",
               .place = {.rule = SECTION_PLACE_AT, .at = {.field = "name_at"}, .from_view = true})};
    static const section_layout_type types[] = {TYPE("inner", inner)};
    static const section_layout_field fields[] = {STRUCTURE("inner", "list", COUNT(2))};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    assert_string_equal(shown_of(&source,
                                 "\x06\x02"
                                 "abc\0xyz\0",
                                 10, NULL),
                        "list=[{name_at=6,name=\"xyz\"},{name_at=2,name=\"abc\"}]");
    expect_mismatch(&source,
                    "\x07\x02"
                    "abc\0xyz\0",
                    10, "list[0].name");
}

static void test_an_array_may_begin_where_another_ends(void **state)
{
    (void)state;
    static const section_layout_field entry[] = {NUMBER(SECTION_U8, "a")};
    static const section_layout_type types[] = {TYPE("entry", entry)};
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U8, "head"),
        NUMBER(SECTION_U8, "size"),
        NUMBER(SECTION_U8, "count"),
        STRUCTURE("entry", "entries", AT_FIELD("head"), STRIDE_FIELD("size"), COUNT_FIELD("count")),
        NUMBER(SECTION_U16, "last",
               .place = {.rule = SECTION_PLACE_END_OF, .of = "gpus", .align = 4}),
        STRUCTURE("entry", "gpus", END_OF("entries"), COUNT(2)),
    };
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    static const uint8_t bytes[] = {4, 3, 2, 0, 1, 0, 0, 2, 0, 0, 7, 8, 5, 1};
    assert_string_equal(shown_of(&source, bytes, sizeof bytes, "entries,gpus,last"),
                        "entries=[{a=1},{a=2}] gpus=[{a=7},{a=8}] last=261");
}

static void test_a_field_after_an_array_of_any_length_follows_its_end(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U8, "n"), NUMBER(SECTION_U8, "list", COUNT_FIELD("n")),
        NUMBER(SECTION_U16, "after"), NUMBER(SECTION_U8, "then")};
    const section_layout_source source = {WHOLE(fields)};
    assert_string_equal(shown_of(&source, "\x01\x09\x02\x01\x05_", 6, NULL),
                        "n=1 list=[9] after=258 then=5");
    assert_string_equal(shown_of(&source, "\x02\x09\x08_\x02\x01\x05", 7, NULL),
                        "n=2 list=[9,8] after=258 then=5");
}

static void test_since_leaves_out_what_an_older_version_does_not_have(void **state)
{
    (void)state;
    static const section_layout_field part[] = {
        NUMBER(SECTION_U8, "a"), NUMBER(SECTION_U8, "b", .since_field = "version", .since_min = 3)};
    static const section_layout_type types[] = {TYPE("part", part)};
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U64, "version"),
        NUMBER(SECTION_U8, "old"),
        NUMBER(SECTION_U8, "at", .since_field = "version", .since_min = 2),
        NUMBER(SECTION_U8, "there", AT_FIELD("at")),
        STRUCTURE("part", "parts", AT(10), COUNT(2)),
        NUMBER(SECTION_U64, "far", AT(1000), .since_field = "version", .since_min = 4)};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    uint8_t bytes[16] = {1, 0, 0, 0, 0, 0, 0, 0, 5, 8, 1, 2, 3, 4};
    assert_string_equal(shown_of(&source, bytes, sizeof bytes, NULL),
                        "version=1 old=5 parts=[{a=1},{a=3}]");
    bytes[0] = 2; /* what a place goes by is there, and so is what it leads to */
    assert_string_equal(shown_of(&source, bytes, sizeof bytes, NULL),
                        "version=2 old=5 at=8 there=5 parts=[{a=1},{a=3}]");
    bytes[0] = 3;
    assert_string_equal(shown_of(&source, bytes, sizeof bytes, "parts"),
                        "parts=[{a=1,b=2},{a=3,b=4}]");
    bytes[0] = 4;
    expect_mismatch(&source, bytes, sizeof bytes, "far");
    memset(bytes, 0xFF, 8); /* larger than any signed number */
    expect_mismatch(&source, bytes, sizeof bytes, "far");
}

/* As iRacing has it. */
static const section_layout_field buffer[] = {NUMBER(SECTION_I32, "tick"),
                                              NUMBER(SECTION_I32, "offset")};
static const section_layout_field variable[] = {
    NUMBER(SECTION_I32, "type"), NUMBER(SECTION_I32, "offset"), NUMBER(SECTION_I32, "count"),
    STRING(8, "name", .encoding = SECTION_LATIN1), STRING(4, "unit", .encoding = SECTION_LATIN1)};
static const section_layout_type racing_types[] = {TYPE("buffer", buffer), TYPE("var", variable)};
static const struct section_layout_row_type row_types[] = {
    {0, SECTION_CHAR}, {1, SECTION_BOOL8}, {2, SECTION_I32}, {4, SECTION_F32}};
static const section_layout_table table = {.of = "vars",
                                           .name = "name",
                                           .type = "type",
                                           .offset = "offset",
                                           .count = "count",
                                           .unit = "unit",
                                           .types = row_types,
                                           .type_count = 4};
static const section_layout_field racing[] = {
    NUMBER(SECTION_I32, "buffer_count"),
    NUMBER(SECTION_I32, "var_count"),
    NUMBER(SECTION_I32, "buffer_length"),
    STRUCTURE("buffer", "buffers", COUNT_FIELD("buffer_count")),
    STRUCTURE("var", "vars", AT(36), COUNT_FIELD("var_count")),
    {.name = "telemetry",
     .kind = SECTION_FIELD_TABLE,
     .table = &table,
     .size = {.field = "buffer_length"},
     .place = {.rule = SECTION_PLACE_NEWEST, .of = "buffers", .by = "tick", .offset = "offset"}}};
static const section_layout_source self_describing = {TYPES(racing_types), WHOLE(racing)};

typedef struct racing_memory {
    int32_t buffer_count, var_count, buffer_length;
    struct {
        int32_t tick, offset;
    } buffers[3];
    struct {
        int32_t type, offset, count;
        char name[8], unit[4];
    } vars[5];
    uint8_t data[2][16];
} racing_memory;

static racing_memory race(void)
{
    racing_memory made = {.buffer_count = 2,
                          .var_count = 5,
                          .buffer_length = 16,
                          .buffers = {{7, 156}, {8, 172}},
                          .vars = {{2, 0, 1, "RPM", "1/m"},
                                   {0, 4, 3, "Car Id", ""},
                                   {4, 8, 2, "Temp.", "C"},
                                   {9, 0, 1, "Odd", ""},
                                   {1, 7, 1, "RPM", ""}}};
    const float heat[] = {1.5f, 2.5f};
    made.data[0][0] = 1;
    made.data[1][0] = 2;
    memcpy(made.data[1] + 4, "abc\x01", 4);
    memcpy(made.data[1] + 8, heat, sizeof heat);
    return made;
}

static void test_a_table_in_the_newest_buffer_describes_itself(void **state)
{
    (void)state;
    racing_memory bytes = race();
    assert_int_equal(sizeof bytes, 188);
    assert_string_equal(shown_of(&self_describing, &bytes, sizeof bytes, "telemetry"),
                        "telemetry={RPM=2,Car_Id=\"abc\",Temp_=[1.5,2.5],RPM_4=true}");
    assert_string_equal(shown_of(&self_describing, &bytes, sizeof bytes,
                                 "telemetry.Temp_[1],telemetry.Car_Id,telemetry.RPM[0],telemetry."
                                 "None,telemetry.Temp_[*],"
                                 "telemetry.Temp_[2]"),
                        "telemetry.Temp_[1]=2.5 telemetry.Car_Id=\"abc\" telemetry.Temp_[0]=1.5");
    bytes.buffers[0].tick = 9;
    assert_string_equal(shown_of(&self_describing, &bytes, sizeof bytes, "telemetry.RPM"),
                        "telemetry.RPM=1");
    bytes.buffer_count = 0;
    assert_string_equal(shown_of(&self_describing, &bytes, sizeof bytes, "telemetry"), "");
}

enum { UNITS_BYTES = 200 };

/* The rows' types and units are told. */
static void note_units(void *context, const section_field_at *at, const section_field_value *value)
{
    char *units = context;
    const size_t length = strlen(units);
    (void)value;
    assert_null(at->field);
    (void)snprintf(units + length, UNITS_BYTES - length, "%s%s ", at->unit != NULL ? at->unit : "-",
                   section_value_lookup(at->type)->name);
}

static void test_rows_have_the_unit_and_type_that_are_described(void **state)
{
    (void)state;
    char units[UNITS_BYTES] = "";
    const racing_memory bytes = race();
    const section_fields_visitor visitor = {NULL, NULL, note_units, units};
    section_layout *layout = compiled(&self_describing);
    section *self = section_of(&bytes, sizeof bytes);
    section_selection *selection = NULL;
    section_image *image = section_image_new();
    works(section_selection_parse(layout, "telemetry", 9, &selection, &why));
    works(section_fields_read(self, layout, selection, NULL, image, NULL, &why));
    works(section_fields_visit(image, &visitor, &why));
    assert_string_equal(units, "1/mi32 -char Cf32 Cf32 -bool8 ");
    section_image_free(image);
    section_selection_free(selection);
    section_close(self);
    section_layout_free(layout);
}

static void test_rows_outside_of_their_table_are_a_mismatch(void **state)
{
    (void)state;
    static const int32_t wrong[][3] = {{2, 13, 1}, {2, -1, 1},    {2, 0, -1},
                                       {2, 0, 5},  {0, 0, 65537}, {2, INT32_MAX, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        racing_memory bytes = race();
        memcpy(&bytes.vars[1], wrong[i], sizeof wrong[i]);
        expect_mismatch(&self_describing, &bytes, sizeof bytes, "telemetry");
    }
    racing_memory bytes = race();
    bytes.buffers[1].offset = 173;
    expect_mismatch(&self_describing, &bytes, sizeof bytes, "telemetry");
    bytes.buffers[1].offset = -1;
    expect_mismatch(&self_describing, &bytes, sizeof bytes, "telemetry");
}

static void test_what_is_read_is_bounded(void **state)
{
    (void)state;
    enum { MANY = 65536, STRIDE = 8192 };
    static const section_layout_field element[] = {
        NUMBER(SECTION_U8, "a"), STRING(4000, "b", AT(4096)), NUMBER(SECTION_U8, "c", AT(20))};
    static const section_layout_type types[] = {TYPE("element", element)};
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U32, "n"), STRUCTURE("element", "list", AT(0), .stride = {.number = STRIDE},
                                            .dimensions = 1, .counts = {{.field = "n"}})};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    const section_create_options options = {.size_bytes = (uint64_t)MANY * STRIDE, .reserve = true};
    section_layout *layout = compiled(&source);
    section_selection *selection = NULL;
    section_image *image = section_image_new();
    section *self = NULL;
    const uint32_t few = 2000, many = 5000, most = MANY, more = MANY + 1;
    works(section_create(&options, &self, &why));
    works(section_selection_parse(layout, "list[*].a", 9, &selection, &why));
    works(section_write(self, 0, &few, sizeof few, &why));
    works(section_fields_read(self, layout, NULL, NULL, image, NULL, &why));
    assert_in_range(section_image_bytes(image), few * 4001, SECTION_LAYOUT_READ_BYTES_MAX);
    works(section_write(self, 0, &many, sizeof many, &why));
    fails(SECTION_LAYOUT_MISMATCH,
          section_fields_read(self, layout, NULL, NULL, image, NULL, &why));
    fails(SECTION_LAYOUT_MISMATCH,
          section_fields_read(self, layout, selection, NULL, image, NULL, &why));
    works(section_write(self, 0, &most, sizeof most, &why));
    fails(SECTION_LAYOUT_MISMATCH,
          section_fields_read(self, layout, selection, NULL, image, NULL, &why));
    works(section_write(self, 0, &more, sizeof more, &why));
    fails(SECTION_LAYOUT_MISMATCH,
          section_fields_read(self, layout, selection, NULL, image, NULL, &why));
    section_image_free(image);
    section_selection_free(selection);
    section_close(self);
    section_layout_free(layout);
}

static void test_what_is_shown_is_bounded(void **state)
{
    (void)state;
    /* Each of many elements leads to the same long string. */
    static const section_layout_field element[] = {
        NUMBER(SECTION_U8, "a"),
        STRING(65536, "text", .place = {.rule = SECTION_PLACE_AT, .from_view = true})};
    static const section_layout_type types[] = {
        {.name = "element", .fields = element, .field_count = 2, .size_bytes = 1}};
    static const section_layout_field fields[] = {STRUCTURE("element", "list", COUNT(65536))};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    uint8_t *bytes = calloc(1, 65536);
    memset(bytes, 'x', 65536);
    section_layout *layout = compiled(&source);
    section *self = section_of(bytes, 65536);
    section_image *image = section_image_new();
    const section_status status = section_fields_read(self, layout, NULL, NULL, image, NULL, &why);
    assert_int_equal(status, SECTION_LAYOUT_MISMATCH);
    assert_non_null(strstr(why.detail, "more than"));
    free(bytes);
    section_image_free(image);
    section_close(self);
    section_layout_free(layout);
}

static void test_holes_are_zeros_and_get_no_memory(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {NUMBER(SECTION_U32, "a", AT(4094)),
                                                  NUMBER(SECTION_U8, "b", AT(100000)),
                                                  STRING(5000, "c", AT(200000))};
    const section_layout_source source = {WHOLE(fields)};
    const section_create_options options = {.size_bytes = 1 << 20, .reserve = true};
    section_layout *layout = compiled(&source);
    section *self = NULL;
    works(section_create(&options, &self, &why));
    set_byte(self, 4096, 1);
    assert_string_equal(shown(self, layout, NULL), "a=65536 b=0 c=\"\"");
    section_close(self);
    section_layout_free(layout);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_offset_count_and_stride_are_read_from_the_section),
        cmocka_unit_test(test_a_count_beyond_its_maximum_does_not_match_even_inside_the_view),
        cmocka_unit_test(test_fields_beyond_a_shorter_stride_are_absent),
        cmocka_unit_test(test_a_longer_stride_leaves_gaps_and_the_last_element_needs_none),
        cmocka_unit_test(test_what_leads_outside_of_the_view_is_a_mismatch),
        cmocka_unit_test(test_negative_and_enormous_numbers_are_no_places),
        cmocka_unit_test(test_a_place_is_looked_up_in_the_same_element_then_outwards),
        cmocka_unit_test(test_an_array_that_outgrows_its_element_is_a_mismatch),
        cmocka_unit_test(test_places_from_the_view_leave_the_element),
        cmocka_unit_test(test_an_array_may_begin_where_another_ends),
        cmocka_unit_test(test_a_field_after_an_array_of_any_length_follows_its_end),
        cmocka_unit_test(test_since_leaves_out_what_an_older_version_does_not_have),
        cmocka_unit_test(test_a_table_in_the_newest_buffer_describes_itself),
        cmocka_unit_test(test_rows_have_the_unit_and_type_that_are_described),
        cmocka_unit_test(test_rows_outside_of_their_table_are_a_mismatch),
        cmocka_unit_test(test_what_is_read_is_bounded),
        cmocka_unit_test(test_what_is_shown_is_bounded),
        cmocka_unit_test(test_holes_are_zeros_and_get_no_memory),
    };
    return cmocka_run_group_tests_name("fields_places", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
