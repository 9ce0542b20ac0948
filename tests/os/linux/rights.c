#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forked.h"
#include "platform.h"

static int open_what_may_only_be_read(const void *argument)
{
    const section_name *name = argument;
    section *self = NULL;
    section_open_options opening = {.name = name};
    const section_create_options making = {.name = name, .size_bytes = 100};
    section_info info;
    CHECK(become_nobody());
    CHECK(section_open(&opening, &self, NULL) == SECTION_OK);
    CHECK(section_granted_access(self) == SECTION_ACCESS_READ);
    CHECK(section_write(self, 0, "x", 1, NULL) == SECTION_READ_ONLY);
    section_close(self);
    opening.access = SECTION_ACCESS_READWRITE;
    CHECK(section_open(&opening, &self, NULL) == SECTION_ACCESS_DENIED);
    opening.access = SECTION_ACCESS_WRITECOPY;
    CHECK(section_open(&opening, &self, NULL) == SECTION_OK);
    CHECK(section_write(self, 0, "x", 1, NULL) == SECTION_OK);
    section_close(self);
    CHECK(section_create(&making, &self, NULL) == SECTION_OK);
    CHECK(section_describe(self, &info, NULL) == SECTION_OK);
    CHECK(!info.created && info.access == SECTION_ACCESS_READ && info.size_bytes == 4096);
    CHECK(!section_owns_name(self));
    section_close(self);
    const section_create_options writing = {
        .name = name, .size_bytes = 100, .access = SECTION_ACCESS_READWRITE};
    const section_create_options must_be_new = {
        .name = name, .size_bytes = 100, .access = SECTION_ACCESS_READWRITE, .must_be_new = true};
    CHECK(section_create(&writing, &self, NULL) == SECTION_ACCESS_DENIED);
    CHECK(section_create(&must_be_new, &self, NULL) == SECTION_ALREADY_EXISTS);
    return 0;
}

static int open_what_is_forbidden(const void *argument)
{
    section *self = NULL;
    section_error error;
    const section_open_options opening = {.name = argument};
    const section_create_options making = {.name = argument, .size_bytes = 100};
    CHECK(become_nobody());
    CHECK(section_open(&opening, &self, &error) == SECTION_ACCESS_DENIED);
    CHECK(error.os_number == EACCES && error.os_domain == SECTION_OS_ERRNO);
    CHECK(section_create(&making, &self, &error) == SECTION_ACCESS_DENIED);
    return 0;
}

static void test_what_may_only_be_read_is_opened_for_reading(void **state)
{
    (void)state;
    other_section other;
    const section_name name = parsed(fresh_name());
    other_create(name.text, 4096, &other);
    assert_return_code(fchmod((int)other.handle, 0444), 0);
    assert_int_equal(in_fork(open_what_may_only_be_read, &name), 0);
    assert_int_equal(other.base[0], 0);
    other_close(&other);
    other_drop_name(name.text);
}

static void test_what_may_not_be_read_is_denied(void **state)
{
    (void)state;
    other_section other;
    const section_name name = parsed(fresh_name());
    other_create(name.text, 4096, &other);
    assert_return_code(fchmod((int)other.handle, 0000), 0);
    assert_int_equal(in_fork(open_what_is_forbidden, &name), 0);
    other_close(&other);
    other_drop_name(name.text);
}

/* A second descriptor of the section, opened with other flags. */
static int reopened(const other_section *other, int flags)
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", (int)other->handle);
    int fd = open(link, flags | O_CLOEXEC);
    assert_return_code(fd, errno);
    return fd;
}

static void test_a_read_only_descriptor_grants_reading(void **state)
{
    (void)state;
    other_section other;
    section *self = NULL;
    other_create(NULL, 4096, &other);
    int fd = reopened(&other, O_RDONLY);
    section_duplicate_options options = {.pid = own_process_id(), .handle = (uint64_t)fd};
    works(section_duplicate(&options, &self, &why));
    assert_int_equal(describe(self).access, SECTION_ACCESS_READ);
    fails(SECTION_READ_ONLY, section_write(self, 0, "x", 1, &why));
    section_close(self);
    options.access = SECTION_ACCESS_READWRITE;
    fails(SECTION_ACCESS_DENIED, section_duplicate(&options, &self, &why));
    (void)close(fd);
    other_close(&other);
}

static void test_descriptors_that_cannot_be_read_are_denied(void **state)
{
    (void)state;
    static const int flags[] = {O_WRONLY, O_PATH};
    other_section other;
    other_create(NULL, 4096, &other);
    for (size_t i = 0; i < 2; i++) {
        section *self = NULL;
        int fd = reopened(&other, flags[i]);
        const section_duplicate_options options = {.pid = own_process_id(), .handle = (uint64_t)fd};
        fails(SECTION_ACCESS_DENIED, section_duplicate(&options, &self, &why));
        (void)close(fd);
    }
    other_close(&other);
}

/* From here on this process gets `number` from pidfd_getfd, as where ptrace rights are missing. */
static bool refuse_pidfd_getfd(int number)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_getfd, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

typedef struct handles {
    uint32_t pid;
    int refusal;
    uint64_t writable;
    uint64_t readable;
    uint64_t named;
    uint64_t pipe;
    uint64_t directory;
    char name[80];
} handles;

