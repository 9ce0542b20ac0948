#ifndef SECTIOND_JSON_LIST_H
#define SECTIOND_JSON_LIST_H

#include "api/reply.h"

/**
 * @file
 * A JSON answer with a list of any length: each element is printed as it comes, so that only the
 * text is kept.
 */

/** With its name it is an empty list. */
typedef struct json_list {
    const char *name; /* of the member that it is */
    char *text;
    size_t used_bytes;
    size_t room_bytes;
    bool failed; /* memory ran out */
} json_list;

/** Adds an element, taken over; false where memory ran out. */
bool json_list_add(json_list *self, cJSON *element);

/**
 * Answers `{"NAME":[…],…}` with 200: the list, and behind it the members of `rest`, which is taken
 * over (NULL: none). The list is released in any case.
 */
section_status json_list_reply(json_list *self, reply *reply, cJSON *rest,
                               section_error *ret_error);

/** Releases a list that is no answer. */
void json_list_discard(json_list *self);

#endif
