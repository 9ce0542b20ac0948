#ifndef SECTIOND_ID_LIST_H
#define SECTIOND_ID_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * Entries in the order of their ids. Ids only rise, so an array is sorted by appending; an entry
 * that is taken out leaves a gap, and gaps are skipped together. No operation walks the entries:
 * a position is found by halving, and gaps are squeezed out once they are the greater part.
 */

struct entry;

/** A place in the array. */
typedef struct id_slot {
    uint64_t id;
    struct entry *entry; /* NULL: a gap */
    size_t skip;         /* of a gap: all from here to so many further are gaps; at least 1 */
} id_slot;

/** Zero-initialised it is empty; the owner guards it. */
typedef struct id_list {
    id_slot *slots;
    size_t used; /* the last of them is no gap */
    size_t capacity;
    size_t count; /* of entries */
} id_list;

/** Makes room, so that the next append cannot fail; false where memory runs out. */
bool id_list_reserve(id_list *list);

/** Appends to a list that was reserved; `id` is above all ids that the list ever had. */
void id_list_append(id_list *list, uint64_t id, struct entry *entry);

/** Takes an entry out; one that is not there is left alone. */
void id_list_remove(id_list *list, uint64_t id);

/** The position of the lowest id above `after`, whether that is there or not; `used` for none. */
size_t id_list_above(id_list *list, uint64_t after);

/** The position that follows; `used` for none. */
size_t id_list_next(id_list *list, size_t position);

/** The entry with the highest id; NULL where there is none. */
struct entry *id_list_last(const id_list *list);

/** Frees the array, not the entries. */
void id_list_free(id_list *list);

#endif
