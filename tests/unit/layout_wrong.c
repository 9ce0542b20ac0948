#include "layouts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Descriptions that are wrong say where, and why. */

/* A wrong description, and what its problem says. */
typedef struct wrong {
    section_layout_source source;
    const char *field, *member, *detail;
} wrong;

static void expect_problem(const wrong *wrong, size_t index)
{
    section_layout *layout = NULL;
    section_layout_problem items[4];
    section_layout_problems problems = {items, 4, 99};
    section_error error = {0};
    const section_status status =
        section_layout_compile(&wrong->source, &layout, &problems, &error);
    if (status != SECTION_BAD_LAYOUT || error.code != SECTION_BAD_LAYOUT || problems.count == 0) {
        fail_msg("case %zu (%s) gave %d: %s", index, wrong->detail, status, error.detail);
    }
    const section_layout_problem *first = &items[0];
    const char *field = first->field != NULL ? first->field->name : NULL;
    const bool is_same_field =
        wrong->field == NULL ? field == NULL : field != NULL && strcmp(field, wrong->field) == 0;
    if (!is_same_field || strcmp(first->member, wrong->member) != 0 ||
        strstr(first->detail, wrong->detail) == NULL) {
        fail_msg("case %zu: %s.%s: %s, not %s.%s: %s", index, field != NULL ? field : "-",
                 first->member, first->detail, wrong->field != NULL ? wrong->field : "-",
                 wrong->member, wrong->detail);
    }
    assert_string_equal(first->detail, error.detail);
}

static void expect_problems(const wrong *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect_problem(&list[i], i);
    }
}

#define EXPECT(...)                                                                                \
    do {                                                                                           \
        const wrong list[] = {__VA_ARGS__};                                                        \
        expect_problems(list, sizeof list / sizeof list[0]);                                       \
    } while (0)

static void test_names_are_checked(void **state)
{
    (void)state;
    char longest[257];
    memset(longest, 'x', 256);
    longest[256] = '\0';
    EXPECT({{.whole = {0}}, NULL, "fields", "no fields"},
           {{WHOLE(NUMBER(SECTION_U8, ""))}, "", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a.b"))}, "a.b", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a[0]"))}, "a[0]", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a b"))}, "a b", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a,b"))}, "a,b", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a=b"))}, "a=b", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a\"b"))}, "a\"b", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a\nb"))}, "a\nb", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a\x7F"))}, "a\x7F", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a\xC2\x85"))}, "a\xC2\x85", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a\u2028"))}, "a\u2028", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a\xFF"))}, "a\xFF", "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, NULL))}, NULL, "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, longest))}, longest, "name", "a name has"},
           {{WHOLE(NUMBER(SECTION_U8, "a"), NUMBER(SECTION_U16, "b"), NUMBER(SECTION_U8, "a"))},
            "a",
            "name",
            "two fields"},
           {{TYPES({.name = "t", FIELDS(NUMBER(SECTION_U8, "a"))},
                   {.name = "t", FIELDS(NUMBER(SECTION_U8, "a"))}),
             WHOLE(NUMBER(SECTION_U8, "a"))},
            NULL,
            "fields",
            "two types"},
           {{TYPES({.name = "", FIELDS(NUMBER(SECTION_U8, "a"))}), WHOLE(NUMBER(SECTION_U8, "a"))},
            NULL,
            "fields",
            "a name has"},
           {{TYPES({.name = "t"}), WHOLE(NUMBER(SECTION_U8, "a"))}, NULL, "fields", "no fields"},
           {{WHOLE(STRUCTURE("none", "a"))}, "a", "type", "no type"},
           {{WHOLE(STRUCTURE(NULL, "a"))}, "a", "type", "no type"});
    longest[255] = '\0';
    const section_layout_source fits = {
        WHOLE(NUMBER(SECTION_U8, longest), NUMBER(SECTION_U8, "\u00E4-$%&'()*+/:;<>?@^`{|}~!#\\"))};
    section_layout_free(compiled(&fits));
}

