#ifndef SECTION_FIELDS_H
#define SECTION_FIELDS_H

#include <section/layout.h>
#include <section/section.h>

/**
 * @file
 * Fields: reads and writes the memory of a section by a layout.
 *
 * A read copies what a selection needs into an image, consistently as the layout says. Everything is
 * decoded from the image, never from the memory itself, which others change meanwhile: so a place that
 * memory tells is checked against the same bytes that are decoded.
 *
 * Errors of all of them that come from the bytes are SECTION_LAYOUT_MISMATCH, and name the field.
 */

/** The most paths of one selection. */
enum { SECTION_SELECTION_PATHS_MAX = 64 };

/** Paths, found in a layout: opaque. Nothing changes it, so threads may share it. */
typedef struct section_selection section_selection;

/**
 * Finds paths in a layout. PATH: NAME, then `.NAME`, `[N]`, `[*]` or `[KEY=VALUE]` (of an array of
 * structures: all elements whose member KEY is VALUE). A VALUE with `,`, `]` or `"` is a JSON string.
 * A path to an array or a structure stands for all that is in it.
 * @param layout stays as long as the selection does.
 * @param list the paths, with a comma between two; `list_bytes` of UTF-8.
 * @param ret_selection the caller frees it with `section_selection_free`.
 * @return SECTION_BAD_PATH (malformed, no such field, more than SECTION_SELECTION_PATHS_MAX),
 *     SECTION_NO_MEMORY.
 * Threads: any. Platforms: same.
 */
section_status section_selection_parse(const section_layout *layout, const char *list,
                                       size_t list_bytes, section_selection **ret_selection,
                                       section_error *ret_error);

/**
 * Finds paths that are apart already in a layout.
 * @param layout stays as long as the selection does.
 * @param paths `path_count` of them, 1 to SECTION_SELECTION_PATHS_MAX, terminated UTF-8; the caller's, needed
 *     during the call only.
 * @param ret_selection the caller frees it with `section_selection_free`.
 * @return as `section_selection_parse`.
 * Threads: any. Platforms: same.
 */
section_status section_selection_make(const section_layout *layout, const char *const *paths,
                                      size_t path_count, section_selection **ret_selection,
                                      section_error *ret_error);

/**
 * Frees a selection.
 * @param self NULL is ignored. No image is read or walked over by it any more.
 * Errors: none. Threads: any. Platforms: same.
 */
void section_selection_free(section_selection *self);

/** A copy of the memory that a selection needs: opaque. One thread at a time uses it. */
typedef struct section_image section_image;

/**
 * Makes an empty image, which may be used for any number of reads, by any layouts.
 * @return the caller frees it with `section_image_free`; NULL where memory runs out.
 * Threads: any. Platforms: same.
 */
section_image *section_image_new(void);

/**
 * Frees an image.
 * @param self NULL is ignored.
 * Errors: none. Threads: any. Platforms: same.
 */
void section_image_free(section_image *self);

/**
 * Tells how much memory an image holds, for another read or for none: in bytes.
 * Errors: none. Threads: the one that uses the image. Platforms: same.
 */
size_t section_image_room_bytes(const section_image *self);

/**
 * Tells how many bytes the last read has copied: whole lines of 64, at most SECTION_LAYOUT_READ_BYTES_MAX; 0
 * before the first.
 * Errors: none. Threads: the one that uses the image. Platforms: same.
 */
uint64_t section_image_bytes(const section_image *self);

/** How to read. Zero-initialise it, then set what is wanted. */
typedef struct section_fields_options {
    unsigned timeout_ms; /**< how long to try for a consistent copy; 0: as the layout says */
    bool once;           /**< one copy at most, and no sleep: for those who come again */
    bool allow_torn;     /**< when time is up, a copy that may be torn is better than none */
    /** Asked between tries and pieces, also by later walks over the image; NULL: never stop. */
    const section_pause *pause;
    /**
     * What walks may cost, shared by any number of reads, and by later walks over the image: a field, an element or a
     * value is a step, and so are the bytes of a long string. NULL: each walk has its own limit only.
     */
    uint64_t *steps_left;
    size_t room_bytes_max; /**< of memory for the image, also while it is visited; 0: any */
} section_fields_options;

/** Whether a copy is consistent. */
typedef enum section_consistent {
    SECTION_CONSISTENT_NO,
    SECTION_CONSISTENT_YES,
    SECTION_CONSISTENT_UNKNOWN /**< the layout has no rule, or names a mutex, and there is none here */
} section_consistent;

/** How a read went. */
typedef struct section_fields_outcome {
    section_consistent consistent;
    unsigned tries;     /**< copies that were made */
    bool was_abandoned; /**< the mutex was: whoever held it died, maybe in the middle */
} section_fields_outcome;

