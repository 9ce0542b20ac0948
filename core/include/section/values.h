#ifndef SECTION_VALUES_H
#define SECTION_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <section/error.h>

/**
 * @file
 * Numbers inside sections: conversion between values and bytes of either byte order and any
 * alignment.
 */

/** The kind of values that a type has. */
typedef enum section_value_kind {
    SECTION_KIND_UNSIGNED,
    SECTION_KIND_SIGNED,
    SECTION_KIND_REAL,     /**< IEEE 754 */
    SECTION_KIND_BOOL,     /**< any byte but 0 is true; written as 0 and 1 */
    SECTION_KIND_CHARACTER /**< a byte that stands for U+0000 to U+00FF, as in latin1 */
} section_value_kind;

/** Every type: constant, name, kind, bytes. */
#define SECTION_VALUE_TYPES(X)                                                                     \
    X(SECTION_U8, "u8", SECTION_KIND_UNSIGNED, 1)                                                  \
    X(SECTION_I8, "i8", SECTION_KIND_SIGNED, 1)                                                    \
    X(SECTION_U16, "u16", SECTION_KIND_UNSIGNED, 2)                                                \
    X(SECTION_I16, "i16", SECTION_KIND_SIGNED, 2)                                                  \
    X(SECTION_U32, "u32", SECTION_KIND_UNSIGNED, 4)                                                \
    X(SECTION_I32, "i32", SECTION_KIND_SIGNED, 4)                                                  \
    X(SECTION_U64, "u64", SECTION_KIND_UNSIGNED, 8)                                                \
    X(SECTION_I64, "i64", SECTION_KIND_SIGNED, 8)                                                  \
    X(SECTION_F32, "f32", SECTION_KIND_REAL, 4)                                                    \
    X(SECTION_F64, "f64", SECTION_KIND_REAL, 8)                                                    \
    X(SECTION_BOOL8, "bool8", SECTION_KIND_BOOL, 1)                                                \
    X(SECTION_CHAR, "char", SECTION_KIND_CHARACTER, 1)

typedef enum section_value_type {
#define SECTION_VALUE_CONSTANT(constant, name, kind, size) constant,
    SECTION_VALUE_TYPES(SECTION_VALUE_CONSTANT)
#undef SECTION_VALUE_CONSTANT
} section_value_type;

/** Static facts of a type. */
typedef struct section_value_facts {
    const char *name;
    section_value_kind kind;
    size_t size_bytes;
} section_value_facts;

typedef enum section_endian { SECTION_LITTLE_ENDIAN, SECTION_BIG_ENDIAN } section_endian;

/** One value; the kind of its type says which member holds it. */
typedef union section_value {
    uint64_t unsigned_number; /**< also of bool (0, 1) and character (0..255) */
    int64_t signed_number;
    double real; /**< also of f32: every f32 is a double */
} section_value;

/**
 * Looks up the facts of a type.
 * @param type any value of the enumeration.
 * @return static storage.
 * Errors: none. Threads: any. Platforms: same.
 */
const section_value_facts *section_value_lookup(section_value_type type);

/**
 * Finds a type by its name.
 * @param name terminated, as `SECTION_VALUE_TYPES` spells it; case counts.
 * @param ret_type the caller's; set on success.
 * @return `SECTION_BAD_TYPE`.
 * Threads: any. Platforms: same.
 */
section_status section_value_type_parse(const char *name, section_value_type *ret_type,
                                        section_error *ret_error);

/**
 * Reads one value.
 * @param bytes the caller's, as long as the type is, of any alignment.
 * @return the value, in the member that its kind names.
 * Errors: none. Threads: any.
 * Platforms: same; the CPU's byte order does not matter.
 */
section_value section_value_load(section_value_type type, section_endian endian, const void *bytes);

/**
 * Writes one value.
 * @param value in the member that the type's kind names.
 * @param ret_bytes the caller's, as long as the type is, of any alignment.
 * @return false, and nothing is written, where the type cannot hold the value. A real that is too
 *     large for f32 is such a value; one that f32 can only round is rounded.
 * Threads: any.
 * Platforms: same; the CPU's byte order does not matter.
 */
bool section_value_store(section_value_type type, section_endian endian, section_value value,
                         void *ret_bytes);

#endif
