#include <stdlib.h>
#include <string.h>

#include "../os.h"
#include "ntdll.h"
#include <section_windows/wide.h>

/* Every number that our calls are documented or have been seen to answer with. */
#define WIN32_NUMBERS(X)                                                                           \
    X(ERROR_INVALID_FUNCTION)                                                                      \
    X(ERROR_FILE_NOT_FOUND)                                                                        \
    X(ERROR_PATH_NOT_FOUND)                                                                        \
    X(ERROR_TOO_MANY_OPEN_FILES)                                                                   \
    X(ERROR_ACCESS_DENIED)                                                                         \
    X(ERROR_INVALID_HANDLE)                                                                        \
    X(ERROR_NOT_ENOUGH_MEMORY)                                                                     \
    X(ERROR_INVALID_DATA)                                                                          \
    X(ERROR_OUTOFMEMORY)                                                                           \
    X(ERROR_NOT_SAME_DEVICE)                                                                       \
    X(ERROR_WRITE_PROTECT)                                                                         \
    X(ERROR_CRC)                                                                                   \
    X(ERROR_BAD_LENGTH)                                                                            \
    X(ERROR_SHARING_VIOLATION)                                                                     \
    X(ERROR_LOCK_VIOLATION)                                                                        \
    X(ERROR_HANDLE_DISK_FULL)                                                                      \
    X(ERROR_NOT_SUPPORTED)                                                                         \
    X(ERROR_BAD_NETPATH)                                                                           \
    X(ERROR_DEV_NOT_EXIST)                                                                         \
    X(ERROR_NETNAME_DELETED)                                                                       \
    X(ERROR_FILE_EXISTS)                                                                           \
    X(ERROR_INVALID_PARAMETER)                                                                     \
    X(ERROR_DISK_FULL)                                                                             \
    X(ERROR_CALL_NOT_IMPLEMENTED)                                                                  \
    X(ERROR_INSUFFICIENT_BUFFER)                                                                   \
    X(ERROR_INVALID_NAME)                                                                          \
    X(ERROR_BUSY)                                                                                  \
    X(ERROR_BAD_PATHNAME)                                                                          \
    X(ERROR_ALREADY_EXISTS)                                                                        \
    X(ERROR_FILENAME_EXCED_RANGE)                                                                  \
    X(ERROR_FILE_TOO_LARGE)                                                                        \
    X(ERROR_MORE_DATA)                                                                             \
    X(ERROR_PARTIAL_COPY)                                                                          \
    X(ERROR_INVALID_ADDRESS)                                                                       \
    X(ERROR_NOACCESS)                                                                              \
    X(ERROR_SWAPERROR)                                                                             \
    X(ERROR_FILE_INVALID)                                                                          \
    X(ERROR_NO_TOKEN)                                                                              \
    X(ERROR_IO_DEVICE)                                                                             \
    X(ERROR_MAPPED_ALIGNMENT)                                                                      \
    X(ERROR_USER_MAPPED_FILE)                                                                      \
    X(ERROR_NOT_ALL_ASSIGNED)                                                                      \
    X(ERROR_UNKNOWN_REVISION)                                                                      \
    X(ERROR_INVALID_OWNER)                                                                         \
    X(ERROR_NO_SUCH_PRIVILEGE)                                                                     \
    X(ERROR_PRIVILEGE_NOT_HELD)                                                                    \
    X(ERROR_NONE_MAPPED)                                                                           \
    X(ERROR_INVALID_ACL)                                                                           \
    X(ERROR_INVALID_SID)                                                                           \
    X(ERROR_INVALID_SECURITY_DESCR)                                                                \
    X(ERROR_NO_SYSTEM_RESOURCES)                                                                   \
    X(ERROR_COMMITMENT_LIMIT)                                                                      \
    X(ERROR_NOT_ENOUGH_QUOTA)

