#ifndef SECTION_WORDS_H
#define SECTION_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * Loads of memory that others store to meanwhile. Aligned words are loaded whole, so a number that is
 * aligned is one load. Each function ends with an acquiring fence: what is loaded later is not older than
 * what it has loaded. What is loaded may be torn, and the caller finds out afterwards; so a tool that
 * looks for races is told to pass over these functions.
 */

void words_copy(uint8_t *ret_bytes, const uint8_t *from, size_t length_bytes);

bool words_equal(const uint8_t *bytes, const uint8_t *with, size_t length_bytes);

#endif
