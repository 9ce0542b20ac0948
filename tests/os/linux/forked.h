#ifndef TESTS_OS_LINUX_FORKED_H
#define TESTS_OS_LINUX_FORKED_H

#include <stdbool.h>

/** Runs a check in a forked process, which may give rights away; returns the line that failed. */
int in_fork(int (*check)(const void *argument), const void *argument);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return __LINE__;                                                                       \
        }                                                                                          \
    } while (0)

/** Root may do everything: become somebody who may not. */
bool become_nobody(void);

#endif