static void test_counts_and_strides_are_checked(void **state)
{
    (void)state;
    EXPECT({{WHOLE(NUMBER(SECTION_U8, "a", COUNT(0)))}, "a", "count", "at least one"},
           {{WHOLE(NUMBER(SECTION_U8, "a", COUNT(-1)))}, "a", "count", "at least one"},
           {{WHOLE(NUMBER(SECTION_U8, "a", COUNT(65537)))}, "a", "count", "at most"},
           {{WHOLE(NUMBER(SECTION_U8, "a", .dimensions = 2,
                          .counts = {{.number = 256}, {.number = 257}}))},
            "a",
            "count",
            "at most"},
           {{WHOLE(NUMBER(SECTION_U8, "a", .dimensions = 2,
                          .counts = {{.number = INT64_C(1) << 32}, {.number = INT64_C(1) << 32}}))},
            "a",
            "count",
            "at most"},
           {{WHOLE(NUMBER(SECTION_U8, "a", .dimensions = 5))}, "a", "count", "dimensions"},
           {{WHOLE(NUMBER(SECTION_U8, "n"), NUMBER(SECTION_U8, "a", .dimensions = 2,
                                                   .counts = {{.number = 2}, {.field = "n"}}))},
            "a",
            "count",
            "only the first"},
           {{WHOLE(NUMBER(SECTION_U8, "n"),
                   NUMBER(SECTION_U8, "a", .dimensions = 2,
                          .counts = {{.field = "n", .max = 300}, {.number = 256}}))},
            "a",
            "count",
            "max is too large"},
           {{WHOLE(NUMBER(SECTION_U32, "a", COUNT(2), .stride = {.number = 3}))},
            "a",
            "stride",
            "less than"},
           {{WHOLE(NUMBER(SECTION_U32, "a", COUNT(2), .stride = {.number = -4}))},
            "a",
            "stride",
            "negative"},
           {{WHOLE(NUMBER(SECTION_U32, "a", .stride = {.number = 4}))},
            "a",
            "stride",
            "only an array"},
           {{WHOLE(NUMBER(SECTION_U32, "a", COUNT(65536), .stride = {.number = INT64_MAX}))},
            "a",
            "offset",
            "no number"},
           {{WHOLE(NUMBER(SECTION_U32, "a", AT(INT64_MAX)))}, "a", "offset", "no number"},
           {{WHOLE(NUMBER(SECTION_U8, "a", AT(INT64_MAX - 1)), NUMBER(SECTION_U32, "b"))},
            "b",
            "offset",
            "no number"},
           {{WHOLE(NUMBER(SECTION_U8, "a", AT(-1)))}, "a", "offset", "negative"},
           {{TYPES({.name = "t",
                    FIELDS(NUMBER(SECTION_U8, "n"), NUMBER(SECTION_U8, "l", COUNT_FIELD("n")))}),
             WHOLE(STRUCTURE("t", "a", COUNT(2)))},
            "a",
            "stride",
            "depends on memory"},
           {{TYPES({.name = "t", .size_bytes = 3, FIELDS(NUMBER(SECTION_U32, "n"))}),
             WHOLE(STRUCTURE("t", "a"))},
            NULL,
            "size",
            "beyond its size"});
}

