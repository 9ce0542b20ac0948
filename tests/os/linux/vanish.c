#include "harness.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <section/atomic.h>
#include <section/changes.h>
#include <section/elements.h>

#include "platform.h"

/* Memory that somebody else takes away under our view: every operation says so, none crashes. */

static void resize(const other_section *other, uint64_t size_bytes)
{
    assert_return_code(ftruncate((int)other->handle, (off_t)size_bytes), 0);
}

/* A section of 64 KiB filled with 0x11, and ours of it: by name, or by its descriptor. */
static section *open_filled(bool named, other_section *ret_other)
{
    const char *name = fresh_name();
    other_create(named ? name : NULL, 65536, ret_other);
    memset(ret_other->base, 0x11, 65536);
    section *self =
        named ? open_section(name) : duplicate_section(own_process_id(), ret_other->handle);
    if (named) {
        other_drop_name(name);
    }
    return self;
}

static void expect_gone(section *self, uint64_t offset, size_t length)
{
    static uint8_t bytes[65536];
    static uint8_t copied[65536];
    bool changed[65536 / SECTION_BLOCK_BYTES];
    memset(bytes, 0x99, sizeof bytes);
    fails(SECTION_GONE, section_read_changed(self, offset, bytes, copied, length, changed, &why));
    fails(SECTION_GONE, section_write(self, offset, bytes, length, &why));
    fails(SECTION_GONE, section_read(self, offset, bytes, length, &why));
    assert_null(section_borrow(self, offset, length, &why));
    assert_int_equal(why.code, SECTION_GONE);
}

static void test_bytes_past_a_truncation_are_gone(void **state)
{
    (void)state;
    for (int named = 0; named < 2; named++) {
        other_section other;
        uint8_t bytes[100];
        section *self = open_filled(named, &other);
        resize(&other, 100);
        assert_int_equal(describe(self).size_bytes, 100);
        assert_int_equal(section_length(self), 65536);
        works(section_read(self, 0, bytes, 100, &why));
        assert_int_equal(bytes[99], 0x11);
        set_byte(self, 99, 0x22);
        assert_non_null(section_borrow(self, 0, 100, &why));
        expect_gone(self, 0, 101);
        expect_gone(self, 100, 1); /* in the last page, which does not fault */
        expect_gone(self, 4000, 200);
        expect_gone(self, 4096, 1);
        expect_gone(self, 65535, 1);
        expect_gone(self, 0, 65536);
        fails(SECTION_BAD_RANGE, section_read(self, 65536, bytes, 1, &why));
        section_close(self);
        other_close(&other);
    }
}

static void test_extended_again_the_bytes_are_back_and_no_store_was_kept(void **state)
{
    (void)state;
    static uint8_t bytes[65536];
    for (int named = 0; named < 2; named++) {
        other_section other;
        section *self = open_filled(named, &other);
        resize(&other, 100);
        expect_gone(self, 50, 200);
        expect_gone(self, 200, 1);
        resize(&other, 65536);
        works(section_read(self, 0, bytes, sizeof bytes, &why));
        for (size_t i = 0; i < sizeof bytes; i++) {
            assert_int_equal(bytes[i], i < 100 ? 0x11 : 0);
        }
        set_byte(self, 65535, 1);
        assert_int_equal(other.base[65535], 1);
        section_close(self);
        other_close(&other);
    }
}

static void test_a_section_cut_to_nothing_is_gone_as_a_whole(void **state)
{
    (void)state;
    other_section other;
    section *self = open_filled(true, &other);
    resize(&other, 0);
    assert_int_equal(describe(self).size_bytes, 0);
    expect_gone(self, 0, 1);
    resize(&other, 65536);
    assert_int_equal(byte_at(self, 0), 0);
    section_close(self);
    other_close(&other);
}

static void test_a_truncation_touches_no_other_section(void **state)
{
    (void)state;
    other_section first;
    other_section second;
    section *cut = open_filled(true, &first);
    section *whole = open_filled(true, &second);
    resize(&first, 0);
    expect_gone(cut, 0, 10);
    assert_int_equal(byte_at(whole, 65535), 0x11);
    set_byte(whole, 65535, 0x12);
    assert_int_equal(second.base[65535], 0x12);
    section_close(cut);
    section_close(whole);
    other_close(&first);
    other_close(&second);
}

