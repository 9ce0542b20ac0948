#include <string.h>

#include "identify.h"
#include "view.h"

uint64_t os_page_size(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}

uint64_t os_granularity(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwAllocationGranularity;
}

static void *map(const os_section *object, section_access access, uint64_t offset_bytes,
                 size_t length_bytes)
{
    static const DWORD rights[] = {
        [SECTION_ACCESS_READ] = FILE_MAP_READ,
        [SECTION_ACCESS_READWRITE] = FILE_MAP_READ | FILE_MAP_WRITE,
        [SECTION_ACCESS_WRITECOPY] = FILE_MAP_COPY,
    };
    return MapViewOfFile(handle_of(object), rights[access], (DWORD)(offset_bytes >> 32),
                         (DWORD)offset_bytes, length_bytes);
}

section_status os_check_address_space(size_t length_bytes, section_error *ret_error)
{
    void *base = VirtualAlloc(NULL, length_bytes, MEM_RESERVE, PAGE_NOACCESS);
    if (base == NULL) {
        return section_fail_os(ret_error, "VirtualAlloc", SECTION_OS_WIN32, GetLastError(),
                               "no view of that length can be mapped");
    }
    (void)VirtualFree(base, 0, MEM_RELEASE);
    return SECTION_OK;
}

section_status os_map(os_section *object, section_access wanted, uint64_t offset_bytes,
                      size_t length_bytes, section_error *ret_error)
{
    const bool may_fall_back = wanted == SECTION_ACCESS_MOST;
    if (may_fall_back) {
        wanted = object->access;
    }
    void *base = map(object, wanted, offset_bytes, length_bytes);
    if (base == NULL && may_fall_back && GetLastError() == ERROR_ACCESS_DENIED) {
        /* The handle grants writing, but the protection of its pages does not. */
        wanted = SECTION_ACCESS_READ;
        base = map(object, wanted, offset_bytes, length_bytes);
    }
    if (base == NULL) {
        return section_fail_os(ret_error, "MapViewOfFile", SECTION_OS_WIN32, GetLastError(),
                               "the section cannot be mapped");
    }
    object->base = base;
    object->mapped_offset = offset_bytes;
    object->mapped_bytes = length_bytes;
    object->access = wanted;
    return SECTION_OK;
}

/*
 * Windows refuses to cut a file that is mapped (Wine allows it), so the section's size tells enough;
 * where memory goes away all the same (a network share, a broken disk), the copy finds out.
 */
const bool os_present_waits_for_disk = true;

section_status os_check_present(const os_section *object, uint64_t end_bytes,
                                section_error *ret_error)
{
    LARGE_INTEGER size;
    if (object->file != 0 && GetFileSizeEx((HANDLE)object->file, &size) &&
        end_bytes > (uint64_t)size.QuadPart) {
        return section_fail(ret_error, SECTION_GONE,
                            "somebody has cut the file to %lld bytes since we mapped it",
                            (long long)size.QuadPart);
    }
    return SECTION_OK;
}

section_status os_flush(const os_section *object, uint8_t *address, size_t length_bytes,
                        section_flushed *ret_flushed, section_error *ret_error)
{
    if (!FlushViewOfFile(address, length_bytes)) {
        return section_fail_os(ret_error, "FlushViewOfFile", SECTION_OS_WIN32, GetLastError(),
                               "the bytes cannot be written to the file");
    }
    *ret_flushed = object->file != 0 ? SECTION_FLUSHED_TO_DISK : SECTION_FLUSHED_VIEW;
    if (object->file != 0 && !FlushFileBuffers((HANDLE)object->file)) {
        return section_fail_os(ret_error, "FlushFileBuffers", SECTION_OS_WIN32, GetLastError(),
                               "the file cannot be written to disk");
    }
    return SECTION_OK;
}

/* ReadProcessMemory on ourselves is a copy that fails where a pointer would fault. */
static section_status copy_committed(void *ret_bytes, const uint8_t *address, size_t length_bytes,
                                     section_error *ret_error)
{
    uint8_t *target = ret_bytes;
    while (length_bytes > 0) {
        SIZE_T copied = 0;
        BOOL done = ReadProcessMemory(GetCurrentProcess(), address, target, length_bytes, &copied);
        if (!done || copied == 0) {
            return section_fail_os(ret_error, "ReadProcessMemory", SECTION_OS_WIN32,
                                   done ? ERROR_PARTIAL_COPY : GetLastError(),
                                   "the memory went away under the view");
        }
        target += copied;
        address += copied;
        length_bytes -= copied;
    }
    return SECTION_OK;
}

/*
 * Pages that nobody has committed yet fault when touched, and mean zeros. They are tried all the
 * same: another process may commit them at any moment, and Wine does not tell of every commit that
 * was made through another view.
 */
