#ifndef SECTION_WINDOWS_PRIVILEGE_H
#define SECTION_WINDOWS_PRIVILEGE_H

#include <windows.h>

#include <section/error.h>

/**
 * OpenProcess(PROCESS_DUP_HANDLE) under SeDebugPrivilege, which only this thread has and only
 * during the call: on the process's token it would be lent to every concurrent request.
 */
section_status open_process_privileged(DWORD pid, HANDLE *ret_process, section_error *ret_error);

#endif
