#ifndef SECTIOND_LOG_H
#define SECTIOND_LOG_H

#include <stdbool.h>

/**
 * @file
 * One line an event, to standard error. Tokens never come here: callers say what happened, not
 * what was sent.
 */

typedef enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG } log_level;
typedef enum log_format { LOG_TEXT, LOG_JSON } log_format;

/** Says from which level on, and how. Threads: before the first of them. */
void log_setup(log_level level, log_format format);

/**
 * From now on lines are written by a thread of their own, so that nobody waits for whoever reads
 * standard error; lines that find too many before them are dropped and counted. Without it, or where
 * no thread can be had, whoever logs writes.
 */
void log_start(void);

/** Waits until all lines so far are written, but no longer than this. */
void log_flush(unsigned most_ms);

/** Writes what is left, if somebody reads it, and ends the thread. */
void log_end(void);

/** How many lines were dropped so far. Threads: any. */
unsigned long long log_dropped_lines(void);

/** Whether a line of this level would be written: to spare the work of making it. */
bool log_wants(log_level level);

/** Writes one line; it may hold any UTF-8, control characters are escaped. Threads: any. */
void log_write(log_level level, const char *message_format, ...)
#if defined(__GNUC__)
    __attribute__((format(gnu_printf, 2, 3)))
#endif
    ;

#endif
