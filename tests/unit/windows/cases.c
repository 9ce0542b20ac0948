#include "../unit.h"

#include <section/name.h>

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

const name_case platform_names[] = {
    {"Global\\SHINE", SECTION_OK, "SHINE", SECTION_SCOPE_GLOBAL},
    {"Global\\Local", SECTION_OK, "Local", SECTION_SCOPE_GLOBAL},
    {"Session\\1\\SHINE", SECTION_OK, "Session\\1\\SHINE", SECTION_SCOPE_LOCAL},
    {"Session\\4294967295\\a", SECTION_OK, "Session\\4294967295\\a", SECTION_SCOPE_LOCAL},
    {"/SHINE", SECTION_OK, "/SHINE", SECTION_SCOPE_LOCAL},
    {"a/b", SECTION_OK, "a/b", SECTION_SCOPE_LOCAL},
    {"..", SECTION_OK, "..", SECTION_SCOPE_LOCAL},
    {"sem.a", SECTION_OK, "sem.a", SECTION_SCOPE_LOCAL},
    {NULL, SECTION_OK, NULL, 0},
};

#define WIN(call, number, status)                                                                  \
    {                                                                                              \
        call, SECTION_OS_WIN32, number, status, #number                                            \
    }
#define NT(number, status)                                                                         \
    {                                                                                              \
        "NtCall", SECTION_OS_NTSTATUS, (uint32_t)number, status, #number                           \
    }

#define SDDL_CALL "ConvertStringSecurityDescriptorToSecurityDescriptorW"