/**
 * Copies what a selection needs.
 * @param layout the caller's; it stays until the image is read again or freed.
 * @param selection of that layout; NULL: everything.
 * @param options the caller's; NULL: the defaults.
 * @param image the caller's. It remembers layout and selection, which stay until the next read.
 * @param ret_outcome the caller's, set also on failure; may be NULL.
 * @return SECTION_TORN (time is up without a consistent copy), SECTION_LAYOUT_MISMATCH (a guard, the
 *     size, or a place), SECTION_TOO_LARGE (`steps_left`), SECTION_QUOTA (`room_bytes_max`),
 *     SECTION_STOPPING (`pause`), and those of `section_read`.
 * Threads: any; it may take as long as the timeout. No lock is held while it waits: amid a sequence of the
 *     caller's (`section_fields_hold`) there is one try, whatever the timeout. What is copied up to
 *     SECTION_WHOLE_BYTES, in as many steps for each byte as two, is whole as `section_read` is; in a longer walk others
 *     get the lock in between.
 * Platforms: a named mutex is Windows'; elsewhere it does not exist, and the copy is of unknown
 *     consistency. Reading allocates no page.
 */
section_status section_fields_read(section *self, const section_layout *layout,
                                   const section_selection *selection,
                                   const section_fields_options *options, section_image *image,
                                   section_fields_outcome *ret_outcome, section_error *ret_error);

/**
 * Tells whether the memory still is what the last read has copied of it, byte by byte; nothing is decoded.
 * @param image that of a read of the section which was successful.
 * @param ret_same the caller's; set on success.
 * @return those of `section_read`.
 * Threads: any, one at a time with an image. The lock is given back for a moment after each
 *     SECTION_WHOLE_BYTES. Platforms: same.
 */
section_status section_image_is_current(section_image *image, section *self, bool *ret_same,
                                        section_error *ret_error);

/**
 * Checks whether a layout fits a section: its size and its guards only.
 * @param layout the caller's.
 * @return SECTION_LAYOUT_MISMATCH, whose detail says what does not; SECTION_NO_MEMORY; those of `section_read`.
 * Threads: any; it waits for no writer. Platforms: same.
 */
section_status section_fields_check(section *self, const section_layout *layout,
                                    section_error *ret_error);

/**
 * Where the walk over an image is. What its pointers lead to lives until the visitor returns; `unit` and
 * `note` until the image is read again.
 */
typedef struct section_field_at {
    const char *path; /**< concrete, as in `readings[3].value`; terminated */
    size_t path_bytes;
    const char *name; /**< of a member; terminated. NULL: an element of an array */
    size_t name_bytes;
    uint64_t index;                    /**< of an element of an array */
    const section_layout_field *field; /**< NULL: a row of a table */
    const section_layout_bits *bits;   /**< a member of the bits of `field`; else NULL */
    section_value_type type;           /**< of a number, also of a row's: as it lies in memory */
    bool is_text;                      /**< a string */
    uint64_t offset_bytes;             /**< in the view */
    uint64_t size_bytes;               /**< without gaps at the end */
    uint64_t count, stride_bytes;      /**< of an array */
    const char *unit, *note;           /**< UTF-8, or NULL */
    bool is_selected; /**< a path of the selection leads here: below it things are nested */
} section_field_at;

typedef enum section_fields_shape {
    SECTION_SHAPE_STRUCTURE, /**< also a table, and a number that has bits */
    SECTION_SHAPE_ARRAY
} section_fields_shape;

/** How a value is to be shown. */
typedef enum section_shown {
    SECTION_SHOWN_NULL,
    SECTION_SHOWN_BOOL,   /**< `number.unsigned_number` is 0 or 1 */
    SECTION_SHOWN_NUMBER, /**< `number`, of `type` */
    SECTION_SHOWN_TEXT    /**< a string, a label, or a number of an enumeration that has none */
} section_shown;

typedef struct section_field_value {
    section_shown shown;
    section_value_type type; /**< after bits and scale: f64 of scaled integers */
    section_value number;
    const char *text; /**< UTF-8, terminated; lives until the visitor returns */
    size_t text_bytes;
} section_field_value;

/**
 * Is shown what an image holds. Without a selection: all fields, nested as they are declared. With
 * one: what each path leads to, in the order of the paths, nested below that; nothing twice that two
 * paths lead to. What is absent is left out. `begin` and `end` may be NULL: nothing is passed over, and no end
 * is told.
 */
typedef struct section_fields_visitor {
    /** A structure or an array begins. False: pass over it, and do not call `end`. */
    bool (*begin)(void *context, const section_field_at *at, section_fields_shape shape);
    void (*end)(void *context, const section_field_at *at, section_fields_shape shape);
    void (*value)(void *context, const section_field_at *at, const section_field_value *value);
    void *context;
} section_fields_visitor;

