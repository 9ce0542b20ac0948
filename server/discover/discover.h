#ifndef SECTIOND_DISCOVER_H
#define SECTIOND_DISCOVER_H

#include <cjson/cJSON.h>
#include <section/process.h>

#include "api/plan.h"

/**
 * @file
 * What the routes share that look at what others hold: processes and names.
 */

/* Nobody reads more, and whoever fills a process or the namespace shall not fill our memory. */
enum { DISCOVER_ANSWER_BYTES_MAX = 16 * 1024 * 1024 };

/**
 * Whether texts are equal, or one has the other in it, whatever the case of A to Z: Windows' file names
 * know no case, and nobody is hurt by that on Linux.
 */
bool discover_equals(const char *a, const char *b);
bool discover_contains(const char *text, const char *part);

/** Adds `handle`, `address` and `access`. */
void discover_add_place(cJSON *object, const process_section *found);

/** A handle or mapping, and whose it is. */
cJSON *discover_holder(const process_entry *process, const process_section *found);

/** `partial` and `reason`. */
cJSON *discover_unseen(const section_error *unseen);

#endif
