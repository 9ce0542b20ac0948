#include "registry/id_list.h"

#include <stdlib.h>

enum { GAPS_MIN = 8 /* fewer are not worth squeezing out */ };

bool id_list_reserve(id_list *list)
{
    if (list->used < list->capacity) {
        return true;
    }
    const size_t capacity = list->capacity == 0 ? 1 : 2 * list->capacity;
    if (capacity > SIZE_MAX / sizeof list->slots[0]) {
        return false;
    }
    id_slot *slots = realloc(list->slots, capacity * sizeof slots[0]);
    if (slots == NULL) {
        return false;
    }
    list->slots = slots;
    list->capacity = capacity;
    return true;
}

void id_list_append(id_list *list, uint64_t id, struct entry *entry)
{
    list->slots[list->used++] = (id_slot){.id = id, .entry = entry};
    list->count++;
}

/* From a position to itself, or to the entry behind its gaps, which are one gap from then on. */
static size_t skip_gaps(id_list *list, size_t position)
{
    size_t end = position;
    while (end < list->used && list->slots[end].entry == NULL) {
        end += list->slots[end].skip;
    }
    while (position < end) {
        const size_t next = position + list->slots[position].skip;
        list->slots[position].skip = end - position;
        position = next;
    }
    return end;
}

/* The first position, gap or not, with an id above `after`. */
static size_t find_above(const id_list *list, uint64_t after)
{
    size_t low = 0;
    size_t high = list->used;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (list->slots[middle].id > after) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static void squeeze(id_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->used; i++) {
        if (list->slots[i].entry != NULL) {
            list->slots[kept++] = list->slots[i];
        }
    }
    list->used = kept;
}

void id_list_remove(id_list *list, uint64_t id)
{
    const size_t position = id == 0 ? list->used : find_above(list, id - 1);
    if (position == list->used || list->slots[position].id != id ||
        list->slots[position].entry == NULL) {
        return;
    }
    list->slots[position] = (id_slot){.id = id, .skip = 1};
    list->count--;
    while (list->used > 0 && list->slots[list->used - 1].entry == NULL) {
        list->used--;
    }
    if (list->used - list->count > list->count + GAPS_MIN) {
        squeeze(list);
    }
}

size_t id_list_above(id_list *list, uint64_t after)
{
    return skip_gaps(list, find_above(list, after));
}

size_t id_list_next(id_list *list, size_t position)
{
    return skip_gaps(list, position + 1);
}

struct entry *id_list_last(const id_list *list)
{
    return list->used > 0 ? list->slots[list->used - 1].entry : NULL;
}

void id_list_free(id_list *list)
{
    free(list->slots);
    *list = (id_list){0};
}
