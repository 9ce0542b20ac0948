#include "harness.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <section/atomic.h>
#include <section/elements.h>

#include "os.h"
#include "platform.h"

/* Accesses by pointer to memory that somebody else takes away. */

enum { PAGE = 4096, SIZE = 65536 };

static const section_atomic_args add_one = {.op = SECTION_ATOMIC_ADD,
                                            .type = SECTION_U64,
                                            .offset_bytes = 40000,
                                            .value = {.unsigned_number = 1}};
static const section_elements spread = {100, 8, 1000, 60};

/* A mapping of two pages of which the second one is gone. */
static os_section half_gone(void)
{
    const int fd = memfd_create("half", MFD_CLOEXEC);
    os_section object = {.handle = fd, .mapped_bytes = 2 * PAGE};
    assert_return_code(ftruncate(fd, 2 * PAGE), 0);
    object.base = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(object.base != MAP_FAILED);
    assert_return_code(ftruncate(fd, PAGE), 0);
    return object;
}

static void drop(os_section *object)
{
    (void)munmap(object->base, 2 * PAGE);
    (void)close((int)object->handle);
}

static void store_seven(void *address)
{
    *(volatile uint64_t *)address = 7;
}

/* cmocka puts handlers of its own in place for each test: ours, once installed, has to come back. */
static void put_guard_back(void)
{
    static struct sigaction ours;
    if (ours.sa_sigaction == NULL) {
        os_section object = half_gone();
        works(os_touch(&object, object.base, 8, true, store_seven, object.base, &why));
        drop(&object);
        assert_return_code(sigaction(SIGBUS, NULL, &ours), 0);
    }
    assert_return_code(sigaction(SIGBUS, &ours, NULL), 0);
}

static void test_a_touch_of_what_is_gone_ends_there(void **state)
{
    (void)state;
    put_guard_back();
    os_section object = half_gone();
    for (int i = 0; i < 1000; i++) {
        fails(SECTION_GONE, os_touch(&object, object.base + PAGE, 8, true, store_seven,
                                     object.base + PAGE, &why));
        works(os_touch(&object, object.base, 8, true, store_seven, object.base, &why));
        assert_int_equal(object.base[0], 7);
        object.base[0] = 0;
    }
    drop(&object);
}

static void test_sections_are_gone_by_pointer_as_by_copy(void **state)
{
    (void)state;
    put_guard_back();
    other_section other;
    uint8_t bytes[8 * 60];
    section_atomic_result result;
    const char *name = fresh_name();
    other_create(name, SIZE, &other);
    section *self = open_section(name);
    other_drop_name(name);
    assert_return_code(ftruncate((int)other.handle, 40004), 0);
    fails(SECTION_GONE, section_atomic(self, &add_one, &result, &why)); /* half of it is there */
    fails(SECTION_GONE, section_write_elements(self, &spread, bytes, &why));
    fails(SECTION_GONE, section_read_elements(self, &spread, bytes, &why));
    assert_return_code(ftruncate((int)other.handle, SIZE), 0);
    works(section_atomic(self, &add_one, &result, &why));
    assert_int_equal(result.previous.unsigned_number, 0); /* no store was kept */
    works(section_write_elements(self, &spread, bytes, &why));
    section_close(self);
    other_close(&other);
}

typedef struct load {
    section *shared;
    atomic_bool *stop;
    atomic_uint successes;
    unsigned others; /* neither success nor SECTION_GONE */
} load;

static void *use_until_stopped(void *argument)
{
    load *self = argument;
    uint8_t bytes[8 * 60];
    memset(bytes, 1, sizeof bytes);
    for (unsigned i = 0; !atomic_load(self->stop); i++) {
        section_atomic_result result;
        const section_status status =
            i % 3 == 0   ? section_atomic(self->shared, &add_one, &result, NULL)
            : i % 3 == 1 ? section_write_elements(self->shared, &spread, bytes, NULL)
                         : section_read_elements(self->shared, &spread, bytes, NULL);
        atomic_fetch_add(&self->successes, status == SECTION_OK);
        self->others += status != SECTION_OK && status != SECTION_GONE;
    }
    return NULL;
}

static void test_truncation_under_load_crashes_nothing(void **state)
{
    (void)state;
    put_guard_back();
    other_section other;
    pthread_t threads[4];
    load loads[4] = {0};
    atomic_bool stop = false;
    unsigned looks = 0;
    const char *name = fresh_name();
    other_create(name, SIZE, &other);
    section *sections[2] = {open_section(name), open_section(name)};
    other_drop_name(name);
    for (size_t i = 0; i < 4; i++) {
        loads[i].shared = sections[i % 2];
        loads[i].stop = &stop;
        assert_int_equal(pthread_create(&threads[i], NULL, use_until_stopped, &loads[i]), 0);
    }
    for (int i = 0; i < 5000; i++) {
        assert_return_code(ftruncate((int)other.handle, i * 37 % 16384), 0);
        assert_return_code(ftruncate((int)other.handle, SIZE), 0);
    }
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
    section_close(sections[0]);
    section_close(sections[1]);
    other_close(&other);
}

static void end_with_42(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    _exit(42);
}

/* How a child ends that touches what is gone without a guard, after it has used one. */
static int end_of_child(bool has_handler)
{
    int status;
    os_section object = half_gone();
    const pid_t pid = fork();
    if (pid == 0) {
        const struct rlimit no_core = {0, 0};
        struct sigaction action = {.sa_sigaction = end_with_42, .sa_flags = SA_SIGINFO};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        if (!has_handler) {
            action = (struct sigaction){.sa_handler = SIG_DFL};
        }
        (void)sigaction(SIGBUS, &action, NULL);
        if (os_touch(&object, object.base + PAGE, 8, true, store_seven, object.base + PAGE, NULL) !=
            SECTION_GONE) {
            _exit(1);
        }
        store_seven(object.base + PAGE);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    drop(&object);
    return status;
}

/* First of all: the handler is installed at the first touch, here in children. */
static void test_faults_of_others_go_where_they_went_before(void **state)
{
    (void)state;
    int status = end_of_child(true);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    status = end_of_child(false);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGBUS);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_faults_of_others_go_where_they_went_before),
        cmocka_unit_test(test_a_touch_of_what_is_gone_ends_there),
        cmocka_unit_test(test_sections_are_gone_by_pointer_as_by_copy),
        cmocka_unit_test(test_truncation_under_load_crashes_nothing),
    };
    return cmocka_run_group_tests_name("guard", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
