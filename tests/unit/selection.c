#include "layouts.h"

#include <string.h>

/* Paths are found in a layout, or are refused. */

static section_layout *of_paths(void)
{
    static const struct section_layout_row_type types[] = {{1, SECTION_U8}};
    static const section_layout_table table = {.of = "list",
                                               .name = "name",
                                               .type = "id",
                                               .offset = "id",
                                               .types = types,
                                               .type_count = 1};
    const section_layout_source source = {
        TYPES({.name = "inner", FIELDS(NUMBER(SECTION_U8, "deep", COUNT(2)))},
              {.name = "entry",
               FIELDS(STRING(8, "name"), NUMBER(SECTION_U8, "id"), STRUCTURE("inner", "in"),
                      NUMBER(SECTION_U8, "moved", AT_FIELD("id")),
                      NUMBER(SECTION_U8, "many", COUNT(2)))}),
        WHOLE(NUMBER(SECTION_U8, "a"),
              NUMBER(SECTION_U8, "m", .dimensions = 2, .counts = {{.number = 2}, {.number = 3}}),
              STRUCTURE("entry", "list", COUNT(4), .stride = {.number = 40}),
              NUMBER(SECTION_U8, "flags", BITS({"pit", 0, 1})), NUMBER(SECTION_U8, "\u00E4-b"),
              TABLE(&table, "rows", .size = {.number = 10}))};
    return compiled(&source);
}

static void test_paths_are_found_in_a_layout(void **state)
{
    (void)state;
    static const char *const good[] = {"a",
                                       "m",
                                       "m[1]",
                                       "m[1][2]",
                                       "m[*][0]",
                                       "m[9]",
                                       "list",
                                       "list[0]",
                                       "list[*]",
                                       "list[3].in.deep[1]",
                                       "list[name=CPU].id",
                                       "list[id=3]",
                                       "list[name=].id",
                                       "list[name=\"a,b]\\\"\\u00e4\\ud83d\\ude00\"].in",
                                       "flags",
                                       "flags.pit",
                                       "\u00E4-b",
                                       "rows",
                                       "rows.anything",
                                       "rows.x[0]",
                                       "rows.x[*]",
                                       "list[65535]",
                                       "a,m,list[name=\"x,y\"].id",
                                       "list[name=a b.c[d=]"};
    static const char *const bad[] = {"",
                                      ".",
                                      "a.",
                                      ".a",
                                      "a[",
                                      "a[]",
                                      "a]",
                                      "a[0]",
                                      "a.b",
                                      "b",
                                      "m[",
                                      "m[1",
                                      "m[1]]",
                                      "m[1][2][3]",
                                      "m.x",
                                      "m[-1]",
                                      "m[01]",
                                      "m[65536]",
                                      "m[99999999999999999999]",
                                      "m[ 1]",
                                      "m[id=1]",
                                      "list.id",
                                      "list[0",
                                      "list[0]id",
                                      "list[none=1]",
                                      "list[moved=1]",
                                      "list[many=1]",
                                      "list[in=1]",
                                      "list[name=a\"b]",
                                      "list[name=a,b]",
                                      "list[name=\"a]",
                                      "list[name=\"\\x\"]",
                                      "list[name=\"\\u12\"]",
                                      "list[name=\"\\udc00\"]",
                                      "list[name=\"\\ud800x\"]",
                                      "list[name=\"\\u0000\"]",
                                      "list[name=\"a\"b]",
                                      "list[name=\"a\"",
                                      "list[name=\"a\"x.id",
                                      "list[name=a",
                                      "list[name]",
                                      "list[=x]",
                                      "list[*].none",
                                      "flags.none",
                                      "flags.pit.x",
                                      "flags.pit[0]",
                                      "rows.",
                                      "rows.x.y",
                                      "rows.x[0][1]",
                                      "rows.x[n=1]",
                                      "a,",
                                      ",a",
                                      "a,,a",
                                      "a b",
                                      "\xFF"};
    section_layout *layout = of_paths();
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        section_selection *selection = NULL;
        section_error error = {0};
        if (section_selection_parse(layout, good[i], strlen(good[i]), &selection, &error) !=
            SECTION_OK) {
            fail_msg("%s: %s", good[i], error.detail);
        }
        section_selection_free(selection);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        section_selection *selection = NULL;
        section_error error = {0};
        if (section_selection_parse(layout, bad[i], strlen(bad[i]), &selection, &error) !=
                SECTION_BAD_PATH ||
            error.code != SECTION_BAD_PATH) {
            fail_msg("%s was found", bad[i]);
        }
    }
    section_selection *selection = NULL;
    assert_int_equal(section_selection_parse(layout, "a\0b", 3, &selection, NULL),
                     SECTION_BAD_PATH);
    section_layout_free(layout);
}

static void test_a_selection_has_at_most_64_paths(void **state)
{
    (void)state;
    enum { MOST_BYTES = 2 * SECTION_SELECTION_PATHS_MAX - 1 };
    char list[MOST_BYTES + 2];
    section_layout *layout = of_paths();
    section_selection *selection = NULL;
    for (size_t i = 0; i < sizeof list; i++) {
        list[i] = i % 2 == 0 ? 'a' : ',';
    }
    assert_int_equal(section_selection_parse(layout, list, MOST_BYTES, &selection, NULL),
                     SECTION_OK);
    section_selection_free(selection);
    assert_int_equal(section_selection_parse(layout, list, MOST_BYTES + 2, &selection, NULL),
                     SECTION_BAD_PATH);
    assert_int_equal(section_selection_make(layout, NULL, 0, &selection, NULL), SECTION_BAD_PATH);
    section_selection_free(NULL);
    section_layout_free(layout);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_paths_are_found_in_a_layout),
        cmocka_unit_test(test_a_selection_has_at_most_64_paths),
    };
    return cmocka_run_group_tests_name("selection", list, NULL, NULL);
}
