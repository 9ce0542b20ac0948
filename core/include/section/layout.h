#ifndef SECTION_LAYOUT_H
#define SECTION_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <section/error.h>
#include <section/text.h>
#include <section/values.h>

/**
 * @file
 * Layouts: what the bytes of a section mean, as named and typed fields.
 *
 * A layout comes as a description (`section_layout_source`), which JSON or C declarations are turned
 * into by the caller. `section_layout_compile` checks it and makes a `section_layout` of it: flat,
 * with every place that does not depend on memory as a number. section/fields.h decodes memory by it.
 */

/** Bounds of a layout. */
enum {
    SECTION_LAYOUT_FIELDS_MAX = 4096, /**< of all types together */
    SECTION_LAYOUT_LEVELS_MAX = 16,   /**< of structures in structures */
    SECTION_LAYOUT_DIMENSIONS_MAX = 4,
    SECTION_LAYOUT_ELEMENTS_MAX = 65536, /**< of one array, all dimensions together */
    SECTION_LAYOUT_NAME_BYTES_MAX = 255, /**< of a field or type, UTF-8 */
    SECTION_LAYOUT_BITS_MAX = 64,        /**< with names, of one number */
    SECTION_LAYOUT_ROW_TYPES_MAX = 256,  /**< of a table */
    SECTION_LAYOUT_GUARDS_MAX = 64,
    SECTION_LAYOUT_READ_BYTES_MAX = 16777216, /**< copied for one read */
    SECTION_LAYOUT_TIMEOUT_MS = 100, /**< of a consistent read, where a layout names none */
    SECTION_LAYOUT_TIMEOUT_MS_MAX = 1000
};

/** What a field is. */
typedef enum section_field_kind {
    SECTION_FIELD_NUMBER,
    SECTION_FIELD_STRING,    /**< of `string_bytes`; it ends at its first NUL or at its end */
    SECTION_FIELD_STRUCTURE, /**< of the type `type_name` */
    SECTION_FIELD_TABLE      /**< its rows are described by an array of the same section */
} section_field_kind;

/** A number of the description, or one that a field holds. */
typedef struct section_layout_number {
    const char *field; /**< path of a field; NULL: the number is `number` itself */
    int64_t number;
    int64_t add;      /**< with `field`: value × multiply + add */
    int64_t multiply; /**< with `field`; 0 counts as 1 */
    uint64_t max;     /**< with `field`, of a count; 0: SECTION_LAYOUT_ELEMENTS_MAX */
} section_layout_number;

/** How the offset of a field is found. */
typedef enum section_place_rule {
    SECTION_PLACE_NEXT,   /**< after the field before it, naturally aligned unless packed */
    SECTION_PLACE_AT,     /**< `at` */
    SECTION_PLACE_END_OF, /**< the end of the array `of`, aligned to `align` */
    SECTION_PLACE_NEWEST  /**< what `offset` says in the element of `of` whose `by` is greatest */
} section_place_rule;

typedef struct section_layout_place {
    section_place_rule rule;
    section_layout_number at;
    const char *of;
    uint64_t align; /**< a power of two; 0 counts as 1 */
    const char *by;
    const char *offset;
    const char
        *begin;     /**< or NULL: is set to the next `by` before a buffer is written; 0: not used */
    bool from_view; /**< counts from the view's start, not from the element's */
} section_layout_place;

/** A number that has a name. */
typedef struct section_layout_label {
    int64_t number; /**< of u64: its bits */
    const char *label;
} section_layout_label;

/** Some bits of a number; bit 0 is the lowest, after byte order. One bit is a boolean. */
typedef struct section_layout_bits {
    const char *name;
    unsigned shift;
    unsigned width; /**< 1 to 64 */
} section_layout_bits;

/** How the rows of a table are described: members of the elements of the array `of`. */
typedef struct section_layout_table {
    const char *of;
    const char *name, *type, *offset; /**< required */
    const char *count, *unit, *note;  /**< or NULL */
    const struct section_layout_row_type {
        int64_t number; /**< what the member `type` holds */
        section_value_type type;
    } *types;
    size_t type_count;
} section_layout_table;

