#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform.h"

static void path_of(const char *name, char ret_path[120])
{
    assert_in_range(snprintf(ret_path, 120, "/dev/shm/%s", name), 1, 119);
}

static bool name_exists(const char *name)
{
    char path[120];
    path_of(name, path);
    return access(path, F_OK) == 0;
}

static void test_closing_takes_the_name_that_we_made(void **state)
{
    (void)state;
    const char *name = fresh_name();
    section *self = create_section(name, 4096);
    assert_true(section_owns_name(self));
    assert_true(name_exists(name));
    section_close(self);
    assert_false(name_exists(name));
}

static void test_closing_leaves_a_name_that_we_only_found(void **state)
{
    (void)state;
    other_section other;
    const char *name = fresh_name();
    other_create(name, 4096, &other);
    section *found[] = {create_section(name, 4096), open_section(name),
                        duplicate_section(own_process_id(), other.handle)};
    for (size_t i = 0; i < 3; i++) {
        assert_false(section_owns_name(found[i]));
        section_close(found[i]);
        assert_true(name_exists(name));
    }
    other_close(&other);
    other_drop_name(name);
}

static void test_closing_leaves_a_name_that_leads_elsewhere_now(void **state)
{
    (void)state;
    other_section other;
    const char *name = fresh_name();
    section *self = create_section(name, 4096);
    other_drop_name(name);
    other_create(name, 4096, &other);
    section_close(self);
    assert_true(name_exists(name));
    other_close(&other);
    other_drop_name(name);
}

static void test_closing_is_content_with_a_name_that_is_gone(void **state)
{
    (void)state;
    const char *name = fresh_name();
    section *self = create_section(name, 4096);
    other_drop_name(name);
    set_byte(self, 0, 1);
    section_close(self);
    assert_false(name_exists(name));
}

static void test_a_kept_name_stays(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    const section_create_options options = {.name = &name, .size_bytes = 4096, .keep_name = true};
    works(section_create(&options, &self, &why));
    assert_false(section_owns_name(self));
    set_byte(self, 9, 9);
    section_close(self);
    section *again = open_section(name.text);
    assert_int_equal(byte_at(again, 9), 9);
    section_close(again);
    other_drop_name(name.text);
}

static void test_the_duty_of_unlinking_can_be_passed_on(void **state)
{
    (void)state;
    const char *name = fresh_name();
    section *first = create_section(name, 4096);
    section *second = open_section(name);
    assert_true(section_pass_name(first, second));
    assert_false(section_owns_name(first));
    assert_true(section_owns_name(second));
    assert_false(section_pass_name(first, second)); /* it is not the first one's any more */
    section_close(first);
    assert_true(name_exists(name));
    section_close(second);
    assert_false(name_exists(name));
}

static void test_the_duty_stays_where_the_object_is_another(void **state)
{
    (void)state;
    other_section other;
    const char *name = fresh_name();
    section *first = create_section(name, 4096);
    section *stranger = create_section(fresh_name(), 4096);
    assert_false(section_pass_name(first, stranger));
    other_drop_name(name);
    other_create(name, 4096, &other);
    section *replaced = open_section(name);
    assert_false(section_pass_name(first, replaced));
    assert_true(section_owns_name(first));
    assert_false(section_owns_name(replaced));
    section_close(first);
    section_close(replaced);
    section_close(stranger);
    assert_true(name_exists(name));
    other_close(&other);
    other_drop_name(name);
}

static void test_a_new_object_is_for_its_owner_only(void **state)
{
    (void)state;
    char path[120];
    struct stat facts;
    const char *name = fresh_name();
    const mode_t mask = umask(0);
    section *self = create_section(name, 4096);
    (void)umask(mask);
    path_of(name, path);
    assert_return_code(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode, S_IFREG | 0600);
    assert_int_equal(facts.st_nlink, 1);
    section_close(self);
}

static void test_a_new_object_has_its_memory_already(void **state)
{
    (void)state;
    struct stat facts;
    section *named = create_section(fresh_name(), 1u << 20);
    section *anonymous = create_section(NULL, 1u << 20);
    assert_return_code(fstat((int)describe(named).handle, &facts), 0);
    assert_true(facts.st_blocks * 512 >= 1 << 20);
    assert_return_code(fstat((int)describe(anonymous).handle, &facts), 0);
    assert_true(facts.st_blocks * 512 >= 1 << 20);
    section_close(anonymous);
    section_close(named);
}

