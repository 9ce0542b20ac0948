#include "grow.h"

#include <stdint.h>
#include <stdlib.h>

size_t grow_capacity(size_t capacity, size_t wanted, size_t item_bytes)
{
    enum { LEAST = 16, LEAST_LARGE = 2, LARGE_BYTES = 4096 };
    size_t room = capacity;
    if (room == 0) {
        room = item_bytes < LARGE_BYTES ? LEAST : LEAST_LARGE;
    }
    while (room < wanted) {
        if (room > SIZE_MAX / 2 / item_bytes) {
            return 0;
        }
        room *= 2;
    }
    return room;
}

void *grow_items(void *items, size_t *capacity, size_t wanted, size_t item_bytes)
{
    if (wanted <= *capacity) {
        return items;
    }
    const size_t room = grow_capacity(*capacity, wanted, item_bytes);
    void *larger = room > 0 ? realloc(items, room * item_bytes) : NULL;
    if (larger != NULL) {
        *capacity = room;
    }
    return larger;
}
