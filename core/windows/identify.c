#include "identify.h"

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <section_windows/wide.h>

HANDLE handle_of(const os_section *object)
{
    return (HANDLE)object->handle; /* OS_NO_HANDLE is INVALID_HANDLE_VALUE */
}

const DWORD *rights_to_try(section_access access)
{
    /* Without SECTION_QUERY the size is known to the page only, so the rights with it are tried
     * first. Copy-on-write needs the right to read, so WRITECOPY asks for it. */
    static const DWORD reading[] = {SECTION_MAP_READ | SECTION_QUERY, SECTION_MAP_READ, 0};
    static const DWORD writing[] = {SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_QUERY,
                                    SECTION_MAP_READ | SECTION_MAP_WRITE, 0};
    static const DWORD most[] = {SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_QUERY,
                                 SECTION_MAP_READ | SECTION_MAP_WRITE,
                                 SECTION_MAP_READ | SECTION_QUERY, SECTION_MAP_READ, 0};
    switch (access) {
    case SECTION_ACCESS_READ:
    case SECTION_ACCESS_WRITECOPY:
        return reading;
    case SECTION_ACCESS_READWRITE:
        return writing;
    case SECTION_ACCESS_MOST:
        break;
    }
    return most;
}

section_status check_type(HANDLE handle, section_error *ret_error)
{
    object_text type;
    char found[64];
    NTSTATUS status = NtQueryObject(handle, ObjectTypeInformation, &type, sizeof type, NULL);
    if (!NT_SUCCESS(status)) {
        return section_fail_os(ret_error, "NtQueryObject", SECTION_OS_NTSTATUS, (uint32_t)status,
                               "the handle does not tell what it is");
    }
    utf8_from_wide(type.string.Buffer, type.string.Length / sizeof(wchar_t), found, sizeof found);
    if (strcmp(found, "Section") != 0) {
        return section_fail(ret_error, SECTION_NOT_A_SECTION,
                            "the handle is that of an object of type %s",
                            found[0] != '\0' ? found : "unknown");
    }
    return SECTION_OK;
}

/* FNV-1a. Sections with the same words are still compared by object, so a collision is harmless. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/*
 * An object has one name or none, but the folder is spelled in more than one way: `Session\1\X` may
 * be `Local\X`. An object that cannot be opened by name has none here, however it was found. A memory
 * section's size is for life, and known to the page at least; that of a file's may be extended.
 */
section_traits os_traits(const os_section *object, const section_name *name)
{
    const uint64_t page = os_page_size();
    const bool is_memory = object->backing == SECTION_BACKING_PAGEFILE;
    const uint64_t pages =
        object->opened_size_bytes / page + (object->opened_size_bytes % page != 0 ? 1 : 0);
    const char *folder = name != NULL ? strrchr(name->text, '\\') : NULL;
    const char *base = folder != NULL ? folder + 1 : name != NULL ? name->text : "";
    return (section_traits){
        .words = {is_memory ? pages : 0, hash_text(base)},
        .is_only = object->created,
    };
}

