#ifndef SECTION_WALK_H
#define SECTION_WALK_H

#include "image.h"
#include "number.h"
#include "program.h"
#include "selection.h"

/**
 * @file
 * The walk over the fields of an image, by a layout and a selection. The same walk finds out what must
 * be copied, shows the values, and finds what is to be stored; so all three see the same places.
 */

enum {
    /* Names, dots and indexes of all levels, and those of bits or a row. */
    WALK_PATH_BYTES = (SECTION_LAYOUT_LEVELS_MAX + 2) *
                      (SECTION_LAYOUT_NAME_BYTES_MAX + 2 + SECTION_LAYOUT_DIMENSIONS_MAX * 8),
    WALK_TRAIL_MAX = (SECTION_LAYOUT_LEVELS_MAX + 2) * (SECTION_LAYOUT_DIMENSIONS_MAX + 1),
    WALK_STEPS_MAX = 1 << 21 /* fields, elements and values of one walk */
};

/** An element of a structure that the walk is in. */
typedef struct walk_frame {
    uint32_t type;
    uint64_t base;
    uint64_t limit;      /* its end in the view; UINT64_MAX: only the view ends it */
    uint64_t generation; /* its number among all elements */
    size_t path_bytes;
} walk_frame;

/** A number, a string, or some bits of a number. */
typedef struct walk_leaf {
    const program_field *field; /* NULL: of a row */
    const image_row *row;
    const section_layout_bits *bits;
    uint64_t offset_bytes;
    uint64_t size_bytes;
} walk_leaf;

/** A step of the way that a path took. */
typedef struct walk_trail {
    selection_kind kind; /* NAME, BITS, ROW or INDEX */
    uint64_t number;     /* of the field, the bits, the row in the image, the element */
    uint64_t offset_bytes, stride_bytes; /* of the element */
} walk_trail;

typedef struct walk walk;

/** What a walk does on its way; those that are NULL are not called. */
typedef struct walk_tasks {
    section_status (*leaf)(walk *self, const walk_leaf *leaf, section_error *ret_error);
    bool (*begin)(walk *self, const section_field_at *at, section_fields_shape shape);
    void (*end)(walk *self, const section_field_at *at, section_fields_shape shape);
    void (*field)(walk *self, bool is_absent); /* before each field of a structure */
    bool repeats;                              /* what two paths lead to is met twice */
    bool copies; /* elements that need not be looked at are wanted as a whole */
} walk_tasks;

struct walk {
    const section_layout *layout;
    section_image *image;
    const walk_tasks *tasks;
    void *context;
    walk_frame frames[SECTION_LAYOUT_LEVELS_MAX + 1];
    unsigned level; /* of the frame that the walk is in */
    uint64_t steps;
    walk_trail trail[WALK_TRAIL_MAX]; /* the way of the path to where the walk is */
    unsigned trail_length;
    size_t path_index; /* of the selection */
    bool is_selected;  /* the node that comes next is what a path leads to */
    const char *name;  /* of the node, or NULL: it is an element */
    size_t name_bytes;
    uint64_t index;
    size_t path_bytes;
    char path[WALK_PATH_BYTES];
};

/** Begins a walk, in the whole. */
void walk_begin(walk *self, section_image *image, const walk_tasks *tasks, void *context);

/** Walks over all that the image's selection selects. */
section_status walk_run(section_image *image, const walk_tasks *tasks, void *context,
                        section_error *ret_error);

/** SECTION_LAYOUT_MISMATCH about a field of an element that the walk is in. */
section_status walk_mismatch(const walk *self, unsigned level, const program_field *field,
                             section_error *ret_error, const char *format, ...)
    __attribute__((format(gnu_printf, 5, 6)));

/** Counts fields and elements; SECTION_LAYOUT_MISMATCH where there are too many. */
section_status walk_step(walk *self, uint64_t steps, section_error *ret_error);

/** Where a field of an element is that the walk is in. */
section_status walk_find_place(walk *self, unsigned level, uint32_t field, walk_place *ret_place,
                               section_error *ret_error);

/** Goes into an element of a structure; the place is that of the field. */
void walk_enter(walk *self, const program_field *field, const walk_place *place, uint64_t offset);
void walk_leave(walk *self);

/** Appends to the path, and tells the old length, to which it is cut later. */
size_t walk_add_name(walk *self, const char *name, size_t name_bytes);
size_t walk_add_index(walk *self, uint64_t index);
void walk_cut(walk *self, size_t path_bytes);

/** The part of `section_field_at` that is the same for all nodes. */
section_field_at walk_at(const walk *self, const program_field *field, uint64_t offset_bytes,
                         uint64_t size_bytes);

/** A structure or an array begins. False: it is passed over, and does not end. */
bool walk_begin_node(walk *self, const section_field_at *at, section_fields_shape shape);
void walk_end_node(walk *self, const section_field_at *at, section_fields_shape shape);

/** The integer of a field, at an offset inside the view. */
section_status walk_read_integer(walk *self, uint32_t field, uint64_t offset,
                                 number_wide *ret_number, section_error *ret_error);

/** All of a field, of the rest of its dimensions from `dimension` on, or of one element of it. */
section_status walk_field(walk *self, uint32_t field, section_error *ret_error);
section_status walk_from(walk *self, uint32_t field, const walk_place *place, unsigned dimension,
                         uint64_t flat, section_error *ret_error);

/** What a path of the selection leads to. */
section_status walk_path(walk *self, size_t path, section_error *ret_error);

/** The rows of a table. They are found when the table is copied, and kept in the image. */
section_status walk_find_rows(walk *self, uint32_t field, const walk_place *place,
                              const image_table **ret_table, section_error *ret_error);
section_status walk_table(walk *self, uint32_t field, const walk_place *place,
                          section_error *ret_error);

/** A row that the path leads to already, or one value of it. */
size_t walk_add_row(walk *self, const image_row *row);
section_status walk_row(walk *self, const image_row *row, section_error *ret_error);
section_status walk_row_at(walk *self, const image_row *row, uint64_t index,
                           section_error *ret_error);

/** Wants the fixed parts of all elements of a place; ret_is_all: nothing else is to be copied. */
section_status walk_want(walk *self, const program_field *field, const walk_place *place,
                         bool *ret_is_all, section_error *ret_error);

/** How many bytes of an element are its own: no more than the stride. */
static inline uint64_t walk_element_bytes(const program_field *field, const walk_place *place)
{
    return field->dimensions > 0 && place->stride_bytes < field->element_bytes
               ? place->stride_bytes
               : field->element_bytes;
}

#endif
