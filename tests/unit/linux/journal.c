#include "base/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "base/log.h"

/* What the journal does to its files, counted, and ended or failed where a test says so. */
typedef struct steps {
    unsigned taken;
    unsigned kill_at;       /* instead of this one the process is killed; 0: never */
    unsigned cut_writes_at; /* this write is cut short, and the disk is full for the next one */
    bool rename_fails;
} steps;

static steps *shared; /* with children */
static bool full;

ssize_t __real_write(int fd, const void *bytes, size_t length);
int __real_rename(const char *from, const char *to);
int __real_flock(int fd, int operation);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __wrap_rename(const char *from, const char *to);
int __wrap_flock(int fd, int operation);

static void step(void)
{
    if (shared != NULL && ++shared->taken == shared->kill_at) {
        (void)raise(SIGKILL);
    }
}

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    step();
    if (full) {
        full = false;
        errno = ENOSPC;
        return -1;
    }
    full = shared != NULL && shared->taken == shared->cut_writes_at;
    return __real_write(fd, bytes, full ? length / 2 : length);
}

int __wrap_rename(const char *from, const char *to)
{
    step();
    if (shared != NULL && shared->rename_fails) {
        errno = EIO;
        return -1;
    }
    return __real_rename(from, to);
}

int __wrap_flock(int fd, int operation)
{
    step();
    return __real_flock(fd, operation);
}

enum { NAMES = 3, REWRITTEN_BELOW_BYTES = 160 * 1024 };

/** A folder for journals, and names that really are there. */
typedef struct fixture {
    char folder[64];
    section_name names[NAMES];
    section_info infos[NAMES];
} fixture;

enum { SHM_NAME_BYTES = SECTION_NAME_BYTES_MAX + 1 };

static void shm_name(const section_name *name, char ret_text[SHM_NAME_BYTES])
{
    (void)snprintf(ret_text, SHM_NAME_BYTES, "/%s", name->text);
}

static bool exists(const section_name *name)
{
    char text[SHM_NAME_BYTES];
    shm_name(name, text);
    int fd = shm_open(text, O_RDONLY, 0);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

static void make(const section_name *name, section_info *ret_info)
{
    char text[SHM_NAME_BYTES];
    struct stat facts;
    shm_name(name, text);
    int fd = shm_open(text, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &facts), 0);
    (void)close(fd);
    *ret_info = (section_info){.name = name, .object = {facts.st_dev, facts.st_ino}};
}

static void make_all(fixture *self)
{
    for (int i = 0; i < NAMES; i++) {
        (void)snprintf(self->names[i].text, sizeof self->names[i].text, "unit-journal-%ld-%d",
                       (long)getpid(), i);
        make(&self->names[i], &self->infos[i]);
    }
}

static void unlink_all(const fixture *self)
{
    for (int i = 0; i < NAMES; i++) {
        char text[SHM_NAME_BYTES];
        shm_name(&self->names[i], text);
        (void)shm_unlink(text);
    }
}

static int set_up(void **state)
{
    fixture *self = calloc(1, sizeof *self);
    assert_non_null(self);
    (void)snprintf(self->folder, sizeof self->folder, "journal-test-XXXXXX");
    assert_non_null(mkdtemp(self->folder));
    make_all(self);
    *shared = (steps){0};
    *state = self;
    return 0;
}

/* The journals of the folder; the path of one of them. */
static int count_files(const fixture *self, char ret_path[400])
{
    DIR *directory = opendir(self->folder);
    const struct dirent *each;
    int count = 0;
    while ((each = readdir(directory)) != NULL) {
        if (each->d_name[0] != '.') {
            (void)snprintf(ret_path, 400, "%s/%s", self->folder, each->d_name);
            count++;
        }
    }
    (void)closedir(directory);
    return count;
}

static int tear_down(void **state)
{
    fixture *self = *state;
    char path[400];
    unlink_all(self);
    while (count_files(self, path) > 0) {
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(self->folder), 0);
    free(self);
    return 0;
}

static journal *open_journal(const fixture *self)
{
    journal *opened;
    assert_int_equal(journal_open(self->folder, &opened, NULL), SECTION_OK);
    return opened;
}

