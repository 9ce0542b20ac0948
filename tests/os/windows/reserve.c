#include "harness.h"

#include <section/atomic.h>
#include <section/changes.h>
#include <section/elements.h>
#include <string.h>
#include <windows.h>

#include "platform.h"

/*
 * SEC_RESERVE: pages without memory. On Windows a touch of one faults, under Wine none ever does:
 * so what is asserted is the state that VirtualQuery tells, before and after.
 */

enum { PAGES = 16, PAGE = 4096 };

static section *make_reserved(void)
{
    section *self = NULL;
    const section_create_options options = {.size_bytes = PAGES * PAGE, .reserve = true};
    works(section_create(&options, &self, &why));
    return self;
}

/* The address of our view: section_borrow does not lend it. */
static uint8_t *view_of(const section *self)
{
    static uint8_t *found;
    MEMORY_BASIC_INFORMATION region;
    found = NULL;
    for (uint8_t *address = NULL; VirtualQuery(address, &region, sizeof region) != 0;
         address = (uint8_t *)region.BaseAddress + region.RegionSize) {
        if (region.Type == MEM_MAPPED && region.State == MEM_RESERVE &&
            region.BaseAddress == region.AllocationBase &&
            region.RegionSize == section_length(self)) {
            assert_null(found); /* or the test would look at another's */
            found = region.BaseAddress;
        }
    }
    assert_non_null(found);
    return found;
}

/* One letter a page: R reserved, C committed. */
static void states_of(const uint8_t *view, char ret_states[PAGES + 1])
{
    for (int i = 0; i < PAGES; i++) {
        MEMORY_BASIC_INFORMATION region;
        assert_true(VirtualQuery(view + i * PAGE, &region, sizeof region) != 0);
        ret_states[i] = region.State == MEM_COMMIT ? 'C' : region.State == MEM_RESERVE ? 'R' : '?';
    }
    ret_states[PAGES] = '\0';
}

static void expect_states(const uint8_t *view, const char *wanted)
{
    char states[PAGES + 1];
    states_of(view, states);
    assert_string_equal(states, wanted);
}

static void test_creation_and_reading_commit_nothing(void **state)
{
    (void)state;
    static uint8_t bytes[PAGES * PAGE];
    section *self = make_reserved();
    const uint8_t *view = view_of(self);
    expect_states(view, "RRRRRRRRRRRRRRRR");
    memset(bytes, 0xFF, sizeof bytes);
    works(section_read(self, 0, bytes, sizeof bytes, &why));
    for (size_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(bytes[i], 0);
    }
    static uint8_t copied[PAGES * PAGE];
    bool changed[PAGES * PAGE / SECTION_BLOCK_BYTES];
    bytes[3 * PAGE] = 1;
    works(section_read_changed(self, 0, bytes, copied, sizeof bytes, changed, &why));
    for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
        assert_int_equal(changed[i], i == 3 * PAGE / SECTION_BLOCK_BYTES);
    }
    assert_int_equal(copied[3 * PAGE], 0);
    expect_states(view, "RRRRRRRRRRRRRRRR");
    section_close(self);
}

static void test_nothing_that_reads_by_pointer_commits(void **state)
{
    (void)state;
    uint8_t bytes[PAGES * 8];
    section_atomic_result result;
    section *self = make_reserved();
    section *target = create_section(NULL, PAGES * PAGE);
    const uint8_t *view = view_of(self);
    const section_elements spread = {4, 8, PAGE, PAGES};
    set_byte(self, 3 * PAGE + 4, 0x35);
    expect_states(view, "RRRCRRRRRRRRRRRR");
    memset(bytes, 0xFF, sizeof bytes);
    works(section_read_elements(self, &spread, bytes, &why));
    for (size_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(bytes[i], i == 3 * 8 ? 0x35 : 0);
    }
    for (uint64_t page = 0; page < PAGES; page++) {
        const section_atomic_args load = {
            .op = SECTION_ATOMIC_LOAD, .type = SECTION_U32, .offset_bytes = page * PAGE + 4};
        works(section_atomic(self, &load, &result, &why));
        assert_int_equal(result.current.unsigned_number, page == 3 ? 0x35 : 0);
    }
    set_byte(target, 7 * PAGE, 1);
    works(section_copy(self, 0, target, 0, PAGES * PAGE, NULL, &why));
    assert_int_equal(byte_at(target, 7 * PAGE), 0);
    expect_states(view, "RRRCRRRRRRRRRRRR");
    section_close(target);
    section_close(self);
}

