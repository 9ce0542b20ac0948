#include "failure.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winternl.h>

bool fail(failure *why, const char *call)
{
    wchar_t text[128] = L"";
    DWORD number = GetLastError();
    FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, number, 0,
                   text, sizeof text / sizeof text[0], NULL);
    why->call = call;
    why->number = number;
    if (!WideCharToMultiByte(CP_UTF8, 0, text, -1, why->text, sizeof why->text, NULL, NULL))
        why->text[0] = '\0';
    why->text[strcspn(why->text, "\r\n")] = '\0';
    return false;
}

peer_object object_of(HANDLE handle)
{
    return (peer_object){.handle = (uint64_t)(uintptr_t)handle, .companion = NO_HANDLE};
}

uint64_t process_own_id(void)
{
    return GetCurrentProcessId();
}

bool event_create(const char *name, peer_object *ret_object, failure *why)
{
    wchar_t *wide = name ? wide_from_utf8(name) : NULL;
    if (name && !wide)
        return fail(why, "MultiByteToWideChar");
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, wide);
    if (!event)
        fail(why, "CreateEventW");
    free(wide);
    if (!event)
        return false;
    *ret_object = object_of(event);
    return true;
}

bool pipe_create(peer_object *ret_object, failure *why)
{
    HANDLE reading;
    HANDLE writing;
    if (!CreatePipe(&reading, &writing, NULL, 0))
        return fail(why, "CreatePipe");
    *ret_object = object_of(reading);
    ret_object->companion = (uint64_t)(uintptr_t)writing;
    return true;
}

static DWORD WINAPI wait_for_byte(void *context)
{
    char byte;
    DWORD count;
    while (ReadFile(context, &byte, 1, &count, NULL))
        ;
    return 0;
}

bool pipe_block_reader(const peer_object *pipe, failure *why)
{
    HANDLE thread = CreateThread(NULL, 65536, wait_for_byte, handle_of(pipe->handle),
                                 STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!thread)
        return fail(why, "CreateThread");
    CloseHandle(thread);
    return true;
}

bool section_of_image(const char *path, peer_object *ret_object, failure *why)
{
    peer_object file;
    if (!file_open(path, &file, why))
        return false;
    HANDLE section =
        CreateFileMappingW(handle_of(file.handle), NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    if (!section)
        fail(why, "CreateFileMappingW");
    object_close(&file);
    if (!section)
        return false;
    *ret_object = object_of(section);
    return true;
}

bool process_open_self(peer_object *ret_object, failure *why)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentProcessId());
    if (!process)
        return fail(why, "OpenProcess");
    *ret_object = object_of(process);
    return true;
}

static bool file_open_sharing(const char *path, DWORD sharing, peer_object *ret_object,
                              failure *why)
{
    wchar_t *wide = wide_from_utf8(path);
    if (!wide)
        return fail(why, "MultiByteToWideChar");
    HANDLE file = CreateFileW(wide, GENERIC_READ, sharing, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        fail(why, "CreateFileW");
    free(wide);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    *ret_object = object_of(file);
    return true;
}

bool file_open(const char *path, peer_object *ret_object, failure *why)
{
    return file_open_sharing(path, FILE_SHARE_READ, ret_object, why);
}

bool file_open_exclusive(const char *path, peer_object *ret_object, failure *why)
{
    return file_open_sharing(path, 0, ret_object, why);
}

void lock_acquire(uint32_t *lock)
{
    while (InterlockedCompareExchange((volatile LONG *)lock, 1, 0) != 0)
        SwitchToThread();
}

void lock_release(uint32_t *lock)
{
    InterlockedExchange((volatile LONG *)lock, 0);
}

uint64_t pseudo_handle(void)
{
    return (uint64_t)(uintptr_t)GetCurrentProcess();
}

void object_close(peer_object *object)
{
    if (object->base)
        UnmapViewOfFile(object->base);
    if (object->companion != NO_HANDLE) /* first: it is what a blocked reader waits for */
        CloseHandle(handle_of(object->companion));
    if (object->handle != NO_HANDLE)
        CloseHandle(handle_of(object->handle));
    memset(object, 0, sizeof *object);
}

void object_drop_handle(peer_object *object)
{
    CloseHandle(handle_of(object->handle));
    object->handle = NO_HANDLE;
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

enum { EXTENDED_HANDLE_INFORMATION = 64 };
#define STATUS_INFO_LENGTH_MISMATCH ((NTSTATUS)0xC0000004)

bool process_handle_count(uint64_t pid, uint64_t *ret_count, failure *why)
{
    NTSTATUS status = STATUS_INFO_LENGTH_MISMATCH;
    handle_snapshot *snapshot = NULL;
    for (ULONG length = 1u << 16; status == STATUS_INFO_LENGTH_MISMATCH && length; length *= 2) {
        free(snapshot);
        snapshot = malloc(length);
        if (!snapshot)
            return fail(why, "malloc");
        status = NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)EXTENDED_HANDLE_INFORMATION,
                                          snapshot, length, NULL);
    }
    if (status < 0) {
        free(snapshot);
        why->call = "NtQuerySystemInformation";
        why->number = (unsigned long)status;
        snprintf(why->text, sizeof why->text, "NTSTATUS 0x%08lx", (unsigned long)status);
        return false;
    }
    uint64_t count = 0;
    for (ULONG_PTR i = 0; i < snapshot->count; i++)
        count += snapshot->entries[i].pid == pid;
    free(snapshot);
    *ret_count = count;
    return true;
}

bool process_walk_handles(uint64_t pid, uint64_t *ret_count, failure *why)
{
    return process_handle_count(pid, ret_count, why); /* it has the types, too */
}

bool process_harden(failure *why)
{
    PSECURITY_DESCRIPTOR nobody;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:P", SDDL_REVISION_1, &nobody,
                                                              NULL))
        return fail(why, "ConvertStringSecurityDescriptorToSecurityDescriptorW");
    BOOL done = SetKernelObjectSecurity(GetCurrentProcess(), DACL_SECURITY_INFORMATION, nobody);
    if (!done)
        fail(why, "SetKernelObjectSecurity");
    LocalFree(nobody);
    return done;
}
