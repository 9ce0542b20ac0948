#ifndef SECTION_IMAGE_H
#define SECTION_IMAGE_H

#include <section/fields.h>

#include "walk_place.h"

/**
 * @file
 * Images: copies of parts of a view. A part is copied once, line by line of 64 bytes, so whatever is
 * decided on its bytes stays true. Memory is taken in pages, 16 MiB in sum.
 */

enum {
    IMAGE_LINE_BYTES = 64,
    IMAGE_PAGE_BYTES = 4096, /* as many lines as a word has bits */
    IMAGE_PAGES_MAX = SECTION_LAYOUT_READ_BYTES_MAX / IMAGE_PAGE_BYTES,
    IMAGE_PIECES_MAX = 256,
    IMAGE_TABLES_MAX = 16,
    IMAGE_PINS_MAX = 4096
};

typedef struct image_page {
    uint64_t number; /* of the view's pages, and one; 0: none */
    uint64_t lines;  /* those that are copied, or will be */
    uint32_t slot;
} image_page;

/* Lines that are still to be copied. */
typedef struct image_piece {
    uint64_t offset_bytes;
    size_t target; /* in `bytes` */
    size_t length_bytes;
} image_piece;

/* Numbers of which the greatest decided on a place: they must be the same after the copy. */
typedef struct image_pin {
    uint64_t offset_bytes, stride_bytes;
    uint64_t count;
    uint32_t field;
} image_pin;

typedef struct image_range {
    uint64_t offset_bytes, length_bytes;
} image_range;

/* A row of a table. Texts are offsets into `row_text`, each terminated; 0: none. */
typedef struct image_row {
    size_t name, unit, note;
    uint32_t name_bytes;
    uint32_t hash; /* of the name */
    section_value_type type;
    bool is_text;
    section_encoding encoding; /* of a text: that of the rows' names */
    uint64_t offset_bytes;
    uint64_t count;
} image_row;

typedef struct image_table {
    uint32_t field;
    uint32_t first_row, row_count;
} image_table;

struct section_image {
    const section_layout *layout;
    const section_selection *selection;
    uint64_t view_bytes;
    image_page *pages; /* by a hash of their numbers */
    size_t page_capacity, page_count;
    image_page *last; /* the page that was found last */
    uint8_t *bytes;
    size_t slot_capacity;
    uint64_t *numbers; /* of the pages, by their slots: in the order in which they were wanted */
    size_t number_capacity;
    image_piece pieces[IMAGE_PIECES_MAX];
    size_t piece_count;
    uint64_t copied_bytes;
    image_pin *pins;
    size_t pin_capacity, pin_count;
    image_range *newest; /* what lies where the pins decided */
    size_t newest_capacity, newest_count;
    image_row *rows;
    size_t row_capacity, row_count;
    char *row_text;
    size_t row_text_capacity, row_text_bytes;
    image_table tables[IMAGE_TABLES_MAX];
    size_t table_count;
    walk_memo *memo; /* of the places of the walk; see walk.h */
    size_t memo_capacity;
    uint64_t generation;
    size_t room_bytes_max; /* 0: any */
    bool is_room_full;     /* something did not grow, for that would have gone beyond it */
    char *text;            /* of the string that is shown */
    size_t text_capacity;
    uint8_t *gathered; /* what lies in pages that are not side by side */
    size_t gathered_capacity;
    /* While it is being copied: */
    section *from;
    const section_pause *pause;
    uint64_t hold_until_ns; /* of a mutex; 0: none is held */
    uint64_t since_pause_bytes;
    bool is_held_too_long;
    bool has_lost_lock;    /* it was given in between, and not to be had again in time */
    bool is_being_written; /* what is the newest of several says so */
    /* Of the walks over it, also when it is finished: */
    uint64_t *steps_left; /* NULL: only each walk has its limit */
    uint64_t since_pause_steps, since_turn_steps;
};

/** Forgets what was copied, and begins to copy of `from`, whose lock the caller holds. */
section_status image_begin(section_image *self, section *from, const section_layout *layout,
                           const section_selection *selection, section_error *ret_error);

/** Wants a range inside the view copied; when, is decided here. */
section_status image_want(section_image *self, uint64_t offset_bytes, uint64_t length_bytes,
                          section_error *ret_error);

/** Copies what is still wanted. */
section_status image_flush(section_image *self, section_error *ret_error);

/** The end of copying: from now on the lock is not touched, and no mutex is known. */
void image_end(section_image *self);

/**
 * The bytes of a range inside the view, which is copied first while the image is being made. They live
 * until the next call. SECTION_LAYOUT_MISMATCH where a finished image does not have them.
 */
section_status image_get(section_image *self, uint64_t offset_bytes, size_t length_bytes,
                         const uint8_t **ret_bytes, section_error *ret_error);

/**
 * Steps of a walk over it: others are asked for their leave every so many. While it is being copied others get the
 * lock in between, too. SECTION_TOO_LARGE where no more are left, SECTION_STOPPING, SECTION_TORN as of
 * `image_check_mutex`.
 */
section_status image_charge(section_image *self, uint64_t steps, section_error *ret_error);

/** The same of what is looked at again later, which takes its steps then: nothing is taken from those that are left. */
section_status image_pass(section_image *self, uint64_t steps, section_error *ret_error);

/** SECTION_TORN where a mutex of others has been held for as long as they are kept waiting. */
section_status image_check_mutex(section_image *self, section_error *ret_error);

/** While it is being copied, others get the lock of the object. SECTION_TORN: it was not to be had again in time. */
section_status image_give_turn(section_image *self, section_error *ret_error);

/** Whether the memory still holds all that was copied. */
section_status image_compare(section_image *self, section *with, bool *ret_same,
                             section_error *ret_error);

/** The same of what was copied of the places that are the newest of several. */
section_status image_compare_newest(section_image *self, section *with, bool *ret_same,
                                    section_error *ret_error);

/** SECTION_NO_MEMORY. */
section_status image_no_memory(section_error *ret_error);

/** Whether the image may take so many bytes more; else `image_no_room` says why not. */
bool image_may_take(section_image *self, size_t bytes);

/**
 * The items, with room for at least so many, which at least doubles; NULL: they stay as they are, and
 * `image_no_room` says why.
 */
void *image_grow(section_image *self, void *items, size_t *capacity, size_t wanted,
                 size_t item_bytes);

/** SECTION_NO_MEMORY, or SECTION_QUOTA where what was to grow would go beyond the limit. */
section_status image_no_room(const section_image *self, section_error *ret_error);

/** SECTION_LAYOUT_MISMATCH where there are too many. */
section_status image_pin_down(section_image *self, const image_pin *pin, section_error *ret_error);
section_status image_add_newest(section_image *self, const image_range *range,
                                section_error *ret_error);

/** Room for a text of so many bytes, and for rows. SECTION_NO_MEMORY. */
section_status image_make_text(section_image *self, size_t length_bytes, section_error *ret_error);
section_status image_add_row(section_image *self, const image_row *row, section_error *ret_error);

/** Keeps a text of a row; where it is. */
section_status image_keep_text(section_image *self, const char *text, size_t text_bytes,
                               size_t *ret_offset, section_error *ret_error);

#endif
