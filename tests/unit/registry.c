#include <stdio.h>
#include <string.h>

#include "base/log.h"

#include "registry_fixture.h"

/* Memory that runs out at the allocation that a test chooses; see CMakeLists.txt. */
static unsigned fail_at; /* 1: the next one; 0: never */
static unsigned failed;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);

static bool fails_now(void)
{
    const bool now = fail_at > 0 && --fail_at == 0;
    failed += now ? 1 : 0;
    return now;
}

void *__wrap_malloc(size_t bytes)
{
    return fails_now() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return fails_now() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return fails_now() ? NULL : __real_realloc(old, bytes);
}

static uint64_t id_of_name(fixture *self, section_scope scope, const char *text, bool exact)
{
    section_name name = {.scope = scope};
    (void)snprintf(name.text, sizeof name.text, "%s", text);
    entry *found = registry_find_name(self->registry, &name, exact);
    const uint64_t id = found != NULL ? found->id : 0;
    registry_unref(found);
    return id;
}

static void test_an_id_is_found_until_it_is_taken_away(void **state)
{
    fixture *self = *state;
    entry *one = add(self, make(NULL));
    const uint64_t id = one->id;
    assert_false(holds(self, 0));
    assert_false(holds(self, id + 1));
    assert_true(holds(self, id));
    registry_ref(one);
    assert_true(registry_remove(self->registry, one));
    assert_false(registry_remove(self->registry, one));
    assert_false(holds(self, id));
    registry_unref(one);
    assert_true(add(self, make(NULL))->id > id);
}

static void test_a_name_means_its_newest_id(void **state)
{
    fixture *self = *state;
    const section_name name = new_name(self);
    const section_name other = new_name(self);
    entry *ids[4];
    assert_int_equal(id_of_name(self, name.scope, name.text, false), 0);
    for (int i = 0; i < 4; i++) {
        ids[i] = add(self, make(&name));
        (void)add(self, make(&other));
        assert_int_equal(id_of_name(self, name.scope, name.text, false), ids[i]->id);
    }
    static const int removed[] = {1, 3, 2, 0};
    static const int newest[] = {3, 2, 0, -1};
    for (int i = 0; i < 4; i++) {
        assert_true(registry_remove(self->registry, ids[removed[i]]));
        assert_int_equal(id_of_name(self, name.scope, name.text, false),
                         newest[i] < 0 ? 0 : ids[newest[i]]->id);
    }
}

static void test_the_other_scope_counts_only_where_none_was_named(void **state)
{
    fixture *self = *state;
    const section_name name = new_name(self);
    const uint64_t id = add(self, make(&name))->id;
    assert_int_equal(id_of_name(self, SECTION_SCOPE_LOCAL, name.text, true), id);
    assert_int_equal(id_of_name(self, SECTION_SCOPE_GLOBAL, name.text, true), 0);
    assert_int_equal(id_of_name(self, SECTION_SCOPE_GLOBAL, name.text, false), id);
    assert_int_equal(id_of_name(self, SECTION_SCOPE_LOCAL, "unit-registry", false), 0);
}

/* The ids of a page, and 0 behind them. */
static void list_ids(fixture *self, uint64_t after, const registry_filter *filter, size_t capacity,
                     uint64_t *ret_ids)
{
    entry *entries[16];
    const size_t count = registry_list(self->registry, after, filter, entries, capacity);
    assert_true(count <= capacity);
    for (size_t i = 0; i < count; i++) {
        ret_ids[i] = entries[i]->id;
        registry_unref(entries[i]);
    }
    ret_ids[count] = 0;
}