bool os_is_same_object(const os_section *a, const os_section *b)
{
    typedef NTSTATUS(NTAPI * compare_objects)(HANDLE, HANDLE);
    /*
     * New in Windows 10. Before that, there is no way to tell whether two handles are of one
     * object.
     */
    union {
        FARPROC address;
        compare_objects call;
    } compare = {GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtCompareObjects")};
    return compare.address != NULL && compare.call(handle_of(a), handle_of(b)) == STATUS_SUCCESS;
}

/* Takes the facts from a mapping of the whole object if the handle does not grant SECTION_QUERY. */
static section_status look_inside(const os_section *object, section_basic_information *ret_basic,
                                  section_error *ret_error)
{
    wchar_t file_name[4];
    MEMORY_BASIC_INFORMATION region;
    uint8_t *base = MapViewOfFile(handle_of(object), FILE_MAP_READ, 0, 0, 0);
    if (base == NULL) {
        return section_fail_os(ret_error, "MapViewOfFile", SECTION_OS_WIN32, GetLastError(),
                               "the section's size cannot be found out");
    }
    *ret_basic = (section_basic_information){0};
    for (const uint8_t *address = base;
         VirtualQuery(address, &region, sizeof region) != 0 && region.AllocationBase == base;
         address += region.RegionSize) {
        ret_basic->size_bytes.QuadPart += (LONGLONG)region.RegionSize;
        ret_basic->attributes |= region.Type == MEM_IMAGE ? SEC_IMAGE : 0;
        ret_basic->attributes |= region.State == MEM_RESERVE ? SEC_RESERVE : 0;
    }
    /* ERROR_INSUFFICIENT_BUFFER means that there is a name, which is longer than the buffer. */
    if (GetMappedFileNameW(GetCurrentProcess(), base, file_name, 4) != 0 ||
        GetLastError() == ERROR_INSUFFICIENT_BUFFER) {
        ret_basic->attributes |= SEC_FILE;
    }
    (void)UnmapViewOfFile(base);
    return SECTION_OK;
}

section_status identify(os_section *object, section_error *ret_error)
{
    PUBLIC_OBJECT_BASIC_INFORMATION granted;
    section_basic_information basic;
    NTSTATUS status =
        NtQueryObject(handle_of(object), ObjectBasicInformation, &granted, sizeof granted, NULL);
    if (!NT_SUCCESS(status)) {
        return section_fail_os(ret_error, "NtQueryObject", SECTION_OS_NTSTATUS, (uint32_t)status,
                               "the section's handle does not tell what it grants");
    }
    status = NtQuerySection(handle_of(object), SECTION_BASIC_INFORMATION_CLASS, &basic,
                            sizeof basic, NULL);
    const bool queried = NT_SUCCESS(status);
    if (!queried && status != STATUS_ACCESS_DENIED) {
        return section_fail_os(ret_error, "NtQuerySection", SECTION_OS_NTSTATUS, (uint32_t)status,
                               "the section does not tell its size");
    }
    section_status outcome = queried ? SECTION_OK : look_inside(object, &basic, ret_error);
    if (outcome != SECTION_OK) {
        return outcome;
    }
    if ((basic.attributes & SEC_IMAGE) != 0) {
        return section_fail(ret_error, SECTION_NOT_A_SECTION,
                            "it is the image of a program or library, which is never mapped here");
    }
    const bool has_file = (basic.attributes & SEC_FILE) != 0;
    object->backing = has_file ? SECTION_BACKING_FILE : SECTION_BACKING_PAGEFILE;
    object->reserve = !has_file && (basic.attributes & SEC_RESERVE) != 0;
    object->cannot_fault = queried && !has_file && !object->reserve;
    object->opened_size_bytes = (uint64_t)basic.size_bytes.QuadPart;
    object->access = (granted.GrantedAccess & SECTION_MAP_WRITE) != 0 ? SECTION_ACCESS_READWRITE
                                                                      : SECTION_ACCESS_READ;
    return SECTION_OK;
}

/*
 * From an object's full name to the one that CreateFileMapping takes here: ours is
 * \Sessions\OURS\BaseNamedObjects\NAME; \BaseNamedObjects\NAME is global, and also local to
 * session 0. Empty for anything else, such as the names of app containers.
 */
static void relative_name(const char *path, DWORD own_session, char *ret_text, size_t capacity)
{
    static const char sessions[] = "\\Sessions\\";
    static const char directory[] = "\\BaseNamedObjects\\";
    unsigned long session = 0;
    ret_text[0] = '\0';
    if (strncmp(path, sessions, sizeof sessions - 1) == 0) {
        char *end;
        session = strtoul(path + sizeof sessions - 1, &end, 10);
        path = end;
    }
    if (strncmp(path, directory, sizeof directory - 1) != 0) {
        return;
    }
    path += sizeof directory - 1;
    if (session == own_session) {
        (void)snprintf(ret_text, capacity, "Local\\%s", path);
    } else if (session == 0) {
        (void)snprintf(ret_text, capacity, "Global\\%s", path);
    } else {
        (void)snprintf(ret_text, capacity, "Session\\%lu\\%s", session, path);
    }
}

void find_path(HANDLE handle, char ret_path[OBJECT_PATH_BYTES])
{
    object_text full;
    /* NtQueryObject may block for ever when it asks for the name of a file, and never with a section. */
    NTSTATUS status = NtQueryObject(handle, ObjectNameInformation, &full, sizeof full, NULL);
    const size_t units = NT_SUCCESS(status) ? full.string.Length / sizeof(wchar_t) : 0;
    utf8_from_wide(units > 0 ? full.string.Buffer : L"", units, ret_path, OBJECT_PATH_BYTES);
}

void find_name(HANDLE handle, section_name *ret_name)
{
    char path[OBJECT_PATH_BYTES];
    char relative[sizeof path + 32];
    DWORD session;
    section_name parsed;
    *ret_name = (section_name){.scope = SECTION_SCOPE_LOCAL};
    find_path(handle, path);
    if (path[0] == '\0' || !ProcessIdToSessionId(GetCurrentProcessId(), &session)) {
        return;
    }
    relative_name(path, session, relative, sizeof relative);
    if (section_name_parse(relative, &parsed, NULL) == SECTION_OK) {
        *ret_name = parsed;
    }
}

bool os_own_name(const os_section *object, char ret_text[SECTION_OWN_NAME_BYTES])
{
    (void)object;
    (void)ret_text;
    return false;
}
