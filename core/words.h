#ifndef SECTION_WORDS_H
#define SECTION_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * Loads of memory that others store to meanwhile. Aligned words are loaded whole. What is loaded may be
 * torn, and the caller finds out afterwards; so a tool that looks for races is told to pass over these
 * functions.
 */

void words_copy(uint8_t *ret_bytes, const uint8_t *from, size_t length_bytes);

bool words_equal(const uint8_t *bytes, const uint8_t *with, size_t length_bytes);

/** Loads a number of 1, 2, 4 or 8 bytes; later loads stay behind it. One load where it is aligned. */
void words_load_first(uint8_t *ret_bytes, const uint8_t *from, size_t length_bytes);

/** The same; earlier loads of `words_copy` stay before it. */
void words_load_last(uint8_t *ret_bytes, const uint8_t *from, size_t length_bytes);

#endif
