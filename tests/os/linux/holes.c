#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <section/atomic.h>
#include <section/changes.h>
#include <section/elements.h>

#include "platform.h"

/* Pages that have no memory read as zeros, and no way of reading gives them any. */

enum { PAGE = 4096, SIZE = 200 * 1000, PLACE = 123 };

static uint8_t expected[SIZE];
static uint8_t got[SIZE];

/** An object with holes, as another program holds it, and our section of it. */
typedef struct sparse {
    other_section other;
    section *self;
} sparse;

static char folder[64];

static section *of_file(uint64_t size_bytes)
{
    section *self = NULL;
    const section_create_options options = {.size_bytes = size_bytes,
                                            .file = "sparse.bin",
                                            .file_folder = folder,
                                            .file_open = SECTION_FILE_CREATE_NEW,
                                            .access = SECTION_ACCESS_READWRITE};
    works(section_create(&options, &self, &why));
    return self;
}

static section *reserve(const char *name)
{
    section *self = NULL;
    const section_name parsed_name = name != NULL ? parsed(name) : (section_name){0};
    const section_create_options options = {
        .name = name != NULL ? &parsed_name : NULL, .size_bytes = SIZE, .reserve = true};
    works(section_create(&options, &self, &why));
    return self;
}

/* The object as this process's other side has it, through a descriptor of its own. */
static void adopt(section *self, other_section *ret_other)
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", (int)describe(self).handle);
    const int fd = open(link, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0 && other_adopt((uint64_t)fd, SIZE, ret_other));
}

static void make_shm(sparse *ret_made)
{
    const char *name = fresh_name();
    other_create(name, SIZE, &ret_made->other);
    ret_made->self = open_section(name);
    other_drop_name(name);
}

static void make_memfd(sparse *ret_made)
{
    other_create(NULL, SIZE, &ret_made->other);
    ret_made->self = duplicate_section(own_process_id(), ret_made->other.handle);
}

