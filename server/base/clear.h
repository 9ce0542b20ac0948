#ifndef SECTIOND_CLEAR_H
#define SECTIOND_CLEAR_H

#include <stddef.h>
#include <string.h>

/**
 * @file
 * Objects that are used again for each request, and are kilobytes long: their last member is `room`, of
 * which nobody reads what was not written. So only what stands before it is worth zeroing.
 */

/** Zeroes an object but for its room. Does not compile where the room is not the last member. */
#define CLEAR_BUT_ROOM(type, object)                                                               \
    do {                                                                                           \
        _Static_assert(offsetof(type, room) + sizeof((object)->room) == sizeof(type),              \
                       "the room stands last: what follows it would keep its old value");          \
        memset((object), 0, offsetof(type, room));                                                 \
    } while (0)

#endif
