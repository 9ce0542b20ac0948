#include "harness.h"

#include <string.h>

#include <section/changes.h>

/* Reading only what has changed: the copy of a changed block is whole, no other block is told. */

enum { SIZE = 200000, BLOCKS_MAX = SIZE / SECTION_BLOCK_BYTES + 1 };

static uint8_t known[SIZE];
static uint8_t copied[SIZE];
static bool changed[BLOCKS_MAX + 1];

/* Reads the changes of a range; how many blocks have changed. */
static size_t read_changes(section *self, uint64_t offset, size_t length)
{
    const size_t blocks = (length + SECTION_BLOCK_BYTES - 1) / SECTION_BLOCK_BYTES;
    size_t count = 0;
    memset(copied, 0xEE, sizeof copied);
    memset(changed, 2, sizeof changed);
    works(section_read_changed(self, offset, known, copied, length, changed, &why));
    for (size_t i = 0; i < blocks; i++) {
        count += changed[i] ? 1 : 0;
    }
    const uint8_t untouched = 2;
    assert_int_equal(memcmp(&changed[blocks], &untouched, 1), 0);
    return count;
}

static void expect_told(section *self, uint64_t offset, size_t length, size_t at)
{
    static uint8_t current[SIZE];
    const size_t block = at / SECTION_BLOCK_BYTES;
    const size_t start = block * SECTION_BLOCK_BYTES;
    const size_t rest = length - start;
    works(section_read(self, offset, known, length, &why));
    assert_int_equal(read_changes(self, offset, length), 0);
    set_byte(self, offset + at, (uint8_t)(known[at] + 1));
    assert_int_equal(read_changes(self, offset, length), 1);
    assert_true(changed[block]);
    works(section_read(self, offset, current, length, &why));
    assert_int_equal(memcmp(copied + start, current + start,
                            rest < SECTION_BLOCK_BYTES ? rest : SECTION_BLOCK_BYTES),
                     0);
}

static void test_each_changed_byte_is_told_wherever_the_range_lies(void **state)
{
    (void)state;
    static const uint64_t offsets[] = {0, 1, 2, 4, 7, 8, 4093};
    static const size_t lengths[] = {1, 3, 8, 15, 4095, 4096, 4097, 65536, 65543, 190001};
    section *anonymous = create_section(NULL, SIZE);
    section *named = create_section(fresh_name(), SIZE); /* may be cut by others: guarded */
    for (size_t o = 0; o < sizeof offsets / sizeof offsets[0]; o++) {
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
            const size_t length = lengths[l];
            const size_t places[] = {0, length / 2, length - 1};
            for (size_t p = 0; p < 3; p++) {
                expect_told(anonymous, offsets[o], length, places[p]);
                expect_told(named, offsets[o], length, places[p]);
            }
        }
    }
    section_close(anonymous);
    section_close(named);
}

static void test_blocks_are_told_apart(void **state)
{
    (void)state;
    section *self = create_section(fresh_name(), SIZE);
    memset(known, 0, sizeof known);
    for (size_t block = 0; block < BLOCKS_MAX - 1; block += 3) {
        set_byte(self, block * SECTION_BLOCK_BYTES + block, 1);
    }
    assert_int_equal(read_changes(self, 0, SIZE), (BLOCKS_MAX - 1 + 2) / 3);
    for (size_t block = 0; block < BLOCKS_MAX - 1; block++) {
        assert_int_equal(changed[block], block % 3 == 0);
        assert_int_equal(copied[block * SECTION_BLOCK_BYTES + block], block % 3 == 0 ? 1 : 0xEE);
    }
    section_close(self);
}

static void test_nothing_is_compared_outside_the_view(void **state)
{
    (void)state;
    section *self = create_section(NULL, 4096);
    const uint64_t length = section_length(self);
    assert_int_equal(read_changes(self, length, 0), 0);
    fails(SECTION_BAD_RANGE, section_read_changed(self, length, known, copied, 1, changed, &why));
    fails(SECTION_BAD_RANGE,
          section_read_changed(self, 1, known, copied, (size_t)length, changed, &why));
    fails(SECTION_BAD_RANGE,
          section_read_changed(self, UINT64_MAX, known, copied, 2, changed, &why));
    section_close(self);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_each_changed_byte_is_told_wherever_the_range_lies),
        cmocka_unit_test(test_blocks_are_told_apart),
        cmocka_unit_test(test_nothing_is_compared_outside_the_view),
    };
    return cmocka_run_group_tests_name("changes", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