/** A field as it is described. Zero-initialise it, then set what it has. */
typedef struct section_layout_field {
    const char *name;
    section_field_kind kind;
    section_value_type type; /**< of a number */
    const char *type_name;   /**< of a structure */
    uint64_t string_bytes;
    section_encoding encoding;
    bool is_ansi; /**< a string in the system's code page, whatever `encoding` says */
    section_layout_place place;
    section_layout_number
        counts[SECTION_LAYOUT_DIMENSIONS_MAX]; /**< only the first may be a field's */
    unsigned dimensions;                       /**< 0: not an array */
    section_layout_number stride;              /**< of an array's elements; 0: their size */
    section_layout_number size;                /**< of a table */
    const section_layout_label *labels;
    size_t label_count;
    const section_layout_bits *bits; /**< the value is an object of these */
    size_t bits_count;
    /** The value is only these bits, as a bit field of C has it: `bit_width` 0: all. They may reach beyond
     * the type where the byte order is little-endian: shift 0 to 7 and width up to 64 cover 9 bytes. Of
     * a signed type the highest bit is the sign. */
    unsigned bit_shift, bit_width;
    double scale; /**< 0: none; value = raw × scale */
    bool has_null;
    section_value null_value; /**< in the member of the type's kind: this raw value is null */
    const char *unit, *note;  /**< or NULL */
    const char
        *since_field; /**< NULL: always there; else only while that field is at least `since_min` */
    int64_t since_min;
    const section_layout_table *table;
} section_layout_field;

/** A structure: a type of the description, or the whole of it. */
typedef struct section_layout_type {
    const char *name;    /**< NULL: the whole */
    uint64_t size_bytes; /**< 0: up to the end of its last field, rounded up to its alignment */
    const section_layout_field *fields;
    size_t field_count;
} section_layout_type;

/** The way in which a copy is known to be consistent. */
typedef enum section_consistency_rule {
    SECTION_CONSISTENCY_NONE,
    SECTION_CONSISTENCY_SEQLOCK,      /**< `field` is even, and the same before and after */
    SECTION_CONSISTENCY_VERSION_PAIR, /**< `end`, read before, equals `begin`, read after */
    SECTION_CONSISTENCY_BUSY_FLAG, /**< `field & mask` is 0 before, between, after two equal copies */
    SECTION_CONSISTENCY_UNCHANGED, /**< `field` is the same before and after */
    SECTION_CONSISTENCY_MUTEX      /**< the mutex `name` is held meanwhile */
} section_consistency_rule;

typedef struct section_layout_consistency {
    section_consistency_rule rule;
    const char *field, *begin, *end; /**< paths of top-level integers at a fixed place */
    uint64_t mask;
    const char *name;    /**< of the mutex, with its scope: "Global\\HWiNFO_SM2_MUTEX" */
    unsigned timeout_ms; /**< 1 to 1000; 0: 100 */
} section_layout_consistency;

/** What a field must hold for a layout to fit. */
typedef struct section_layout_guard {
    const char *field; /**< path */
    section_value_kind kind;
    section_value value; /**< of an integer or a real */
    const char *text;    /**< of a string, UTF-8; else NULL */
} section_layout_guard;

/** A description. All pointers are the caller's, and needed during `section_layout_compile` only. */
typedef struct section_layout_source {
    const char *title, *source; /**< or NULL */
    section_endian endian;
    bool packed;
    const char *const *match_names; /**< of sections, with their scope */
    size_t match_name_count;
    const section_layout_guard *guards;
    size_t guard_count;
    section_layout_consistency consistency;
    const section_layout_type *types;
    size_t type_count;
    section_layout_type whole;
} section_layout_source;

/** Where a description is wrong. Type and field are those of the description. */
typedef struct section_layout_problem {
    const section_layout_type *type;   /**< NULL: outside of the fields */
    const section_layout_field *field; /**< NULL: the type itself */
    const char
        *member;  /**< the member as layouts in JSON name it: "offset", "count"; static storage */
    size_t index; /**< of the member's element, for labels, bits, guards and row types */
    char detail[256];
} section_layout_problem;

