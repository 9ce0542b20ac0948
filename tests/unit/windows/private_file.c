#include "../unit.h"

#include <windows.h>

#include <aclapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "private_file.h"
#include "user.h"

/* Who may use a private file or folder: entries as Windows stores them, which Wine does not keep. */

enum { ACL_BYTES = 512 };

typedef struct list {
    union {
        ACL acl;
        unsigned char room[ACL_BYTES];
    };
    ACE_HEADER *entry; /* the first */
} list;

/* A list of one entry that allows everybody to read. */
static void make_list(list *self)
{
    SID_IDENTIFIER_AUTHORITY world = SECURITY_WORLD_SID_AUTHORITY;
    PSID everybody = NULL;
    void *entry;
    memset(self, 0, sizeof *self);
    assert_true(
        AllocateAndInitializeSid(&world, 1, SECURITY_WORLD_RID, 0, 0, 0, 0, 0, 0, 0, &everybody));
    assert_true(InitializeAcl(&self->acl, ACL_BYTES, ACL_REVISION));
    assert_true(AddAccessAllowedAce(&self->acl, ACL_REVISION, FILE_GENERIC_READ, everybody));
    assert_true(GetAce(&self->acl, 0, &entry));
    self->entry = entry;
    FreeSid(everybody);
}

static bool opens(const list *self, ACCESS_MASK rights)
{
    TOKEN_USER *user = user_of(GetCurrentProcess());
    assert_non_null(user);
    const bool is_open = private_file_opens_to_others(self->entry, user->User.Sid, rights);
    free(user);
    return is_open;
}

static void test_an_entry_with_a_condition_is_seen(void **state)
{
    (void)state;
    static const BYTE allowing[] = {
        ACCESS_ALLOWED_ACE_TYPE,          ACCESS_ALLOWED_CALLBACK_ACE_TYPE,
        ACCESS_ALLOWED_OBJECT_ACE_TYPE,   ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE,
        ACCESS_ALLOWED_COMPOUND_ACE_TYPE, 0x7F};
    list entries;
    make_list(&entries);
    for (size_t i = 0; i < sizeof allowing; i++) {
        entries.entry->AceType = allowing[i];
        assert_true(opens(&entries, FILE_READ_DATA));
    }
}

static void test_an_entry_that_denies_or_records_opens_nothing(void **state)
{
    (void)state;
    static const BYTE harmless[] = {
        ACCESS_DENIED_ACE_TYPE,          ACCESS_DENIED_CALLBACK_ACE_TYPE,
        ACCESS_DENIED_OBJECT_ACE_TYPE,   ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE,
        SYSTEM_AUDIT_ACE_TYPE,           SYSTEM_ALARM_ACE_TYPE,
        SYSTEM_MANDATORY_LABEL_ACE_TYPE,
    };
    list entries;
    make_list(&entries);
    for (size_t i = 0; i < sizeof harmless; i++) {
        entries.entry->AceType = harmless[i];
        assert_false(opens(&entries, FILE_READ_DATA));
    }
}

static void test_rights_that_do_not_matter_do_not_count(void **state)
{
    (void)state;
    list entries;
    make_list(&entries);
    assert_false(opens(&entries, FILE_WRITE_DATA));
    ((ACCESS_ALLOWED_ACE *)(void *)entries.entry)->Mask = GENERIC_WRITE;
    assert_true(opens(&entries, FILE_WRITE_DATA));
    entries.entry->AceFlags = INHERIT_ONLY_ACE;
    assert_false(opens(&entries, FILE_WRITE_DATA));
}