#define NTSTATUS_NUMBERS(X)                                                                        \
    X(STATUS_BUFFER_OVERFLOW)                                                                      \
    X(STATUS_PARTIAL_COPY)                                                                         \
    X(STATUS_UNSUCCESSFUL)                                                                         \
    X(STATUS_NOT_IMPLEMENTED)                                                                      \
    X(STATUS_INVALID_INFO_CLASS)                                                                   \
    X(STATUS_INFO_LENGTH_MISMATCH)                                                                 \
    X(STATUS_ACCESS_VIOLATION)                                                                     \
    X(STATUS_IN_PAGE_ERROR)                                                                        \
    X(STATUS_INVALID_HANDLE)                                                                       \
    X(STATUS_INVALID_CID)                                                                          \
    X(STATUS_INVALID_PARAMETER)                                                                    \
    X(STATUS_NO_MEMORY)                                                                            \
    X(STATUS_ACCESS_DENIED)                                                                        \
    X(STATUS_BUFFER_TOO_SMALL)                                                                     \
    X(STATUS_OBJECT_TYPE_MISMATCH)                                                                 \
    X(STATUS_OBJECT_NAME_INVALID)                                                                  \
    X(STATUS_OBJECT_NAME_NOT_FOUND)                                                                \
    X(STATUS_OBJECT_NAME_COLLISION)                                                                \
    X(STATUS_OBJECT_PATH_NOT_FOUND)                                                                \
    X(STATUS_OBJECT_PATH_SYNTAX_BAD)                                                               \
    X(STATUS_SECTION_TOO_BIG)                                                                      \
    X(STATUS_SECTION_PROTECTION)                                                                   \
    X(STATUS_PRIVILEGE_NOT_HELD)                                                                   \
    X(STATUS_INSUFFICIENT_RESOURCES)                                                               \
    X(STATUS_NOT_SUPPORTED)                                                                        \
    X(STATUS_PROCESS_IS_TERMINATING)                                                               \
    X(STATUS_COMMITMENT_LIMIT)                                                                     \
    X(STATUS_HANDLE_NOT_CLOSABLE)                                                                  \
    X(STATUS_NO_SUCH_FILE)                                                                         \
    X(STATUS_SHARING_VIOLATION)                                                                    \
    X(STATUS_USER_MAPPED_FILE)                                                                     \
    X(STATUS_DELETE_PENDING)                                                                       \
    X(STATUS_FILE_IS_A_DIRECTORY)                                                                  \
    X(STATUS_NOT_A_DIRECTORY)                                                                      \
    X(STATUS_DISK_FULL)                                                                            \
    X(STATUS_MEDIA_WRITE_PROTECTED)
typedef struct number_name {
    uint32_t number;
    const char *name;
} number_name;

#define NUMBER_NAME(constant) {(uint32_t)constant, #constant},
static const number_name win32_names[] = {WIN32_NUMBERS(NUMBER_NAME)};
static const number_name ntstatus_names[] = {NTSTATUS_NUMBERS(NUMBER_NAME)};

/* Every number of a call that has no row of its own. */
#define ANY_NUMBER UINT32_MAX

typedef struct meaning {
    const char *call; /* NULL: from any call */
    uint32_t number;
    section_status status;
} meaning;

