#ifndef SECTION_SELECTION_H
#define SECTION_SELECTION_H

#include <section/arena.h>
#include <section/fields.h>

/**
 * @file
 * The structure behind the opaque `section_selection`.
 */

typedef enum selection_kind {
    SELECTION_NAME,  /* a field of a structure */
    SELECTION_BITS,  /* some bits of a number */
    SELECTION_ROW,   /* a row of a table, known only when memory is read */
    SELECTION_INDEX, /* one element */
    SELECTION_ALL,   /* all elements */
    SELECTION_MATCH  /* the elements whose member is equal to a text */
} selection_kind;

typedef struct selection_step {
    selection_kind kind;
    uint32_t field;   /* NAME, and the member of MATCH */
    uint32_t bits;    /* BITS */
    uint64_t index;   /* INDEX */
    const char *text; /* ROW: its name; MATCH: the value */
    size_t text_bytes;
} selection_step;

typedef struct selection_path {
    const char *text;
    selection_step *steps;
    size_t step_count;
    bool is_apart; /* it leads to nothing that an earlier path leads to; false: that is not known */
} selection_path;

struct section_selection {
    section_arena arena;
    const section_layout *layout;
    selection_path *paths;
    size_t path_count;
};

/** As `section_selection_make`, of up to `most` paths. */
section_status selection_make(const section_layout *layout, const char *const *paths,
                              size_t path_count, section_selection **ret_selection,
                              size_t *ret_index, section_error *ret_error);

#endif
