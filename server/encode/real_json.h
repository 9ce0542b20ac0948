#ifndef SECTIOND_ENCODE_REAL_JSON_H
#define SECTIOND_ENCODE_REAL_JSON_H

#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * Floating-point numbers as JSON: the fewest digits that lead back to the number.
 */

/** Room for any of them, and a NUL. */
enum { REAL_JSON_BYTES = 32 };

/** Writes decimal digits, the last one before `end`; returns the first. */
char *digits_put(uint64_t number, char *end);

/** Writes a number, of an f32 where it is narrow. @return the length. */
int real_to_json(bool is_narrow, double real, char ret_text[REAL_JSON_BYTES]);

#endif