static void test_a_reserved_object_takes_memory_as_it_is_used(void **state)
{
    (void)state;
    struct stat facts;
    section *self = NULL;
    const section_create_options options = {.size_bytes = 1u << 30, .reserve = true};
    works(section_create(&options, &self, &why));
    assert_return_code(fstat((int)describe(self).handle, &facts), 0);
    assert_int_equal(facts.st_blocks, 0);
    section_close(self);
}

static void test_a_symbolic_link_under_the_name_is_not_followed(void **state)
{
    (void)state;
    char path[120];
    char target[120];
    section *self = NULL;
    const char *target_name = fresh_name();
    const section_name name = parsed(fresh_name());
    const section_open_options opening = {.name = &name};
    const section_create_options making = {.name = &name, .size_bytes = 4096};
    section *victim = create_section(target_name, 4096);
    path_of(target_name, target);
    path_of(name.text, path);
    assert_return_code(symlink(target, path), 0);
    fails(SECTION_ACCESS_DENIED, section_open(&opening, &self, &why));
    fails(SECTION_ACCESS_DENIED, section_create(&making, &self, &why));
    assert_return_code(unlink(path), 0);
    section_close(victim);
}

static void test_a_fifo_under_the_name_does_not_hold_us(void **state)
{
    (void)state;
    static const section_access accesses[] = {SECTION_ACCESS_MOST, SECTION_ACCESS_READ};
    char path[120];
    const section_name name = parsed(fresh_name());
    path_of(name.text, path);
    assert_return_code(mkfifo(path, 0600), 0);
    for (size_t i = 0; i < 2; i++) {
        section *self = NULL;
        const section_open_options options = {.name = &name, .access = accesses[i]};
        fails(SECTION_NOT_A_SECTION, section_open(&options, &self, &why));
    }
    assert_return_code(unlink(path), 0);
}

static void test_a_socket_under_the_name_is_no_section(void **state)
{
    (void)state;
    section *self = NULL;
    const section_name name = parsed(fresh_name());
    const section_open_options options = {.name = &name};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/dev/shm/%.60s", name.text);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    fails(SECTION_NOT_A_SECTION, section_open(&options, &self, &why));
    assert_return_code(unlink(address.sun_path), 0);
    (void)close(fd);
}

static void test_a_name_that_was_unlinked_is_not_told(void **state)
{
    (void)state;
    other_section other;
    const char *name = fresh_name();
    other_create(name, 4096, &other);
    other_drop_name(name);
    section *self = duplicate_section(own_process_id(), other.handle);
    assert_null(describe(self).name);
    assert_int_equal(describe(self).backing, SECTION_BACKING_SHM);
    section_close(self);
    other_close(&other);
}

static void test_what_linux_does_not_have_is_unsupported(void **state)
{
    (void)state;
    section *self = NULL;
    const section_create_options options = {.size_bytes = 4096, .sddl = "D:(A;;GA;;;WD)"};
    fails(SECTION_UNSUPPORTED, section_create(&options, &self, &why));
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_closing_takes_the_name_that_we_made),
        cmocka_unit_test(test_closing_leaves_a_name_that_we_only_found),
        cmocka_unit_test(test_closing_leaves_a_name_that_leads_elsewhere_now),
        cmocka_unit_test(test_closing_is_content_with_a_name_that_is_gone),
        cmocka_unit_test(test_a_kept_name_stays),
        cmocka_unit_test(test_the_duty_of_unlinking_can_be_passed_on),
        cmocka_unit_test(test_the_duty_stays_where_the_object_is_another),
        cmocka_unit_test(test_a_new_object_is_for_its_owner_only),
        cmocka_unit_test(test_a_new_object_has_its_memory_already),
        cmocka_unit_test(test_a_reserved_object_takes_memory_as_it_is_used),
        cmocka_unit_test(test_a_symbolic_link_under_the_name_is_not_followed),
        cmocka_unit_test(test_a_fifo_under_the_name_does_not_hold_us),
        cmocka_unit_test(test_a_socket_under_the_name_is_no_section),
        cmocka_unit_test(test_a_name_that_was_unlinked_is_not_told),
        cmocka_unit_test(test_what_linux_does_not_have_is_unsupported),
    };
    return cmocka_run_group_tests_name("names", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
