#ifndef SECTION_PROGRAM_H
#define SECTION_PROGRAM_H

#include <section/arena.h>
#include <section/layout.h>

/**
 * @file
 * The structure behind the opaque `section_layout`: types and fields in flat arrays, with what they
 * refer to as indexes.
 */

#define PROGRAM_NONE UINT32_MAX /* instead of an index */
#define PROGRAM_ALL  UINT64_MAX /* instead of the index of an element */

enum {
    PROGRAM_WHOLE = 0,      /* index of the type that is the whole */
    PROGRAM_CHAIN_MAX = 64, /* of places that depend on one another */
    PROGRAM_NEWEST_MAX = 16 /* fields with a place of SECTION_PLACE_NEWEST */
};

/*
 * What a path leads to that is looked up in the same structure, then outwards: a field of a type, and
 * from there a fixed way to one number.
 */
typedef struct program_target {
    uint32_t type;  /* whose element the field is looked up in */
    uint32_t field; /* index of all fields */
    uint64_t index; /* of the field's element, where it is an array; PROGRAM_ALL, of what is read */
    uint64_t delta; /* from that element to the number */
    uint32_t final; /* the field that the path ends at */
} program_target;

/*
 * Targets are those of all types that the path is found in, on the way from the field outwards: one for each
 * type, sorted by it. References of the same path from the same type share them.
 */
typedef struct program_reference {
    uint32_t first_target;
    uint32_t target_count; /* 0: no reference */
} program_reference;

/* A number of a place: `number`, or what the target holds × multiply + add. */
typedef struct program_number {
    program_reference reference;
    uint64_t number;
    int64_t add, multiply;
    uint64_t max;
} program_number;

typedef struct program_place {
    section_place_rule rule; /* never SECTION_PLACE_NEXT */
    bool from_view;
    program_number at;
    program_reference of;
    uint64_t align;
    uint32_t by, offset, begin; /* fields of the elements of `of`; `begin` or NONE */
} program_place;

/* Of a table: the fields of the elements of `of` that describe a row; `count`, `unit`, `note` or NONE. */
typedef struct program_table {
    uint32_t of;
    uint32_t name, type, offset, count, unit, note;
    struct section_layout_row_type *types; /* sorted by their numbers */
} program_table;

typedef struct program_field {
    const section_layout_field *described;
    uint32_t name_bytes;
    uint32_t type;          /* that it is a field of */
    uint32_t structure;     /* type of its elements, or NONE */
    uint64_t element_bytes; /* that must be there: without padding at the end of a structure */
    uint64_t advance_bytes; /* of one element to what follows it */
    uint64_t steps;         /* of a walk over one element that is static */
    uint64_t alignment_bytes;
    program_place place;
    unsigned dimensions;
    uint64_t counts[SECTION_LAYOUT_DIMENSIONS_MAX]; /* the first is not used where `count` refers */
    uint64_t inner_count;                           /* product of all but the first */
    program_number count, stride, size, since;
    section_encoding encoding;
    uint32_t memo;        /* where a walk keeps the place; NONE: everything about it is fixed */
    bool is_extent_fixed; /* counts, stride and the size of an element are numbers */
    bool is_read;
    program_table table;
    const section_layout_label **by_number, **by_text; /* the labels, sorted */
    int32_t depth; /* of places that its own depends on; -1: being found */
} program_field;

typedef struct program_type {
    const section_layout_type *described;
    uint32_t first_field;
    uint32_t field_count;
    const program_field **by_name; /* its fields, sorted */
    uint64_t size_bytes;
    uint64_t used_bytes; /* up to the last byte of a field */
    uint64_t alignment_bytes;
    bool is_size_fixed;
    bool is_placed;
    bool is_static;                  /* nothing in it depends on memory, or lies outside of it */
    uint32_t first_read, read_count; /* of `reads` of the layout: in elements of this type */
    bool has_reads;                  /* also in structures in it */
    unsigned levels;                 /* 0: not known yet */
} program_type;

/* A number at a fixed place of the whole. */
typedef struct program_cell {
    uint64_t offset_bytes;
    uint32_t field;
} program_cell;

struct section_layout {
    section_arena arena;
    section_layout_source *source;     /* resolved */
    section_layout_type *source_types; /* the whole first */
    section_layout_field *source_fields;
    program_type *types;
    uint32_t type_count;
    program_field *fields;
    uint32_t field_count;
    program_target *targets;
    uint32_t target_count;
    program_target *reads; /* what the layout itself reads: each once, sorted by the types */
    uint32_t read_count;
    uint32_t looks; /* into types, while references were found: by which that is bounded */
    uint32_t memo_count;
    uint32_t newest_count;
    program_cell *guards;           /* as many as the source has */
    program_cell check, begin, end; /* of the consistency */
};

/** The field of a type that has a name; PROGRAM_NONE: none. */
uint32_t program_find(const section_layout *self, uint32_t type, const char *name,
                      size_t name_bytes);

/** Whether a field is a number that is an integer, or an array of such. */
static inline bool program_is_integer(const section_layout_field *described)
{
    const section_value_kind kind = section_value_lookup(described->type)->kind;
    return described->kind == SECTION_FIELD_NUMBER &&
           (kind == SECTION_KIND_UNSIGNED || kind == SECTION_KIND_SIGNED);
}

static inline bool program_refers(const program_reference *reference)
{
    return reference->target_count > 0;
}

#endif
