#ifndef SECTION_GROW_H
#define SECTION_GROW_H

#include <stddef.h>

/**
 * @file
 * Arrays that grow.
 */

/**
 * Makes room for at least so many items, which at least doubles. Returns the items, which may have moved; NULL
 * where memory runs out: they stay as they are.
 */
void *grow_items(void *items, size_t *capacity, size_t wanted, size_t item_bytes);

#endif
