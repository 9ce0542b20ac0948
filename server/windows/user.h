#ifndef SECTIOND_WINDOWS_USER_H
#define SECTIOND_WINDOWS_USER_H

#include <windows.h>

#include <stdbool.h>

/** The user of a process, which is opened with PROCESS_QUERY_LIMITED_INFORMATION; NULL: not told. Free it. */
TOKEN_USER *user_of(HANDLE process);

/** Whether a user is the system, or the group of the administrators. */
bool user_is_system(PSID sid);

#endif
