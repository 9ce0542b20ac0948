#ifndef SECTION_ATOMIC_H
#define SECTION_ATOMIC_H

#include <section/section.h>
#include <section/values.h>

/**
 * @file
 * Atomic operations of the CPU on the shared page itself, so that they hold against every process
 * that maps it and uses atomics of its own.
 */

/** Every operation: constant, name. Arithmetic wraps around. */
#define SECTION_ATOMIC_OPS(X)                                                                      \
    X(SECTION_ATOMIC_LOAD, "load")                                                                 \
    X(SECTION_ATOMIC_STORE, "store")                                                               \
    X(SECTION_ATOMIC_ADD, "add")                                                                   \
    X(SECTION_ATOMIC_SUB, "sub")                                                                   \
    X(SECTION_ATOMIC_AND, "and")                                                                   \
    X(SECTION_ATOMIC_OR, "or")                                                                     \
    X(SECTION_ATOMIC_XOR, "xor")                                                                   \
    X(SECTION_ATOMIC_EXCHANGE, "exchange")                                                         \
    X(SECTION_ATOMIC_CAS, "cas")

typedef enum section_atomic_op {
#define SECTION_ATOMIC_CONSTANT(constant, name) constant,
    SECTION_ATOMIC_OPS(SECTION_ATOMIC_CONSTANT)
#undef SECTION_ATOMIC_CONSTANT
} section_atomic_op;

/** An operation and its place. */
typedef struct section_atomic_args {
    section_atomic_op op;
    section_value_type type; /**< u32, i32, u64 or i64, in the CPU's byte order */
    uint64_t offset_bytes;
    section_value value;    /**< operand; the new value of store, exchange and cas; not of load */
    section_value expected; /**< of cas */
} section_atomic_args;

typedef struct section_atomic_result {
    section_value previous;
    section_value current; /**< what the operation left behind */
    bool swapped;          /**< it stored: false for load, and for a cas that found another value */
} section_atomic_result;

/**
 * Checks whether atomics have a type.
 * @param type any value type.
 * @return `SECTION_BAD_TYPE` unless it is u32, i32, u64 or i64.
 * Threads: any. Platforms: same.
 */
section_status section_atomic_check_type(section_value_type type, section_error *ret_error);

/**
 * Performs one sequentially consistent operation on the shared page.
 * @param args the caller's; read during the call only. `offset_bytes` counts from the view's start.
 * @param ret_result the caller's; set on success.
 * @return `SECTION_BAD_TYPE`; `SECTION_BAD_OFFSET` unless the place is naturally aligned inside the
 *     section; `SECTION_BAD_RANGE`; `SECTION_READ_ONLY` for all operations but load; `SECTION_GONE`;
 *     `SECTION_NO_MEMORY`; `SECTION_OS_ERROR`.
 * Threads: any; whole with respect to `section_read` and `section_write` as well.
 * Platforms: same.
 * Source: ISO C11 section 7.17.7
 */
section_status section_atomic(section *self, const section_atomic_args *args,
                              section_atomic_result *ret_result, section_error *ret_error);

#endif
