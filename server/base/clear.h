#ifndef SECTIOND_CLEAR_H
#define SECTIOND_CLEAR_H

#include <stddef.h>

/**
 * @file
 * Objects that are used again for each request, and are kilobytes long: their last member is `room`, of
 * which nobody reads what was not written. So only what stands before it is worth zeroing.
 */

/** Does not compile where a member follows the room, which would keep its value from before. */
#define ROOM_IS_LAST(type)                                                                         \
    _Static_assert(offsetof(type, room) + sizeof((type){0}.room) == sizeof(type),                  \
                   "what is to be zeroed stands before the room")

#endif
