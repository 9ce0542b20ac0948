#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forked.h"
#include "platform.h"

/*
 * What another process does between two calls of ours. The calls are wrapped (--wrap): something
 * happens just before one of them, once.
 */

static void (*before_getfd)(void);
static void (*before_lstat)(void);
static void (*before_shmat)(void);

static void happen(void (**event)(void))
{
    void (*const now)(void) = *event;
    *event = NULL;
    if (now != NULL) {
        now();
    }
}

int __wrap_pidfd_getfd(int pidfd, int number, unsigned flags);
int __real_lstat64(const char *path, struct stat *ret_facts);
int __wrap_lstat64(const char *path, struct stat *ret_facts);
void *__real_shmat(int id, const void *address, int flags);
void *__wrap_shmat(int id, const void *address, int flags);

/* Is refused, as where ptrace rights are missing: so the links in /proc are followed. */
int __wrap_pidfd_getfd(int pidfd, int number, unsigned flags)
{
    (void)pidfd;
    (void)number;
    (void)flags;
    happen(&before_getfd);
    errno = EPERM;
    return -1;
}

int __wrap_lstat64(const char *path, struct stat *ret_facts)
{
    happen(&before_lstat);
    return __real_lstat64(path, ret_facts);
}

void *__wrap_shmat(int id, const void *address, int flags)
{
    happen(&before_shmat);
    return __real_shmat(id, address, flags);
}

/* ---- a descriptor whose number gets another object ---- */

static int number_in_use; /* the descriptor that is taken */
static int another;       /* what gets its number */

static void reopen(void)
{
    assert_int_equal(dup2(another, number_in_use), number_in_use);
}

static other_section first;
static other_section second;

/* A descriptor of the first object, for reading only; the second object is there to replace it. */
static void hold_two(void)
{
    char link[64];
    other_create(NULL, 4096, &first);
    other_create(NULL, 4096, &second);
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", (int)first.handle);
    number_in_use = open(link, O_RDONLY | O_CLOEXEC);
    assert_return_code(number_in_use, errno);
    another = (int)second.handle;
}

static void let_go(void)
{
    (void)close(number_in_use);
    other_close(&first);
    other_close(&second);
}

static void test_the_rights_of_one_object_are_not_those_of_the_next(void **state)
{
    (void)state;
    section *self = NULL;
    hold_two();
    const section_duplicate_options options = {.pid = own_process_id(),
                                               .handle = (uint64_t)number_in_use};
    before_lstat = reopen;
    fails(SECTION_NOT_FOUND, section_duplicate(&options, &self, &why));
    assert_null(before_lstat);
    works(section_duplicate(&options, &self, &why)); /* the number has the second one now */
    assert_int_equal(describe(self).access, SECTION_ACCESS_READWRITE);
    section_close(self);
    let_go();
}

/* ---- a process whose id gets another process ---- */

static pid_t holder;
static bool is_replaced;

/* Ends the holder and starts another process that has its id, and another object at the number. */
static void replace_holder(void)
{
    pid_t wanted[] = {holder};
    struct clone_args how = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)wanted, .set_tid_size = 1};
    assert_return_code(kill(holder, SIGKILL), errno);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    reopen();
    const pid_t made = (pid_t)syscall(SYS_clone3, &how, sizeof how);
    if (made == 0) {
        (void)pause();
        _exit(0);
    }
    is_replaced = made == holder;
}

static void test_a_process_that_has_got_the_id_meanwhile_is_not_looked_at(void **state)
{
    (void)state;
    section *self = NULL;
    hold_two();
    holder = fork();
    assert_return_code(holder, errno);
    if (holder == 0) {
        (void)pause();
        _exit(0);
    }
    const section_duplicate_options options = {.pid = (uint32_t)holder,
                                               .handle = (uint64_t)number_in_use};
    before_getfd = replace_holder;
    fails(SECTION_NOT_FOUND, section_duplicate(&options, &self, &why));
    assert_null(before_getfd);
    if (is_replaced) { /* else the system gives no id that is asked for, and nobody was there */
        works(section_duplicate(&options, &self, &why));
        section_close(self);
        assert_return_code(kill(holder, SIGKILL), errno);
        assert_int_equal(waitpid(holder, NULL, 0), holder);
    }
    let_go();
}

/* ---- a System V segment ---- */

static int segment;
static int next_segment;
static char *attached;

/* Something else is there then: or what is attached next might get the address. */
static void detach(void)
{
    (void)shmdt(attached);
    (void)mmap(attached, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void remove_and_detach(void)
{
    (void)shmctl(segment, IPC_RMID, NULL);
    detach();
}

static void attach_another_there(void)
{
    (void)shmdt(attached);
    (void)__real_shmat(next_segment, attached, 0);
}

static unsigned long attach_count(int id)
{
    struct shmid_ds facts;
    return shmctl(id, IPC_STAT, &facts) == 0 ? facts.shm_nattch : 0;
}

/* A segment that something happens to before we have attached it. Without rights, so that we do. */
static int take_segment(const void *argument)
{
    section *self = NULL;
    void (*const *const event)(void) = argument;
    CHECK(become_nobody());
    segment = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    next_segment = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    CHECK(segment >= 0 && next_segment >= 0);
    attached = __real_shmat(segment, NULL, 0);
    CHECK(attached != (char *)-1);
    const section_duplicate_options options = {.pid = (uint32_t)getpid(),
                                               .address = (uintptr_t)attached};
    before_shmat = *event;
    const section_status status = section_duplicate(&options, &self, NULL);
    const bool happened = before_shmat == NULL;
    const unsigned long left = attach_count(segment);
    const unsigned long next_left = attach_count(next_segment);
    (void)shmctl(segment, IPC_RMID, NULL);
    (void)shmctl(next_segment, IPC_RMID, NULL);
    CHECK(happened);
    CHECK(status == SECTION_NOT_FOUND && self == NULL);
    CHECK(left == 0);
    CHECK(next_left == (*event == attach_another_there ? 1 : 0));
    return 0;
}

static void test_a_segment_that_is_let_go_of_before_it_is_attached_is_not_taken(void **state)
{
    (void)state;
    void (*const events[])(void) = {detach, remove_and_detach, attach_another_there};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        assert_int_equal(in_fork(take_segment, &events[i]), 0);
    }
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_the_rights_of_one_object_are_not_those_of_the_next),
        cmocka_unit_test(test_a_process_that_has_got_the_id_meanwhile_is_not_looked_at),
        cmocka_unit_test(test_a_segment_that_is_let_go_of_before_it_is_attached_is_not_taken),
    };
    return cmocka_run_group_tests_name("races", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
