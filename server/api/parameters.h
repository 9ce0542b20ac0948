#ifndef SECTIOND_PARAMETERS_H
#define SECTIOND_PARAMETERS_H

#include "api/request.h"

/**
 * @file
 * The words of the route table for parameters of the query: by kind, and those that many routes have.
 * The lists of choices that they name are those of the rooms, which the table includes.
 */

/* clang-format off */
#define FLAG(name_, summary_)       {.name = name_, .kind = PARAMETER_FLAG, .summary = summary_}
#define WORD(name_, summary_)       {.name = name_, .kind = PARAMETER_TEXT, .summary = summary_}
#define CHOICE(name_, choices_, summary_) \
    {.name = name_, .kind = PARAMETER_CHOICE, .choices = choices_, .summary = summary_}
#define NUMBER(name_, least_, most_, code_, summary_) \
    {.name = name_, .kind = PARAMETER_NUMBER, .least = least_, .most = most_, .code = code_, \
     .summary = summary_}
#define END                         {.name = NULL}

#define OFFSET   NUMBER("offset", 0, PARAMETER_MOST, SECTION_BAD_OFFSET, "where in the view, in bytes")
#define LENGTH   NUMBER("length", 1, PARAMETER_MOST, SECTION_BAD_SIZE, "bytes; to the end without it")
#define LENGTH_OF(summary_) NUMBER("length", 1, PARAMETER_MOST, SECTION_BAD_SIZE, summary_)
#define OPEN     FLAG("open", "1: open @NAME first where we do not hold it")
#define ENCODING {.name = "encoding", .kind = PARAMETER_TEXT, .code = SECTION_BAD_ENCODING, \
                  .required = true, .example = "utf-16le", \
                  .summary = "utf-16le (Windows TCHAR), utf-32le (Linux wchar_t), utf-8, utf-16be, " \
                             "latin1, gbk, others by WHATWG's labels, or cpNNN for a code page"}
#define FIELD(summary_) FLAG("field", summary_)
#define TEXT_ERRORS CHOICE("errors", text_errors_names, \
                           "replace: U+FFFD for what does not decode; 400 without it")
#define TYPE     {.name = "type", .kind = PARAMETER_CHOICE, .choices = value_type_names, \
                  .code = SECTION_BAD_TYPE, .required = true, .example = "u32", \
                  .summary = "of each value"}
#define LAYOUT   {.name = "layout", .kind = PARAMETER_TEXT, .example = "assetto-corsa-static", \
                  .summary = "the name of a layout; the section's own without it"}
#define WAIT     {.name = "wait", .kind = PARAMETER_DURATION, .most = 300, \
                  .summary = "30s or 500ms: not before If-None-Match fails, or so long"}
#define STRIDE   NUMBER("stride", 1, PARAMETER_MOST, SECTION_BAD_SIZE, \
                        "bytes from one value to the next; the type's size without it")
#define ENDIAN   CHOICE("endian", endian_names, "little without it")

#define INTERVAL      NUMBER("interval_ms", 1, WATCH_INTERVAL_MS_MAX, SECTION_BAD_QUERY, \
                             "how often the bytes are compared, 10 without it")
#define EVENT_FORMAT  CHOICE("format", watch_format_names, "base64 without it")
#define EVENT_TYPE    {.name = "type", .kind = PARAMETER_CHOICE, .choices = value_type_names, \
                       .code = SECTION_BAD_TYPE, .summary = "of each value, with format=values"}
/* clang-format on */

#endif
