#include "unit.h"

#include <section/arena.h>
#include <stdalign.h>
#include <string.h>

/* Memory that is freed as a whole. */

static void test_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    section_arena arena = {0};
    char *last = NULL;
    for (size_t size = 0; size < 20000; size = size * 2 + 1) {
        char *room = section_arena_take(&arena, size, 1);
        assert_non_null(room);
        assert_int_equal((uintptr_t)room % alignof(max_align_t), 0);
        assert_ptr_not_equal(room, last);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(room[i], 0);
        }
        memset(room, 0xFF, size);
        last = room;
    }
    assert_string_equal(section_arena_copy(&arena, "abc", 2), "ab");
    assert_string_equal(section_arena_copy(&arena, NULL, 0), "");
    section_arena_release(&arena);
    assert_null(arena.blocks);
    assert_int_equal(arena.used_bytes, 0);
}

static void test_no_more_is_given_than_there_may_be(void **state)
{
    (void)state;
    section_arena arena = {.most_bytes = 1024};
    assert_non_null(section_arena_take(&arena, 63, 16));
    assert_null(section_arena_take(&arena, 17, 1));
    assert_true(arena.is_full && !arena.is_exhausted);
    assert_non_null(section_arena_take(&arena, 16, 1)); /* up to the last byte */
    assert_null(section_arena_take(&arena, 0, 1));
    section_arena_release(&arena);
    assert_false(arena.is_full);
    assert_non_null(section_arena_take(&arena, 1024, 1));
    section_arena_release(&arena);
}

static void test_what_overflows_is_refused(void **state)
{
    (void)state;
    section_arena arena = {0};
    assert_null(section_arena_take(&arena, SIZE_MAX / 2 + 1, 2));
    assert_null(section_arena_take(&arena, SIZE_MAX, 1));
    assert_null(section_arena_copy(&arena, "", SIZE_MAX));
    assert_null(arena.blocks);
    section_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_no_more_is_given_than_there_may_be),
        cmocka_unit_test(test_what_overflows_is_refused),
    };
    return cmocka_run_group_tests_name("arena", list, NULL, NULL);
}