static void test_what_a_number_shows_is_checked(void **state)
{
    (void)state;
    EXPECT(
        {{WHOLE(NUMBER(SECTION_U8, "a", LABELS({0, "x"}, {1, "x"})))}, "a", "enum", "the label"},
        {{WHOLE(NUMBER(SECTION_U8, "a", LABELS({1, "x"}, {1, "y"})))}, "a", "enum", "two labels"},
        {{WHOLE(NUMBER(SECTION_U8, "a", LABELS({1, NULL})))}, "a", "enum", "is a text"},
        {{WHOLE(NUMBER(SECTION_F32, "a", LABELS({1, "x"})))}, "a", "type", "only integers"},
        {{WHOLE(NUMBER(SECTION_BOOL8, "a", BITS({"x", 0, 1})))}, "a", "type", "only integers"},
        {{WHOLE(NUMBER(SECTION_U8, "a", BITS({"x", 0, 0})))}, "a", "bits", "not among"},
        {{WHOLE(NUMBER(SECTION_U8, "a", BITS({"x", 8, 1})))}, "a", "bits", "not among"},
        {{WHOLE(NUMBER(SECTION_U8, "a", BITS({"x", UINT32_MAX, 2})))}, "a", "bits", "not among"},
        {{WHOLE(NUMBER(SECTION_U8, "a", BITS({"x", 4, 5})))}, "a", "bits", "not among"},
        {{WHOLE(NUMBER(SECTION_U8, "a", BITS({"x", 0, 1}, {"x", 1, 1})))}, "a", "bits", "two of"},
        {{WHOLE(NUMBER(SECTION_U8, "a", BITS({"x.y", 0, 1})))}, "a", "bits", "a name has"},
        {{WHOLE(NUMBER(SECTION_U8, "a", BITS({"x", 0, 1}), .scale = 2))}, "a", "bits", "one of"},
        {{WHOLE(NUMBER(SECTION_U8, "a", .scale = (double)INFINITY))}, "a", "scale", "finite"},
        {{WHOLE(NUMBER(SECTION_CHAR, "a", .scale = 2))}, "a", "scale", "finite"},
        {{WHOLE(NUMBER(SECTION_U8, "a", .has_null = true, .null_value = {.unsigned_number = 256}))},
         "a",
         "null_value",
         "hold"},
        {{WHOLE(STRING(8, "a", .has_null = true))}, "a", "null_value", "hold"},
        {{WHOLE(NUMBER(SECTION_U8, "a", .bit_shift = 1))}, "a", "bit_width", "no bit field"},
        {{WHOLE(NUMBER(SECTION_U8, "a", .bit_shift = 8, .bit_width = 1))},
         "a",
         "bit_width",
         "no bit field"},
        {{WHOLE(NUMBER(SECTION_U8, "a", .bit_width = 9))}, "a", "bit_width", "no bit field"},
        {{WHOLE(NUMBER(SECTION_F32, "a", .bit_width = 9))}, "a", "type", "only integers"},
        {{.endian = SECTION_BIG_ENDIAN,
          WHOLE(NUMBER(SECTION_U8, "a", .bit_shift = 7, .bit_width = 2))},
         "a",
         "bit_width",
         "no bit field"},
        {{WHOLE(NUMBER(SECTION_U8, "a", .bit_width = 1, COUNT(2)))}, "a", "bit_width", "no array"},
        {{WHOLE(STRING(0, "a"))}, "a", "bytes", "a string has"},
        {{WHOLE(STRING(1, "a", .encoding = SECTION_UTF16LE))}, "a", "bytes", "a string has"},
        {{WHOLE(STRING(UINT64_MAX, "a"))}, "a", "bytes", "a string has"},
        {{WHOLE(STRING(8, "a", .encoding = 64999))}, "a", "encoding", "no encoding"});
}

