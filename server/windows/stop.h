#ifndef SECTIOND_WINDOWS_STOP_H
#define SECTIOND_WINDOWS_STOP_H

#include <stdbool.h>
#include <windows.h>

/**
 * Why a console control event ends the daemon; NULL where it does not. A logoff does not: the system
 * sends it to services only, at the logoff of any user, and ends other programs by itself.
 * Source: https://learn.microsoft.com/en-us/windows/console/handlerroutine
 */
const char *stop_reason(DWORD control);

/**
 * Whether the system ends the process as soon as the handler of this event returns, and after some
 * seconds anyway.
 */
bool stop_is_final(DWORD control);

#endif
