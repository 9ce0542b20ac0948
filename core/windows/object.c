#include "file.h"
#include "identify.h"

#include <pthread.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <section_windows/cleanup.h>
#include <section_windows/wide.h>

uint32_t os_process_id(void)
{
    return GetCurrentProcessId();
}

/* The caller frees `ret_descriptor` with LocalFree; it stays NULL without an SDDL. */
static section_status parse_sddl(const char *sddl, PSECURITY_DESCRIPTOR *ret_descriptor,
                                 section_error *ret_error)
{
    *ret_descriptor = NULL;
    if (sddl == NULL) {
        return SECTION_OK;
    }
    /* Wine reads past the end of an entry that is not closed. */
    const char *last_entry = strrchr(sddl, '(');
    if (last_entry != NULL && strchr(last_entry, ')') == NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST,
                            "the last entry of the security descriptor has no end");
    }
    _cleanup_free_ wchar_t *wide = wide_from_utf8(sddl);
    if (wide == NULL) {
        return section_fail(ret_error, SECTION_BAD_REQUEST, "the security descriptor is not UTF-8");
    }
    BOOL parsed = ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1,
                                                                       ret_descriptor, NULL);
    DWORD number = GetLastError();
    if (!parsed) {
        return section_fail_os(
            ret_error, "ConvertStringSecurityDescriptorToSecurityDescriptorW", SECTION_OS_WIN32,
            number, "the security descriptor is not written in SDDL, as in D:(A;;GA;;;WD)");
    }
    return SECTION_OK;
}

/*
 * CreateFileMapping wants to write to the section that has the name already. Where that is denied,
 * the name may still be open for reading; if it cannot be opened at all, the first refusal counts.
 */
static section_status open_existing(const section_create_options *options, os_section *object,
                                    section_error *ret_error)
{
    const section_open_options existing = {.name = options->name,
                                           .access = os_existing_access(options)};
    if (options->name == NULL || os_open(&existing, object, NULL) != SECTION_OK) {
        return section_fail_os(ret_error, "CreateFileMappingW", SECTION_OS_WIN32,
                               ERROR_ACCESS_DENIED, "no section can be made under that name");
    }
    return SECTION_OK;
}

/* The page protection of a new section: that of its access for a file, readwrite for memory. */
static DWORD page_protection(const section_create_options *options)
{
    if (options->file == NULL) {
        return PAGE_READWRITE | (options->reserve ? (DWORD)SEC_RESERVE : (DWORD)SEC_COMMIT);
    }
    switch (os_new_access(options)) {
    case SECTION_ACCESS_READ:
        return PAGE_READONLY;
    case SECTION_ACCESS_WRITECOPY:
        return PAGE_WRITECOPY;
    default:
        return PAGE_READWRITE;
    }
}

static section_status create_or_open(const section_create_options *options,
                                     SECURITY_ATTRIBUTES *attributes, HANDLE file,
                                     os_section *object, section_error *ret_error)
{
    wchar_t name[WIDE_NAME_UNITS];
    if (options->name != NULL) {
        wide_name(options->name, name);
    }
    SetLastError(ERROR_SUCCESS);
    HANDLE handle = CreateFileMappingW(
        file, attributes, page_protection(options), (DWORD)(options->size_bytes >> 32),
        (DWORD)options->size_bytes, options->name != NULL ? name : NULL);
    DWORD number = GetLastError();
    if (handle == NULL && number == ERROR_ACCESS_DENIED) {
        return open_existing(options, object, ret_error);
    }
    if (handle == NULL) {
        return section_fail_os(ret_error, "CreateFileMappingW", SECTION_OS_WIN32, number,
                               "the section cannot be made");
    }
    object->handle = (os_handle)handle;
    object->created = number != ERROR_ALREADY_EXISTS;
    section_status status = identify(object, ret_error);
    if (status != SECTION_OK) {
        os_close(object, NULL);
    }
    return status;
}

/*
 * Creating in `Global\` needs a privilege. Whether we have it is found out with another name, before
 * the file loses its bytes.
 */
static section_status check_scope(const section_create_options *options, section_error *ret_error)
{
    wchar_t name[WIDE_NAME_UNITS];
    section_name trial = {.scope = SECTION_SCOPE_GLOBAL};
    if (options->name == NULL || options->name->scope != SECTION_SCOPE_GLOBAL) {
        return SECTION_OK;
    }
    (void)snprintf(trial.text, sizeof trial.text, "sectiond-trial-%lu", GetCurrentProcessId());
    wide_name(&trial, name);
    _cleanup_handle_ HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 1, name);
    return section != NULL ? SECTION_OK
                           : section_fail_os(ret_error, "CreateFileMappingW", SECTION_OS_WIN32,
                                             GetLastError(), "no section can be made in Global\\");
}