static void test_references_are_checked(void **state)
{
    (void)state;
    EXPECT({{WHOLE(NUMBER(SECTION_U8, "a", AT_FIELD("none")))}, "a", "offset", "no such field"},
           {{WHOLE(NUMBER(SECTION_U8, "a", AT_FIELD("")))}, "a", "offset", "no such field"},
           {{WHOLE(NUMBER(SECTION_F32, "f"), NUMBER(SECTION_U8, "a", AT_FIELD("f")))},
            "a",
            "offset",
            "not an integer"},
           {{WHOLE(NUMBER(SECTION_U8, "l", COUNT(3)), NUMBER(SECTION_U8, "a", AT_FIELD("l")))},
            "a",
            "offset",
            "is an array"},
           {{WHOLE(NUMBER(SECTION_U8, "l", COUNT(3)), NUMBER(SECTION_U8, "a", AT_FIELD("l[3]")))},
            "a",
            "offset",
            "not so many"},
           {{WHOLE(NUMBER(SECTION_U8, "l", COUNT(3)), NUMBER(SECTION_U8, "a", AT_FIELD("l[x]")))},
            "a",
            "offset",
            "is an array"},
           {{WHOLE(NUMBER(SECTION_U8, "l"), NUMBER(SECTION_U8, "a", AT_FIELD("l[0]")))},
            "a",
            "offset",
            "it is not NAME"},
           {{WHOLE(NUMBER(SECTION_U8, "l"), NUMBER(SECTION_U8, "a", AT_FIELD("l.x")))},
            "a",
            "offset",
            "no such field"},
           {{WHOLE(NUMBER(SECTION_U8, "a", AT_FIELD("a")))}, "a", "offset", "depends on itself"},
           {{WHOLE(NUMBER(SECTION_U8, "a", AT_FIELD("b")), NUMBER(SECTION_U8, "b", AT_FIELD("a")))},
            "a",
            "offset",
            "depends on itself"},
           {{WHOLE(NUMBER(SECTION_U8, "a", END_OF("a")))}, "a", "offset", "depends on itself"},
           {{WHOLE(NUMBER(SECTION_U8, "a", END_OF(NULL)))}, "a", "offset", "which array"},
           {{WHOLE(NUMBER(SECTION_U8, "a", END_OF("b")))}, "a", "offset", "no such field"},
           {{WHOLE(NUMBER(SECTION_U8, "b"),
                   NUMBER(SECTION_U8, "a",
                          .place = {.rule = SECTION_PLACE_END_OF, .of = "b", .align = 3}))},
            "a",
            "offset",
            "power of two"},
           {{WHOLE(NUMBER(SECTION_U8, "a", .since_field = "none"))}, "a", "since", "no such field"},
           {{TYPES({.name = "t",
                    FIELDS(NUMBER(SECTION_U8, "x"), NUMBER(SECTION_U8, "y", AT_FIELD("x")))}),
             WHOLE(STRUCTURE("t", "s"), NUMBER(SECTION_U8, "a", AT_FIELD("s.y")))},
            "a",
            "offset",
            "only its first"},
           {{TYPES({.name = "t", FIELDS(NUMBER(SECTION_U8, "x", .since_field = "x"))}),
             WHOLE(STRUCTURE("t", "s"), NUMBER(SECTION_U8, "a", AT_FIELD("s.x")))},
            "a",
            "offset",
            "only its first"},
           {{TYPES({.name = "t", FIELDS(NUMBER(SECTION_U8, "x", COUNT_FIELD("n")))}),
             WHOLE(STRUCTURE("t", "s"))},
            "x",
            "count",
            "neither here nor outwards"},
           {{TYPES({.name = "t", FIELDS(NUMBER(SECTION_U8, "x"), STRUCTURE("u", "y"))},
                   {.name = "u", FIELDS(STRUCTURE("t", "z"))}),
             WHOLE(STRUCTURE("t", "s"))},
            "z",
            "type",
            "contains itself"});
}