/* The first match counts. */
static const meaning win32_meanings[] = {
    {"VirtualAlloc", ERROR_INVALID_PARAMETER,
     SECTION_NO_MEMORY}, /* more than there are addresses */
    {"OpenProcess", ERROR_INVALID_PARAMETER, SECTION_NOT_FOUND},
    {"DuplicateHandle", ERROR_INVALID_HANDLE, SECTION_NOT_FOUND},
    {"CreateFileMappingW", ERROR_INVALID_HANDLE, SECTION_NOT_A_SECTION}, /* another kind's name */
    {"OpenFileMappingW", ERROR_INVALID_HANDLE, SECTION_NOT_A_SECTION},
    {"CreateFileMappingW", ERROR_INVALID_PARAMETER, SECTION_NO_MEMORY}, /* a size past all limits */
    {"MapViewOfFile", ERROR_INVALID_PARAMETER, SECTION_NO_MEMORY},
    {"MapViewOfFile", ERROR_INVALID_ADDRESS, SECTION_NO_MEMORY},
    {"VirtualAlloc", ERROR_INVALID_ADDRESS, SECTION_NO_MEMORY},
    {"WriteProcessMemory", ERROR_ACCESS_DENIED, SECTION_GONE}, /* our view is writable */
    {"AdjustTokenPrivileges", ERROR_NOT_ALL_ASSIGNED, SECTION_ACCESS_DENIED},
    {NULL, ERROR_PATH_NOT_FOUND, SECTION_BAD_NAME},
    {NULL, ERROR_INVALID_NAME, SECTION_BAD_NAME},
    {NULL, ERROR_BAD_PATHNAME, SECTION_BAD_NAME},
    {NULL, ERROR_FILENAME_EXCED_RANGE, SECTION_BAD_NAME},
    {NULL, ERROR_ACCESS_DENIED, SECTION_ACCESS_DENIED},
    {NULL, ERROR_PRIVILEGE_NOT_HELD, SECTION_ACCESS_DENIED},
    {NULL, ERROR_NOT_SAME_DEVICE, SECTION_ACCESS_DENIED},
    {NULL, ERROR_WRITE_PROTECT, SECTION_ACCESS_DENIED},
    {NULL, ERROR_FILE_NOT_FOUND, SECTION_NOT_FOUND},
    {NULL, ERROR_ALREADY_EXISTS, SECTION_ALREADY_EXISTS},
    {NULL, ERROR_FILE_EXISTS, SECTION_ALREADY_EXISTS},
    {NULL, ERROR_SHARING_VIOLATION, SECTION_IN_USE},
    {NULL, ERROR_LOCK_VIOLATION, SECTION_IN_USE},
    {NULL, ERROR_USER_MAPPED_FILE, SECTION_IN_USE},
    {NULL, ERROR_PARTIAL_COPY, SECTION_GONE},
    {NULL, ERROR_NOACCESS, SECTION_GONE},
    {NULL, ERROR_SWAPERROR, SECTION_GONE}, /* an in-page error */
    {NULL, ERROR_FILE_INVALID, SECTION_BAD_REQUEST},
    {NULL, ERROR_TOO_MANY_OPEN_FILES, SECTION_NO_MEMORY},
    {NULL, ERROR_NOT_ENOUGH_MEMORY, SECTION_NO_MEMORY},
    {NULL, ERROR_OUTOFMEMORY, SECTION_NO_MEMORY},
    {NULL, ERROR_HANDLE_DISK_FULL, SECTION_NO_MEMORY},
    {NULL, ERROR_DISK_FULL, SECTION_NO_MEMORY},
    {NULL, ERROR_FILE_TOO_LARGE, SECTION_NO_MEMORY},
    {NULL, ERROR_NO_SYSTEM_RESOURCES, SECTION_NO_MEMORY},
    {NULL, ERROR_COMMITMENT_LIMIT, SECTION_NO_MEMORY},
    {NULL, ERROR_NOT_ENOUGH_QUOTA, SECTION_NO_MEMORY},
    {NULL, ERROR_NOT_SUPPORTED, SECTION_UNSUPPORTED},
    {NULL, ERROR_CALL_NOT_IMPLEMENTED, SECTION_UNSUPPORTED},
    {"ConvertStringSecurityDescriptorToSecurityDescriptorW", ANY_NUMBER, SECTION_BAD_REQUEST},
};

