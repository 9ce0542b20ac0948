#ifndef TESTS_OS_WINDOWS_SDDL_H
#define TESTS_OS_WINDOWS_SDDL_H

#include <windows.h>

/** Parses an SDDL string or ends the program; LocalFree the result. */
PSECURITY_DESCRIPTOR parse_sddl(const wchar_t *sddl);

/** A page-file section under a security descriptor, `name` NULL: anonymous. */
HANDLE create_with_sddl(const wchar_t *name, DWORD size_bytes, const wchar_t *sddl);

#endif
