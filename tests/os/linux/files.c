#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files that a create makes, and those that it must leave alone when it is refused. */

/* As on a file system that cannot make a file without a name. */
static bool lacks_nameless_files;
static unsigned refused_nameless_files;

int __real_openat64(int folder_fd, const char *path, int flags, ...);
int __wrap_openat64(int folder_fd, const char *path, int flags, ...);

int __wrap_openat64(int folder_fd, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (lacks_nameless_files && (flags & O_TMPFILE) == O_TMPFILE) {
        refused_nameless_files++;
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_openat64(folder_fd, path, flags, mode);
}

/* A folder with `inside/below`, which is for files, and `outside/data`, which is nobody's business. */
typedef struct place {
    char base[64];
    char inside[80];
    char below[96];
    char outside[96];
    char data[112];
} place;

static void make_place(place *ret_place)
{
    (void)snprintf(ret_place->base, sizeof ret_place->base, "/tmp/section-files-XXXXXX");
    assert_non_null(mkdtemp(ret_place->base));
    (void)snprintf(ret_place->inside, sizeof ret_place->inside, "%s/inside", ret_place->base);
    (void)snprintf(ret_place->below, sizeof ret_place->below, "%s/below", ret_place->inside);
    (void)snprintf(ret_place->outside, sizeof ret_place->outside, "%s/outside", ret_place->base);
    (void)snprintf(ret_place->data, sizeof ret_place->data, "%s/data", ret_place->outside);
    assert_return_code(mkdir(ret_place->inside, 0700), errno);
    assert_return_code(mkdir(ret_place->below, 0700), errno);
    assert_return_code(mkdir(ret_place->outside, 0700), errno);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static size_t count_entries(const char *folder)
{
    size_t count = 0;
    const struct dirent *entry;
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    while ((entry = readdir(listing)) != NULL) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    (void)closedir(listing);
    return count;
}

static void remove_place(const place *place)
{
    (void)unlink(place->data);
    assert_return_code(rmdir(place->outside), errno);
    assert_return_code(rmdir(place->below), errno);
    assert_return_code(rmdir(place->inside), errno);
    assert_return_code(rmdir(place->base), errno);
}

/* More than any file system of a disk takes, with a view that can be mapped. */
static section_create_options too_large(const place *place)
{
    return (section_create_options){.file = "below/data",
                                    .file_folder = place->inside,
                                    .size_bytes = (UINT64_C(1) << 53) - 1,
                                    .view = {0, 4096},
                                    .file_open = SECTION_FILE_CREATE_NEW};
}

typedef struct swapper {
    const char *folder;
    const char *link;
    atomic_bool stop;
    atomic_uint swaps;
} swapper;

static void *swap_until_stopped(void *argument)
{
    swapper *self = argument;
    while (!atomic_load(&self->stop)) {
        if (renameat2(AT_FDCWD, self->folder, AT_FDCWD, self->link, RENAME_EXCHANGE) == 0) {
            atomic_fetch_add(&self->swaps, 1);
        }
    }
    return NULL;
}

/* What was refused is cleared up while the folder on its path and a link elsewhere change places. */
static void test_a_refused_create_takes_away_nothing_of_others(void **state)
{
    (void)state;
    enum { TRIES = 3000 };
    place place;
    char link[112];
    pthread_t thread;
    make_place(&place);
    (void)snprintf(link, sizeof link, "%s/link", place.inside);
    assert_return_code(symlink(place.outside, link), errno);
    swapper swapper = {.folder = place.below, .link = link};
    const section_create_options options = too_large(&place);
    assert_int_equal(pthread_create(&thread, NULL, swap_until_stopped, &swapper), 0);
    size_t lost = 0;
    unsigned refused_sizes = 0;
    for (int i = 0; i < TRIES; i++) {
        section *self = NULL;
        section_error error;
        write_file(place.data, "kept");
        assert_int_not_equal(section_create(&options, &self, &error), SECTION_OK);
        refused_sizes += error.os_number == EFBIG || error.os_number == EINVAL;
        lost += access(place.data, F_OK) != 0;
    }
    atomic_store(&swapper.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(atomic_load(&swapper.swaps) > 0 && refused_sizes > 0);
    assert_int_equal(lost, 0);
    if (atomic_load(&swapper.swaps) % 2 != 0) {
        (void)renameat2(AT_FDCWD, place.below, AT_FDCWD, link, RENAME_EXCHANGE);
    }
    assert_return_code(unlink(link), errno);
    assert_int_equal(count_entries(place.below), 0);
    remove_place(&place);
}

static void check_new_files(void)
{
    place place;
    section *self = NULL;
    struct stat facts;
    char path[112];
    make_place(&place);
    const section_create_options options = {
        .file = "below/data", .file_folder = place.inside, .size_bytes = 5000};
    section_create_options again = options;
    again.file_open = SECTION_FILE_CREATE_NEW;
    const section_create_options large = too_large(&place);
    fails(SECTION_NO_MEMORY, section_create(&large, &self, &why));
    assert_int_equal(count_entries(place.below), 0);
    works(section_create(&options, &self, &why));
    (void)snprintf(path, sizeof path, "%s/data", place.below);
    assert_return_code(stat(path, &facts), errno);
    assert_int_equal(facts.st_mode, S_IFREG | 0600);
    assert_int_equal(facts.st_nlink, 1);
    assert_int_equal(facts.st_size, 5000);
    set_byte(self, 4999, 7);
    section_close(self);
    fails(SECTION_ALREADY_EXISTS, section_create(&again, &self, &why));
    assert_int_equal(count_entries(place.below), 1);
    works(section_create(&options, &self, &why));
    assert_int_equal(byte_at(self, 4999), 7);
    section_close(self);
    assert_return_code(unlink(path), errno);
    remove_place(&place);
}

static void test_a_new_file_appears_whole_or_not_at_all(void **state)
{
    (void)state;
    check_new_files();
}

static void test_nor_where_files_without_a_name_cannot_be_made(void **state)
{
    (void)state;
    lacks_nameless_files = true;
    check_new_files();
    lacks_nameless_files = false;
    assert_int_not_equal(refused_nameless_files, 0);
}

static section_status refuse(void *context, section_error *ret_error)
{
    ++*(unsigned *)context;
    return section_fail(ret_error, SECTION_DISABLED, "not today");
}

static void test_what_is_not_permitted_changes_no_file(void **state)
{
    (void)state;
    place place;
    section *self = NULL;
    struct stat facts;
    unsigned asked = 0;
    make_place(&place);
    write_file(place.data, "content");
    section_create_options options = {.file = "data",
                                      .file_folder = place.outside,
                                      .permit_change = refuse,
                                      .permit_context = &asked};
    works(section_create(&options, &self, &why)); /* changes nothing */
    section_close(self);
    assert_int_equal(asked, 0);
    options.size_bytes = 5000;
    fails(SECTION_DISABLED, section_create(&options, &self, &why));
    options.file_open = SECTION_FILE_TRUNCATE;
    options.size_bytes = 3;
    fails(SECTION_DISABLED, section_create(&options, &self, &why));
    options.file = "new";
    options.file_open = SECTION_FILE_CREATE_NEW;
    fails(SECTION_DISABLED, section_create(&options, &self, &why));
    assert_int_equal(asked, 3);
    assert_return_code(stat(place.data, &facts), errno);
    assert_int_equal(facts.st_size, 7);
    assert_int_equal(count_entries(place.outside), 1);
    remove_place(&place);
}

static void test_whether_a_file_is_long_enough_is_told_without_its_disk(void **state)
{
    section *self;
    place place;
    (void)state;
    make_place(&place);
    write_file(place.data, "content");
    const section_create_options options = {.file = "data", .file_folder = place.outside};
    works(section_create(&options, &self, &why));
    assert_true(section_may_wait_for_disk(self));
    assert_false(section_check_may_wait_for_disk(self));
    section_close(self);
    remove_place(&place);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_refused_create_takes_away_nothing_of_others),
        cmocka_unit_test(test_a_new_file_appears_whole_or_not_at_all),
        cmocka_unit_test(test_nor_where_files_without_a_name_cannot_be_made),
        cmocka_unit_test(test_what_is_not_permitted_changes_no_file),
        cmocka_unit_test(test_whether_a_file_is_long_enough_is_told_without_its_disk),
    };
    return cmocka_run_group_tests_name("files", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