static void test_tables_and_newest_buffers_are_checked(void **state)
{
    (void)state;
    static const struct section_layout_row_type types[] = {{1, SECTION_U8}, {1, SECTION_U16}};
    static const section_layout_table good = {
        .of = "rows", .name = "n", .type = "t", .offset = "o", .types = types, .type_count = 1};
    section_layout_table bad[6];
    for (size_t i = 0; i < 6; i++) {
        bad[i] = good;
    }
    bad[0].of = "none";
    bad[1].name = "t";
    bad[2].offset = "n";
    bad[3].type_count = 2;
    bad[4].type_count = 0;
    bad[5].of = "one";
#define ROWS                                                                                       \
    TYPES({.name = "row",                                                                          \
           FIELDS(STRING(8, "n"), NUMBER(SECTION_U32, "t"), NUMBER(SECTION_U32, "o"),              \
                  NUMBER(SECTION_U32, "l", COUNT(2)))},                                            \
          {.name = "with", FIELDS(TABLE(&good, "x"))})
#define OF_ROWS STRUCTURE("row", "rows", COUNT(2)), STRUCTURE("row", "one")
#define NEWEST(array, number, where)                                                               \
    .place = {.rule = SECTION_PLACE_NEWEST, .of = (array), .by = (number), .offset = (where)}
    EXPECT({{ROWS, WHOLE(OF_ROWS, TABLE(&bad[0], "a"))}, "x", "table", "a single field"},
           {{ROWS, WHOLE(OF_ROWS, STRUCTURE("with", "a"))}, "x", "table", "a single field"});
#undef ROWS
#define ROWS                                                                                       \
    TYPES({.name = "row",                                                                          \
           FIELDS(STRING(8, "n"), NUMBER(SECTION_U32, "t"), NUMBER(SECTION_U32, "o"),              \
                  NUMBER(SECTION_U32, "l", COUNT(2)))})
    EXPECT({{ROWS, WHOLE(OF_ROWS, TABLE(&bad[0], "a"))}, "a", "table", "no such field"},
           {{ROWS, WHOLE(OF_ROWS, TABLE(&bad[1], "a"))}, "a", "table", "are strings"},
           {{ROWS, WHOLE(OF_ROWS, TABLE(&bad[2], "a"))}, "a", "table", "not an integer"},
           {{ROWS, WHOLE(OF_ROWS, TABLE(&bad[3], "a"))}, "a", "types", "two types"},
           {{ROWS, WHOLE(OF_ROWS, TABLE(&bad[4], "a"))}, "a", "table", "a table needs"},
           {{ROWS, WHOLE(OF_ROWS, TABLE(&bad[5], "a"))}, "a", "table", "array of structures"},
           {{ROWS, WHOLE(OF_ROWS, TABLE(NULL, "a"))}, "a", "table", "a table needs"},
           {{ROWS, WHOLE(OF_ROWS, TABLE(&good, "a", COUNT(2)))}, "a", "table", "a single field"},
           {{ROWS, WHOLE(OF_ROWS, NUMBER(SECTION_U8, "a", NEWEST("one", "t", "o")))},
            "a",
            "offset",
            "array of structures"},
           {{ROWS, WHOLE(OF_ROWS, NUMBER(SECTION_U8, "a", NEWEST("rows", "n", "o")))},
            "a",
            "offset",
            "not an integer"},
           {{ROWS, WHOLE(OF_ROWS, NUMBER(SECTION_U8, "a", NEWEST("rows", "l", "o")))},
            "a",
            "offset",
            "at a fixed place"},
           {{ROWS, WHOLE(OF_ROWS, NUMBER(SECTION_U8, "a", NEWEST("rows", "t", "none")))},
            "a",
            "offset",
            "at a fixed place"},
           {{ROWS, WHOLE(OF_ROWS, NUMBER(SECTION_U8, "a", NEWEST("rows", NULL, "o")))},
            "a",
            "offset",
            "needs by and offset"},
           {{TYPES({.name = "row", FIELDS(NUMBER(SECTION_U8, "t"), NUMBER(SECTION_U8, "o"))},
                   {.name = "s", FIELDS(NUMBER(SECTION_U8, "a", NEWEST("rows", "t", "o")))}),
             WHOLE(STRUCTURE("row", "rows", COUNT(2)), STRUCTURE("s", "b"))},
            "a",
            "offset",
            "only a field of the whole"},
           {{ROWS, WHOLE(OF_ROWS, NUMBER(SECTION_U8, "a",
                                         .place = {.rule = SECTION_PLACE_NEWEST,
                                                   .of = "rows",
                                                   .by = "t",
                                                   .offset = "o",
                                                   .begin = "n"}))},
            "a",
            "offset",
            "not an integer"});
    const section_layout_source works = {
        ROWS, WHOLE(OF_ROWS, TABLE(&good, "a", NEWEST("rows", "t", "o")))};
    section_layout_free(compiled(&works));
}

