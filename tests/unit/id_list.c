#include <stdlib.h>

#include "registry/id_list.h"

#include "unit.h"

enum { MANY = 10000 };

/* Nobody looks into them. */
static struct entry *entry_of(uint64_t id)
{
    return (struct entry *)(uintptr_t)(id * 16);
}

static void append(id_list *list, uint64_t id)
{
    assert_true(id_list_reserve(list));
    id_list_append(list, id, entry_of(id));
}

static id_list list_of(uint64_t count)
{
    id_list list = {0};
    for (uint64_t id = 1; id <= count; id++) {
        append(&list, id);
    }
    return list;
}

/* The lowest id above; 0: none. */
static uint64_t above(id_list *list, uint64_t after)
{
    const size_t at = id_list_above(list, after);
    if (at == list->used) {
        return 0;
    }
    assert_ptr_equal(list->slots[at].entry, entry_of(list->slots[at].id));
    return list->slots[at].id;
}

static void test_an_empty_list_has_nothing_above_and_nothing_last(void **state)
{
    id_list list = {0};
    (void)state;
    assert_int_equal(above(&list, 0), 0);
    assert_int_equal(above(&list, UINT64_MAX), 0);
    assert_null(id_list_last(&list));
    id_list_remove(&list, 0);
    id_list_remove(&list, 7);
    assert_int_equal(list.count, 0);
    id_list_free(&list);
}

static void test_ids_that_are_gone_or_never_were_have_a_place_all_the_same(void **state)
{
    id_list list = {0};
    (void)state;
    append(&list, 10);
    append(&list, 20);
    append(&list, UINT64_MAX);
    id_list_remove(&list, 20);
    id_list_remove(&list, 20);
    id_list_remove(&list, 15);
    assert_int_equal(list.count, 2);
    assert_int_equal(above(&list, 0), 10);
    assert_int_equal(above(&list, 9), 10);
    assert_true(above(&list, 10) == UINT64_MAX);
    assert_true(above(&list, 15) == UINT64_MAX);
    assert_true(above(&list, 20) == UINT64_MAX);
    assert_int_equal(above(&list, UINT64_MAX), 0);
    id_list_free(&list);
}

static void test_the_last_is_the_highest_that_is_there(void **state)
{
    id_list list = list_of(5);
    (void)state;
    for (uint64_t id = 5; id > 1; id--) {
        assert_ptr_equal(id_list_last(&list), entry_of(id));
        id_list_remove(&list, id);
    }
    id_list_remove(&list, 1);
    assert_null(id_list_last(&list));
    append(&list, 6);
    assert_ptr_equal(id_list_last(&list), entry_of(6));
    assert_int_equal(above(&list, 0), 6);
    id_list_free(&list);
}

static void test_a_run_of_gaps_is_one_step_for_the_next(void **state)
{
    id_list list = list_of(MANY);
    (void)state;
    for (uint64_t id = MANY / 3; id > 0; id--) { /* downwards: no gap is known to lie behind */
        id_list_remove(&list, id);
    }
    assert_int_equal(above(&list, 0), MANY / 3 + 1);
    for (size_t i = 0; i < MANY / 3; i++) {
        assert_int_equal(list.slots[i].skip, MANY / 3 - i);
    }
    id_list_free(&list);
}

static void test_gaps_never_outgrow_the_entries(void **state)
{
    id_list list = {0};
    (void)state;
    for (uint64_t id = 1; id <= MANY; id++) {
        append(&list, id);
        if (id > 10) {
            id_list_remove(&list, id - 10); /* ten at a time, and one that stays */
        }
    }
    assert_int_equal(list.count, 10);
    assert_true(list.used <= 32);
    assert_true(list.capacity <= 64);
    id_list_free(&list);
}

static void test_any_order_of_adding_and_removing_leaves_what_a_plain_table_says(void **state)
{
    static bool there[MANY + 2];
    id_list list = {0};
    uint64_t last = 0;
    uint64_t random = 1;
    size_t count = 0;
    (void)state;
    for (int step = 0; step < 4 * MANY; step++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const uint64_t id = (random >> 33) % (last + 1);
        if (last < MANY && (random >> 20) % 3 != 0) {
            append(&list, ++last);
            there[last] = true;
            count++;
        } else if (there[id]) {
            id_list_remove(&list, id);
            there[id] = false;
            count--;
        }
        uint64_t next = id + 1;
        while (step % 16 == 0 && next <= last && !there[next]) {
            next++;
        }
        if (step % 16 == 0) {
            assert_int_equal(above(&list, id), next <= last ? next : 0);
        }
        assert_int_equal(list.count, count);
    }
    size_t seen = 0;
    for (size_t at = id_list_above(&list, 0); at < list.used; at = id_list_next(&list, at)) {
        assert_true(there[list.slots[at].id]);
        seen++;
    }
    assert_int_equal(seen, count);
    id_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_list_has_nothing_above_and_nothing_last),
        cmocka_unit_test(test_ids_that_are_gone_or_never_were_have_a_place_all_the_same),
        cmocka_unit_test(test_the_last_is_the_highest_that_is_there),
        cmocka_unit_test(test_a_run_of_gaps_is_one_step_for_the_next),
        cmocka_unit_test(test_gaps_never_outgrow_the_entries),
        cmocka_unit_test(test_any_order_of_adding_and_removing_leaves_what_a_plain_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
