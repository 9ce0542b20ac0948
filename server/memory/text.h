#ifndef SECTIOND_TEXT_H
#define SECTIOND_TEXT_H

#include <section/text.h>

#include "api/plan.h"
#include "registry/registry.h"

/**
 * @file
 * Text of a section, for requests with a query and for the ops of a batch.
 */

/** The place of a text and its form. */
typedef struct text_place {
    section_encoding encoding;
    uint64_t offset_bytes;
    uint64_t length_bytes;
    bool length_given;
    bool is_field;  /* the length is the width of a field */
    bool replaces;  /* what does not decode is read as U+FFFD */
    bool terminate; /* what is written gets a NUL */
} text_place;

/** The choices of `errors`; the index is `replaces`. */
extern const char *const text_errors_names[];

/**
 * Finds an encoding by its name, and notes in the plan what converting takes.
 * @return SECTION_BAD_ENCODING.
 */
section_status text_plan_encoding(const char *name, plan *plan, section_encoding *ret_encoding,
                                  section_error *ret_error);

/** Checks what needs no section. @return SECTION_BAD_SIZE. */
section_status text_check(const text_place *place, section_error *ret_error);

/** Whether what is read, or a field, will be refused for its length: it takes no memory. */
bool text_is_too_long(const text_place *place);

/** The span that is read: of the length, or of up to `most_bytes`. */
plan_span text_span(const text_place *place, uint64_t most_bytes);

/** Text that was read, and the bytes that it was made of. `text_discard` frees it. */
typedef struct text_found {
    char *bytes;
    size_t origin_bytes; /* that decide what the text is: up to the NUL and with it */
    char *text;          /* UTF-8 */
    size_t text_bytes;
} text_found;

/**
 * Reads the text of a span that fits: up to the first NUL where no length was given, or in a field.
 * @return SECTION_TOO_LARGE where no NUL stands in the span and the view goes on behind it; those of
 *     section_read and section_text_decode.
 */
section_status text_read(const text_place *place, const bound *bound, text_found *ret_found,
                         section_error *ret_error);

void text_discard(text_found *found);

/** Encodes UTF-8 and writes it; into a field with NULs up to its end. */
section_status text_write(const text_place *place, entry *entry, const char *text,
                          size_t text_bytes, section_error *ret_error);

#endif