static void test_guards_and_consistency_are_checked(void **state)
{
    (void)state;
#define SOME                                                                                       \
    WHOLE(NUMBER(SECTION_U32, "n"), NUMBER(SECTION_F32, "f"), STRING(8, "s"),                      \
          NUMBER(SECTION_U32, "b", .bit_width = 3), NUMBER(SECTION_U32, "d", AT_FIELD("n")),       \
          NUMBER(SECTION_U16, "odd", AT(31)), NUMBER(SECTION_I32, "i", AT(36)),                    \
          NUMBER(SECTION_U8, "byte", AT(41)), NUMBER(SECTION_U64, "half", AT(44)))
#define RULE(of, ...) .consistency = {.rule = SECTION_CONSISTENCY_##of, __VA_ARGS__}
    const section_layout_guard none = {.field = "none"}, text = {.field = "n", .text = "x"},
                               number = {.field = "s"}, moved = {.field = "d"}, no_field = {0};
    const char *const empty[] = {"a", ""};
    EXPECT({{SOME, .guards = &none, .guard_count = 1}, NULL, "match.fields", "no such field"},
           {{SOME, .guards = &text, .guard_count = 1}, NULL, "match.fields", "is a number"},
           {{SOME, .guards = &number, .guard_count = 1}, NULL, "match.fields", "is a string"},
           {{SOME, .guards = &moved, .guard_count = 1}, NULL, "match.fields", "fixed place"},
           {{SOME, .guards = &no_field, .guard_count = 1}, NULL, "match.fields", "missing"},
           {{SOME, .match_names = empty, .match_name_count = 2}, NULL, "match.names", "empty"},
           {{SOME, RULE(SEQLOCK, .field = NULL)}, NULL, "consistency", "missing"},
           {{SOME, RULE(SEQLOCK, .field = "none")}, NULL, "consistency", "no such field"},
           {{SOME, RULE(SEQLOCK, .field = "f")}, NULL, "consistency", "not an integer"},
           {{SOME, RULE(SEQLOCK, .field = "b")}, NULL, "consistency", "not an integer"},
           {{SOME, RULE(UNCHANGED, .field = "d")}, NULL, "consistency", "fixed place"},
           {{SOME, RULE(BUSY_FLAG, .field = "s")}, NULL, "consistency", "not an integer"},
           {{SOME, RULE(VERSION_PAIR, .begin = "n")}, NULL, "consistency", "missing"},
           {{SOME, RULE(SEQLOCK, .field = "odd")}, NULL, "consistency", "not read in one go"},
           {{SOME, RULE(BUSY_FLAG, .field = "half")}, NULL, "consistency", "not read in one go"},
           {{SOME, RULE(UNCHANGED, .field = "odd")}, NULL, "consistency", "not read in one go"},
           {{SOME, RULE(VERSION_PAIR, .begin = "n", .end = "odd")},
            NULL,
            "consistency",
            "not read in one go"},
           {{SOME, RULE(VERSION_PAIR, .begin = "n", .end = "i")},
            NULL,
            "consistency",
            "not of one type"},
           {{SOME, RULE(MUTEX, .name = "")}, NULL, "consistency", "a mutex has a name"},
           {{SOME, RULE(NONE, .timeout_ms = 1001)}, NULL, "consistency", "at most"});
    const section_layout_source of_a_byte = {SOME, RULE(SEQLOCK, .field = "byte")};
    section_layout_free(compiled(&of_a_byte));
}