/* Another daemon starts and ends properly. */
static void start_once(const fixture *self)
{
    pid_t child = fork();
    int status;
    assert_true(child >= 0);
    if (child == 0) {
        journal *own;
        if (journal_open(self->folder, &own, NULL) != SECTION_OK) {
            _exit(1);
        }
        journal_close(own);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A daemon that does something with its journal, and is killed. */
static void run_and_kill(const fixture *self, void (*run)(journal *journal, const fixture *self))
{
    pid_t child = fork();
    int status;
    assert_true(child >= 0);
    if (child == 0) {
        journal *own;
        if (journal_open(self->folder, &own, NULL) == SECTION_OK) {
            run(own, self);
            (void)raise(SIGKILL);
        }
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void add_all(journal *journal, const fixture *self)
{
    for (int i = 0; i < NAMES; i++) {
        journal_add(journal, &self->infos[i]);
    }
}

/* Makes names and takes them away again, which exist in the journal only. */
static void churn(journal *journal, int count)
{
    for (int i = 0; i < count; i++) {
        section_name name = {.scope = SECTION_SCOPE_LOCAL};
        (void)snprintf(name.text, sizeof name.text, "unit-journal-churn-%d", i);
        const section_info info = {.name = &name, .object = {1, (uint64_t)i}};
        journal_add(journal, &info);
        journal_remove(journal, &info);
    }
}

static void add_and_churn(journal *journal, const fixture *self)
{
    add_all(journal, self);
    churn(journal, 10000); /* some 800 KB of lines */
}

static void assert_all_cleared(const fixture *self)
{
    char path[400];
    start_once(self);
    for (int i = 0; i < NAMES; i++) {
        assert_false(exists(&self->names[i]));
    }
    assert_int_equal(count_files(self, path), 0);
}

static void withdraw_one(journal *journal, const fixture *self)
{
    add_all(journal, self);
    journal_remove(journal, &self->infos[1]);
}

static void test_what_was_withdrawn_is_not_cleared(void **state)
{
    const fixture *self = *state;
    run_and_kill(self, withdraw_one);
    start_once(self);
    assert_false(exists(&self->names[0]));
    assert_true(exists(&self->names[1]));
    assert_false(exists(&self->names[2]));
}

static void withdraw_and_make_again(journal *journal, const fixture *self)
{
    add_all(journal, self);
    journal_remove(journal, &self->infos[1]);
    journal_add(journal, &self->infos[1]);
    journal_remove(journal, &self->infos[0]);
    journal_add(journal, &self->infos[0]);
}

static void test_what_was_made_again_is_cleared(void **state)
{
    const fixture *self = *state;
    run_and_kill(self, withdraw_and_make_again);
    assert_all_cleared(self);
}

static void use_emptied(journal *journal, const fixture *self)
{
    churn(journal, 3);
    add_all(journal, self);
}

static void test_what_is_made_after_the_journal_was_emptied_is_cleared(void **state)
{
    const fixture *self = *state;
    run_and_kill(self, use_emptied);
    assert_all_cleared(self);
}

static void test_names_that_come_and_go_while_one_is_held_do_not_make_it_grow(void **state)
{
    const fixture *self = *state;
    char path[400];
    struct stat facts;
    run_and_kill(self, add_and_churn);
    assert_int_equal(count_files(self, path), 1);
    assert_int_equal(stat(path, &facts), 0);
    assert_true(facts.st_size < REWRITTEN_BELOW_BYTES);
    assert_all_cleared(self);
}

/* Goes on until the journal is another file than it was. */
static void churn_until_rewritten(journal *journal, const fixture *self)
{
    char path[400];
    struct stat before;
    struct stat now;
    add_all(journal, self);
    (void)count_files(self, path);
    (void)stat(path, &before);
    do {
        churn(journal, 1);
    } while (stat(path, &now) == 0 && now.st_ino == before.st_ino &&
             now.st_size < REWRITTEN_BELOW_BYTES);
}

static void test_a_kill_at_any_step_of_a_rewrite_loses_no_name(void **state)
{
    enum { STEPS_OF_A_REWRITE = 16 };
    fixture *self = *state;
    run_and_kill(self, churn_until_rewritten);
    assert_all_cleared(self);
    const unsigned all = shared->taken;
    for (unsigned i = 0; i < STEPS_OF_A_REWRITE; i++) {
        make_all(self);
        *shared = (steps){.kill_at = all - i};
        run_and_kill(self, churn_until_rewritten);
        shared->kill_at = 0;
        assert_all_cleared(self);
    }
}

static void test_a_rewritten_journal_is_its_owners_still(void **state)
{
    const fixture *self = *state;
    char path[400];
    journal *own = open_journal(self);
    churn_until_rewritten(own, self);
    start_once(self);
    for (int i = 0; i < NAMES; i++) {
        assert_true(exists(&self->names[i]));
    }
    assert_int_equal(count_files(self, path), 1);
    journal_close(own);
    assert_int_equal(count_files(self, path), 0);
}

static void fail_to_rewrite(journal *journal, const fixture *self)
{
    shared->rename_fails = true;
    add_and_churn(journal, self);
}

static void test_a_journal_that_cannot_be_rewritten_goes_on(void **state)
{
    const fixture *self = *state;
    char path[400];
    run_and_kill(self, fail_to_rewrite);
    assert_int_equal(count_files(self, path), 1);
    shared->rename_fails = false;
    assert_all_cleared(self);
}

static void cut_a_line(journal *journal, const fixture *self)
{
    shared->cut_writes_at = shared->taken + 1;
    churn(journal, 1);
    add_all(journal, self);
}

static void cut_a_line_between(journal *journal, const fixture *self)
{
    journal_add(journal, &self->infos[0]);
    cut_a_line(journal, self);
}

static void test_a_line_that_a_full_disk_cut_off_takes_no_other_with_it(void **state)
{
    const fixture *self = *state;
    run_and_kill(self, cut_a_line_between);
    assert_all_cleared(self);
}

/* Puts another first line into the only journal there is. */
static void replace_first_line(const fixture *self, const char *line)
{
    char path[400];
    char text[4096];
    assert_int_equal(count_files(self, path), 1);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    const size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    const char *rest = strchr(text, '\n') + 1;
    rewind(file);
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    assert_true(fprintf(file, "%s%s", line, rest) > 0);
    (void)fclose(file);
}

static void test_a_journal_of_another_boot_or_of_none_is_not_believed(void **state)
{
    static const char *const lines[] = {"boot 00000000-0000-4000-8000-000000000000\n", "boot \n",
                                        "boot\n", "", "\n"};
    const fixture *self = *state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char path[400];
        run_and_kill(self, add_all);
        replace_first_line(self, lines[i]);
        start_once(self);
        for (int n = 0; n < NAMES; n++) {
            assert_true(exists(&self->names[n]));
        }
        assert_int_equal(count_files(self, path), 0);
    }
    run_and_kill(self, add_all);
    assert_all_cleared(self);
}

/* As a daemon that never rewrote it would have left it. */
static void test_a_journal_of_any_length_is_cleared(void **state)
{
    enum { LINES = 200000 };
    static const char padding[] =
        "-------------------------------------------------------------------------------------"
        "-------------------------------------------------------------------------------------";
    const fixture *self = *state;
    char path[400];
    struct stat facts;
    run_and_kill(self, add_all);
    assert_int_equal(count_files(self, path), 1);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    for (int i = 0; i < 2 * LINES; i++) {
        (void)fprintf(file, "%c1 %d %s\n", i < LINES ? '+' : '-', i % LINES, padding);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(stat(path, &facts), 0);
    assert_true(facts.st_size > 64 * 1024 * 1024);
    assert_all_cleared(self);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_what_was_withdrawn_is_not_cleared),
        WITH_FOLDER(test_what_was_made_again_is_cleared),
        WITH_FOLDER(test_what_is_made_after_the_journal_was_emptied_is_cleared),
        WITH_FOLDER(test_names_that_come_and_go_while_one_is_held_do_not_make_it_grow),
        WITH_FOLDER(test_a_kill_at_any_step_of_a_rewrite_loses_no_name),
        WITH_FOLDER(test_a_rewritten_journal_is_its_owners_still),
        WITH_FOLDER(test_a_journal_that_cannot_be_rewritten_goes_on),
        WITH_FOLDER(test_a_line_that_a_full_disk_cut_off_takes_no_other_with_it),
        WITH_FOLDER(test_a_journal_of_another_boot_or_of_none_is_not_believed),
        WITH_FOLDER(test_a_journal_of_any_length_is_cleared),
    };
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return EXIT_FAILURE;
    }
    log_setup(LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