/* All changes of the file happen here, after every check that can refuse the request. */
static section_status create_of_file(const section_create_options *options,
                                     SECURITY_ATTRIBUTES *attributes, data_file *file,
                                     os_section *object, section_error *ret_error)
{
    const bool truncate = options->file_open == SECTION_FILE_TRUNCATE;
    const bool extends = options->size_bytes > file->size_bytes;
    section_status status = SECTION_OK;
    if (options->size_bytes == 0 && file->size_bytes == 0) {
        return section_fail(ret_error, SECTION_BAD_SIZE, "the file is empty: say what size");
    }
    if (extends && os_new_access(options) != SECTION_ACCESS_READWRITE) {
        return section_fail(ret_error, SECTION_BAD_SIZE,
                            "the file has %llu bytes, and only readwrite can extend it",
                            (unsigned long long)file->size_bytes);
    }
    if (truncate || extends) {
        status = os_permit_change(options, ret_error);
    }
    if (status == SECTION_OK && truncate) {
        status = check_scope(options, ret_error);
    }
    file->is_extended = status == SECTION_OK && extends;
    if (status == SECTION_OK && truncate) {
        status = file_truncate(file, options->size_bytes, ret_error);
    }
    return status == SECTION_OK
               ? create_or_open(options, attributes, file->handle, object, ret_error)
               : status;
}

/* The name exists already. The file is not used, so it is not opened. */
static section_status find_existing(const section_create_options *options, os_section *object,
                                    section_error *ret_error)
{
    const section_open_options existing = {.name = options->name,
                                           .access = os_existing_access(options)};
    return options->name != NULL ? os_open(&existing, object, ret_error) : SECTION_NOT_FOUND;
}