/** The problems of one description, in the order in which they were found. */
typedef struct section_layout_problems {
    section_layout_problem *items; /**< the caller's, `capacity` of them */
    size_t capacity;
    size_t count; /**< set by `section_layout_compile`; no more than `capacity` are told */
} section_layout_problems;

/** A layout: opaque. Nothing changes it, so any number of threads may use it at once. */
typedef struct section_layout section_layout;

/**
 * Makes a layout of a description.
 *
 * Names are UTF-8 of 1 to SECTION_LAYOUT_NAME_BYTES_MAX bytes, without control characters, spaces and
 * any of `.[]=,"`. What a place, a count or `since` reads is a path (NAME, .NAME, [N]) that is looked up
 * in the same structure, then outwards; it leads to one integer, and only its first field may have a
 * place that depends on memory.
 * @param source the caller's; needed during the call only.
 * @param ret_layout the caller frees it with `section_layout_free`.
 * @param ret_problems the caller's, or NULL; its `count` is set in any case.
 * @return SECTION_BAD_LAYOUT, whose detail is that of the first problem; SECTION_NO_MEMORY.
 * Threads: any. Platforms: same.
 */
section_status section_layout_compile(const section_layout_source *source,
                                      section_layout **ret_layout,
                                      section_layout_problems *ret_problems,
                                      section_error *ret_error);

/**
 * Frees a layout.
 * @param self NULL is ignored. Nothing uses it any more: no selection, no image, no description of it.
 * Errors: none. Threads: any. Platforms: same.
 */
void section_layout_free(section_layout *self);

/**
 * Returns the description of a layout, resolved: whatever does not depend on memory is a number. So
 * SECTION_PLACE_NEXT has become SECTION_PLACE_AT, or SECTION_PLACE_END_OF after what has no fixed end;
 * strides and sizes of types are set. `whole.size_bytes` is what the source said. Compiled again it
 * gives the same layout.
 * @return the layout's, and lives as long as it does.
 * Errors: none. Threads: any. Platforms: same.
 */
const section_layout_source *section_layout_description(const section_layout *self);

/** What a description does not say of a type. */
typedef struct section_layout_type_facts {
    uint64_t size_bytes; /**< with padding, as C's sizeof; of the whole, too */
    uint64_t alignment_bytes;
    bool
        is_size_fixed; /**< false: its end depends on memory; `size_bytes` is that of the fixed part */
    unsigned levels; /**< of structures in structures: 1: there are none in it */
} section_layout_type_facts;

/**
 * Tells what was found of a type.
 * @param type one of the layout's description.
 * Errors: none. Threads: any. Platforms: same.
 */
section_layout_type_facts section_layout_look_at_type(const section_layout *self,
                                                      const section_layout_type *type);

/** What a description does not say of a field. */
typedef struct section_layout_field_facts {
    const section_layout_type *type;      /**< that it is a field of */
    const section_layout_type *structure; /**< of its elements; NULL: they are none */
    uint64_t element_bytes;               /**< of one element, without the gap of a stride */
    uint64_t alignment_bytes;             /**< natural, or 1 where the layout is packed */
    uint64_t
        size_bytes; /**< of all elements, up to the end of the last one; 0: depends on memory */
    bool is_place_fixed; /**< its place in its structure does not depend on memory */
    bool
        is_read_by_layout; /**< a place, a count, `since`, a table, a guard or the consistency reads its value,
                            * or that of one of its elements */
} section_layout_field_facts;

/**
 * Tells what was found of a field.
 * @param field one of the layout's description.
 * Errors: none. Threads: any. Platforms: same.
 */
section_layout_field_facts section_layout_look_at_field(const section_layout *self,
                                                        const section_layout_field *field);

/**
 * Finds a field of a type by its name.
 * @param type one of the layout's description.
 * @param name `name_bytes` long; it needs no terminator.
 * @return one of the description's, or NULL.
 * Errors: none. Threads: any. Platforms: same.
 */
const section_layout_field *section_layout_find_field(const section_layout *self,
                                                      const section_layout_type *type,
                                                      const char *name, size_t name_bytes);

#endif
