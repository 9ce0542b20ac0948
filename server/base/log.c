#include "base/log.h"

#include <cjson/cJSON.h>
#include <section/utf8.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* The one global of the daemon: standard error is one, too. Set before the first thread starts. */
static struct {
    log_level level;
    log_format format;
} log_state = {LOG_INFO, LOG_TEXT};

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

/* A line break from outside must not forge a line of ours, nor a control sequence the terminal. */
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

static void write_json(const char *time, log_level level, const char *message)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "time", time);
    cJSON_AddStringToObject(line, "level", level_names[level]);
    cJSON_AddStringToObject(line, "message", message);
    char *text = cJSON_PrintUnformatted(line);
    if (text != NULL) {
        fprintf(stderr, "%s\n", text);
        cJSON_free(text);
    }
    cJSON_Delete(line);
}

void log_write(log_level level, const char *message_format, ...)
{
    char message[1024];
    char time[CLOCK_TEXT_BYTES];
    va_list arguments;
    if (!log_wants(level)) {
        return;
    }
    va_start(arguments, message_format);
    (void)vsnprintf(message, sizeof message, message_format, arguments);
    va_end(arguments);
    escape_controls(message);
    clock_format_now(time);
    if (log_state.format == LOG_JSON) {
        write_json(time, level, message);
    } else {
        fprintf(stderr, "%s %s %s\n", time, level_names[level], message);
    }
}
