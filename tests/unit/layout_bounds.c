#include "layouts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

/* Layouts of few bytes that refer to much: compiling them takes bounded work and memory. */

/* All that is asked for, also what is freed again. */
static size_t asked_bytes;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    asked_bytes += count * size;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    asked_bytes += size;
    return __real_realloc(old, size);
}

enum { USERS = 1000, REFERENCES = 2000, BYTES_MAX = 16 * 1024 * 1024 };

/* A type with many references outwards, and many types that have elements of it. */
typedef struct wide {
    char names[REFERENCES][12], paths[REFERENCES][12], type_names[USERS][12];
    section_layout_field references[REFERENCES];
    section_layout_field users[USERS][2];
    section_layout_field whole[USERS + 1];
    section_layout_type types[USERS + 1];
    section_layout_source source;
} wide;

/* Where the numbers are that all references lead to. */
typedef enum wide_kind { IN_EACH_USER, IN_THE_WHOLE } wide_kind;

static wide *made(wide_kind kind, bool has_one_path)
{
    static wide self;
    const section_layout_field number = NUMBER(SECTION_U32, "x", COUNT(REFERENCES));
    memset(&self, 0, sizeof self);
    for (size_t i = 0; i < REFERENCES; i++) {
        (void)snprintf(self.names[i], sizeof self.names[i], "f%zu", i);
        (void)snprintf(self.paths[i], sizeof self.paths[i], "x[%zu]", has_one_path ? 0 : i);
        self.references[i] =
            (section_layout_field)NUMBER(SECTION_U8, self.names[i], AT_FIELD(self.paths[i]));
    }
    for (size_t i = 0; i < USERS; i++) {
        (void)snprintf(self.type_names[i], sizeof self.type_names[i], "t%zu", i);
        self.users[i][0] = (section_layout_field)STRUCTURE("inner", "s");
        self.users[i][1] = number;
        self.types[i] = (section_layout_type){.name = self.type_names[i],
                                              .fields = self.users[i],
                                              .field_count = kind == IN_EACH_USER ? 2 : 1};
        self.whole[i + 1] = (section_layout_field)STRUCTURE(self.type_names[i], self.names[i]);
    }
    self.whole[0] = number;
    self.types[USERS] = (section_layout_type){
        .name = "inner", .fields = self.references, .field_count = REFERENCES};
    self.source = (section_layout_source){
        .types = self.types,
        .type_count = USERS + 1,
        .whole = {.fields = self.whole, .field_count = kind == IN_EACH_USER ? 1 : USERS + 1}};
    return &self;
}

static section_status compile(const section_layout_source *source, section_layout **ret_layout,
                              section_layout_problems *problems, section_error *error)
{
    asked_bytes = 0;
    const section_status status = section_layout_compile(source, ret_layout, problems, error);
    assert_in_range(asked_bytes, 1, BYTES_MAX);
    return status;
}

static void test_what_many_fields_refer_to_is_found_once(void **state)
{
    (void)state;
    section_layout *layout = NULL;
    section_error error = {0};
    if (compile(&made(IN_EACH_USER, true)->source, &layout, NULL, &error) != SECTION_OK) {
        fail_msg("%s", error.detail);
    }
    assert_int_equal(layout->target_count, USERS);
    assert_in_range(layout->looks, 1, 2 * USERS);
    section_layout_free(layout);
}

static void test_types_on_the_way_outwards_are_looked_in_once_for_each_path(void **state)
{
    (void)state;
    section_layout *layout = NULL;
    section_error error = {0};
    if (compile(&made(IN_THE_WHOLE, false)->source, &layout, NULL, &error) != SECTION_OK) {
        fail_msg("%s", error.detail);
    }
    assert_int_equal(layout->target_count, REFERENCES);
    assert_in_range(layout->looks, 1, REFERENCES * (2 * USERS + 1));
    section_layout_free(layout);
}

static void test_more_targets_than_are_kept_are_refused_once(void **state)
{
    (void)state;
    section_layout *layout = NULL;
    section_layout_problem items[2];
    section_layout_problems problems = {items, 2, 0};
    section_error error = {0};
    assert_int_equal(compile(&made(IN_EACH_USER, false)->source, &layout, &problems, &error),
                     SECTION_BAD_LAYOUT);
    assert_int_equal(problems.count, 1);
    assert_string_equal(items[0].field->name, "f65");
    assert_string_equal(items[0].member, "offset");
    assert_non_null(strstr(error.detail, "more than 65536"));
}

