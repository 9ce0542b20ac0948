#include "../roles.h"

#include <windows.h>

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../platform.h"
#include "sddl.h"

PSECURITY_DESCRIPTOR parse_sddl(const wchar_t *sddl)
{
    PSECURITY_DESCRIPTOR parsed = NULL;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1, &parsed,
                                                              NULL)) {
        fprintf(stderr, "SDDL: error %lu\n", GetLastError());
        exit(3);
    }
    return parsed;
}

HANDLE create_with_sddl(const wchar_t *name, DWORD size_bytes, const wchar_t *sddl)
{
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    attributes.lpSecurityDescriptor = parse_sddl(sddl);
    HANDLE mapping =
        CreateFileMappingW(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, size_bytes, name);
    (void)LocalFree(attributes.lpSecurityDescriptor);
    return mapping;
}

/* `harden`: holds a section of 4096 bytes in a process that nobody may open. */
static int harden(void)
{
    other_section held;
    PSECURITY_DESCRIPTOR nobody = parse_sddl(L"D:P");
    BOOL done = SetKernelObjectSecurity(GetCurrentProcess(), DACL_SECURITY_INFORMATION, nobody);
    (void)LocalFree(nobody);
    other_create(NULL, 4096, &held);
    held.base[0] = 0x68;
    printf("0x%llx\n", (unsigned long long)held.handle);
    (void)fflush(stdout);
    (void)getchar();
    return done ? 0 : 1;
}

int platform_role(int argc, char **argv)
{
    (void)argc;
    return strcmp(argv[0], "harden") == 0 ? harden() : -1;
}