/**
 * Walks over an image that was read.
 * @param image its layout and selection are those of the read, and still there.
 * @param visitor the caller's; needed during the call only.
 * @return SECTION_LAYOUT_MISMATCH (too many values), SECTION_TOO_LARGE, SECTION_QUOTA and SECTION_STOPPING as the
 *     read was told, SECTION_NO_MEMORY; the visitor may have seen a part.
 * Threads: any, one at a time with an image. It allocates nothing for each field.
 * Platforms: the same but for strings in code pages.
 */
section_status section_fields_visit(section_image *image, const section_fields_visitor *visitor,
                                    section_error *ret_error);

/**
 * Feeds a hash with what would be shown, without decoding it: the same bytes exactly if the same values
 * are in the same places. Names and forms are not in it.
 * @param image as for `section_fields_visit`.
 * @param feed is called any number of times, with parts of any length, which live during the call only.
 * @param context for `feed`.
 * @return as `section_fields_visit`; a part may have been fed.
 * Threads: any, one at a time with an image. Platforms: same.
 */
section_status section_fields_feed(section_image *image,
                                   void (*feed)(void *context, const void *bytes, size_t length),
                                   void *context, section_error *ret_error);

/** What to store in a field. */
typedef enum section_input_kind {
    SECTION_INPUT_NULL,
    SECTION_INPUT_BOOL,
    SECTION_INPUT_NUMBER,
    SECTION_INPUT_TEXT /**< a string, a label, or a number in decimal, as 64-bit ones are given */
} section_input_kind;

/** One value for one field: what `section_fields_visit` shows for its path. */
typedef struct section_field_input {
    const char
        *path; /**< terminated; to one number or string; a [KEY=VALUE] matches exactly once */
    section_input_kind kind;
    bool boolean;
    double number;
    const char *text; /**< UTF-8 */
    size_t text_bytes;
} section_field_input;

/** The most values of one store. */
enum { SECTION_FIELDS_INPUTS_MAX = 4096 };

typedef struct section_fields_store_options {
    unsigned timeout_ms; /**< for places and the mutex; 0: as the layout says */
    bool force;          /**< also bits that the layout itself reads, under whatever name */
    bool no_terminator;  /**< strings may fill their field to the end */
    bool is_trial;       /**< check everything, store nothing */
    const section_pause *pause;
    uint64_t *steps_left; /**< as for a read */
} section_fields_store_options;

/**
 * Stores values. All are checked before the first store. A number whose place is aligned is one store,
 * bits are set by compare-and-swap on their word, a string is copied with one NUL after it. With the
 * rule `mutex` it is held meanwhile; the guards of other rules are not touched.
 * @param layout the caller's; needed during the call only.
 * @param inputs the caller's, `input_count` of them: up to SECTION_FIELDS_INPUTS_MAX. Of none it is checked that
 *     the layout fits.
 * @param options the caller's; NULL: the defaults.
 * @param ret_index the input that the error is about; set on failure, to `input_count` where it is
 *     about none. May be NULL.
 * @param ret_outcome of the read that finds the places; may be NULL.
 * @return SECTION_BAD_PATH (none such, more than one, two that overlap, not one value),
 *     SECTION_FIELD_READ_BY_LAYOUT (without `force`), SECTION_FIELD_ABSENT, SECTION_BAD_VALUE (type,
 *     range, no such label, too long), SECTION_BAD_TEXT, SECTION_READ_ONLY, and those of
 *     `section_fields_read`.
 * Threads: any. Other reads and writes of this process do not come between two of the stores. Between the
 *     read that finds the places and the first store they may, unless the caller holds the lock meanwhile
 *     (`section_hold_lock`).
 * Platforms: as `section_fields_read`; where the mutex is there and cannot be opened or waited for, nothing is stored.
 */
section_status section_fields_store(section *self, const section_layout *layout,
                                    const section_field_input *inputs, size_t input_count,
                                    const section_fields_store_options *options, size_t *ret_index,
                                    section_fields_outcome *ret_outcome, section_error *ret_error);

/**
 * Begins a sequence of reads and stores of fields by one layout, as `section_hold_lock` begins one of other calls:
 * nothing of this process comes between, and with the rule `mutex` it is held for the whole sequence, at most 10 ms.
 * It is taken before the lock of the object, and the lock is waited for no longer than others may be kept waiting
 * for their mutex. Amid the sequence nothing is waited for: a copy that is not consistent is SECTION_TORN at once, for
 * the caller to release all, to wait, and to begin anew.
 * @param wait_ms how long the mutex is waited for.
 * @return SECTION_TORN: not all was to be had; SECTION_ACCESS_DENIED and others: the mutex is there and cannot be
 *     taken. Nothing is held.
 * Threads: as `section_hold_lock`. Platforms: as `section_fields_read`.
 */
section_status section_fields_hold(section *self, const section_layout *layout, unsigned wait_ms,
                                   section_error *ret_error);

/** Ends the sequence. Errors: none. Threads: the one that began it. */
void section_fields_release(section *self);

#endif