static const meaning ntstatus_meanings[] = {
    {"NtCreateFile", (uint32_t)STATUS_OBJECT_PATH_NOT_FOUND, SECTION_NOT_FOUND},
    {"NtCreateFile", (uint32_t)STATUS_NOT_A_DIRECTORY, SECTION_NOT_FOUND},
    {NULL, (uint32_t)STATUS_FILE_IS_A_DIRECTORY, SECTION_NOT_A_SECTION},
    {NULL, (uint32_t)STATUS_SHARING_VIOLATION, SECTION_IN_USE},
    {NULL, (uint32_t)STATUS_USER_MAPPED_FILE, SECTION_IN_USE},
    {NULL, (uint32_t)STATUS_DELETE_PENDING, SECTION_IN_USE},
    {NULL, (uint32_t)STATUS_DISK_FULL, SECTION_NO_MEMORY},
    {NULL, (uint32_t)STATUS_MEDIA_WRITE_PROTECTED, SECTION_ACCESS_DENIED},
    {NULL, (uint32_t)STATUS_ACCESS_DENIED, SECTION_ACCESS_DENIED},
    {NULL, (uint32_t)STATUS_PRIVILEGE_NOT_HELD, SECTION_ACCESS_DENIED},
    {NULL, (uint32_t)STATUS_SECTION_PROTECTION, SECTION_ACCESS_DENIED},
    {NULL, (uint32_t)STATUS_OBJECT_NAME_INVALID, SECTION_BAD_NAME},
    {NULL, (uint32_t)STATUS_OBJECT_PATH_NOT_FOUND, SECTION_BAD_NAME},
    {NULL, (uint32_t)STATUS_OBJECT_PATH_SYNTAX_BAD, SECTION_BAD_NAME},
    {NULL, (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND, SECTION_NOT_FOUND},
    {NULL, (uint32_t)STATUS_NO_SUCH_FILE, SECTION_NOT_FOUND},
    {NULL, (uint32_t)STATUS_INVALID_CID, SECTION_NOT_FOUND},
    {NULL, (uint32_t)STATUS_PROCESS_IS_TERMINATING, SECTION_NOT_FOUND},
    {NULL, (uint32_t)STATUS_OBJECT_NAME_COLLISION, SECTION_ALREADY_EXISTS},
    {NULL, (uint32_t)STATUS_OBJECT_TYPE_MISMATCH, SECTION_NOT_A_SECTION},
    {NULL, (uint32_t)STATUS_HANDLE_NOT_CLOSABLE, SECTION_PROTECTED},
    {NULL, (uint32_t)STATUS_ACCESS_VIOLATION, SECTION_GONE},
    {NULL, (uint32_t)STATUS_IN_PAGE_ERROR, SECTION_GONE},
    {NULL, (uint32_t)STATUS_PARTIAL_COPY, SECTION_GONE},
    {NULL, (uint32_t)STATUS_NO_MEMORY, SECTION_NO_MEMORY},
    {NULL, (uint32_t)STATUS_INSUFFICIENT_RESOURCES, SECTION_NO_MEMORY},
    {NULL, (uint32_t)STATUS_COMMITMENT_LIMIT, SECTION_NO_MEMORY},
    {NULL, (uint32_t)STATUS_SECTION_TOO_BIG, SECTION_NO_MEMORY},
    {NULL, (uint32_t)STATUS_NOT_IMPLEMENTED, SECTION_UNSUPPORTED},
    {NULL, (uint32_t)STATUS_NOT_SUPPORTED, SECTION_UNSUPPORTED},
    {NULL, (uint32_t)STATUS_INVALID_INFO_CLASS, SECTION_UNSUPPORTED},
};

static section_status find_meaning(const meaning *meanings, size_t count, const char *call,
                                   uint32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if ((meanings[i].number == number || meanings[i].number == ANY_NUMBER) &&
            (meanings[i].call == NULL || strcmp(meanings[i].call, call) == 0)) {
            return meanings[i].status;
        }
    }
    return SECTION_OS_ERROR;
}

section_status os_status(const char *call, section_os_domain domain, uint32_t number)
{
    if (domain == SECTION_OS_NTSTATUS) {
        return find_meaning(ntstatus_meanings,
                            sizeof ntstatus_meanings / sizeof ntstatus_meanings[0], call, number);
    }
    return find_meaning(win32_meanings, sizeof win32_meanings / sizeof win32_meanings[0], call,
                        number);
}

static const char *find_number(const number_name *names, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    return NULL;
}

const char *os_error_name(section_os_domain domain, uint32_t number)
{
    switch (domain) {
    case SECTION_OS_WIN32:
        return find_number(win32_names, sizeof win32_names / sizeof win32_names[0], number);
    case SECTION_OS_NTSTATUS:
        return find_number(ntstatus_names, sizeof ntstatus_names / sizeof ntstatus_names[0],
                           number);
    case SECTION_OS_NONE:
    case SECTION_OS_ERRNO:
        break;
    }
    return NULL;
}

/* In US English, or where that is not installed in the user's language. */
static size_t format_message(DWORD source, const void *module, uint32_t number, wchar_t *ret_text,
                             size_t capacity)
{
    const DWORD flags = source | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
    const DWORD english = MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US);
    DWORD units = FormatMessageW(flags, module, number, english, ret_text, (DWORD)capacity, NULL);
    if (units == 0) {
        units = FormatMessageW(flags, module, number, 0, ret_text, (DWORD)capacity, NULL);
    }
    return units;
}

void os_error_text(section_os_domain domain, uint32_t number, char *ret_text, uint32_t capacity)
{
    wchar_t words[256];
    size_t units = 0;
    if (domain == SECTION_OS_NTSTATUS) {
        units = format_message(FORMAT_MESSAGE_FROM_HMODULE, GetModuleHandleW(L"ntdll"), number,
                               words, sizeof words / sizeof words[0]);
        number = RtlNtStatusToDosError((NTSTATUS)number); /* for where ntdll has no words */
    }
    if (units == 0 && (domain == SECTION_OS_WIN32 || domain == SECTION_OS_NTSTATUS)) {
        units = format_message(FORMAT_MESSAGE_FROM_SYSTEM, NULL, number, words,
                               sizeof words / sizeof words[0]);
    }
    while (units > 0 && wcschr(L" .\r\n", words[units - 1]) != NULL) {
        units--;
    }
    utf8_from_wide(words, units, ret_text, capacity);
}
