#include "harness.h"

#include <section/atomic.h>
#include <section/commit.h>
#include <section/elements.h>
#include <signal.h>
#include <unistd.h>

#include "platform.h"

/* Memory that a write has asked for and did not get is given back to whoever counts it. */

enum { PAGE = 4096, PIECE_PAGES = 16, PAGES = 3 * PIECE_PAGES, SIZE = PAGES * PAGE };

/** Counts what is asked for; amid a write the object may be cut, so that the write fails. */
typedef struct counter {
    other_section other;
    section *self;
    uint64_t taken;
    uint64_t most;  /* that it grants */
    off_t cut_size; /* of the object, once it was asked; -1: stays */
} counter;

static section_status commit(void *context, uint64_t bytes, section_error *ret_error)
{
    counter *self = context;
    if (bytes > self->most - self->taken) {
        return section_fail(ret_error, SECTION_QUOTA, "no more");
    }
    self->taken += bytes;
    if (self->cut_size >= 0) {
        assert_return_code(ftruncate((int)self->other.handle, self->cut_size), 0);
    }
    return SECTION_OK;
}

static void uncommit(void *context, uint64_t bytes)
{
    counter *self = context;
    assert_in_range(bytes, 1, self->taken);
    self->taken -= bytes;
}

static section_status add(section *self)
{
    section_atomic_result result;
    const section_atomic_args args = {
        .op = SECTION_ATOMIC_ADD, .type = SECTION_U32, .offset_bytes = 5 * PAGE};
    return section_atomic(self, &args, &result, &why);
}

/* cmocka puts handlers of its own in place for each test: ours, once installed, has to come back. */
static void put_guard_back(void)
{
    static struct sigaction ours;
    if (ours.sa_sigaction == NULL) {
        other_section other;
        other_create(NULL, SIZE, &other);
        section *self = duplicate_section(own_process_id(), other.handle);
        works(add(self));
        section_close(self);
        other_close(&other);
        assert_return_code(sigaction(SIGBUS, NULL, &ours), 0);
    }
    assert_return_code(sigaction(SIGBUS, &ours, NULL), 0);
}

static void begin(counter *self, off_t cut_size)
{
    put_guard_back();
    *self = (counter){.most = SIZE, .cut_size = cut_size};
    other_create(NULL, SIZE, &self->other);
    self->self = duplicate_section(own_process_id(), self->other.handle);
    section_on_commit(self->self, commit, uncommit, self);
}

static void end(counter *self)
{
    section_close(self->self);
    other_close(&self->other);
}

static const uint8_t bytes[SIZE];

static section_status write_bytes(section *self)
{
    return section_write(self, 0, bytes, SIZE, &why);
}

static section_status write_one_piece(section *self)
{
    return section_write(self, 0, bytes, (size_t)PIECE_PAGES * PAGE, &why);
}

static section_status write_one_page(section *self)
{
    return section_write(self, 2 * PAGE - 100, bytes, 100, &why);
}

static section_status fill(section *self)
{
    return section_fill(self, 0, SIZE, 7, NULL, &why);
}

static section_status write_dense(section *self)
{
    const section_elements elements = {0, 4, 8, SIZE / 8};
    return section_write_elements(self, &elements, bytes, &why);
}

static section_status write_sparse(section *self)
{
    const section_elements elements = {100, 4, 2 * PAGE, PAGES / 2};
    return section_write_elements(self, &elements, bytes, &why);
}

static section_status write_across_pages(section *self)
{
    const section_elements elements = {PAGE - 2, 4, PAGE, PAGES - 1};
    return section_write_elements(self, &elements, bytes, &why);
}

static section_status write_far_apart(section *self)
{
    const section_elements elements = {PAGE - 2, 4, (PIECE_PAGES + 1) * PAGE, 3};
    return section_write_elements(self, &elements, bytes, &why);
}

static const struct way {
    const char *name;
    section_status (*write)(section *self);
    uint64_t pages; /* that it needs */
} ways[] = {
    {"write", write_bytes, PAGES},
    {"write one piece", write_one_piece, PIECE_PAGES},
    {"write one page", write_one_page, 1},
    {"fill", fill, PAGES},
    {"add", add, 1},
    {"dense elements", write_dense, PAGES},
    {"sparse elements", write_sparse, PAGES / 2},
    {"elements across pages", write_across_pages, PAGES},
    {"elements far apart", write_far_apart, 6},
};

#define EACH_WAY(way)                                                                              \
    for (const struct way *way = ways; way < ways + sizeof ways / sizeof ways[0]; way++)

static void test_a_write_that_works_takes_the_memory_of_its_pages_once(void **state)
{
    counter made;
    (void)state;
    EACH_WAY(way)
    {
        print_message("%s\n", way->name);
        begin(&made, -1);
        works(way->write(made.self));
        assert_int_equal(made.taken, way->pages * PAGE);
        works(way->write(made.self));
        assert_int_equal(made.taken, way->pages * PAGE);
        end(&made);
    }
}

static void test_what_a_failed_write_has_taken_is_given_back(void **state)
{
    counter made;
    (void)state;
    EACH_WAY(way)
    {
        print_message("%s\n", way->name);
        begin(&made, 0);
        assert_int_not_equal(way->write(made.self), SECTION_OK);
        assert_int_equal(made.taken, 0);
        end(&made);
    }
}

/* A fill is of any length; whoever calls it asks beforehand. */
static bool stores_all_or_nothing(const struct way *way)
{
    return way->write != fill;
}

static void test_what_is_refused_has_taken_and_stored_nothing(void **state)
{
    counter made;
    (void)state;
    EACH_WAY(way)
    {
        print_message("%s\n", way->name);
        begin(&made, -1);
        made.most = (way->pages - 1) * PAGE;
        if (stores_all_or_nothing(way)) {
            assert_int_equal(way->write(made.self), SECTION_QUOTA);
            assert_int_equal(made.taken, 0);
            assert_int_equal(section_missing_bytes(made.self, 0, SIZE), SIZE);
        }
        end(&made);
    }
}

static void test_what_has_got_memory_counts_though_the_write_failed(void **state)
{
    counter made;
    (void)state;
    begin(&made, 2 * PAGE);
    assert_int_not_equal(write_one_piece(made.self), SECTION_OK);
    assert_int_equal(made.taken, 2 * PAGE);
    end(&made);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_write_that_works_takes_the_memory_of_its_pages_once),
        cmocka_unit_test(test_what_a_failed_write_has_taken_is_given_back),
        cmocka_unit_test(test_what_is_refused_has_taken_and_stored_nothing),
        cmocka_unit_test(test_what_has_got_memory_counts_though_the_write_failed),
    };
    return cmocka_run_group_tests_name("commit", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
