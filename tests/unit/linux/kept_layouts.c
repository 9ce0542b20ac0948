#include "layouts/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../registry_fixture.h"
#include "../unit.h"
#include "base/log.h"

/* What the store says is what is kept, also where a disk fails in the middle. */

static bool rename_fails, folder_sync_fails;

int __real_rename(const char *from, const char *to);
int __real_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_fsync(int fd);

static int broken_disk(void)
{
    errno = EIO;
    return -1;
}

int __wrap_rename(const char *from, const char *to)
{
    return rename_fails ? broken_disk() : __real_rename(from, to);
}

int __wrap_fsync(int fd)
{
    struct stat facts;
    const bool is_folder = fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode);
    return is_folder && folder_sync_fails ? broken_disk() : __real_fsync(fd);
}

static char state_folder[] = "kept-layouts-XXXXXX";
static layout_store *store;

static void open_store(void)
{
    assert_int_equal(layout_store_open(state_folder, &store, NULL), SECTION_OK);
}

/* As a daemon that starts anew sees it. */
static void open_again(void)
{
    layout_store_close(store);
    open_store();
}

static section_status put(const char *title, bool *ret_replaced)
{
    char text[128];
    layout *made;
    cJSON *errors;
    const int length =
        snprintf(text, sizeof text,
                 "{\"title\":\"%s\",\"fields\":[{\"name\":\"n\",\"type\":\"u8\"}]}", title);
    assert_int_equal(layout_new("mine", text, (size_t)length, &made, &errors, NULL), SECTION_OK);
    section_status status = layout_store_put(store, made, ret_replaced, NULL);
    layout_unref(made);
    return status;
}

/* NULL: there is none. */
static void expect_title(const char *title)
{
    layout *found = layout_store_find(store, "mine");
    assert_int_equal(found != NULL, title != NULL);
    if (found != NULL) {
        assert_non_null(strstr(found->text, title));
        layout_unref(found);
    }
}

static void expect_kept(const char *title)
{
    expect_title(title);
    open_again();
    expect_title(title);
}

static unsigned count_files(void)
{
    char path[sizeof state_folder + 16];
    unsigned count = 0;
    const struct dirent *each;
    (void)snprintf(path, sizeof path, "%s/layouts", state_folder);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while ((each = readdir(folder)) != NULL) {
        count += each->d_name[0] != '.';
    }
    (void)closedir(folder);
    return count;
}

static void test_what_a_failed_flush_of_the_folder_leaves_is_what_is_told(void **state)
{
    const fixture *all = *state;
    bool replaced;
    open_store();
    assert_int_equal(put("first", &replaced), SECTION_OK);
    assert_false(replaced);
    folder_sync_fails = true;
    assert_int_equal(put("second", &replaced), SECTION_OK);
    assert_true(replaced);
    expect_kept("second");
    assert_int_equal(layout_store_remove(store, all->registry, "mine", NULL), SECTION_OK);
    expect_kept(NULL);
    folder_sync_fails = false;
    layout_store_close(store);
}

static void test_what_could_not_be_replaced_stays(void **state)
{
    const fixture *all = *state;
    bool replaced;
    open_store();
    assert_int_equal(put("first", &replaced), SECTION_OK);
    rename_fails = true;
    assert_int_equal(put("second", &replaced), SECTION_OS_ERROR);
    rename_fails = false;
    expect_kept("first");
    assert_int_equal(count_files(), 1);
    assert_int_equal(layout_store_remove(store, all->registry, "mine", NULL), SECTION_OK);
    assert_int_equal(count_files(), 0);
    layout_store_close(store);
}

int main(void)
{
    char path[sizeof state_folder + 16];
    const struct CMUnitTest tests[] = {
        WITH_REGISTRY(test_what_a_failed_flush_of_the_folder_leaves_is_what_is_told),
        WITH_REGISTRY(test_what_could_not_be_replaced_stays),
    };
    log_setup(LOG_ERROR, LOG_TEXT);
    assert_non_null(mkdtemp(state_folder));
    const int failed = cmocka_run_group_tests_name("kept_layouts", tests, NULL, NULL);
    (void)snprintf(path, sizeof path, "%s/layouts", state_folder);
    (void)rmdir(path);
    (void)rmdir(state_folder);
    return failed;
}