static void test_a_view_counts_from_the_object_not_from_itself(void **state)
{
    (void)state;
    other_section other;
    section *self = NULL;
    section *all = open_filled(false, &other);
    const section_duplicate_options options = {
        .pid = own_process_id(), .handle = describe(all).handle, .view = {10000, 20000}};
    works(section_duplicate(&options, &self, &why));
    resize(&other, 10100);
    assert_int_equal(byte_at(self, 99), 0x11);
    expect_gone(self, 100, 1);
    section_close(self);
    section_close(all);
    other_close(&other);
}

static void test_what_we_make_anonymous_nobody_can_cut(void **state)
{
    (void)state;
    section *self = create_section(NULL, 4096);
    const int fd = (int)describe(self).handle;
    assert_int_equal(ftruncate(fd, 100), -1);
    assert_int_equal(ftruncate(fd, 8192), -1);
    assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1); /* nor shut others out */
    assert_int_equal(describe(self).backing, SECTION_BACKING_MEMFD);
    section_close(self);
}

static void test_a_section_sealed_against_writing_is_read(void **state)
{
    (void)state;
    static const int seals[] = {F_SEAL_WRITE, F_SEAL_FUTURE_WRITE};
    for (size_t i = 0; i < 2; i++) {
        section *self = NULL;
        int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        assert_int_equal(write(fd, "sealed", 6), 6);
        assert_return_code(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
        section_duplicate_options options = {.pid = own_process_id(), .handle = (uint64_t)fd};
        works(section_duplicate(&options, &self, &why));
        assert_int_equal(describe(self).access, SECTION_ACCESS_READ);
        assert_int_equal(byte_at(self, 5), 'd');
        fails(SECTION_READ_ONLY, section_write(self, 0, "x", 1, &why));
        section_close(self);
        options.access = SECTION_ACCESS_READWRITE;
        fails(SECTION_ACCESS_DENIED, section_duplicate(&options, &self, &why));
        options.access = SECTION_ACCESS_WRITECOPY;
        works(section_duplicate(&options, &self, &why));
        set_byte(self, 0, 'S');
        assert_int_equal(byte_at(self, 0), 'S');
        section_close(self);
        (void)close(fd);
    }
}

static void test_a_section_without_a_size_yet_is_empty(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    const section_open_options options = {.name = &name};
    int fd = shm_open(name.text, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    fails(SECTION_EMPTY, section_open(&options, &self, &why));
    assert_return_code(ftruncate(fd, 10), 0);
    works(section_open(&options, &self, &why));
    assert_int_equal(section_length(self), 10);
    section_close(self);
    (void)shm_unlink(name.text);
    (void)close(fd);
}

/* In a process of its own, with a /dev/shm of 1 MiB. 0: all as it should be; -1: that cannot be had. */
static int use_a_small_file_system(void)
{
    static uint8_t bytes[1 << 20];
    section *self = NULL;
    section *reserved = NULL;
    const section_name name = {.text = "full"};
    section_create_options options = {.name = &name, .size_bytes = 2 << 20};
    if ((unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ||
        /* In a chroot "/" is no mount point; /dev/shm is one wherever shm objects are. */
        (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 &&
         mount("none", "/dev/shm", NULL, MS_PRIVATE, NULL) != 0) ||
        mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=1m") != 0) {
        return -1;
    }
    if (section_create(&options, &self, NULL) != SECTION_NO_MEMORY ||
        access("/dev/shm/full", F_OK) == 0) {
        return __LINE__; /* told when it is made, and nothing is left */
    }
    options.reserve = true;
    if (section_create(&options, &reserved, NULL) != SECTION_OK ||
        section_write(reserved, 0, bytes, sizeof bytes, NULL) != SECTION_OK) {
        return __LINE__;
    }
    const section_elements element = {1 << 20, 8, 8, 1};
    const section_atomic_args add_one = {.op = SECTION_ATOMIC_ADD,
                                         .type = SECTION_U64,
                                         .offset_bytes = 1 << 20,
                                         .value = {.unsigned_number = 1}};
    section_atomic_result result;
    if (section_write_elements(reserved, &element, bytes, NULL) != SECTION_NO_MEMORY ||
        section_atomic(reserved, &add_one, &result, NULL) != SECTION_NO_MEMORY) {
        return __LINE__;
    }
    if (section_write(reserved, 1 << 20, bytes, 1, NULL) != SECTION_NO_MEMORY ||
        section_read(reserved, 0, bytes, sizeof bytes, NULL) != SECTION_OK) {
        return __LINE__;
    }
    if (section_read(reserved, 1 << 20, bytes, sizeof bytes, NULL) != SECTION_OK ||
        section_read_elements(reserved, &element, bytes, NULL) != SECTION_OK) {
        return __LINE__; /* a hole reads as zeros, and needs no memory */
    }
    section_close(reserved);
    options = (section_create_options){.name = &name, .size_bytes = 1 << 20};
    if (section_create(&options, &self, NULL) != SECTION_OK) {
        return __LINE__; /* closing gave the memory back */
    }
    section_close(self);
    return 0;
}

static void test_a_full_file_system_is_told_as_such(void **state)
{
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        const int line = use_a_small_file_system();
        _exit(line < 0 ? 77 : line != 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("this user may not mount a file system of its own\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

typedef struct load {
    section *shared;
    atomic_bool *stop;
    bool writes;
    atomic_uint successes;
    unsigned others; /* neither success nor SECTION_GONE */
} load;

static void *use_until_stopped(void *argument)
{
    load *self = argument;
    static _Thread_local uint8_t bytes[20000];
    static _Thread_local uint8_t copied[20000];
    bool changed[sizeof copied / SECTION_BLOCK_BYTES + 1];
    while (!atomic_load(self->stop)) {
        section_status status = self->writes
                                    ? section_write(self->shared, 1000, bytes, sizeof bytes, NULL)
                                    : section_read(self->shared, 1000, bytes, sizeof bytes, NULL);
        atomic_fetch_add(&self->successes, status == SECTION_OK);
        self->others += status != SECTION_OK && status != SECTION_GONE;
        status =
            section_read_changed(self->shared, 1000, bytes, copied, sizeof copied, changed, NULL);
        self->others += status != SECTION_OK && status != SECTION_GONE;
    }
    return NULL;
}

static void test_truncation_under_load_crashes_nothing(void **state)
{
    (void)state;
    other_section other;
    pthread_t threads[4];
    load loads[4] = {0};
    atomic_bool stop = false;
    section *self = open_filled(true, &other);
    for (size_t i = 0; i < 4; i++) {
        loads[i].shared = self;
        loads[i].stop = &stop;
        loads[i].writes = i % 2 == 0;
        assert_int_equal(pthread_create(&threads[i], NULL, use_until_stopped, &loads[i]), 0);
    }
    for (int i = 0; i < 5000; i++) {
        resize(&other, (uint64_t)(i * 37 % 16384));
        resize(&other, 65536);
    }
    unsigned looks = 0;
    for (size_t i = 0; i < 4; i++) {
        while (atomic_load(&loads[i].successes) == 0) {
            wait_a_moment(&looks);
        }
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(loads[i].others, 0);
    }
    section_close(self);
    other_close(&other);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_bytes_past_a_truncation_are_gone),
        cmocka_unit_test(test_extended_again_the_bytes_are_back_and_no_store_was_kept),
        cmocka_unit_test(test_a_section_cut_to_nothing_is_gone_as_a_whole),
        cmocka_unit_test(test_a_truncation_touches_no_other_section),
        cmocka_unit_test(test_a_view_counts_from_the_object_not_from_itself),
        cmocka_unit_test(test_what_we_make_anonymous_nobody_can_cut),
        cmocka_unit_test(test_a_section_sealed_against_writing_is_read),
        cmocka_unit_test(test_a_section_without_a_size_yet_is_empty),
        cmocka_unit_test(test_a_full_file_system_is_told_as_such),
        cmocka_unit_test(test_truncation_under_load_crashes_nothing),
    };
    return cmocka_run_group_tests_name("vanish", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