static void make_sealed(sparse *ret_made)
{
    other_create(NULL, SIZE, &ret_made->other);
    assert_return_code(fcntl((int)ret_made->other.handle, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    ret_made->self = duplicate_section(own_process_id(), ret_made->other.handle);
}

static void make_private(sparse *ret_made)
{
    other_create(NULL, SIZE, &ret_made->other);
    const section_duplicate_options options = {.pid = own_process_id(),
                                               .handle = ret_made->other.handle,
                                               .access = SECTION_ACCESS_WRITECOPY};
    works(section_duplicate(&options, &ret_made->self, &why));
}

static void make_reserved(sparse *ret_made)
{
    ret_made->self = reserve(NULL);
    adopt(ret_made->self, &ret_made->other);
}

static void make_reserved_name(sparse *ret_made)
{
    ret_made->self = reserve(fresh_name());
    adopt(ret_made->self, &ret_made->other);
}

static void make_file(sparse *ret_made)
{
    ret_made->self = of_file(SIZE);
    adopt(ret_made->self, &ret_made->other);
}

static const struct kind {
    const char *name;
    void (*make)(sparse *ret_made);
} kinds[] = {
    {"shm", make_shm},         {"memfd", make_memfd},       {"sealed", make_sealed},
    {"private", make_private}, {"reserved", make_reserved}, {"reserved name", make_reserved_name},
    {"file", make_file},
};

#define EACH_KIND(kind)                                                                            \
    for (const struct kind *kind = kinds; kind < kinds + sizeof kinds / sizeof kinds[0]; kind++)

static void begin(const struct kind *kind, sparse *ret_made)
{
    print_message("%s\n", kind->name);
    memset(expected, 0, sizeof expected);
    kind->make(ret_made);
    assert_int_equal(lseek((int)ret_made->other.handle, PLACE, SEEK_SET), PLACE);
}

static void end(sparse *made)
{
    char path[sizeof folder + 16];
    section_close(made->self);
    other_close(&made->other);
    (void)snprintf(path, sizeof path, "%s/sparse.bin", folder);
    (void)unlink(path);
}

/* A file system may count a block of its own when it writes, so all is written first. */
static uint64_t blocks_of(const sparse *made)
{
    struct stat facts;
    assert_return_code(fsync((int)made->other.handle), 0);
    assert_return_code(fstat((int)made->other.handle, &facts), 0);
    return (uint64_t)facts.st_blocks;
}

static void read_elements(section *self, uint64_t offset, size_t element, uint64_t stride)
{
    const size_t count = (size_t)((SIZE - offset - element) / stride) + 1;
    const section_elements wanted = {offset, element, stride, count};
    memset(got, 0xEE, sizeof got);
    works(section_read_elements(self, &wanted, got, &why));
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(got + i * element, expected + offset + i * stride, element);
    }
}

static void read_changed(section *self)
{
    static uint8_t known[SIZE];
    static bool changed[SIZE / SECTION_BLOCK_BYTES + 1];
    memcpy(known, expected, sizeof known);
    known[150 * 1000] = (uint8_t)~known[150 * 1000];
    works(section_read_changed(self, 0, known, got, SIZE, changed, &why));
    for (size_t i = 0; i < sizeof changed; i++) {
        assert_int_equal(changed[i], i == 150 * 1000 / SECTION_BLOCK_BYTES);
    }
    assert_int_equal(got[150 * 1000], expected[150 * 1000]);
}

static uint64_t load_word(section *self, uint64_t offset)
{
    section_atomic_result result;
    const section_atomic_args load = {
        .op = SECTION_ATOMIC_LOAD, .type = SECTION_U64, .offset_bytes = offset};
    works(section_atomic(self, &load, &result, &why));
    return result.current.unsigned_number;
}

static void load_cells(section *self)
{
    for (uint64_t at = 0; at + 8 <= SIZE; at += PAGE / 2) {
        uint64_t wanted;
        memcpy(&wanted, expected + at, sizeof wanted);
        assert_int_equal(load_word(self, at), wanted);
    }
}

/* Every way in which core reads; all of it must be what is expected, and no page gets memory. */
static void read_in_all_ways(sparse *made)
{
    section *self = made->self;
    const uint64_t blocks = blocks_of(made);
    memset(got, 0xEE, sizeof got);
    works(section_read(self, 0, got, SIZE, &why));
    assert_memory_equal(got, expected, SIZE);
    works(section_read(self, 3 * PAGE - 5, got, 10, &why));
    assert_memory_equal(got, expected + 3 * PAGE - 5, 10);
    read_elements(self, 0, 8, 8);
    read_elements(self, 0, 1, 1);
    read_elements(self, 3, 8, 24); /* no word is aligned, and some lie on two pages */
    read_elements(self, 4, 4, 2 * PAGE);
    read_elements(self, 0, 2, SIZE / 3);
    read_changed(self);
    load_cells(self);
    (void)section_borrow(self, 0, SIZE, &why);
    assert_int_equal(blocks_of(made), blocks);
    assert_int_equal(lseek((int)made->other.handle, 0, SEEK_CUR), PLACE);
}

/* By the other side: a page here, two there, and the last one, which is not whole. */
static void store_some(sparse *made)
{
    static const size_t pages[] = {1, 3, 4, 17, 36, SIZE / PAGE};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        for (size_t at = pages[i] * PAGE; at < (pages[i] + 1) * PAGE && at < SIZE; at++) {
            expected[at] = (uint8_t)(at * 7 + i + 1);
            made->other.base[at] = expected[at];
        }
    }
}

static void test_what_was_never_written_reads_as_zeros_and_stays_without_memory(void **state)
{
    (void)state;
    EACH_KIND(kind)
    {
        sparse made;
        begin(kind, &made);
        assert_int_equal(blocks_of(&made), 0);
        read_in_all_ways(&made);
        end(&made);
    }
}

static void test_holes_between_data_stay_holes(void **state)
{
    (void)state;
    EACH_KIND(kind)
    {
        sparse made;
        begin(kind, &made);
        store_some(&made);
        read_in_all_ways(&made);
        end(&made);
    }
}

static void test_what_another_program_gives_back_is_not_taken_again(void **state)
{
    (void)state;
    EACH_KIND(kind)
    {
        sparse made;
        begin(kind, &made);
        memset(expected, 0x5A, sizeof expected);
        memset(made.other.base, 0x5A, sizeof expected);
        read_in_all_ways(&made);
        if (fallocate((int)made.other.handle, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 5 * PAGE,
                      10 * PAGE) == 0) {
            memset(expected + 5 * PAGE, 0, 10 * PAGE);
        }
        read_in_all_ways(&made);
        end(&made);
    }
}

static void test_what_has_all_its_memory_is_lent_and_what_has_holes_is_not(void **state)
{
    (void)state;
    EACH_KIND(kind)
    {
        sparse made;
        begin(kind, &made);
        made.other.base[4 * PAGE] = 1;
        assert_null(section_borrow(made.self, 0, SIZE, &why));
        assert_int_equal(why.code, SECTION_UNSUPPORTED);
        assert_null(section_borrow(made.self, 3 * PAGE, 2 * PAGE, &why));
        assert_null(section_borrow(made.self, 4 * PAGE, 2 * PAGE, &why));
        assert_non_null(section_borrow(made.self, 4 * PAGE + 1, PAGE - 1, &why));
        assert_non_null(section_borrow(made.self, SIZE, 0, &why));
        memset(made.other.base, 1, SIZE);
        assert_non_null(section_borrow(made.self, 0, SIZE, &why));
        end(&made);
    }
}

