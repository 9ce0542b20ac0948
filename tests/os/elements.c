#include "harness.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <section/elements.h>

/* Elements a stride apart: what is theirs is moved, what lies between is left alone. */

enum { SIZE = 400000 };

static uint8_t content[SIZE];
static uint8_t before[SIZE];
static uint8_t moved[SIZE];

static void fill(uint8_t *bytes, unsigned seed)
{
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = (uint8_t)((i * 131 + seed * 17 + i / 251) % 251);
    }
}

static void expect_gathered_and_scattered(section *self, section_elements elements)
{
    const size_t size = elements.element_bytes;
    fill(before, 1);
    fill(moved, 2);
    works(section_write(self, 0, before, SIZE, &why));
    works(section_write_elements(self, &elements, moved, &why));
    for (size_t i = 0; i < elements.count; i++) {
        memcpy(before + elements.offset_bytes + i * elements.stride_bytes, moved + i * size, size);
    }
    works(section_read(self, 0, content, SIZE, &why));
    assert_int_equal(memcmp(content, before, SIZE), 0);
    memset(content, 0, SIZE);
    works(section_read_elements(self, &elements, content, &why));
    assert_int_equal(memcmp(content, moved, elements.count * size), 0);
}

static void test_elements_of_any_size_stride_and_alignment_are_moved(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 4, 8};
    static const uint64_t offsets[] = {0, 1, 8, 4093};
    static const uint64_t gaps[] = {0, 1, 8, 99, 65536 - 8, 65536, 100000};
    section *self = create_section(NULL, SIZE);
    section *named = create_section(fresh_name(), SIZE); /* may be cut by others: guarded */
    for (size_t s = 0; s < 4; s++) {
        for (size_t o = 0; o < 4; o++) {
            for (size_t g = 0; g < sizeof gaps / sizeof gaps[0]; g++) {
                section_elements elements = {offsets[o], sizes[s], sizes[s] + gaps[g], 0};
                const uint64_t room = SIZE - offsets[o] - sizes[s];
                elements.count = (size_t)(room / elements.stride_bytes) + 1;
                elements.count = elements.count < 20000 ? elements.count : 20000;
                expect_gathered_and_scattered(self, elements);
                expect_gathered_and_scattered(named, elements);
            }
        }
    }
    section_close(named);
    section_close(self);
}

static void test_elements_outside_the_view_move_nothing(void **state)
{
    (void)state;
    static const section_elements outside[] = {
        {4096, 1, 1, 1},
        {4095, 2, 2, 1},
        {0, 8, 8, 513},
        {0, 1, 4095, 3},
        {UINT64_MAX, 8, 8, 1},
        {0, 8, UINT64_MAX, 2},
        {0, 8, UINT64_C(1) << 63, 3},
        {8, 8, UINT64_C(1) << 60, SIZE / 8},
        {0, 1, UINT64_MAX, SIZE},
    };
    const section_create_options options = {.size_bytes = 8192, .view = {.length_bytes = 4096}};
    section *self = NULL;
    works(section_create(&options, &self, &why));
    memset(moved, 0xFF, SIZE);
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        fails(SECTION_BAD_RANGE, section_write_elements(self, &outside[i], moved, &why));
        fails(SECTION_BAD_RANGE, section_read_elements(self, &outside[i], content, &why));
    }
    works(section_read(self, 0, content, 4096, &why));
    for (size_t i = 0; i < 4096; i++) {
        assert_int_equal(content[i], 0);
    }
    section_close(self);
}

static void test_no_elements_are_no_mistake(void **state)
{
    (void)state;
    section *self = create_section(NULL, 4096);
    const section_elements none = {4096, 8, 8, 0};
    works(section_write_elements(self, &none, "", &why));
    works(section_read_elements(self, &none, content, &why));
    section_close(self);
}

static void test_read_only_elements_are_not_written(void **state)
{
    (void)state;
    const char *text = fresh_name();
    const section_name name = parsed(text);
    const section_open_options options = {.name = &name, .access = SECTION_ACCESS_READ};
    const section_elements one = {0, 4, 4, 1};
    section *made = create_section(text, 4096);
    section *self = NULL;
    works(section_open(&options, &self, &why));
    works(section_write_elements(made, &one, "abcd", &why));
    works(section_read_elements(self, &one, content, &why));
    assert_memory_equal(content, "abcd", 4);
    fails(SECTION_READ_ONLY, section_write_elements(self, &one, "efgh", &why));
    section_close(self);
    section_close(made);
}

static void test_reserved_elements_are_zeros_until_they_are_written(void **state)
{
    (void)state;
    const section_create_options options = {.size_bytes = SIZE, .reserve = true};
    const section_elements elements = {5000, 8, 10000, 30};
    section *self = NULL;
    works(section_create(&options, &self, &why));
    memset(content, 0xFF, SIZE);
    works(section_read_elements(self, &elements, content, &why));
    for (size_t i = 0; i < 8 * 30; i++) {
        assert_int_equal(content[i], 0);
    }
    fill(moved, 3);
    works(section_write_elements(self, &elements, moved, &why));
    works(section_read_elements(self, &elements, content, &why));
    assert_memory_equal(content, moved, 8 * 30);
    section_close(self);
}

enum { SPAN = 65536, APART = 128, ROUNDS = 3000 };

/* One value, in every place, then another: for as long as somebody looks. */
typedef struct alternation {
    section *self;
    atomic_bool stop;
    atomic_uint writes;
} alternation;

static void *alternate(void *argument)
{
    static const section_elements spread = {0, 8, APART, SPAN / APART};
    static uint8_t values[2][8 * SPAN / APART];
    alternation *alternation = argument;
    memset(values[1], 0xFF, sizeof values[1]);
    for (unsigned i = 0; !atomic_load(&alternation->stop); i++) {
        if (section_write_elements(alternation->self, &spread, values[i % 2], NULL) == SECTION_OK) {
            atomic_fetch_add(&alternation->writes, 1);
        }
    }
    return NULL;
}

static void test_a_write_of_up_to_64_kib_is_whole_for_readers(void **state)
{
    (void)state;
    section *sections[] = {create_section(NULL, SPAN), create_section(fresh_name(), SPAN)};
    for (size_t s = 0; s < 2; s++) {
        alternation alternation = {.self = sections[s]};
        pthread_t writer;
        unsigned looks = 0;
        assert_int_equal(pthread_create(&writer, NULL, alternate, &alternation), 0);
        for (int i = 0; i < ROUNDS || atomic_load(&alternation.writes) < 100; i++) {
            works(section_read(sections[s], 0, content, SPAN, &why));
            for (size_t at = 0; at < SPAN; at += APART) {
                assert_int_equal(content[at], content[0]);
                assert_int_equal(content[at + 7], content[0]);
            }
            if (i >= ROUNDS) {
                wait_a_moment(&looks); /* the writer has not had its turns yet */
            }
        }
        atomic_store(&alternation.stop, true);
        assert_int_equal(pthread_join(writer, NULL), 0);
        section_close(sections[s]);
    }
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_elements_of_any_size_stride_and_alignment_are_moved),
        cmocka_unit_test(test_elements_outside_the_view_move_nothing),
        cmocka_unit_test(test_no_elements_are_no_mistake),
        cmocka_unit_test(test_read_only_elements_are_not_written),
        cmocka_unit_test(test_a_write_of_up_to_64_kib_is_whole_for_readers),
        cmocka_unit_test(test_reserved_elements_are_zeros_until_they_are_written),
    };
    return cmocka_run_group_tests_name("elements", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