static void test_a_write_commits_its_pages_only(void **state)
{
    (void)state;
    static uint8_t bytes[PAGES * PAGE];
    section *self = make_reserved();
    const uint8_t *view = view_of(self);
    set_byte(self, 3 * PAGE + 5, 0x35);
    expect_states(view, "RRRCRRRRRRRRRRRR");
    works(section_write(self, 8 * PAGE - 1, "ab", 2, &why));
    expect_states(view, "RRRCRRRCCRRRRRRR");
    set_byte(self, PAGES * PAGE - 1, 0x99);
    expect_states(view, "RRRCRRRCCRRRRRRC");
    works(section_write(self, 0, "", 0, &why));
    expect_states(view, "RRRCRRRCCRRRRRRC");
    works(section_read(self, 0, bytes, sizeof bytes, &why));
    for (size_t i = 0; i < sizeof bytes; i++) {
        const uint8_t wanted = i == 3 * PAGE + 5       ? 0x35
                               : i == 8 * PAGE - 1     ? 'a'
                               : i == 8 * PAGE         ? 'b'
                               : i == PAGES * PAGE - 1 ? 0x99
                                                       : 0;
        assert_int_equal(bytes[i], wanted);
    }
    section_close(self);
}

static void test_reserved_pages_are_not_lent(void **state)
{
    (void)state;
    section *self = make_reserved();
    assert_null(section_borrow(self, 0, 1, &why));
    assert_int_equal(why.code, SECTION_UNSUPPORTED);
    set_byte(self, 0, 1);
    assert_null(section_borrow(self, 0, 1, &why)); /* nor where some are committed */
    assert_int_equal(why.code, SECTION_UNSUPPORTED);
    section_close(self);
}

static void test_a_duplicate_knows_that_pages_are_reserved(void **state)
{
    (void)state;
    section *self = make_reserved();
    set_byte(self, 5, 55);
    section *again = duplicate_section(own_process_id(), describe(self).handle);
    assert_null(section_borrow(again, 0, 1, &why));
    assert_int_equal(why.code, SECTION_UNSUPPORTED);
    assert_int_equal(byte_at(again, 5), 55);
    assert_int_equal(byte_at(again, 7 * PAGE), 0);
    set_byte(again, 7 * PAGE, 77);
    assert_int_equal(byte_at(self, 7 * PAGE), 77);
    section_close(again);
    section_close(self);
}

static void test_a_private_view_of_reserved_pages_is_written(void **state)
{
    (void)state;
    section *self = NULL;
    section *made = make_reserved();
    const section_duplicate_options options = {.pid = own_process_id(),
                                               .handle = describe(made).handle,
                                               .access = SECTION_ACCESS_WRITECOPY};
    works(section_duplicate(&options, &self, &why));
    set_byte(self, PAGE, 1);
    assert_int_equal(byte_at(self, PAGE), 1);
    assert_int_equal(byte_at(made, PAGE), 0);
    section_close(self);
    section_close(made);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_creation_and_reading_commit_nothing),
        cmocka_unit_test(test_nothing_that_reads_by_pointer_commits),
        cmocka_unit_test(test_a_write_commits_its_pages_only),
        cmocka_unit_test(test_reserved_pages_are_not_lent),
        cmocka_unit_test(test_a_duplicate_knows_that_pages_are_reserved),
        cmocka_unit_test(test_a_private_view_of_reserved_pages_is_written),
    };
    return cmocka_run_group_tests_name("reserve", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
