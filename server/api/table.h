#ifndef SECTIOND_TABLE_H
#define SECTIOND_TABLE_H

/** @file The words of the route table for limits and media types; parameters.h has the others. */

enum {
    JSON_BYTES_MAX = 65536,
    TEXT_BYTES_MAX = 4 * 1024 * 1024,
    VALUES_BYTES_MAX = 4 * 1024 * 1024, /* 65,536 values, generously spaced */
    FIELDS_BYTES_MAX = 1024 * 1024,
    BATCH_BYTES_MAX = 16 * 1024 * 1024,
    DOCUMENT_BYTES = 256 * 1024,
    MATCHES_BYTES = 384 * 1024 /* of as many matches as are told without `limit` */
};

static const char json[] = "application/json";
static const char octets[] = "application/octet-stream";
static const char several_ranges[] = "multipart/byteranges";
static const char html[] = "text/html; charset=utf-8";
static const char any_media[] = "*/*";
static const char events[] = "text/event-stream";
static const char lines[] = "application/x-ndjson";
static const char c_text[] = "text/x-c; charset=utf-8";
static const char csv[] = "text/csv; charset=utf-8";
static const char plain[] = "text/plain; charset=utf-8";

#endif
