#include "../platform.h"

#include <windows.h>
#include <winternl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *call)
{
    fprintf(stderr, "%s: error %lu\n", call, GetLastError());
    exit(3);
}

static HANDLE as_handle(uint64_t handle)
{
    return (HANDLE)(uintptr_t)handle;
}

static const wchar_t *wide(const char *text, wchar_t ret_wide[512])
{
    if (text == NULL) {
        return NULL;
    }
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, ret_wide, 512) == 0) {
        die("MultiByteToWideChar");
    }
    return ret_wide;
}

static bool map_whole(HANDLE mapping, size_t size_bytes, other_section *ret_other)
{
    void *base = MapViewOfFile(mapping, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
    *ret_other = (other_section){(uint64_t)(uintptr_t)mapping, base, size_bytes};
    return base != NULL;
}

void other_create(const char *name, size_t size_bytes, other_section *ret_other)
{
    wchar_t buffer[512];
    HANDLE mapping =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, (DWORD)(size_bytes >> 32),
                           (DWORD)size_bytes, wide(name, buffer));
    if (mapping == NULL || GetLastError() == ERROR_ALREADY_EXISTS ||
        !map_whole(mapping, size_bytes, ret_other)) {
        die("making a section");
    }
}

bool other_open(const char *name, other_section *ret_other)
{
    wchar_t buffer[512];
    MEMORY_BASIC_INFORMATION region;
    HANDLE mapping = OpenFileMappingW(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, wide(name, buffer));
    if (mapping == NULL && GetLastError() == ERROR_FILE_NOT_FOUND) {
        return false;
    }
    if (mapping == NULL || !map_whole(mapping, 0, ret_other) ||
        VirtualQuery(ret_other->base, &region, sizeof region) == 0) {
        die("opening a section");
    }
    ret_other->mapped_bytes = region.RegionSize;
    return true;
}

bool other_adopt(uint64_t handle, size_t size_bytes, other_section *ret_other)
{
    return map_whole(as_handle(handle), size_bytes, ret_other);
}

bool other_take(uint32_t pid, uint64_t handle, size_t size_bytes, other_section *ret_other)
{
    HANDLE ours;
    HANDLE process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, pid);
    return process != NULL &&
           DuplicateHandle(process, as_handle(handle), GetCurrentProcess(), &ours, 0, FALSE,
                           DUPLICATE_SAME_ACCESS) &&
           map_whole(ours, size_bytes, ret_other);
}

void other_close(other_section *other)
{
    (void)UnmapViewOfFile(other->base);
    (void)CloseHandle(as_handle(other->handle));
}

void other_drop_name(const char *name)
{
    (void)name;
}

uint64_t rounded_size(uint64_t size_bytes)
{
    return (size_bytes + 4095) / 4096 * 4096;
}

int64_t told_handle_count(int64_t handle_count)
{
    return handle_count;
}

uint32_t own_process_id(void)
{
    return GetCurrentProcessId();
}

uint64_t present_mark(void)
{
    LARGE_INTEGER now;
    (void)QueryPerformanceCounter(&now);
    return (uint64_t)now.QuadPart;
}

const char *kind_name(other_kind kind)
{
    static const char *const names[] = {"pipe", "event", "process", "file", "directory"};
    return names[kind];
}

uint64_t kind_open(other_kind kind)
{
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    wchar_t path[MAX_PATH];
    HANDLE other_end;
    HANDLE handle = NULL;
    switch (kind) {
    case KIND_PIPE:
        if (CreatePipe(&handle, &other_end, NULL, 0)) {
            (void)CloseHandle(other_end);
        }
        break;
    case KIND_EVENT:
        handle = CreateEventW(NULL, TRUE, FALSE, NULL);
        break;
    case KIND_PROCESS:
        handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentProcessId());
        break;
    case KIND_FILE:
        (void)GetModuleFileNameW(NULL, path, MAX_PATH);
        handle = CreateFileW(path, GENERIC_READ, share, NULL, OPEN_EXISTING, 0, NULL);
        break;
    case KIND_DIRECTORY:
        (void)GetWindowsDirectoryW(path, MAX_PATH);
        handle = CreateFileW(path, GENERIC_READ, share, NULL, OPEN_EXISTING,
                             FILE_FLAG_BACKUP_SEMANTICS, NULL);
        break;
    case KIND_COUNT:
        break;
    }
    if (handle == NULL || handle == INVALID_HANDLE_VALUE) {
        die(kind_name(kind));
    }
    return (uint64_t)(uintptr_t)handle;
}

void kind_close(uint64_t handle)
{
    (void)CloseHandle(as_handle(handle));
}

