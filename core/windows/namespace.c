#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../os.h"
#include "ntdll.h"
#include <section_windows/cleanup.h>
#include <section_windows/wide.h>

enum { DIRECTORY_QUERY_RIGHT = 1, DIRECTORY_TRAVERSE_RIGHT = 2, BUFFER_BYTES = 65536 };

/** The result of NtQueryDirectoryObject: rows up to one without a name. */
typedef struct directory_row {
    UNICODE_STRING name;
    UNICODE_STRING type;
} directory_row;

/** One list. */
typedef struct listing {
    HANDLE directory;
    section_scope scope;
    namespace_visitor *visit;
    void *context;
    bool stopped;
} listing;

/* \Sessions\N\BaseNamedObjects, or the global directory, which is session 0's own: list it once. */
static section_status open_directory(section_scope scope, HANDLE *ret_directory,
                                     section_error *ret_error)
{
    wchar_t path[64] = L"\\BaseNamedObjects";
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attributes;
    DWORD session = 0;
    (void)ProcessIdToSessionId(GetCurrentProcessId(), &session);
    if (scope == SECTION_SCOPE_GLOBAL && session == 0) {
        return section_fail(ret_error, SECTION_UNSUPPORTED,
                            "we run in session 0, whose local names are the global ones: leave out "
                            "the scope");
    }
    if (scope == SECTION_SCOPE_LOCAL && session != 0) {
        (void)swprintf(path, sizeof path / sizeof path[0], L"\\Sessions\\%lu\\BaseNamedObjects",
                       session);
    }
    RtlInitUnicodeString(&text, path);
    InitializeObjectAttributes(&attributes, &text, 0, NULL, NULL);
    NTSTATUS status = NtOpenDirectoryObject(
        ret_directory, DIRECTORY_QUERY_RIGHT | DIRECTORY_TRAVERSE_RIGHT, &attributes);
    if (!NT_SUCCESS(status)) {
        return section_fail_os(ret_error, "NtOpenDirectoryObject", SECTION_OS_NTSTATUS,
                               (uint32_t)status, "the names cannot be listed");
    }
    return SECTION_OK;
}

/* Opened in the directory itself, so that no other scope's object answers. */
static void find_size(const listing *self, UNICODE_STRING *name, namespace_entry *found)
{
    HANDLE section;
    OBJECT_ATTRIBUTES attributes;
    section_basic_information basic;
    InitializeObjectAttributes(&attributes, name, 0, self->directory, NULL);
    if (NT_SUCCESS(NtOpenSection(&section, SECTION_QUERY, &attributes))) {
        found->size_known = NT_SUCCESS(
            NtQuerySection(section, SECTION_BASIC_INFORMATION_CLASS, &basic, sizeof basic, NULL));
        found->size_bytes = found->size_known ? (uint64_t)basic.size_bytes.QuadPart : 0;
        (void)CloseHandle(section);
    }
}

static void show(listing *self, directory_row *row)
{
    char text[SECTION_NAME_BYTES_MAX + 16];
    char type[16];
    section_name name;
    utf8_from_wide(row->type.Buffer, row->type.Length / sizeof(wchar_t), type, sizeof type);
    utf8_from_wide(row->name.Buffer, row->name.Length / sizeof(wchar_t), text, sizeof text);
    if (strcmp(type, "Section") != 0 || section_name_parse(text, &name, NULL) != SECTION_OK) {
        return;
    }
    name.scope = self->scope;
    namespace_entry found = {.name = &name};
    find_size(self, &row->name, &found);
    self->stopped = !self->visit(self->context, &found);
}

static section_status walk(listing *self, directory_row *rows, section_error *ret_error)
{
    BOOLEAN one_by_one = FALSE;
    BOOLEAN restart = TRUE;
    ULONG context = 0;
    ULONG needed;
    while (!self->stopped) {
        NTSTATUS status = NtQueryDirectoryObject(self->directory, rows, BUFFER_BYTES, one_by_one,
                                                 restart, &context, &needed);
        if (status == STATUS_NOT_IMPLEMENTED && !one_by_one) {
            one_by_one = TRUE; /* Wine */
            continue;
        }
        if (status == STATUS_NO_MORE_ENTRIES) {
            break;
        }
        if (!NT_SUCCESS(status)) {
            return section_fail_os(ret_error, "NtQueryDirectoryObject", SECTION_OS_NTSTATUS,
                                   (uint32_t)status, "the names cannot be listed");
        }
        restart = FALSE;
        for (directory_row *row = rows; row->name.Buffer != NULL && !self->stopped; row++) {
            show(self, row);
            if (one_by_one) {
                break;
            }
        }
    }
    return SECTION_OK;
}

section_status os_namespace_list(section_scope scope, namespace_visitor *visit, void *context,
                                 section_error *ret_error)
{
    listing self = {.scope = scope, .visit = visit, .context = context};
    section_status status = open_directory(scope, &self.directory, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    _cleanup_handle_ HANDLE directory = self.directory;
    _cleanup_free_ directory_row *rows = malloc(BUFFER_BYTES);
    return rows != NULL ? walk(&self, rows, ret_error)
                        : section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the list");
}
