#ifndef TESTS_OS_ROLES_H
#define TESTS_OS_ROLES_H

/**
 * What a child process does, by its first argument:
 * - `hold SIZE [NAME]` makes a section, says its handle, and then answers lines until its input
 *   ends: `peek OFFSET` says the byte there, `poke OFFSET BYTE` sets it.
 * - `inherited HANDLE SIZE` says the first byte of the section that it got by inheritance, or
 *   `nothing`.
 * - `take PID HANDLE SIZE` takes a section from another process and says its first byte.
 * - others are the platform's (`platform_role`).
 * Numbers are in C notation. Returns the exit code.
 */
int play_role(int argc, char **argv);

/** The platform's own roles; -1: no such role. */
int platform_role(int argc, char **argv);

#endif