/* The file's handle stays with the section that is made of it: flushing to disk needs it. */
static section_status open_and_create(const section_create_options *options,
                                      SECURITY_ATTRIBUTES *attributes, os_section *object,
                                      section_error *ret_error)
{
    data_file file;
    section_status status = find_existing(options, object, ret_error);
    if (status != SECTION_NOT_FOUND) {
        return status;
    }
    status = file_open(options, &file, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = create_of_file(options, attributes, &file, object, ret_error);
    if (status != SECTION_OK || !object->created) {
        file_abandon(&file); /* or another process has given the name to its own in the meantime */
        return status;
    }
    object->file = (os_handle)file.handle;
    return SECTION_OK;
}

/*
 * Names that sections of files are being made under. Of two that want one name, the second shall find
 * it before it cuts the file, so it waits for the first. Others do not: a file may hang for ever.
 */
typedef struct name_in_use {
    const section_name *name;
    struct name_in_use *next;
} name_in_use;

static pthread_mutex_t naming = PTHREAD_MUTEX_INITIALIZER; /* never held while a file is asked */
static pthread_cond_t name_is_free = PTHREAD_COND_INITIALIZER;
static name_in_use *names_in_use;

static const char *without_folders(const section_name *name)
{
    const char *last = strrchr(name->text, '\\');
    return last != NULL ? last + 1 : name->text;
}

/* By the text alone: `Local\X` and `Session\1\X` may be one name, and waiting in vain is harmless. */
static bool is_in_use(const section_name *name)
{
    for (const name_in_use *used = names_in_use; used != NULL; used = used->next) {
        if (strcmp(without_folders(name), without_folders(used->name)) == 0) {
            return true;
        }
    }
    return false;
}

static void take_name(name_in_use *self)
{
    pthread_mutex_lock(&naming);
    while (is_in_use(self->name)) {
        pthread_cond_wait(&name_is_free, &naming);
    }
    self->next = names_in_use;
    names_in_use = self;
    pthread_mutex_unlock(&naming);
}

static void leave_name(const name_in_use *self)
{
    name_in_use **link = &names_in_use;
    pthread_mutex_lock(&naming);
    while (*link != self) {
        link = &(*link)->next;
    }
    *link = self->next;
    pthread_cond_broadcast(&name_is_free);
    pthread_mutex_unlock(&naming);
}

static section_status create_with_file(const section_create_options *options,
                                       SECURITY_ATTRIBUTES *attributes, os_section *object,
                                       section_error *ret_error)
{
    if (options->name == NULL) {
        return open_and_create(options, attributes, object, ret_error);
    }
    name_in_use use = {.name = options->name};
    take_name(&use);
    section_status status = open_and_create(options, attributes, object, ret_error);
    leave_name(&use);
    return status;
}

static section_status set_flag(os_section *object, DWORD flag, bool on, section_error *ret_error)
{
    if (!SetHandleInformation(handle_of(object), flag, on ? flag : 0)) {
        return section_fail_os(ret_error, "SetHandleInformation", SECTION_OS_WIN32, GetLastError(),
                               "inheritance or protection cannot be set");
    }
    return SECTION_OK;
}

section_status os_set_protect(os_section *object, bool protect, section_error *ret_error)
{
    return set_flag(object, HANDLE_FLAG_PROTECT_FROM_CLOSE, protect, ret_error);
}

section_status os_set_inherit(os_section *object, bool inherit, section_error *ret_error)
{
    return set_flag(object, HANDLE_FLAG_INHERIT, inherit, ret_error);
}

/* Applies the remaining options to a section that was made, or found under its name. */
static section_status settle_new(const section_create_options *options, os_section *object,
                                 section_error *ret_error)
{
    if (options->must_be_new && !object->created) {
        return section_fail(ret_error, SECTION_ALREADY_EXISTS,
                            "a section has that name; open it, or take another name");
    }
    section_status status = options->inherit ? os_set_inherit(object, true, ret_error) : SECTION_OK;
    if (status != SECTION_OK) {
        return status;
    }
    return options->protect ? os_set_protect(object, true, ret_error) : SECTION_OK;
}

section_status os_create(const section_create_options *options, os_section *ret_section,
                         section_error *ret_error)
{
    os_section object = {.handle = OS_NO_HANDLE};
    if (options->keep_name) {
        return section_fail(ret_error, SECTION_UNSUPPORTED,
                            "on Windows a name dies with the last handle: hold the section open");
    }
    if (options->has_mode || options->group != NULL) {
        return section_fail(
            ret_error, SECTION_UNSUPPORTED,
            "Windows has no modes and groups of this kind; \"sddl\" says who may what");
    }
    _cleanup_local_free_ PSECURITY_DESCRIPTOR descriptor = NULL;
    section_status status = parse_sddl(options->sddl, &descriptor, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes,
                                      .lpSecurityDescriptor = descriptor};
    status = options->file != NULL
                 ? create_with_file(options, &attributes, &object, ret_error)
                 : create_or_open(options, &attributes, INVALID_HANDLE_VALUE, &object, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    status = settle_new(options, &object, ret_error);
    if (status != SECTION_OK) {
        os_close(&object, NULL);
        return status;
    }
    *ret_section = object;
    return SECTION_OK;
}

section_status os_open(const section_open_options *options, os_section *ret_section,
                       section_error *ret_error)
{
    wchar_t name[WIDE_NAME_UNITS];
    HANDLE handle = NULL;
    DWORD number = ERROR_ACCESS_DENIED;
    wide_name(options->name, name);
    for (const DWORD *rights = rights_to_try(options->access);
         handle == NULL && number == ERROR_ACCESS_DENIED && *rights != 0; rights++) {
        handle = OpenFileMappingW(*rights, FALSE, name);
        number = GetLastError();
    }
    if (handle == NULL) {
        return section_fail_os(ret_error, "OpenFileMappingW", SECTION_OS_WIN32, number,
                               "no section of that name can be opened");
    }
    os_section object = {.handle = (os_handle)handle};
    section_status status = identify(&object, ret_error);
    if (status != SECTION_OK) {
        os_close(&object, NULL);
        return status;
    }
    *ret_section = object;
    return SECTION_OK;
}

section_status os_query(const os_section *object, bool may_wait, os_facts *ret_facts,
                        section_error *ret_error)
{
    (void)may_wait; /* it never does: the section has the size, and no file is asked */
    DWORD flags;
    PUBLIC_OBJECT_BASIC_INFORMATION counts;
    section_basic_information basic;
    if (!GetHandleInformation(handle_of(object), &flags)) {
        return section_fail_os(ret_error, "GetHandleInformation", SECTION_OS_WIN32, GetLastError(),
                               "the section does not answer");
    }
    NTSTATUS status = NtQuerySection(handle_of(object), SECTION_BASIC_INFORMATION_CLASS, &basic,
                                     sizeof basic, NULL);
    const bool exact = NT_SUCCESS(status);
    if (!exact && status != STATUS_ACCESS_DENIED) {
        return section_fail_os(ret_error, "NtQuerySection", SECTION_OS_NTSTATUS, (uint32_t)status,
                               "the section does not tell its size");
    }
    status = NtQueryObject(handle_of(object), ObjectBasicInformation, &counts, sizeof counts, NULL);
    *ret_facts = (os_facts){
        .size_bytes = exact ? (uint64_t)basic.size_bytes.QuadPart : object->opened_size_bytes,
        .size_exact = exact,
        .protect = (flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0,
        .inherit = (flags & HANDLE_FLAG_INHERIT) != 0,
        .handle_count = NT_SUCCESS(status) ? (int64_t)counts.HandleCount : -1,
    };
    return SECTION_OK;
}

void os_close(os_section *object, const section_name *name)
{
    (void)name; /* a name dies with the last handle */
    if (object->base != NULL) {
        (void)UnmapViewOfFile(object->base);
    }
    if (object->handle != OS_NO_HANDLE) {
        (void)SetHandleInformation(handle_of(object), HANDLE_FLAG_PROTECT_FROM_CLOSE, 0);
        (void)CloseHandle(handle_of(object));
    }
    if (object->file != 0) {
        (void)CloseHandle((HANDLE)object->file);
    }
    *object = (os_section){.handle = OS_NO_HANDLE};
}