static section_status take(const handles *theirs, uint64_t handle, section **ret_section)
{
    const section_duplicate_options options = {.pid = theirs->pid, .handle = handle};
    return section_duplicate(&options, ret_section, NULL);
}

static int duplicate_through_proc(const void *argument)
{
    const handles *theirs = argument;
    section *self = NULL;
    section_info info;
    uint8_t byte = 0;
    CHECK(refuse_pidfd_getfd(theirs->refusal));
    CHECK(take(theirs, theirs->writable, &self) == SECTION_OK);
    CHECK(section_read(self, 0, &byte, 1, NULL) == SECTION_OK && byte == 0x42);
    CHECK(section_write(self, 1, "\x43", 1, NULL) == SECTION_OK);
    section_close(self);
    CHECK(take(theirs, theirs->readable, &self) == SECTION_OK);
    CHECK(section_granted_access(self) == SECTION_ACCESS_READ); /* never more than they have */
    section_close(self);
    CHECK(take(theirs, theirs->named, &self) == SECTION_OK);
    CHECK(section_describe(self, &info, NULL) == SECTION_OK && info.name != NULL);
    CHECK(strcmp(info.name->text, theirs->name) == 0);
    section_close(self);
    CHECK(take(theirs, theirs->pipe, &self) == SECTION_NOT_A_SECTION);
    CHECK(take(theirs, theirs->directory, &self) == SECTION_NOT_A_SECTION);
    CHECK(take(theirs, 54321, &self) == SECTION_NOT_FOUND);
    return 0;
}

static void test_where_pidfd_getfd_is_denied_proc_leads_to_sections(void **state)
{
    (void)state;
    static const int refusals[] = {EPERM, ENOSYS};
    other_section other;
    other_section named;
    handles ours = {.pid = own_process_id()};
    (void)snprintf(ours.name, sizeof ours.name, "%s", fresh_name());
    other_create(NULL, 4096, &other);
    other_create(ours.name, 4096, &named);
    other.base[0] = 0x42;
    ours.writable = other.handle;
    ours.readable = (uint64_t)reopened(&other, O_RDONLY);
    ours.named = named.handle;
    ours.pipe = kind_open(KIND_PIPE);
    ours.directory = kind_open(KIND_DIRECTORY);
    for (size_t i = 0; i < 2; i++) {
        other.base[1] = 0;
        ours.refusal = refusals[i];
        assert_int_equal(in_fork(duplicate_through_proc, &ours), 0);
        assert_int_equal(other.base[1], 0x43);
    }
    kind_close(ours.pipe);
    kind_close(ours.directory);
    kind_close(ours.readable);
    other_close(&other);
    other_close(&named);
    other_drop_name(ours.name);
}

static int duplicate_what_cannot_be_opened_again(const void *argument)
{
    const handles *theirs = argument;
    section *self = NULL;
    CHECK(become_nobody());
    /* Our own, inherited: our user may not open it, and to share what we hold is allowed. */
    const handles own = {.pid = (uint32_t)getpid(), .writable = theirs->writable};
    CHECK(take(&own, own.writable, &self) == SECTION_OK);
    CHECK(section_granted_access(self) == SECTION_ACCESS_READWRITE);
    section_close(self);
    return 0;
}

static void test_what_may_not_be_opened_again_is_shared(void **state)
{
    (void)state;
    other_section other;
    handles ours = {0};
    other_create(NULL, 4096, &other);
    assert_return_code(fchmod((int)other.handle, 0000), 0);
    ours.writable = (uint64_t)fcntl((int)other.handle, F_DUPFD, 0); /* which a fork inherits */
    assert_int_equal(in_fork(duplicate_what_cannot_be_opened_again, &ours), 0);
    kind_close(ours.writable);
    other_close(&other);
}

static int duplicate_from_a_stranger(const void *argument)
{
    const handles *theirs = argument;
    section *self = NULL;
    CHECK(become_nobody());
    CHECK(take(theirs, theirs->writable, &self) == SECTION_ACCESS_DENIED);
    CHECK(self == NULL);
    return 0;
}

static void test_another_users_process_is_denied(void **state)
{
    (void)state;
    other_section other;
    handles ours = {.pid = own_process_id()};
    if (geteuid() != 0) {
        ours.pid = 1; /* not ours, where we are not root */
    }
    other_create(NULL, 4096, &other);
    ours.writable = other.handle;
    assert_int_equal(in_fork(duplicate_from_a_stranger, &ours), 0);
    other_close(&other);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_what_may_only_be_read_is_opened_for_reading),
        cmocka_unit_test(test_what_may_not_be_read_is_denied),
        cmocka_unit_test(test_a_read_only_descriptor_grants_reading),
        cmocka_unit_test(test_descriptors_that_cannot_be_read_are_denied),
        cmocka_unit_test(test_where_pidfd_getfd_is_denied_proc_leads_to_sections),
        cmocka_unit_test(test_what_may_not_be_opened_again_is_shared),
        cmocka_unit_test(test_another_users_process_is_denied),
    };
    return cmocka_run_group_tests_name("rights", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
