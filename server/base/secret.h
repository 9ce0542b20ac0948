#ifndef SECTIOND_SECRET_H
#define SECTIOND_SECRET_H

#include <section/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * Random texts in hexadecimal: tokens and codes, which are compared in constant time, and names that
 * nobody can guess.
 */

enum { SECRET_RANDOM_BYTES_MAX = 32 };

/**
 * Writes random bytes as hexadecimal digits.
 * @param ret_text has room for two characters a byte and a NUL.
 * Threads: any.
 */
section_status secret_make(size_t random_bytes, char *ret_text, section_error *ret_error);

/**
 * Fails where a file that was read has a NUL, behind which a text would not be seen, or was not read to its
 * end; wipes and frees the text then.
 * @param size_bytes of the file
 */
section_status secret_check_text(char **text, uint64_t size_bytes, const char *path,
                                 section_error *ret_error);

/** Whether a text is the secret. Takes as long for a near miss as for a far one; the length is none. */
bool secret_is_equal(const char *secret, const char *given, size_t given_length);

#endif
