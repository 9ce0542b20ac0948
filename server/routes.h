#ifndef SECTIOND_ROUTES_H
#define SECTIOND_ROUTES_H

#include "api/parameters.h"
#include "memory/values.h"
#include "watch/format.h"
#include "watch/watch.h"

/** @file Limits, media types and the parameters of streams, for the table in routes.c alone. */

enum {
    JSON_BYTES_MAX = 65536,
    TEXT_BYTES_MAX = 4 * 1024 * 1024,
    VALUES_BYTES_MAX = 4 * 1024 * 1024, /* 65,536 values, generously spaced */
    BATCH_BYTES_MAX = 16 * 1024 * 1024,
    LIST_LIMIT_MAX = 1000,
    LIST_BYTES = LIST_LIMIT_MAX * 4096,
    DOCUMENT_BYTES = 256 * 1024
};

static const char json[] = "application/json";
static const char octets[] = "application/octet-stream";
static const char several_ranges[] = "multipart/byteranges";
static const char html[] = "text/html; charset=utf-8";
static const char any_media[] = "*/*";
static const char events[] = "text/event-stream";
static const char lines[] = "application/x-ndjson";
static const char plain[] = "text/plain; charset=utf-8";

static const parameter events_parameters[] = {OFFSET,     LENGTH, INTERVAL, EVENT_FORMAT,
                                              EVENT_TYPE, ENDIAN, OPEN,     END};

static const parameter events_of_many_parameters[] = {
    {.name = "watch",
     .kind = PARAMETER_TEXT,
     .summary = "ID:OFFSET:LENGTH, for each range once",
     .required = true,
     .example = "1:0:64",
     .most_times = WATCH_RANGES_MAX},
    INTERVAL,
    EVENT_FORMAT,
    EVENT_TYPE,
    ENDIAN,
    END,
};

#endif
