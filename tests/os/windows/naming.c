#include "harness.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <windows.h>

#include "platform.h"

/* Named sections of files that are made at the same time, one of them of a file that hangs. */

enum { FOLDER_BYTES = 3 * MAX_PATH, FIRST_BYTES = 4096, SECOND_BYTES = 8192 };

/* MOMENT_MS: in which a second that does not wait as it should would have gone on. */
enum { PATIENCE_MS = 20000, MOMENT_MS = 200 };

/* A create on a thread of its own, whose file answers when it is told to. */
typedef struct creation {
    const char *folder;
    const char *file;
    section_name name;
    uint64_t size_bytes;
    HANDLE asked; /* set once the file is about to be changed */
    HANDLE go;
    HANDLE thread;
    section *section;
    section_error error;
    section_status status;
} creation;

static section_status hang(void *context, section_error *ret_error)
{
    creation *self = context;
    (void)ret_error;
    SetEvent(self->asked);
    return WaitForSingleObject(self->go, PATIENCE_MS) == WAIT_OBJECT_0 ? SECTION_OK
                                                                       : SECTION_OS_ERROR;
}

static DWORD WINAPI create(void *context)
{
    creation *self = context;
    const section_create_options options = {.name = &self->name,
                                            .size_bytes = self->size_bytes,
                                            .file = self->file,
                                            .file_folder = self->folder,
                                            .file_open = SECTION_FILE_TRUNCATE,
                                            .access = SECTION_ACCESS_READWRITE,
                                            .permit_change = hang,
                                            .permit_context = self};
    self->status = section_create(&options, &self->section, &self->error);
    return 0;
}

static void begin(creation *self)
{
    self->asked = CreateEventW(NULL, TRUE, FALSE, NULL);
    self->go = CreateEventW(NULL, TRUE, FALSE, NULL);
    self->thread = CreateThread(NULL, 0, create, self, 0, NULL);
    assert_non_null(self->thread);
}

static bool has_ended(const creation *self, DWORD patience_ms)
{
    return WaitForSingleObject(self->thread, patience_ms) == WAIT_OBJECT_0;
}

static bool is_asked(const creation *self, DWORD patience_ms)
{
    return WaitForSingleObject(self->asked, patience_ms) == WAIT_OBJECT_0;
}

static void finish(creation *self)
{
    section_close(self->section);
    CloseHandle(self->thread);
    CloseHandle(self->asked);
    CloseHandle(self->go);
}

static void make_file(const char *folder, const char *name)
{
    char path[FOLDER_BYTES + 32];
    DWORD written;
    (void)snprintf(path, sizeof path, "%s\\%s", folder, name);
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    assert_true(WriteFile(file, "full", 4, &written, NULL));
    CloseHandle(file);
}

/* A folder with two files of four bytes. */
static void make_folder(char ret_folder[FOLDER_BYTES])
{
    char temporary[MAX_PATH];
    assert_true(GetTempPathA(MAX_PATH, temporary) > 0);
    (void)snprintf(ret_folder, FOLDER_BYTES, "%s%s", temporary, fresh_name());
    assert_true(CreateDirectoryA(ret_folder, NULL));
    make_file(ret_folder, "one");
    make_file(ret_folder, "two");
}

static void test_a_file_that_hangs_holds_no_section_of_another_name(void **state)
{
    (void)state;
    char folder[FOLDER_BYTES];
    make_folder(folder);
    creation hanging = {
        .folder = folder, .file = "one", .name = parsed(fresh_name()), .size_bytes = FIRST_BYTES};
    creation other = {
        .folder = folder, .file = "two", .name = parsed(fresh_name()), .size_bytes = SECOND_BYTES};
    begin(&hanging);
    assert_true(is_asked(&hanging, PATIENCE_MS));
    begin(&other);
    SetEvent(other.go);
    const bool is_made = has_ended(&other, PATIENCE_MS / 2); /* less than the other's patience */
    SetEvent(hanging.go);
    assert_true(has_ended(&hanging, PATIENCE_MS));
    assert_true(has_ended(&other, PATIENCE_MS));
    assert_true(is_made);
    assert_int_equal(hanging.status, SECTION_OK);
    assert_int_equal(other.status, SECTION_OK);
    assert_int_equal(describe(hanging.section).size_bytes, FIRST_BYTES);
    assert_int_equal(describe(other.section).size_bytes, SECOND_BYTES);
    finish(&other);
    finish(&hanging);
}