static void test_pages_go_on_behind_ids_that_are_gone(void **state)
{
    enum { COUNT = 200, PAGE = 7 };
    fixture *self = *state;
    const section_name name = new_name(self);
    bool there[COUNT + 3] = {false};
    uint64_t ids[PAGE + 1];
    add(self, make(&name)); /* the id 1 */
    there[1] = true;
    for (uint64_t id = 2; id <= COUNT; id++) {
        assert_int_equal(add(self, id % 3 == 0 ? open_name(&name) : make(NULL))->id, id);
        there[id] = true;
    }
    for (uint64_t id = 2; id <= COUNT; id++) {
        if (id % 2 == 0 || (id > 40 && id < 90)) {
            entry *gone = registry_find(self->registry, id);
            registry_remove(self->registry, gone);
            registry_unref(gone);
            there[id] = false;
        }
    }
    for (uint64_t after = 0; after <= COUNT + 1; after++) {
        size_t at = 0;
        list_ids(self, after, NULL, PAGE, ids);
        for (uint64_t id = after + 1; id <= COUNT && at < PAGE; id++) {
            if (there[id]) {
                assert_int_equal(ids[at++], id);
            }
        }
        assert_int_equal(ids[at], 0);
    }
    list_ids(self, UINT64_MAX, NULL, PAGE, ids);
    assert_int_equal(ids[0], 0);
}