static void test_levels_fields_and_chains_are_bounded(void **state)
{
    (void)state;
    static char names[SECTION_LAYOUT_FIELDS_MAX + 1][8];
    static section_layout_field fields[SECTION_LAYOUT_FIELDS_MAX + 1];
    for (size_t i = 0; i <= SECTION_LAYOUT_FIELDS_MAX; i++) {
        (void)snprintf(names[i], sizeof names[i], "f%zu", i);
        fields[i] = (section_layout_field){.name = names[i], .type = SECTION_U8};
    }
    section_layout_source source = {
        .whole = {.fields = fields, .field_count = SECTION_LAYOUT_FIELDS_MAX}};
    section_layout_free(compiled(&source));
    source.whole.field_count++;
    expect_problem(&(wrong){source, NULL, "fields", "at most 4096"}, 0);
    source.whole.field_count = SIZE_MAX;
    expect_problem(&(wrong){source, NULL, "fields", "at most 4096"}, 0);

    static section_layout_field members[17];
    static section_layout_type types[17];
    for (size_t i = 0; i < 17; i++) {
        members[i] = (section_layout_field){
            .name = "x", .kind = SECTION_FIELD_STRUCTURE, .type_name = names[i + 1]};
        types[i] = (section_layout_type){.name = names[i], .fields = &members[i], .field_count = 1};
    }
    section_layout_source deep = {.types = types,
                                  .whole = {.fields = &members[16], .field_count = 1}};
    members[16].type_name = names[0];
    members[14] = fields[0];
    deep.type_count = 15; /* and the whole: 16 levels */
    section_layout_free(compiled(&deep));
    members[14] = (section_layout_field){
        .name = "x", .kind = SECTION_FIELD_STRUCTURE, .type_name = names[15]};
    members[15] = fields[0];
    deep.type_count = 16;
    expect_problem(&(wrong){deep, "x", "type", "16 levels"}, 0);
    deep.whole = (section_layout_type){.fields = fields, .field_count = 1}; /* has none of them */
    section_layout_free(compiled(&deep));
    members[15] = (section_layout_field){
        .name = "x", .kind = SECTION_FIELD_STRUCTURE, .type_name = names[16]};
    members[16] = fields[0];
    deep.type_count = 17;
    expect_problem(&(wrong){deep, "x", "type", "16 levels"}, 0);
    members[15].type_name = names[15];
    expect_problem(&(wrong){deep, "x", "type", "a structure contains itself"}, 0);

    for (size_t i = 1; i < 100; i++) {
        fields[i].place =
            (section_layout_place){.rule = SECTION_PLACE_AT, .at = {.field = names[i - 1]}};
    }
    source.whole.field_count = 64;
    section_layout_free(compiled(&source));
    source.whole.field_count = 65;
    expect_problem(&(wrong){source, "f64", "offset", "in a row"}, 0);
    for (size_t i = 1; i < 100; i++) {
        fields[i].place.at.field = names[i + 1];
    }
    source.whole.field_count = 100;
    fields[99].place.at.field = names[0];
    section_layout *layout = NULL;
    assert_int_equal(section_layout_compile(&source, &layout, NULL, NULL), SECTION_BAD_LAYOUT);
}

static void test_all_problems_are_told_with_their_places(void **state)
{
    (void)state;
    const section_layout_source source = {
        TYPES({.name = "t", FIELDS(NUMBER(SECTION_U8, "ok"), STRING(0, "s"))}),
        WHOLE(NUMBER(SECTION_U8, "a b"),
              NUMBER(SECTION_U8, "b", LABELS({1, "x"}, {2, "y"}, {3, "x"})))};
    section_layout_problem items[3];
    section_layout_problems problems = {items, 3, 0};
    section_layout *layout = NULL;
    assert_int_equal(section_layout_compile(&source, &layout, &problems, NULL), SECTION_BAD_LAYOUT);
    assert_int_equal(problems.count, 3);
    assert_ptr_equal(items[0].type, &source.whole);
    assert_ptr_equal(items[0].field, &source.whole.fields[0]);
    assert_ptr_equal(items[1].field, &source.whole.fields[1]);
    assert_int_equal(items[1].index, 2);
    assert_ptr_equal(items[2].type, &source.types[0]);
    assert_ptr_equal(items[2].field, &source.types[0].fields[1]);
    problems.capacity = 1;
    assert_int_equal(section_layout_compile(&source, &layout, &problems, NULL), SECTION_BAD_LAYOUT);
    assert_int_equal(problems.count, 1);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_names_are_checked),
        cmocka_unit_test(test_counts_and_strides_are_checked),
        cmocka_unit_test(test_what_a_number_shows_is_checked),
        cmocka_unit_test(test_references_are_checked),
        cmocka_unit_test(test_tables_and_newest_buffers_are_checked),
        cmocka_unit_test(test_guards_and_consistency_are_checked),
        cmocka_unit_test(test_levels_fields_and_chains_are_bounded),
        cmocka_unit_test(test_all_problems_are_told_with_their_places),
    };
    return cmocka_run_group_tests_name("layout_wrong", list, NULL, NULL);
}
