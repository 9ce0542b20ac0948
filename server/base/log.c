#include "base/log.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <pthread.h>
#include <section/utf8.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/platform.h"

/*
 * A thread that logs must not wait for the reader of standard error, which may be a full pipe. So
 * lines go into a buffer, and one thread writes them out; it takes the buffer as a whole, and
 * others fill the second one meanwhile. A line that finds that one full is dropped and counted.
 */
enum {
    BUFFER_BYTES = 65536,
    LINE_BYTES_MAX = 8192,
    RETRY_MS = 10,
    /* The time that the end waits for lines that are still to be written. */
    END_MS = 500
};

typedef struct buffer {
    size_t used_bytes;
    char bytes[BUFFER_BYTES];
} buffer;

/* The one global of the daemon: standard error is one, too. */
static struct {
    log_level level; /* these two are set before the first thread starts */
    log_format format;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool has_thread;
    bool is_writing;
    bool is_ending;
    bool has_ended;
    pthread_t thread;
    unsigned long long unsaid; /* lines that were dropped since the log last said so */
    buffer *filling;
    buffer buffers[2];
    atomic_ullong dropped; /* needs no lock: of all lines so far */
} log_state = {.level = LOG_INFO,
               .format = LOG_TEXT,
               .lock = PTHREAD_MUTEX_INITIALIZER,
               .changed = PTHREAD_COND_INITIALIZER,
               .filling = &log_state.buffers[0]};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_setup(log_level level, log_format format)
{
    log_state.level = level;
    log_state.format = format;
}

bool log_wants(log_level level)
{
    return level <= log_state.level;
}

/* C0, DEL, C1; line and paragraph separators; what turns the direction of writing. */
static bool is_control(uint32_t scalar)
{
    return scalar < 0x20 || (scalar >= 0x7F && scalar < 0xA0) || scalar == 0x2028 ||
           scalar == 0x2029 || (scalar >= 0x202A && scalar <= 0x202E) ||
           (scalar >= 0x2066 && scalar <= 0x2069);
}

/*
 * Escapes control characters: a line break in foreign text must not forge a log line, and a control
 * sequence must not reach the terminal.
 */
static void escape_controls(char *text)
{
    size_t rest = strlen(text);
    while (rest > 0) {
        uint32_t scalar;
        size_t used = section_utf8_get(text, rest, &scalar);
        if (used == 0 || is_control(scalar)) {
            used = used == 0 ? 1 : used;
            memset(text, '?', used);
        }
        text += used;
        rest -= used;
    }
}

/* Writes a line; 0 where memory ran out. */
static size_t format_json(char *line, size_t capacity, const char *time, log_level level,
                          const char *message)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "time", time);
    cJSON_AddStringToObject(object, "level", level_names[level]);
    cJSON_AddStringToObject(object, "message", message);
    char *text = cJSON_PrintUnformatted(object);
    const int length = text != NULL ? snprintf(line, capacity, "%s\n", text) : 0;
    cJSON_free(text);
    cJSON_Delete(object);
    return length > 0 && (size_t)length < capacity ? (size_t)length : 0;
}

static size_t format_line(char *line, size_t capacity, log_level level, const char *message)
{
    char time[CLOCK_TEXT_BYTES];
    clock_format_now(time);
    if (log_state.format == LOG_JSON) {
        return format_json(line, capacity, time, level, message);
    }
    const int length = snprintf(line, capacity, "%s %s %s\n", time, level_names[level], message);
    return length > 0 && (size_t)length < capacity ? (size_t)length : 0;
}

/*
 * Does not use stdio: a thread that blocks here must not hold a lock that the end of the process
 * needs.
 */
static void write_out(const char *bytes, size_t length)
{
    while (length > 0) {
        const ssize_t written = write(STDERR_FILENO, bytes, (unsigned)length);
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (written < 0 && errno == EAGAIN) { /* somebody made it non-blocking */
            platform_sleep_ms(RETRY_MS);
        } else if (written == 0 || errno != EINTR) {
            return; /* closed, or its disk is full: the error cannot be reported */
        }
    }
}