static uint64_t file_bytes(const char *folder, const char *name)
{
    char path[FOLDER_BYTES + 32];
    WIN32_FILE_ATTRIBUTE_DATA facts;
    (void)snprintf(path, sizeof path, "%s\\%s", folder, name);
    assert_true(GetFileAttributesExA(path, GetFileExInfoStandard, &facts));
    return facts.nFileSizeLow;
}

/* `prefix` spells the same name in another way. */
static void expect_to_find_the_name(const char *prefix)
{
    char folder[FOLDER_BYTES];
    char spelled[128];
    const char *name = fresh_name();
    make_folder(folder);
    (void)snprintf(spelled, sizeof spelled, "%s%s", prefix, name);
    creation first = {
        .folder = folder, .file = "one", .name = parsed(name), .size_bytes = FIRST_BYTES};
    creation second = {
        .folder = folder, .file = "two", .name = parsed(spelled), .size_bytes = SECOND_BYTES};
    begin(&first);
    assert_true(is_asked(&first, PATIENCE_MS));
    begin(&second);
    SetEvent(second.go);
    (void)is_asked(&second, MOMENT_MS);
    SetEvent(first.go);
    assert_true(has_ended(&first, PATIENCE_MS));
    assert_true(has_ended(&second, PATIENCE_MS));
    assert_int_equal(first.status, SECTION_OK);
    assert_int_equal(second.status, SECTION_OK);
    assert_false(is_asked(&second, 0)); /* its file was left alone */
    assert_int_equal(file_bytes(folder, "two"), 4);
    assert_int_equal(describe(second.section).size_bytes, FIRST_BYTES);
    finish(&second);
    finish(&first);
}

static void test_who_wants_the_same_name_finds_it_and_leaves_the_file(void **state)
{
    (void)state;
    expect_to_find_the_name("");
    expect_to_find_the_name("Local\\");
}

static void test_a_name_in_the_own_session_is_the_same_as_without_it(void **state)
{
    (void)state;
    DWORD session;
    char prefix[32];
    assert_true(ProcessIdToSessionId(GetCurrentProcessId(), &session));
    (void)snprintf(prefix, sizeof prefix, "Session\\%lu\\", session);
    expect_to_find_the_name(prefix);
}

static void test_a_name_is_free_again_after_a_create_that_failed(void **state)
{
    (void)state;
    char folder[FOLDER_BYTES];
    make_folder(folder);
    creation failing = {
        .folder = folder, .file = "none", .name = parsed(fresh_name()), .size_bytes = FIRST_BYTES};
    creation again = failing;
    again.file = "one";
    begin(&failing);
    assert_true(has_ended(&failing, PATIENCE_MS));
    assert_int_equal(failing.status, SECTION_NOT_FOUND);
    begin(&again);
    SetEvent(again.go);
    assert_true(has_ended(&again, PATIENCE_MS));
    assert_int_equal(again.status, SECTION_OK);
    finish(&again);
    finish(&failing);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_a_file_that_hangs_holds_no_section_of_another_name),
        cmocka_unit_test(test_who_wants_the_same_name_finds_it_and_leaves_the_file),
        cmocka_unit_test(test_a_name_in_the_own_session_is_the_same_as_without_it),
        cmocka_unit_test(test_a_name_is_free_again_after_a_create_that_failed),
    };
    return cmocka_run_group_tests_name("naming", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    return run_program(argc, argv, tests);
}
