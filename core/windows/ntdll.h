#ifndef SECTION_WINDOWS_NTDLL_H
#define SECTION_WINDOWS_NTDLL_H

/* ntstatus.h has all the numbers, windows.h a few of them: let only one define them. */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

/*
 * Functions that ntdll exports and mingw's winternl.h does not declare. It is not in the documented
 * Windows API, and has been the same in every version since NT 4.
 */

/** NtQuerySection's class 0. */
enum { SECTION_BASIC_INFORMATION_CLASS = 0 };

typedef struct section_basic_information {
    void *base_address;
    ULONG attributes; /* SEC_COMMIT, SEC_RESERVE, SEC_FILE, SEC_IMAGE, … */
    LARGE_INTEGER size_bytes;
} section_basic_information;

NTSTATUS NTAPI NtQuerySection(HANDLE section, int information_class, void *ret_information,
                              SIZE_T information_bytes, SIZE_T *ret_needed_bytes);

NTSTATUS NTAPI NtOpenSection(PHANDLE ret_section, ACCESS_MASK access,
                             POBJECT_ATTRIBUTES attributes);

NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE ret_directory, ACCESS_MASK access,
                                     POBJECT_ATTRIBUTES attributes);

NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE directory, void *ret_rows, ULONG room_bytes,
                                      BOOLEAN one_row, BOOLEAN restart, ULONG *context,
                                      ULONG *ret_needed_bytes);

/** A UNICODE_STRING with the text behind it, as NtQueryObject answers for names and types. */
typedef union object_text {
    UNICODE_STRING string;
    unsigned char room[2048];
} object_text;

#endif
