#include "grow.h"

#include <stdint.h>
#include <stdlib.h>

void *grow_items(void *items, size_t *capacity, size_t wanted, size_t item_bytes)
{
    enum { LEAST = 16 };
    size_t room = *capacity > 0 ? *capacity : LEAST;
    if (wanted <= *capacity) {
        return items;
    }
    while (room < wanted) {
        if (room > SIZE_MAX / 2 / item_bytes) {
            return NULL;
        }
        room *= 2;
    }
    void *larger = realloc(items, room * item_bytes);
    if (larger != NULL) {
        *capacity = room;
    }
    return larger;
}
