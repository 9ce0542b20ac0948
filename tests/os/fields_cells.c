#include "fields_support.h"

#include <string.h>

/* What a layout itself reads is stored with force only, under whatever name, and nothing else is. */

typedef struct trial {
    section_layout *layout;
    section *self;
} trial;

static trial made(const section_layout_source *source, const void *bytes, size_t length_bytes)
{
    return (trial){compiled(source), section_of(bytes, length_bytes)};
}

static void end(trial *trial)
{
    section_close(trial->self);
    section_layout_free(trial->layout);
}

static section_status store(const trial *trial, const char *path, bool force)
{
    const section_field_input input = {.path = path, .kind = SECTION_INPUT_NUMBER, .number = 1};
    const section_fields_store_options options = {.force = force, .is_trial = true};
    return section_fields_store(trial->self, trial->layout, &input, 1, &options, NULL, NULL, &why);
}

static void expect(const trial *trial, section_status status, const char *const *paths)
{
    for (size_t i = 0; paths[i] != NULL; i++) {
        const section_status given = store(trial, paths[i], false);
        if (given != status) {
            fail_msg("%s gave %d (%s), not %d", paths[i], given, why.detail, status);
        }
        works(store(trial, paths[i], true));
    }
}

#define REFUSED(trial, ...)                                                                        \
    expect((trial), SECTION_FIELD_READ_BY_LAYOUT, (const char *const[]){__VA_ARGS__, NULL})
#define STORED(trial, ...) expect((trial), SECTION_OK, (const char *const[]){__VA_ARGS__, NULL})

static void test_of_an_array_only_the_elements_that_are_read_are_refused(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U8, "counts", COUNT(3)),
        NUMBER(SECTION_U8, "list", AT(4), COUNT_FIELD("counts[1]"))};
    const section_layout_source source = {WHOLE(fields)};
    trial trial = made(&source, "\0\x02\0_ab", 6);
    REFUSED(&trial, "counts[1]");
    STORED(&trial, "counts[0]", "counts[2]", "list[0]", "list[1]");
    end(&trial);
}

static void test_counts_are_refused_under_other_names_too(void **state)
{
    (void)state;
    static const section_layout_field inner[] = {
        NUMBER(SECTION_U16, "n"), NUMBER(SECTION_U8, "data", AT(2), COUNT_FIELD("n")),
        NUMBER(SECTION_U8, "first", AT(1)), NUMBER(SECTION_U8, "last", AT(3))};
    static const section_layout_type types[] = {
        {.name = "inner", .fields = inner, .field_count = 4, .size_bytes = 4}};
    static const section_layout_field fields[] = {NUMBER(SECTION_U32, "at"),
                                                  NUMBER(SECTION_U8, "moved", AT_FIELD("at")),
                                                  STRUCTURE("inner", "list", AT(8), COUNT(2)),
                                                  NUMBER(SECTION_U8, "raw", AT(0), COUNT(16)),
                                                  NUMBER(SECTION_U64, "wide", AT(4)),
                                                  NUMBER(SECTION_U32, "half", AT(2))};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    trial trial = made(&source, "\x04\0\0\0____\x01\0ab\x02\0cd", 16);
    REFUSED(&trial, "at", "list[0].n", "list[1].n", "list[0].first", "list[1].first", "raw[0]",
            "raw[3]", "raw[8]", "raw[9]", "raw[12]", "raw[13]", "wide", "half");
    STORED(&trial, "moved", "raw[4]", "raw[7]", "raw[10]", "raw[11]", "raw[14]", "raw[15]",
           "list[0].last", "list[1].last", "list[0].data[0]");
    end(&trial);
}

static void test_what_memory_places_is_refused_where_it_is_now(void **state)
{
    (void)state;
    static const section_layout_field inner[] = {NUMBER(SECTION_U8, "n"),
                                                 NUMBER(SECTION_U8, "x", COUNT_FIELD("n"))};
    static const section_layout_type types[] = {
        {.name = "inner", .fields = inner, .field_count = 2, .size_bytes = 2}};
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U8, "at"), NUMBER(SECTION_U8, "count"), NUMBER(SECTION_U8, "stride"),
        STRUCTURE("inner", "list", AT_FIELD("at"), COUNT_FIELD("count"), STRIDE_FIELD("stride")),
        NUMBER(SECTION_U8, "raw", AT(4), COUNT(8))};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    trial trial = made(&source, "\x05\x02\x03_\0\x01\0\0\x01\0\0\0", 12);
    REFUSED(&trial, "raw[1]", "raw[4]");
    STORED(&trial, "raw[0]", "raw[2]", "raw[3]", "raw[5]", "raw[7]");
    set_byte(trial.self, 0, 4);
    set_byte(trial.self, 2, 4);
    REFUSED(&trial, "raw[0]", "raw[4]");
    STORED(&trial, "raw[1]", "raw[5]");
    set_byte(trial.self, 1, 200); /* the array leads outside: it has no place at all */
    STORED(&trial, "raw[0]", "raw[4]");
    REFUSED(&trial, "at", "count", "stride");
    end(&trial);
}