/* Two types at each level have both of the level below: there are 2^14 ways outwards, not looked at one by one. */
static void test_types_that_are_reached_in_many_ways_are_looked_in_once(void **state)
{
    (void)state;
    enum { LEVELS = SECTION_LAYOUT_LEVELS_MAX - 1 };
    static char names[LEVELS][2][8];
    static section_layout_field fields[LEVELS][2];
    static section_layout_type types[2 * LEVELS];
    for (size_t level = 0; level < LEVELS; level++) {
        for (size_t i = 0; i < 2; i++) {
            (void)snprintf(names[level][i], sizeof names[level][i], "t%zu_%zu", level, i);
            types[2 * level + i] = (section_layout_type){
                .name = names[level][i], .fields = fields[level], .field_count = 2};
        }
        fields[level][0] =
            (section_layout_field)STRUCTURE(level > 0 ? names[level - 1][0] : "", "a");
        fields[level][1] =
            (section_layout_field)STRUCTURE(level > 0 ? names[level - 1][1] : "", "b");
    }
    fields[0][0] = (section_layout_field)NUMBER(SECTION_U8, "a", .since_field = "c");
    fields[0][1] = (section_layout_field)NUMBER(SECTION_U8, "b");
    const section_layout_source source = {.types = types,
                                          .type_count = 2 * LEVELS,
                                          WHOLE(NUMBER(SECTION_U8, "c"),
                                                STRUCTURE(names[LEVELS - 1][0], "a"),
                                                STRUCTURE(names[LEVELS - 1][1], "b"))};
    section_layout *layout = compiled(&source);
    assert_int_equal(layout->target_count, 2); /* of both types of the lowest level */
    assert_in_range(layout->looks, 1, 2 * (4 * LEVELS + 1));
    section_layout_free(layout);
}

static void expect_detail(const section_layout_source *source, const char *detail)
{
    section_layout *layout = NULL;
    section_error error = {0};
    assert_int_equal(compile(source, &layout, NULL, &error), SECTION_BAD_LAYOUT);
    if (strstr(error.detail, detail) == NULL) {
        fail_msg("%s, not %s", error.detail, detail);
    }
}

static void test_lists_of_a_field_are_bounded(void **state)
{
    (void)state;
    enum { MANY = 257, FEW = 64 };
    static char names[MANY][8];
    static section_layout_bits bits[MANY];
    static struct section_layout_row_type types[MANY];
    static section_layout_guard guards[MANY];
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(names[i], sizeof names[i], "b%zu", i);
        bits[i] = (section_layout_bits){names[i], 0, 1};
        types[i] = (struct section_layout_row_type){(int64_t)i, SECTION_U8};
        guards[i] = (section_layout_guard){.field = "a"};
    }
    section_layout_table table = {
        .of = "rows", .name = "n", .type = "t", .offset = "t", .types = types, .type_count = 256};
    section_layout_field whole[] = {NUMBER(SECTION_U8, "a"),
                                    NUMBER(SECTION_U8, "b", .bits = bits, .bits_count = FEW),
                                    STRUCTURE("row", "rows", COUNT(2)), TABLE(&table, "table")};
    section_layout_source source = {
        TYPES({.name = "row", FIELDS(STRING(8, "n"), NUMBER(SECTION_U32, "t"))}),
        .whole = {.fields = whole, .field_count = 4}, .guards = guards, .guard_count = FEW};
    section_layout_free(compiled(&source));
    table.type_count = MANY;
    expect_detail(&source, "at most 256 types");
    table.type_count = 256;
    types[255].number = 7;
    expect_detail(&source, "the number 7 has two types");
    types[255].number = 255;
    whole[1].bits_count = FEW + 1;
    expect_detail(&source, "at most 64 bits");
    whole[1].bits_count = FEW;
    source.guard_count = FEW + 1;
    expect_detail(&source, "at most 64 fields");
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_what_many_fields_refer_to_is_found_once),
        cmocka_unit_test(test_types_on_the_way_outwards_are_looked_in_once_for_each_path),
        cmocka_unit_test(test_more_targets_than_are_kept_are_refused_once),
        cmocka_unit_test(test_types_that_are_reached_in_many_ways_are_looked_in_once),
        cmocka_unit_test(test_lists_of_a_field_are_bounded),
    };
    return cmocka_run_group_tests_name("layout_bounds", list, NULL, NULL);
}
