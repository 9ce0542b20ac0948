#ifndef SECTIOND_ADMIT_H
#define SECTIOND_ADMIT_H

#include "api/handlers.h"
#include "encode/json.h"

/**
 * @file
 * How a section gets its id, whether it was created, opened or duplicated.
 */

/** What the bodies that make an id have in common. */
typedef struct admit_members {
    const char *name;
    const char *label;
    int scope;
    bool scope_given;
    int access; /* index of the choice, -1: not given */
    const cJSON *view;
    uint64_t ttl_s;
} admit_members;

/** The choices of "access", NULL-terminated. */
extern const char *const admit_access_choices[];

/** The choice as the library has it. */
section_access admit_access(int choice);

/** Checks label, time to live and view. */
section_status admit_check(const admit_members *common, section_view *ret_view,
                           section_error *ret_error);

/** Asks the OS for a section, with options of the opener's own. */
typedef section_status admit_opener(const void *options, section **ret_section,
                                    section_error *ret_error);

/** Reserves, asks the OS through `open`, gives the section an id, and answers. */
section_status admit_opened(const request *request, reply *reply, uint64_t charged_bytes,
                            admit_opener *open, const void *options, const admit_members *common,
                            section_error *ret_error);

/** Reads a body and answers it. */
typedef section_status admit_reader(const request *request, reply *reply, const cJSON *body,
                                    section_error *ret_error);

/** Parses the body, and frees it when its reader is done. */
section_status admit_with_body(request *request, reply *reply, admit_reader *from,
                               section_error *ret_error);

#endif