uint64_t occupy_name(const char *name)
{
    wchar_t buffer[512];
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, wide(name, buffer));
    if (event == NULL) {
        die("CreateEventW");
    }
    return (uint64_t)(uintptr_t)event;
}

void vacate_name(const char *name, uint64_t occupant)
{
    (void)name;
    kind_close(occupant);
}

/* The layout that NtQuerySystemInformation(64) fills in on x64; winternl.h does not declare it. */
typedef struct handle_entry {
    void *object;
    ULONG_PTR pid;
    ULONG_PTR handle;
    ULONG access;
    USHORT backtrace_index;
    USHORT type_index;
    ULONG attributes;
    ULONG reserved;
} handle_entry;

typedef struct handle_snapshot {
    ULONG_PTR count;
    ULONG_PTR reserved;
    handle_entry entries[];
} handle_snapshot;

static size_t count_handles(void)
{
    const SYSTEM_INFORMATION_CLASS extended_handle_information = (SYSTEM_INFORMATION_CLASS)64;
    const ULONG room = 16u << 20;
    size_t count = 0;
    handle_snapshot *snapshot = malloc(room);
    if (snapshot == NULL ||
        NtQuerySystemInformation(extended_handle_information, snapshot, room, NULL) < 0) {
        die("NtQuerySystemInformation");
    }
    for (ULONG_PTR i = 0; i < snapshot->count; i++) {
        count += snapshot->entries[i].pid == GetCurrentProcessId();
    }
    free(snapshot);
    return count;
}

resources count_resources(void)
{
    MEMORY_BASIC_INFORMATION region;
    resources counted = {.handle_count = count_handles()};
    for (uint8_t *address = NULL; VirtualQuery(address, &region, sizeof region) != 0;
         address = (uint8_t *)region.BaseAddress + region.RegionSize) {
        counted.view_count +=
            region.Type == MEM_MAPPED && region.BaseAddress == region.AllocationBase;
    }
    return counted;
}

void child_start(const char *role, const char *first, const char *second, const char *third,
                 child *ret_child)
{
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION started;
    wchar_t command[MAX_PATH + 512];
    wchar_t path[MAX_PATH];
    wchar_t buffer[512];
    HANDLE to_child;
    HANDLE from_child;
    const char *const arguments[] = {role, first, second, third};
    if (!CreatePipe(&startup.hStdInput, &to_child, &inheritable, 0) ||
        !CreatePipe(&from_child, &startup.hStdOutput, &inheritable, 0) ||
        !SetHandleInformation(to_child, HANDLE_FLAG_INHERIT, 0) ||
        !SetHandleInformation(from_child, HANDLE_FLAG_INHERIT, 0)) {
        die("CreatePipe");
    }
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    (void)GetModuleFileNameW(NULL, path, MAX_PATH);
    int used = swprintf(command, sizeof command / sizeof command[0], L"\"%ls\"", path);
    for (size_t i = 0; i < 4 && arguments[i] != NULL; i++) {
        used += swprintf(command + used, sizeof command / sizeof command[0] - (size_t)used, L" %ls",
                         wide(arguments[i], buffer));
    }
    if (!CreateProcessW(path, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &started)) {
        die("CreateProcessW");
    }
    (void)CloseHandle(startup.hStdInput);
    (void)CloseHandle(startup.hStdOutput);
    (void)CloseHandle(started.hThread);
    *ret_child = (child){started.dwProcessId, (intptr_t)started.hProcess, (intptr_t)to_child,
                         (intptr_t)from_child};
}

void child_tell(const child *self, const char *line)
{
    DWORD written;
    char text[100];
    int length = snprintf(text, sizeof text, "%s\n", line);
    if (!WriteFile((HANDLE)self->to_child, text, (DWORD)length, &written, NULL)) {
        die("WriteFile");
    }
}

void child_hear(const child *self, char *ret_line, size_t capacity)
{
    size_t used = 0;
    char byte = '\0';
    DWORD received = 0;
    while (used + 1 < capacity && ReadFile((HANDLE)self->from_child, &byte, 1, &received, NULL) &&
           received == 1 && byte != '\n') {
        if (byte != '\r') {
            ret_line[used++] = byte;
        }
    }
    ret_line[used] = '\0';
}

int child_end(child *self)
{
    DWORD code = 0;
    (void)CloseHandle((HANDLE)self->to_child);
    if (WaitForSingleObject((HANDLE)self->process, 60000) != WAIT_OBJECT_0 ||
        !GetExitCodeProcess((HANDLE)self->process, &code)) {
        die("waiting for the child");
    }
    (void)CloseHandle((HANDLE)self->from_child);
    (void)CloseHandle((HANDLE)self->process);
    return (int)code;
}

/* Under Wine a thread that waits for another asks a server. */
unsigned cost_of_threads(void)
{
    return 20;
}
