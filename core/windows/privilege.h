#ifndef SECTION_WINDOWS_PRIVILEGE_H
#define SECTION_WINDOWS_PRIVILEGE_H

#include <stdbool.h>
#include <windows.h>

#include <section/error.h>

/**
 * OpenProcess; where that is denied and `debug_privilege` allows it, once more under
 * SeDebugPrivilege, which only this thread has and only during the call: on the process's token it
 * would be lent to every concurrent request.
 */
section_status open_process(DWORD pid, DWORD rights, bool debug_privilege, HANDLE *ret_process,
                            section_error *ret_error);

#endif