static void test_a_filter_takes_name_scope_and_origin(void **state)
{
    fixture *self = *state;
    const section_origin opened = SECTION_OPENED;
    const section_origin duplicated = SECTION_DUPLICATED;
    const section_name name = new_name(self);
    section_name global = name;
    global.scope = SECTION_SCOPE_GLOBAL;
    uint64_t made_id = add(self, make(&name))->id;
    add(self, make(NULL));
    uint64_t opened_id = add(self, open_name(&name))->id;
    const struct {
        registry_filter filter;
        uint64_t ids[3];
    } cases[] = {
        {{&name, true, NULL}, {made_id, opened_id, 0}},
        {{&name, false, &opened}, {opened_id, 0, 0}},
        {{NULL, false, &opened}, {opened_id, 0, 0}},
        {{NULL, false, &duplicated}, {0, 0, 0}},
        {{&global, false, NULL}, {made_id, opened_id, 0}},
        {{&global, true, NULL}, {0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t ids[17];
        list_ids(self, 0, &cases[i].filter, 16, ids);
        for (int at = 0; at < 3 && (at == 0 || cases[i].ids[at - 1] != 0); at++) {
            assert_int_equal(ids[at], cases[i].ids[at]);
        }
    }
}

static void test_sections_of_one_object_are_found_by_its_traits(void **state)
{
    fixture *self = *state;
    const section_name name = new_name(self);
    const section_name other_name = new_name(self);
    entry *first = add(self, make(&name));
    entry *other = add(self, make(&other_name));
    entry *second = add(self, open_name(&name));
    const section_traits traits = section_find_traits(first->section);
    const section_traits other_traits = section_find_traits(other->section);
    entry *found[4];
    assert_int_equal(registry_list_object(self->registry, &traits, 0, found, 4), 2);
    assert_ptr_equal(found[0], first);
    assert_ptr_equal(found[1], second);
    registry_unref(found[0]);
    registry_unref(found[1]);
    assert_int_equal(registry_list_object(self->registry, &traits, first->id, found, 4), 1);
    assert_ptr_equal(found[0], second);
    registry_unref(found[0]);
    assert_int_equal(registry_list_object(self->registry, &other_traits, 0, found, 4), 1);
    registry_unref(found[0]);
}

static void test_sections_of_one_object_exclude_each_other(void **state)
{
    fixture *self = *state;
    const section_name name = new_name(self);
    section *made = make(&name);
    section *probe = open_name(&name);
    const bool told = section_share_lock(probe, made); /* not before Windows 10 */
    section_close(probe);
    entry *first = add(self, made);
    entry *other = add(self, make(NULL));
    entry *second = add(self, open_name(&name));
    assert_true((section_object_key(first->section) == section_object_key(second->section)) ==
                told);
    assert_ptr_not_equal(section_object_key(first->section), section_object_key(other->section));
}

static void test_a_name_stays_until_its_last_id_is_taken_away(void **state)
{
    fixture *self = *state;
    const section_name name = new_name(self);
    entry *ids[3] = {add(self, make(&name))};
    ids[1] = add(self, open_name(&name));
    ids[2] = add(self, open_name(&name));
    static const int order[] = {0, 2, 1};
    for (int i = 0; i < 3; i++) {
        section *probe = open_name(&name);
        assert_non_null(probe);
        section_close(probe);
        registry_remove(self->registry, ids[order[i]]);
    }
    assert_null(open_name(&name));
}

static void test_a_reservation_ends_in_nothing_or_in_a_section(void **state)
{
    const registry_limits limits = {2, 5000, 8192};
    registry *small = registry_new(limits, ((fixture *)*state)->journal, NULL);
    reservation one;
    reservation two;
    reservation three;
    uint64_t sections;
    uint64_t bytes;
    assert_int_equal(registry_reserve(small, 5001, &one, NULL), SECTION_QUOTA);
    assert_int_equal(registry_reserve(small, 4096, &one, NULL), SECTION_OK);
    assert_int_equal(registry_reserve(small, UINT64_MAX, &two, NULL), SECTION_QUOTA);
    assert_int_equal(registry_reserve(small, 4097, &two, NULL), SECTION_QUOTA);
    assert_int_equal(registry_reserve(small, 0, &two, NULL), SECTION_OK);
    assert_int_equal(registry_reserve(small, 0, &three, NULL), SECTION_QUOTA);
    assert_int_equal(registry_extend(small, &two, 4097, NULL), SECTION_QUOTA);
    assert_int_equal(registry_extend(small, &two, 4096, NULL), SECTION_OK);
    registry_cancel(small, one);
    registry_usage(small, &sections, &bytes);
    assert_int_equal(sections, 1);
    assert_int_equal(bytes, 4096);
    registry_cancel(small, two);
    registry_usage(small, &sections, &bytes);
    assert_int_equal(sections, 0);
    assert_int_equal(bytes, 0);
    registry_free(small);
}

static void test_memory_that_runs_out_anywhere_is_an_error_and_leaves_nothing(void **state)
{
    enum { COUNT = 400 /* the tables grow meanwhile */ };
    fixture *self = *state;
    uint64_t sections;
    uint64_t bytes;
    uint64_t last_id = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        const section_name name = new_name(self);
        section_status status = SECTION_NO_MEMORY;
        for (unsigned nth = 1; status != SECTION_OK; nth++) {
            reservation reserved;
            section_error error;
            entry *added;
            section *made = make(i % 2 == 0 ? &name : NULL);
            assert_int_equal(registry_reserve(self->registry, 4096, &reserved, NULL), SECTION_OK);
            failed = 0;
            fail_at = nth;
            status = registry_add(self->registry, reserved, true, made, NULL, &added, &error);
            fail_at = 0;
            /* The system's library may do without what it asked for. */
            assert_true(status == SECTION_OK || (failed > 0 && status == SECTION_NO_MEMORY));
            if (status == SECTION_OK) {
                assert_true(added->id > last_id);
                last_id = added->id;
                registry_unref(added);
            }
            registry_usage(self->registry, &sections, &bytes);
            assert_int_equal(sections, i + (status == SECTION_OK ? 1 : 0));
            assert_int_equal(bytes, 4096 * sections);
        }
        assert_int_equal(id_of_name(self, name.scope, name.text, true), i % 2 == 0 ? last_id : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REGISTRY(test_an_id_is_found_until_it_is_taken_away),
        WITH_REGISTRY(test_a_name_means_its_newest_id),
        WITH_REGISTRY(test_the_other_scope_counts_only_where_none_was_named),
        WITH_REGISTRY(test_pages_go_on_behind_ids_that_are_gone),
        WITH_REGISTRY(test_a_filter_takes_name_scope_and_origin),
        WITH_REGISTRY(test_sections_of_one_object_are_found_by_its_traits),
        WITH_REGISTRY(test_sections_of_one_object_exclude_each_other),
        WITH_REGISTRY(test_a_name_stays_until_its_last_id_is_taken_away),
        WITH_REGISTRY(test_a_reservation_ends_in_nothing_or_in_a_section),
        WITH_REGISTRY(test_memory_that_runs_out_anywhere_is_an_error_and_leaves_nothing),
    };
    log_setup(LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
