#include "handles.h"
#include "identify.h"

#include <psapi.h>
#include <string.h>
#include <tlhelp32.h>

#include "privilege.h"
#include "search.h"
#include <section_windows/wide.h>

section_status os_process_list(process_visitor *visit, void *context, section_error *ret_error)
{
    char name[3 * MAX_PATH];
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (snapshot == INVALID_HANDLE_VALUE) {
        return section_fail_os(ret_error, "CreateToolhelp32Snapshot", SECTION_OS_WIN32,
                               GetLastError(), "the processes cannot be listed");
    }
    bool more = true;
    for (BOOL found = Process32FirstW(snapshot, &entry); found && more;
         found = Process32NextW(snapshot, &entry)) {
        if (entry.th32ProcessID != 0) { /* the idle process is none */
            utf8_from_wide(entry.szExeFile, wcsnlen(entry.szExeFile, MAX_PATH), name, sizeof name);
            const process_entry process = {
                .pid = entry.th32ProcessID,
                .parent_pid = entry.th32ParentProcessID,
                .name = name,
            };
            more = visit(context, &process);
        }
    }
    (void)CloseHandle(snapshot);
    return SECTION_OK;
}

/*
 * The path of a data file, which only a view tells: one of a page that nobody touches. Wine gives
 * the path as the kernel spells it for Win32, Windows the one with the device.
 */
static bool find_file(search *self, uint64_t handle, char *ret_path, size_t capacity)
{
    static const wchar_t prefix[] = L"\\??\\";
    section_basic_information basic;
    wchar_t path[MAX_PATH * 2];
    HANDLE ours;
    if (!DuplicateHandle(self->process, (HANDLE)(uintptr_t)handle, GetCurrentProcess(), &ours,
                         SECTION_QUERY | SECTION_MAP_READ, FALSE, 0)) {
        return false;
    }
    /* The number may be an image's by now. */
    const bool is_data = NT_SUCCESS(NtQuerySection(ours, SECTION_BASIC_INFORMATION_CLASS, &basic,
                                                   sizeof basic, NULL)) &&
                         (basic.attributes & (SEC_FILE | SEC_IMAGE)) == SEC_FILE;
    void *view = is_data ? MapViewOfFile(ours, FILE_MAP_READ, 0, 0, 1) : NULL;
    DWORD units = 0;
    if (view != NULL) {
        units = GetMappedFileNameW(GetCurrentProcess(), view, path, MAX_PATH * 2);
        (void)UnmapViewOfFile(view);
    }
    (void)CloseHandle(ours);
    const size_t skip =
        units > 4 && wcsncmp(path, prefix, wcslen(prefix)) == 0 ? wcslen(prefix) : 0;
    utf8_from_wide(path + skip, units - skip, ret_path, capacity);
    return units > 0;
}

static void describe_attributes(ULONG attributes, process_section *found)
{
    static const struct {
        ULONG bit;
        const char *word;
    } words[] = {
        {SEC_FILE, "file"},     {SEC_IMAGE, "image"},     {SEC_RESERVE, "reserve"},
        {SEC_COMMIT, "commit"}, {SEC_NOCACHE, "nocache"}, {SEC_LARGE_PAGES, "large_pages"},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((attributes & words[i].bit) != 0) {
            found->attributes[count++] = words[i].word;
        }
    }
}

static void describe(search *self, os_section *object, process_section *found, char *file,
                     size_t file_capacity)
{
    section_basic_information basic;
    NTSTATUS status = NtQuerySection(handle_of(object), SECTION_BASIC_INFORMATION_CLASS, &basic,
                                     sizeof basic, NULL);
    object->backing = SECTION_BACKING_IMAGE; /* not known to be memory */
    if (!NT_SUCCESS(status)) {
        search_note(
            self, "NtQuerySection", SECTION_OS_NTSTATUS, (uint32_t)status,
            "a section does not tell its size"); /* and whether it is an image: never map it */
        return;
    }
    const bool image = (basic.attributes & SEC_IMAGE) != 0;
    const bool has_file = (basic.attributes & SEC_FILE) != 0;
    found->described = true;
    found->backing = image      ? SECTION_BACKING_IMAGE
                     : has_file ? SECTION_BACKING_FILE
                                : SECTION_BACKING_PAGEFILE;
    found->size_bytes = (uint64_t)basic.size_bytes.QuadPart;
    found->size_exact = true;
    describe_attributes(basic.attributes, found);
    object->backing = found->backing;
    object->opened_size_bytes = found->size_bytes;
    if (found->backing == SECTION_BACKING_FILE &&
        find_file(self, found->handle, file, file_capacity)) {
        found->file = file;
    }
}

