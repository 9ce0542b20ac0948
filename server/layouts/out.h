#ifndef SECTIOND_LAYOUTS_OUT_H
#define SECTIOND_LAYOUTS_OUT_H

#include <section/error.h>
#include <stdbool.h>
#include <stddef.h>

struct call;

/**
 * @file
 * A text that grows while an answer is printed. What it grows by is taken from the budget first.
 */

/** Zeroed but for its call, it is empty. After a failure it takes nothing more. */
typedef struct text_out {
    struct call *call; /* NULL: without a budget */
    char *text;
    size_t used_bytes;
    size_t room_bytes;
    size_t most_bytes;     /* set once; 0: any */
    section_status status; /* SECTION_NO_MEMORY, SECTION_QUOTA, SECTION_TOO_LARGE: `error` */
    section_error error;
} text_out;

/** Makes room for so many bytes more, behind `text + used_bytes`; false after a failure. */
bool out_reserve(text_out *self, size_t bytes);

void out_put(text_out *self, const char *text, size_t text_bytes);
void out_text(text_out *self, const char *text); /* terminated */
void out_char(text_out *self, char character);

/** A text as a JSON string, with its quotes. It must be UTF-8. */
void out_quoted(text_out *self, const char *text, size_t text_bytes);

/** Frees the text. */
void out_free(text_out *self);

#endif
