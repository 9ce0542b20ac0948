#ifndef SECTIOND_DISCOVER_H
#define SECTIOND_DISCOVER_H

#include <cjson/cJSON.h>
#include <section/process.h>

#include "api/plan.h"

/**
 * @file
 * What the routes of discovery share: processes, the sections that they hold, and names.
 */

/*
 * Limit of a list's answer, so that a process with many sections, or a full namespace, cannot
 * exhaust the daemon's memory.
 */
enum { DISCOVER_ANSWER_BYTES_MAX = 16 * 1024 * 1024 };

/**
 * Compares texts, or searches one in the other, ignoring the case of A to Z. File names of Windows
 * ignore case; on Linux the filter only finds more.
 */
bool discover_equals(const char *a, const char *b);
bool discover_contains(const char *text, const char *part);

/** Adds `handle`, `address` and `access`. */
void discover_add_place(cJSON *object, const process_section *found);

/** A handle or mapping and its process, as JSON. */
cJSON *discover_holder(const process_entry *process, const process_section *found);

/** `partial` and `reason`. */
cJSON *discover_unseen(const section_error *unseen);

#endif
