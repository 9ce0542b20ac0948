#ifndef SECTION_GROW_H
#define SECTION_GROW_H

#include <stddef.h>

/**
 * @file
 * Arrays that grow.
 */

/** How many items there would be room for, at least as many as there is for now; 0: too many. */
size_t grow_capacity(size_t capacity, size_t wanted, size_t item_bytes);

/**
 * Makes room for at least so many items, which at least doubles. Returns the items, which may have moved; NULL
 * where memory runs out: they stay as they are.
 */
void *grow_items(void *items, size_t *capacity, size_t wanted, size_t item_bytes);

#endif
