#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * @file
 * What the fuzz targets share. Each is a file of its own: libFuzzer calls it with bytes, the
 * sanitizers watch, and what must hold of the result is checked.
 */

/** libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the run, and libFuzzer keeps the input, unless the condition holds. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/** The next piece of the input. */
typedef struct fuzz_input {
    const uint8_t *next;
    size_t left;
} fuzz_input;

/** One byte; 0 at the end. */
static inline uint8_t fuzz_byte(fuzz_input *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->next++;
}

/** Bytes up to one that is `end`, or all that are left, as a string of its own; free it. */
static inline char *fuzz_text(fuzz_input *input, int end)
{
    const uint8_t *stop = input->left > 0 ? memchr(input->next, end, input->left) : NULL;
    const size_t length = stop != NULL ? (size_t)(stop - input->next) : input->left;
    char *text = malloc(length + 1);
    MUST(text != NULL);
    if (length > 0) {
        memcpy(text, input->next, length);
    }
    text[length] = '\0';
    input->next += length + (stop != NULL ? 1 : 0);
    input->left -= length + (stop != NULL ? 1 : 0);
    return text;
}

#endif