const number_case number_cases[] = {
    WIN("OpenFileMappingW", ERROR_FILE_NOT_FOUND, SECTION_NOT_FOUND),
    WIN("OpenFileMappingW", ERROR_ACCESS_DENIED, SECTION_ACCESS_DENIED),
    WIN("OpenFileMappingW", ERROR_INVALID_HANDLE, SECTION_NOT_A_SECTION),
    WIN("OpenFileMappingW", ERROR_PATH_NOT_FOUND, SECTION_BAD_NAME),
    WIN("OpenFileMappingW", ERROR_INVALID_NAME, SECTION_BAD_NAME),
    WIN("OpenFileMappingW", ERROR_BAD_PATHNAME, SECTION_BAD_NAME),
    WIN("OpenFileMappingW", ERROR_FILENAME_EXCED_RANGE, SECTION_BAD_NAME),
    WIN("CreateFileMappingW", ERROR_INVALID_HANDLE, SECTION_NOT_A_SECTION),
    WIN("CreateFileMappingW", ERROR_ALREADY_EXISTS, SECTION_ALREADY_EXISTS),
    WIN("CreateFileMappingW", ERROR_PRIVILEGE_NOT_HELD, SECTION_ACCESS_DENIED),
    WIN("CreateFileMappingW", ERROR_FILE_INVALID, SECTION_BAD_REQUEST),
    WIN("CreateFileMappingW", ERROR_COMMITMENT_LIMIT, SECTION_NO_MEMORY),
    WIN("CreateFileMappingW", ERROR_NO_SYSTEM_RESOURCES, SECTION_NO_MEMORY),
    WIN("CreateFileMappingW", ERROR_DISK_FULL, SECTION_NO_MEMORY),
    WIN("CreateFileMappingW", ERROR_INVALID_PARAMETER, SECTION_NO_MEMORY),
    WIN("CreateFileW", ERROR_SHARING_VIOLATION, SECTION_IN_USE),
    WIN("CreateFileW", ERROR_LOCK_VIOLATION, SECTION_IN_USE),
    WIN("CreateFileW", ERROR_USER_MAPPED_FILE, SECTION_IN_USE),
    WIN("MapViewOfFile", ERROR_NOT_ENOUGH_MEMORY, SECTION_NO_MEMORY),
    WIN("MapViewOfFile", ERROR_OUTOFMEMORY, SECTION_NO_MEMORY),
    WIN("MapViewOfFile", ERROR_INVALID_PARAMETER, SECTION_NO_MEMORY),
    WIN("MapViewOfFile", ERROR_ACCESS_DENIED, SECTION_ACCESS_DENIED),
    WIN("MapViewOfFile", ERROR_MAPPED_ALIGNMENT, SECTION_OS_ERROR), /* ours to get right */
    WIN("OpenProcess", ERROR_INVALID_PARAMETER, SECTION_NOT_FOUND),
    WIN("OpenProcess", ERROR_ACCESS_DENIED, SECTION_ACCESS_DENIED),
    WIN("DuplicateHandle", ERROR_INVALID_HANDLE, SECTION_NOT_FOUND),
    WIN("DuplicateHandle", ERROR_INVALID_PARAMETER, SECTION_OS_ERROR),
    WIN("AdjustTokenPrivileges", ERROR_NOT_ALL_ASSIGNED, SECTION_ACCESS_DENIED),
    WIN("GetHandleInformation", ERROR_INVALID_HANDLE, SECTION_OS_ERROR),
    WIN("ReadProcessMemory", ERROR_PARTIAL_COPY, SECTION_GONE),
    WIN("ReadProcessMemory", ERROR_NOACCESS, SECTION_GONE),
    WIN("ReadProcessMemory", ERROR_SWAPERROR, SECTION_GONE),
    WIN("ReadProcessMemory", ERROR_ACCESS_DENIED, SECTION_ACCESS_DENIED),
    WIN("WriteProcessMemory", ERROR_ACCESS_DENIED, SECTION_GONE),
    WIN("VirtualAlloc", ERROR_COMMITMENT_LIMIT, SECTION_NO_MEMORY),
    WIN("VirtualAlloc", ERROR_NOT_ENOUGH_QUOTA, SECTION_NO_MEMORY),
    WIN("FlushFileBuffers", ERROR_CALL_NOT_IMPLEMENTED, SECTION_UNSUPPORTED),
    WIN(SDDL_CALL, ERROR_INVALID_PARAMETER, SECTION_BAD_REQUEST),
    WIN(SDDL_CALL, ERROR_INVALID_ACL, SECTION_BAD_REQUEST),
    WIN(SDDL_CALL, ERROR_NOT_ENOUGH_MEMORY, SECTION_NO_MEMORY),
    {SDDL_CALL, SECTION_OS_WIN32, 9999, SECTION_BAD_REQUEST, NULL},
    {"VirtualQuery", SECTION_OS_WIN32, 9999, SECTION_OS_ERROR, NULL},
    NT(STATUS_ACCESS_DENIED, SECTION_ACCESS_DENIED),
    NT(STATUS_OBJECT_TYPE_MISMATCH, SECTION_NOT_A_SECTION),
    NT(STATUS_OBJECT_NAME_NOT_FOUND, SECTION_NOT_FOUND),
    NT(STATUS_OBJECT_NAME_INVALID, SECTION_BAD_NAME),
    NT(STATUS_INVALID_CID, SECTION_NOT_FOUND),
    NT(STATUS_HANDLE_NOT_CLOSABLE, SECTION_PROTECTED),
    NT(STATUS_IN_PAGE_ERROR, SECTION_GONE),
    NT(STATUS_PARTIAL_COPY, SECTION_GONE),
    NT(STATUS_COMMITMENT_LIMIT, SECTION_NO_MEMORY),
    NT(STATUS_NOT_SUPPORTED, SECTION_UNSUPPORTED),
    NT(STATUS_INFO_LENGTH_MISMATCH, SECTION_OS_ERROR),
    {"NtCall", SECTION_OS_NTSTATUS, 2, SECTION_OS_ERROR, NULL}, /* no Win32 number's meaning */
    {NULL, SECTION_OS_NONE, 0, SECTION_OK, NULL},
};
