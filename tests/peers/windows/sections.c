#include "failure.h"

#include <sddl.h>
#include <stdlib.h>

/* Maps the whole section, whose handle it closes on failure. */
static bool map_whole(HANDLE section, uint64_t size_bytes, peer_object *ret_object, failure *why)
{
    MEMORY_BASIC_INFORMATION region;
    peer_object made = object_of(section);
    made.base = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
    if (!made.base) {
        fail(why, "MapViewOfFile");
        CloseHandle(section);
        return false;
    }
    if (!VirtualQuery(made.base, &region, sizeof region)) {
        fail(why, "VirtualQuery");
        UnmapViewOfFile(made.base);
        CloseHandle(section);
        return false;
    }
    made.size_bytes = size_bytes ? size_bytes : region.RegionSize;
    *ret_object = made;
    return true;
}

static bool create(const char *name, uint64_t size_bytes, HANDLE file,
                   SECURITY_ATTRIBUTES *attributes, peer_object *ret_object, failure *why)
{
    wchar_t *wide = name ? wide_from_utf8(name) : NULL;
    if (name && !wide)
        return fail(why, "MultiByteToWideChar");
    HANDLE section = CreateFileMappingW(file, attributes, PAGE_READWRITE, (DWORD)(size_bytes >> 32),
                                        (DWORD)size_bytes, wide);
    bool created = GetLastError() != ERROR_ALREADY_EXISTS;
    if (!section)
        fail(why, "CreateFileMappingW");
    free(wide);
    if (!section || !map_whole(section, created ? size_bytes : 0, ret_object, why))
        return false;
    ret_object->created = created;
    return true;
}

bool section_create(const char *name, uint64_t size_bytes, peer_object *ret_object, failure *why)
{
    return create(name, size_bytes, INVALID_HANDLE_VALUE, NULL, ret_object, why);
}

bool section_create_readonly(const char *name, uint64_t size_bytes, peer_object *ret_object,
                             failure *why)
{
    HANDLE reading;
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    /* Everybody may read and nobody write: a handle duplicated with more access is refused. */
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            L"D:P(A;;GR;;;WD)", SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL))
        return fail(why, "ConvertStringSecurityDescriptorToSecurityDescriptorW");
    bool made = create(name, size_bytes, INVALID_HANDLE_VALUE, &attributes, ret_object, why);
    LocalFree(attributes.lpSecurityDescriptor);
    if (!made)
        return false;
    if (!DuplicateHandle(GetCurrentProcess(), handle_of(ret_object->handle), GetCurrentProcess(),
                         &reading, SECTION_QUERY | SECTION_MAP_READ, FALSE, 0)) {
        fail(why, "DuplicateHandle");
        object_close(ret_object);
        return false;
    }
    ret_object->companion = ret_object->handle;
    ret_object->handle = (uint64_t)(uintptr_t)reading;
    return true;
}

bool section_open(const char *name, peer_object *ret_object, failure *why)
{
    wchar_t *wide = wide_from_utf8(name);
    if (!wide)
        return fail(why, "MultiByteToWideChar");
    HANDLE section = OpenFileMappingW(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, wide);
    if (!section)
        fail(why, "OpenFileMappingW");
    free(wide);
    return section && map_whole(section, 0, ret_object, why);
}

bool section_duplicate(uint64_t pid, uint64_t handle, peer_object *ret_object, failure *why)
{
    HANDLE section;
    HANDLE process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, (DWORD)pid);
    if (!process)
        return fail(why, "OpenProcess");
    BOOL duplicated = DuplicateHandle(process, handle_of(handle), GetCurrentProcess(), &section, 0,
                                      FALSE, DUPLICATE_SAME_ACCESS);
    if (!duplicated)
        fail(why, "DuplicateHandle");
    CloseHandle(process);
    return duplicated && map_whole(section, 0, ret_object, why);
}

bool section_of_file(const char *path, uint64_t size_bytes, peer_object *ret_object, failure *why)
{
    wchar_t *wide = path ? wide_from_utf8(path) : NULL;
    LARGE_INTEGER file_size;
    if (!wide) {
        SetLastError(ERROR_INVALID_NAME);
        return fail(why, "CreateFileW");
    }
    HANDLE file = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        fail(why, "CreateFileW");
    free(wide);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    if (!create(NULL, size_bytes, file, NULL, ret_object, why)) {
        CloseHandle(file);
        return false;
    }
    ret_object->companion = (uint64_t)(uintptr_t)file;
    if (GetFileSizeEx(file, &file_size))
        ret_object->size_bytes = (uint64_t)file_size.QuadPart;
    return true;
}

bool section_resize(peer_object *section, uint64_t size_bytes, failure *why)
{
    LARGE_INTEGER end = {.QuadPart = (LONGLONG)size_bytes};
    HANDLE file = section->companion == NO_HANDLE ? NULL : handle_of(section->companion);
    if (!file) { /* a page-file section keeps its size for life */
        SetLastError(ERROR_INVALID_HANDLE);
        return fail(why, "SetEndOfFile");
    }
    if (!SetFilePointerEx(file, end, NULL, FILE_BEGIN))
        return fail(why, "SetFilePointerEx");
    if (!SetEndOfFile(file))
        return fail(why, "SetEndOfFile");
    return true;
}
