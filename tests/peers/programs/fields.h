/*
 * The structures that programs publish, and what the tests expect in them.
 *
 * Each structure is declared once, in a .def file: in its own order, without offsets. declare.h makes
 * a C structure and a table of it, so the offsets are the compiler's. The tests read the same
 * files and count offsets by themselves.
 *
 * Every field has a value that follows from its path and the tick, by `program_fill` alone.
 */
#ifndef PEER_PROGRAMS_FIELDS_H
#define PEER_PROGRAMS_FIELDS_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef int8_t i8;
typedef uint16_t u16;
typedef int16_t i16;
typedef uint32_t u32;
typedef int32_t i32;
typedef uint64_t u64;
typedef int64_t i64;
typedef float f32;
typedef double f64;
typedef uint8_t bool8;

/* A unit of a string in each encoding. */
typedef char ansi_unit;
typedef char latin1_unit;
typedef char utf8_unit;
typedef uint16_t utf16_unit;
typedef uint32_t utf32_unit;

typedef enum program_kind {
    KIND_u8,
    KIND_i8,
    KIND_u16,
    KIND_i16,
    KIND_u32,
    KIND_i32,
    KIND_u64,
    KIND_i64,
    KIND_f32,
    KIND_f64,
    KIND_bool8,
    KIND_ansi,
    KIND_latin1,
    KIND_utf8,
    KIND_utf16,
    KIND_utf32,
    KIND_STRUCTURE
} program_kind;

typedef struct program_layout program_layout;

typedef struct program_row {
    const char *name;
    program_kind kind;
    size_t offset;
    size_t element_bytes;
    uint32_t count;   /* of elements; 0: no array */
    uint32_t columns; /* of each element of an array of arrays; 0: none */
    int32_t least;    /* with `span`: the values are least to least + span - 1 */
    uint32_t span;    /* 0: any value */
    const program_layout *(*layout)(void); /* of a structure */
} program_row;

struct program_layout {
    const program_row *rows;
    size_t row_count;
    size_t size_bytes;
};

/* Where a path begins, and how it goes on: "vehicles", then 3, then "rpm". */
#define SALT_START 2166136261u
uint32_t salt_name(uint32_t salt, const char *name);
uint32_t salt_index(uint32_t salt, uint32_t index);

/*
 * Writes the values that the fields have at `tick`. Fields that end beyond `limit_bytes` are not
 * there: an older version of the structure ends there.
 */
void program_fill(const program_layout *layout, uint8_t *bytes, uint64_t limit_bytes, uint32_t salt,
                  uint32_t tick);

#endif
