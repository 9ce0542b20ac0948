#ifndef SECTIOND_STOP_H
#define SECTIOND_STOP_H

#include <stdbool.h>

/**
 * @file
 * The end of the daemon. A separate thread waits for requests to stop, so that a thread that hangs
 * cannot prevent the end. When the time for an orderly end is over, or at a second request, that
 * thread cleans up what would outlive the process and ends it.
 */

/**
 * Begins to wait for requests to stop.
 * @param grace_ms how long requests in flight may take; the rest of the end has a second more
 * @return false where there is no thread for it.
 */
bool stop_start(unsigned grace_ms);

/** Blocks until somebody asks us to stop; returns who ("SIGTERM", "Ctrl-C"). Threads: one. */
const char *stop_wait(void);

/** Cleans up what would outlive the process; must neither wait for locks of others nor free anything. */
typedef void stop_cleaner(void *context);

enum { STOP_CLEANERS_MAX = 4 };

/** Has this called if the end has to be forced. */
void stop_add_cleaner(stop_cleaner *clean, void *context);

/** The context is about to go: waits while it is in use. */
void stop_remove_cleaner(void *context);

/** All is taken down: nothing is left that could hang, so the end is not forced any more. */
void stop_over(void);

#endif