static void say_dropped(unsigned long long count)
{
    char message[100];
    char line[256];
    (void)snprintf(message, sizeof message,
                   "%llu lines of this log were dropped: nobody read them in time", count);
    if (log_wants(LOG_WARN)) {
        write_out(line, format_line(line, sizeof line, LOG_WARN, message));
    }
}

static void *write_lines(void *context)
{
    (void)context;
    pthread_mutex_lock(&log_state.lock);
    for (;;) {
        buffer *taken = log_state.filling;
        const unsigned long long unsaid = log_state.unsaid;
        if (taken->used_bytes == 0 && unsaid == 0) {
            if (log_state.is_ending) {
                break;
            }
            pthread_cond_wait(&log_state.changed, &log_state.lock);
            continue;
        }
        log_state.filling = &log_state.buffers[taken == &log_state.buffers[0] ? 1 : 0];
        log_state.unsaid = 0;
        log_state.is_writing = true;
        pthread_mutex_unlock(&log_state.lock);
        write_out(taken->bytes, taken->used_bytes);
        if (unsaid > 0) { /* which came after those that were taken */
            say_dropped(unsaid);
        }
        pthread_mutex_lock(&log_state.lock);
        taken->used_bytes = 0;
        log_state.is_writing = false;
    }
    log_state.has_ended = true;
    pthread_mutex_unlock(&log_state.lock);
    return NULL;
}

void log_start(void)
{
    pthread_mutex_lock(&log_state.lock);
    log_state.has_thread = pthread_create(&log_state.thread, NULL, write_lines, NULL) == 0;
    pthread_mutex_unlock(&log_state.lock);
}

/* Whether all that was logged is written; the lock is held. */
static bool is_written(void)
{
    return log_state.has_ended || (log_state.filling->used_bytes == 0 && log_state.unsaid == 0 &&
                                   !log_state.is_writing && !log_state.is_ending);
}

void log_flush(unsigned most_ms)
{
    const int64_t until_ms = platform_monotonic_ms() + most_ms;
    bool waits = true;
    while (waits) {
        pthread_mutex_lock(&log_state.lock);
        waits = log_state.has_thread && !is_written();
        pthread_mutex_unlock(&log_state.lock);
        if (waits && platform_monotonic_ms() >= until_ms) {
            return;
        }
        if (waits) {
            platform_sleep_ms(1);
        }
    }
}

void log_end(void)
{
    pthread_mutex_lock(&log_state.lock);
    const bool has_thread = log_state.has_thread;
    log_state.is_ending = true;
    pthread_cond_signal(&log_state.changed);
    pthread_mutex_unlock(&log_state.lock);
    if (!has_thread) {
        return;
    }
    log_flush(END_MS);
    pthread_mutex_lock(&log_state.lock);
    const bool has_ended = log_state.has_ended;
    log_state.has_thread = !has_ended;
    pthread_mutex_unlock(&log_state.lock);
    if (has_ended) {
        pthread_join(log_state.thread, NULL);
    } else {
        pthread_detach(log_state.thread); /* the thread hangs in a write that nobody reads */
    }
}

unsigned long long log_dropped_lines(void)
{
    return atomic_load(&log_state.dropped);
}

static void submit(const char *line, size_t length)
{
    pthread_mutex_lock(&log_state.lock);
    buffer *filling = log_state.filling;
    if (!log_state.has_thread) {
        write_out(line, length);
    } else if (length == 0 || length > sizeof filling->bytes - filling->used_bytes) {
        log_state.unsaid++;
        atomic_fetch_add(&log_state.dropped, 1);
    } else {
        memcpy(filling->bytes + filling->used_bytes, line, length);
        filling->used_bytes += length;
        pthread_cond_signal(&log_state.changed);
    }
    pthread_mutex_unlock(&log_state.lock);
}

void log_write(log_level level, const char *message_format, ...)
{
    char message[1024];
    char line[LINE_BYTES_MAX];
    va_list arguments;
    if (!log_wants(level)) {
        return;
    }
    va_start(arguments, message_format);
    (void)vsnprintf(message, sizeof message, message_format, arguments);
    va_end(arguments);
    escape_controls(message);
    submit(line, format_line(line, sizeof line, level, message));
}