static void test_bits_beside_those_that_are_read_are_stored(void **state)
{
    (void)state;
    static const section_layout_bits bits[] = {{"low", 0, 4}, {"mixed", 3, 2}, {"high", 4, 4}};
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U16, "n", .bit_width = 4),
        NUMBER(SECTION_U16, "beside", AT(0), .bit_shift = 4, .bit_width = 12),
        NUMBER(SECTION_U16, "word", AT(0), .bits = bits, .bits_count = 3),
        NUMBER(SECTION_U8, "list", AT(2), COUNT_FIELD("n"))};
    section_layout_source source = {WHOLE(fields)};
    for (int endian = 0; endian < 2; endian++) {
        source.endian = endian == 0 ? SECTION_LITTLE_ENDIAN : SECTION_BIG_ENDIAN;
        trial trial = made(&source, "\0\0ab", 4);
        REFUSED(&trial, "n", "word.low", "word.mixed");
        STORED(&trial, "beside", "word.high");
        end(&trial);
    }
}

static void test_what_describes_rows_is_refused_in_their_array_only(void **state)
{
    (void)state;
    static const section_layout_field row[] = {
        NUMBER(SECTION_U8, "type"), NUMBER(SECTION_U8, "offset"), NUMBER(SECTION_U8, "more"),
        STRING(4, "name", .encoding = SECTION_LATIN1)};
    static const section_layout_type types[] = {TYPE("row", row)};
    static const struct section_layout_row_type row_types[] = {{1, SECTION_U8}};
    static const section_layout_table table = {.of = "rows",
                                               .name = "name",
                                               .type = "type",
                                               .offset = "offset",
                                               .types = row_types,
                                               .type_count = 1};
    static const section_layout_field fields[] = {
        STRUCTURE("row", "rows", COUNT(2)),
        STRUCTURE("row", "others", COUNT(2)),
        NUMBER(SECTION_U8, "letter", AT(10)),
        {.name = "table",
         .kind = SECTION_FIELD_TABLE,
         .table = &table,
         .place = {.rule = SECTION_PLACE_AT, .at = {.number = 28}}}};
    const section_layout_source source = {TYPES(types), WHOLE(fields)};
    trial trial = made(&source,
                       "\x01\0_a\0\0\0"
                       "\x01\x01_b\0\0\0"
                       "______________"
                       "xy",
                       30);
    REFUSED(&trial, "rows[0].type", "rows[1].offset", "letter");
    STORED(&trial, "rows[0].more", "others[0].type", "others[1].offset", "table.a", "table.b");
    end(&trial);
}

static void test_a_store_of_many_values_tells_which_one_is_read(void **state)
{
    (void)state;
    static const section_layout_field fields[] = {
        NUMBER(SECTION_U8, "n"),
        STRING(8, "text", AT(2)),
        NUMBER(SECTION_U8, "list", AT(12), COUNT_FIELD("n")),
        NUMBER(SECTION_U8, "m", AT(10)),
        NUMBER(SECTION_U8, "late", AT(14), .since_field = "m", .since_min = 0),
        STRING(10, "all", AT(2)),
        NUMBER(SECTION_U8, "middle", AT(4))};
    const section_layout_source source = {WHOLE(fields)};
    trial trial = made(&source, "\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    const section_field_input inputs[] = {
        {.path = "late", .kind = SECTION_INPUT_NUMBER, .number = 1},
        {.path = "text", .kind = SECTION_INPUT_TEXT, .text = "a", .text_bytes = 1},
        {.path = "m", .kind = SECTION_INPUT_NUMBER, .number = 1},
        {.path = "list[0]", .kind = SECTION_INPUT_NUMBER, .number = 1}};
    size_t index = 99;
    fails(SECTION_FIELD_READ_BY_LAYOUT,
          section_fields_store(trial.self, trial.layout, inputs, 4, NULL, &index, NULL, &why));
    assert_int_equal(index, 2);
    assert_int_equal(byte_at(trial.self, 14), 0);
    works(section_fields_store(trial.self, trial.layout, inputs, 2, NULL, &index, NULL, &why));
    assert_int_equal(byte_at(trial.self, 14), 1);
    /* The longer one reaches what is read, behind the shorter one in it. */
    const section_field_input nested[] = {
        {.path = "middle", .kind = SECTION_INPUT_NUMBER, .number = 1},
        {.path = "all", .kind = SECTION_INPUT_TEXT, .text = "a", .text_bytes = 1}};
    fails(SECTION_FIELD_READ_BY_LAYOUT,
          section_fields_store(trial.self, trial.layout, nested, 2, NULL, &index, NULL, &why));
    assert_int_equal(index, 1);
    end(&trial);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_of_an_array_only_the_elements_that_are_read_are_refused),
        cmocka_unit_test(test_counts_are_refused_under_other_names_too),
        cmocka_unit_test(test_what_memory_places_is_refused_where_it_is_now),
        cmocka_unit_test(test_bits_beside_those_that_are_read_are_stored),
        cmocka_unit_test(test_what_describes_rows_is_refused_in_their_array_only),
        cmocka_unit_test(test_a_store_of_many_values_tells_which_one_is_read),
    };
    return cmocka_run_group_tests_name("fields_cells", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
