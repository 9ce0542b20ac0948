#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/platform.h"

void clock_format(int64_t wall_ms, char ret_text[CLOCK_TEXT_BYTES])
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    char date[CLOCK_TEXT_BYTES - 8];
    struct tm utc;
    gmtime_r(&seconds, &utc);
    (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(ret_text, CLOCK_TEXT_BYTES, "%s.%03uZ", date, (unsigned)(wall_ms % 1000));
}

void clock_format_now(char ret_text[CLOCK_TEXT_BYTES])
{
    clock_format(platform_wall_clock_ms(), ret_text);
}
