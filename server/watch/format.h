#ifndef SECTIOND_WATCH_FORMAT_H
#define SECTIOND_WATCH_FORMAT_H

#include <stdbool.h>

/**
 * @file
 * The formats of event streams: `format=` of a query, the choices in /openapi.json, the media type
 * and the text of a stream all come from one table, in format.c. A new format is a line of it.
 */

struct event_encoder;

typedef struct watch_format {
    const char *name; /* as in format= */
    const char *media_type;
    bool takes_type; /* with type= it carries values instead of base64 */
    bool needs_type; /* it carries nothing but values */
    const struct event_encoder *encoder;
} watch_format;

/** Finds a format by its name; NULL: there is none. A NULL name is the first of the table. */
const watch_format *watch_format_parse(const char *name);

/** Their names, NULL at the end: the choices of the parameter. */
extern const char *const watch_format_names[];

/** The format of an index of these names; NULL: there are no more. */
const watch_format *watch_format_at(unsigned index);

#endif