static void show(search *self, os_section *object, const handle_row *row)
{
    PUBLIC_OBJECT_BASIC_INFORMATION counts;
    char path[OBJECT_PATH_BYTES];
    char file[3 * 2 * MAX_PATH];
    static const char dos_prefix[] = "\\??\\";
    section_name name;
    process_section found = {
        .has_handle = true,
        .handle = row->handle,
        .access = search_access(row),
        .handle_count = -1,
        .opened = object,
    };
    if (NT_SUCCESS(NtQueryObject(handle_of(object), ObjectBasicInformation, &counts, sizeof counts,
                                 NULL))) {
        found.handle_count = (int64_t)counts.HandleCount - 1; /* ours, for the moment */
    }
    describe(self, object, &found, file, sizeof file);
    find_name(handle_of(object), &name);
    find_path(handle_of(object), path);
    if (name.text[0] != '\0') {
        found.name = name.text;
        found.has_scope = true;
        found.scope = name.scope;
    } else if (strncmp(path, dos_prefix, sizeof dos_prefix - 1) == 0) {
        /* Wine has the paths of files here, those of images, too. */
        found.file = found.file != NULL ? found.file : path + sizeof dos_prefix - 1;
    } else {
        found.name = path[0] != '\0' ? path : NULL; /* the system's own have names elsewhere */
    }
    self->stopped = !self->visit(self->context, &found);
}

static void look_at(search *self, const handle_row *row)
{
    HANDLE ours = search_take(self, row->handle);
    if (ours == NULL) {
        return;
    }
    os_section object = {.handle = (os_handle)ours};
    /* The handle may be another object's by now. It is safe to ask any object for its type. */
    if (check_type(ours, NULL) == SECTION_OK) {
        show(self, &object, row);
    }
    (void)CloseHandle(ours);
}

/*
 * Opens the process with the rights to list its handles and to wait for its end, or at least to
 * duplicate from it.
 */
static section_status open_target(const process_search *options, HANDLE *ret_process,
                                  section_error *ret_error)
{
    static const DWORD wanted[] = {PROCESS_DUP_HANDLE | PROCESS_QUERY_INFORMATION,
                                   PROCESS_DUP_HANDLE | PROCESS_QUERY_LIMITED_INFORMATION};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (open_process(options->pid, wanted[i], options->debug_privilege, ret_process, NULL) ==
            SECTION_OK) {
            return SECTION_OK;
        }
    }
    return open_process(options->pid, PROCESS_DUP_HANDLE, options->debug_privilege, ret_process,
                        ret_error);
}

static bool has_ended(HANDLE process)
{
    DWORD code;
    return GetExitCodeProcess(process, &code) && code != STILL_ACTIVE;
}

static section_status walk(search *self, DWORD pid, section_error *ret_unseen,
                           section_error *ret_error)
{
    handles handles;
    handle_row row;
    section_status status = handles_take(self->process, pid, &handles, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    while (!self->stopped && handles_next(&handles, &row)) {
        look_at(self, &row);
    }
    handles_free(&handles);
    if (has_ended(self->process)) {
        (void)section_fail(ret_unseen, SECTION_NOT_FOUND, "the process ended during the search");
    } else {
        unseen_tell(&self->unseen, "its handles", ret_unseen);
    }
    return SECTION_OK;
}

section_status os_process_sections(const process_search *options, process_section_visitor *visit,
                                   void *context, section_error *ret_unseen,
                                   section_error *ret_error)
{
    search self = {.visit = visit, .context = context};
    section_status status = open_target(options, &self.process, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    /* OpenProcess takes ids that are not multiples of four for the one below. */
    const DWORD pid = options->pid & ~(DWORD)3;
    status = has_ended(self.process) ? section_fail(ret_error, SECTION_NOT_FOUND,
                                                    "the process %u has ended", options->pid)
                                     : walk(&self, pid, ret_unseen, ret_error);
    (void)CloseHandle(self.process);
    return status;
}