/* A page that we wrote to is our own, and no longer the object's, where that has a hole. */
static void test_a_private_view_keeps_what_was_written_over_holes(void **state)
{
    (void)state;
    sparse made;
    begin(&(struct kind){"private", make_private}, &made);
    store_some(&made);
    works(section_write(made.self, 7 * PAGE + 9, "own", 3, &why));
    memcpy(expected + 7 * PAGE + 9, "own", 3);
    works(section_write(made.self, 3 * PAGE, "too", 3, &why));
    memcpy(expected + 3 * PAGE, "too", 3);
    read_in_all_ways(&made);
    assert_int_equal(made.other.base[7 * PAGE + 9], 0);
    (void)fallocate((int)made.other.handle, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 7 * PAGE,
                    PAGE);
    read_in_all_ways(&made);
    end(&made);
}

/*
 * As where the process may have no more descriptors: it cannot look for holes, and touches none. Only of a
 * private view it does not know then which pages are its own.
 */
static void test_without_another_descriptor_shared_memory_stays_as_it_is_too(void **state)
{
    (void)state;
    struct rlimit before;
    assert_return_code(getrlimit(RLIMIT_NOFILE, &before), 0);
    EACH_KIND(kind)
    {
        sparse made;
        if (kind->make == make_private) {
            continue;
        }
        begin(kind, &made);
        store_some(&made);
        const struct rlimit none = {3, before.rlim_max};
        assert_return_code(setrlimit(RLIMIT_NOFILE, &none), 0);
        read_in_all_ways(&made);
        assert_return_code(setrlimit(RLIMIT_NOFILE, &before), 0);
        end(&made);
    }
}

/* The position tells how far the search for a hole went. */
static void test_a_short_read_looks_no_further_than_its_own_pages(void **state)
{
    (void)state;
    enum { WHOLE = 64 * PAGE, FILLED = 60 * PAGE };
    const char *name = fresh_name();
    other_section other;
    other_create(name, WHOLE, &other);
    memset(other.base, 7, FILLED);
    section *self = open_section(name);
    assert_int_equal(load_word(self, 2 * PAGE), 0x0707070707070707);
    assert_in_range(lseek((int)describe(self).handle, 0, SEEK_CUR), 0, 3 * PAGE);
    section_close(self);
    other_drop_name(name);
    other_close(&other);
}

static void test_a_handle_that_children_inherit_keeps_its_position(void **state)
{
    (void)state;
    section *self = reserve(NULL);
    const int fd = (int)describe(self).handle;
    works(section_write(self, 2 * PAGE, "a word", 7, &why));
    works(section_set_inherit(self, true, &why));
    assert_int_equal(lseek(fd, PLACE, SEEK_SET), PLACE);
    assert_int_not_equal(load_word(self, 2 * PAGE), 0);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), PLACE);
    section_close(self);
}

static void test_a_file_that_its_owner_reads_past_the_cache_is_read(void **state)
{
    (void)state;
    sparse made;
    char path[sizeof folder + 16];
    begin(&(struct kind){"direct", make_file}, &made);
    store_some(&made);
    (void)snprintf(path, sizeof path, "%s/sparse.bin", folder);
    const int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
    if (fd < 0) {
        print_message("this file system has no O_DIRECT\n");
    } else {
        const section_duplicate_options options = {
            .pid = own_process_id(), .handle = (uint64_t)fd, .file_folder = folder};
        section_close(made.self);
        works(section_duplicate(&options, &made.self, &why));
        read_in_all_ways(&made);
        (void)close(fd);
    }
    end(&made);
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/holes-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_what_was_never_written_reads_as_zeros_and_stays_without_memory),
        cmocka_unit_test(test_holes_between_data_stay_holes),
        cmocka_unit_test(test_what_another_program_gives_back_is_not_taken_again),
        cmocka_unit_test(test_what_has_all_its_memory_is_lent_and_what_has_holes_is_not),
        cmocka_unit_test(test_a_private_view_keeps_what_was_written_over_holes),
        cmocka_unit_test(test_without_another_descriptor_shared_memory_stays_as_it_is_too),
        cmocka_unit_test(test_a_short_read_looks_no_further_than_its_own_pages),
        cmocka_unit_test(test_a_handle_that_children_inherit_keeps_its_position),
        cmocka_unit_test(test_a_file_that_its_owner_reads_past_the_cache_is_read),
    };
    return cmocka_run_group_tests_name("holes", list, make_folder, drop_folder);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