static void test_an_entry_for_the_user_or_the_system_opens_nothing(void **state)
{
    (void)state;
    unsigned char system[SECURITY_MAX_SID_SIZE];
    DWORD length = sizeof system;
    TOKEN_USER *user = user_of(GetCurrentProcess());
    assert_non_null(user);
    assert_true(CreateWellKnownSid(WinLocalSystemSid, NULL, system, &length));
    const PSID harmless[] = {user->User.Sid, system};
    for (size_t i = 0; i < 2; i++) {
        list entries;
        void *entry;
        memset(&entries, 0, sizeof entries);
        assert_true(InitializeAcl(&entries.acl, ACL_BYTES, ACL_REVISION));
        assert_true(AddAccessAllowedAce(&entries.acl, ACL_REVISION, FILE_ALL_ACCESS, harmless[i]));
        assert_true(GetAce(&entries.acl, 0, &entry));
        entries.entry = entry;
        assert_false(opens(&entries, FILE_ALL_ACCESS));
        entries.entry->AceType = ACCESS_ALLOWED_CALLBACK_ACE_TYPE;
        assert_false(opens(&entries, FILE_ALL_ACCESS));
    }
    free(user);
}

/* ---- the folder is made for the user alone ---- */

static unsigned folders;

extern BOOL(WINAPI *__real___imp_CreateDirectoryW)(LPCWSTR, LPSECURITY_ATTRIBUTES);
static BOOL WINAPI our_CreateDirectoryW(LPCWSTR path, LPSECURITY_ATTRIBUTES attributes);
extern BOOL(WINAPI *__wrap___imp_CreateDirectoryW)(LPCWSTR, LPSECURITY_ATTRIBUTES);
BOOL(WINAPI *__wrap___imp_CreateDirectoryW)(LPCWSTR, LPSECURITY_ATTRIBUTES) = our_CreateDirectoryW;

static BOOL WINAPI our_CreateDirectoryW(LPCWSTR path, LPSECURITY_ATTRIBUTES attributes)
{
    BOOL present;
    BOOL defaulted;
    ACL *acl;
    void *entry;
    SECURITY_DESCRIPTOR_CONTROL control;
    DWORD revision;
    TOKEN_USER *user = user_of(GetCurrentProcess());
    assert_non_null(user);
    assert_non_null(attributes);
    PSECURITY_DESCRIPTOR descriptor = attributes->lpSecurityDescriptor;
    assert_true(GetSecurityDescriptorDacl(descriptor, &present, &acl, &defaulted));
    assert_true(present && acl != NULL && acl->AceCount == 1);
    assert_true(GetSecurityDescriptorControl(descriptor, &control, &revision));
    assert_true((control & SE_DACL_PROTECTED) != 0);
    assert_true(GetAce(acl, 0, &entry));
    const ACCESS_ALLOWED_ACE *allowed = entry;
    assert_int_equal(allowed->Header.AceType, ACCESS_ALLOWED_ACE_TYPE);
    assert_int_equal(allowed->Header.AceFlags, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
    assert_true(EqualSid((PSID)(uintptr_t)&allowed->SidStart, user->User.Sid));
    free(user);
    folders++;
    return __real___imp_CreateDirectoryW(path, attributes);
}

static void test_a_folder_is_made_for_the_user_alone(void **state)
{
    (void)state;
    char path[MAX_PATH];
    char inner[MAX_PATH + 16];
    char parent[MAX_PATH];
    section_error why = {0};
    assert_in_range(GetTempPathA(MAX_PATH - 40, parent), 1, MAX_PATH);
    (void)snprintf(path, sizeof path, "%ssectiond-%lu", parent, GetCurrentProcessId());
    (void)snprintf(inner, sizeof inner, "%s\\state", path);
    assert_int_equal(platform_make_directory(inner, &why), SECTION_OK);
    assert_in_range(folders, 2, 100);
    assert_int_equal(platform_check_private_directory(inner, &why), SECTION_OK);
    assert_int_equal(platform_check_private_directory(path, &why), SECTION_OK);
    assert_true(RemoveDirectoryA(inner) && RemoveDirectoryA(path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_entry_with_a_condition_is_seen),
        cmocka_unit_test(test_an_entry_that_denies_or_records_opens_nothing),
        cmocka_unit_test(test_rights_that_do_not_matter_do_not_count),
        cmocka_unit_test(test_an_entry_for_the_user_or_the_system_opens_nothing),
        cmocka_unit_test(test_a_folder_is_made_for_the_user_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