static section_status copy_reserved(void *ret_bytes, const uint8_t *address, size_t length_bytes,
                                    section_error *ret_error)
{
    uint8_t *target = ret_bytes;
    while (length_bytes > 0) {
        MEMORY_BASIC_INFORMATION region;
        if (VirtualQuery(address, &region, sizeof region) == 0) {
            return section_fail_os(ret_error, "VirtualQuery", SECTION_OS_WIN32, GetLastError(),
                                   "the view does not tell which pages it has");
        }
        size_t run = (size_t)((uint8_t *)region.BaseAddress + region.RegionSize - address);
        run = run < length_bytes ? run : length_bytes;
        section_status status = copy_committed(target, address, run, ret_error);
        if (status != SECTION_OK && region.State == MEM_COMMIT) {
            return status;
        }
        if (status != SECTION_OK) {
            memset(target, 0, run);
        }
        target += run;
        address += run;
        length_bytes -= run;
    }
    return SECTION_OK;
}

static uint64_t place_of(const os_section *object, const uint8_t *address)
{
    return object->mapped_offset + (uint64_t)(address - object->base);
}

section_status os_look(os_section *object, const uint8_t *address, size_t length_bytes,
                       os_stretch *ret_stretch, section_error *ret_error)
{
    MEMORY_BASIC_INFORMATION region;
    *ret_stretch = (os_stretch){.length_bytes = length_bytes, .has_memory = true};
    if (!object->reserve) {
        return os_check_present(object, place_of(object, address) + length_bytes, ret_error);
    }
    if (VirtualQuery(address, &region, sizeof region) == 0) {
        return section_fail_os(ret_error, "VirtualQuery", SECTION_OS_WIN32, GetLastError(),
                               "the view does not tell which pages it has");
    }
    const size_t run = (size_t)((uint8_t *)region.BaseAddress + region.RegionSize - address);
    ret_stretch->length_bytes = run < length_bytes ? run : length_bytes;
    ret_stretch->has_memory = region.State == MEM_COMMIT;
    return SECTION_OK;
}

section_status os_copy_out(os_section *object, void *ret_bytes, const uint8_t *address,
                           size_t length_bytes, section_error *ret_error)
{
    section_status status =
        os_check_present(object, place_of(object, address) + length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    return object->reserve ? copy_reserved(ret_bytes, address, length_bytes, ret_error)
                           : copy_committed(ret_bytes, address, length_bytes, ret_error);
}

uint64_t os_missing_bytes(const os_section *object, const uint8_t *address, size_t length_bytes)
{
    const uintptr_t page = (uintptr_t)os_page_size();
    const uintptr_t end = ((uintptr_t)address + length_bytes + page - 1) / page * page;
    MEMORY_BASIC_INFORMATION region;
    uint64_t missing = 0;
    if (!object->reserve) {
        return 0;
    }
    for (uintptr_t at = (uintptr_t)address / page * page;
         at < end && VirtualQuery((const void *)at, &region, sizeof region) != 0;) {
        const uintptr_t past = (uintptr_t)region.BaseAddress + region.RegionSize;
        const uintptr_t to = past < end ? past : end;
        missing += region.State == MEM_RESERVE ? to - at : 0;
        at = to;
    }
    return missing;
}

section_status view_commit(const os_section *object, uint8_t *address, size_t length_bytes,
                           section_error *ret_error)
{
    const bool is_private = object->access == SECTION_ACCESS_WRITECOPY;
    DWORD former;
    if (length_bytes == 0) {
        return SECTION_OK;
    }
    /* VirtualAlloc takes no PAGE_WRITECOPY, and a private view is compatible with no PAGE_READWRITE. */
    if (VirtualAlloc(address, length_bytes, MEM_COMMIT,
                     is_private ? PAGE_READONLY : PAGE_READWRITE) == NULL) {
        return section_fail_os(ret_error, "VirtualAlloc", SECTION_OS_WIN32, GetLastError(),
                               "there is no memory for these reserved pages");
    }
    if (is_private && !VirtualProtect(address, length_bytes, PAGE_WRITECOPY, &former)) {
        return section_fail_os(ret_error, "VirtualProtect", SECTION_OS_WIN32, GetLastError(),
                               "these reserved pages cannot be made writable");
    }
    return SECTION_OK;
}

section_status os_copy_in(const os_section *object, uint8_t *address, const void *bytes,
                          size_t length_bytes, section_error *ret_error)
{
    const uint8_t *source = bytes;
    section_status status =
        object->reserve ? view_commit(object, address, length_bytes, ret_error) : SECTION_OK;
    while (status == SECTION_OK && length_bytes > 0) {
        SIZE_T copied = 0;
        BOOL done = WriteProcessMemory(GetCurrentProcess(), address, source, length_bytes, &copied);
        if (!done || copied == 0) {
            return section_fail_os(ret_error, "WriteProcessMemory", SECTION_OS_WIN32,
                                   done ? ERROR_PARTIAL_COPY : GetLastError(),
                                   "the memory went away under the view");
        }
        source += copied;
        address += copied;
        length_bytes -= copied;
    }
    return status;
}
