#include <section/atomic.h>

#include <stdatomic.h>

#include "held.h"

/*
 * One operation, its operands as bits. In two's complement, signed and unsigned operands need the
 * same code.
 */
typedef struct operation {
    uint8_t *address;
    size_t size_bytes;
    section_atomic_op op;
    uint64_t value;
    uint64_t expected;
    uint64_t previous;
} operation;

/*
 * A store is done as an exchange, because the caller is told the value that it replaced. The thread
 * sanitizer would perform it under an internal lock. A fault in memory that is gone would leave
 * that lock held for ever.
 */
#define DEFINE_PERFORM(name, type)                                                                 \
    __attribute__((no_sanitize("thread"))) static type name(                                       \
        _Atomic type *cell, section_atomic_op op, type value, type expected)                       \
    {                                                                                              \
        switch (op) {                                                                              \
        case SECTION_ATOMIC_LOAD:                                                                  \
            return atomic_load(cell);                                                              \
        case SECTION_ATOMIC_ADD:                                                                   \
            return atomic_fetch_add(cell, value);                                                  \
        case SECTION_ATOMIC_SUB:                                                                   \
            return atomic_fetch_sub(cell, value);                                                  \
        case SECTION_ATOMIC_AND:                                                                   \
            return atomic_fetch_and(cell, value);                                                  \
        case SECTION_ATOMIC_OR:                                                                    \
            return atomic_fetch_or(cell, value);                                                   \
        case SECTION_ATOMIC_XOR:                                                                   \
            return atomic_fetch_xor(cell, value);                                                  \
        case SECTION_ATOMIC_CAS:                                                                   \
            (void)atomic_compare_exchange_strong(cell, &expected, value);                          \
            return expected;                                                                       \
        case SECTION_ATOMIC_STORE:                                                                 \
        case SECTION_ATOMIC_EXCHANGE:                                                              \
            break;                                                                                 \
        }                                                                                          \
        return atomic_exchange(cell, value);                                                       \
    }

DEFINE_PERFORM(perform_32, uint32_t)
DEFINE_PERFORM(perform_64, uint64_t)

/* An os_access. */
static void perform(void *context)
{
    operation *wanted = context;
    if (wanted->size_bytes == sizeof(uint32_t)) {
        wanted->previous = perform_32((_Atomic uint32_t *)(void *)wanted->address, wanted->op,
                                      (uint32_t)wanted->value, (uint32_t)wanted->expected);
    } else {
        wanted->previous = perform_64((_Atomic uint64_t *)(void *)wanted->address, wanted->op,
                                      wanted->value, wanted->expected);
    }
}

/* The value that the operation has left in the cell, in the width of the operand. */
static uint64_t left_behind(const operation *done)
{
    const uint64_t previous = done->previous;
    switch (done->op) {
    case SECTION_ATOMIC_LOAD:
        return previous;
    case SECTION_ATOMIC_ADD:
        return previous + done->value;
    case SECTION_ATOMIC_SUB:
        return previous - done->value;
    case SECTION_ATOMIC_AND:
        return previous & done->value;
    case SECTION_ATOMIC_OR:
        return previous | done->value;
    case SECTION_ATOMIC_XOR:
        return previous ^ done->value;
    case SECTION_ATOMIC_CAS:
        return previous == done->expected ? done->value : previous;
    case SECTION_ATOMIC_STORE:
    case SECTION_ATOMIC_EXCHANGE:
        break;
    }
    return done->value;
}

static uint64_t narrow(uint64_t bits, size_t size_bytes)
{
    return size_bytes == sizeof(uint32_t) ? (uint32_t)bits : bits;
}

/* The value that has these bits; they go through bytes in little-endian order. */
static section_value value_of(section_value_type type, uint64_t bits)
{
    uint8_t bytes[8];
    (void)section_value_store(SECTION_U64, SECTION_LITTLE_ENDIAN,
                              (section_value){.unsigned_number = bits}, bytes);
    return section_value_load(type, SECTION_LITTLE_ENDIAN, bytes);
}

section_status section_atomic_check_type(section_value_type type, section_error *ret_error)
{
    const section_value_facts *facts = section_value_lookup(type);
    if (facts->size_bytes >= sizeof(uint32_t) &&
        (facts->kind == SECTION_KIND_UNSIGNED || facts->kind == SECTION_KIND_SIGNED)) {
        return SECTION_OK;
    }
    return section_fail(ret_error, SECTION_BAD_TYPE, "atomics have u32, i32, u64 and i64");
}

static section_status check(const section *self, const section_atomic_args *args,
                            section_error *ret_error)
{
    const section_value_facts *type = section_value_lookup(args->type);
    const uint64_t place = section_object_offset(self, args->offset_bytes);
    section_status status = section_atomic_check_type(args->type, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (place % type->size_bytes != 0) {
        return section_fail(ret_error, SECTION_BAD_OFFSET,
                            "an atomic %s stands at a multiple of %u bytes in its section, not at "
                            "%llu",
                            type->name, (unsigned)type->size_bytes, (unsigned long long)place);
    }
    if (args->op != SECTION_ATOMIC_LOAD) {
        return held_check_writable(self, ret_error);
    }
    return SECTION_OK;
}

/* A held_reader. */
static void load(void *context, const uint8_t *bytes)
{
    operation *wanted = context;
    wanted->address = (uint8_t *)(uintptr_t)bytes;
    perform(wanted);
}

/* Under the lock of the object. */
static section_status run(section *self, uint64_t offset_bytes, operation *wanted,
                          section_error *ret_error)
{
    if (wanted->op == SECTION_ATOMIC_LOAD) {
        return held_look(self, offset_bytes, wanted->size_bytes, load, wanted, ret_error);
    }
    uint64_t taken = 0;
    section_status status = section_check(self, offset_bytes, wanted->size_bytes, ret_error);
    if (status == SECTION_OK) {
        status = held_commit(self, offset_bytes, wanted->size_bytes, NULL, &taken, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    wanted->address = self->view + offset_bytes;
    if (self->os.cannot_fault) {
        perform(wanted);
        return SECTION_OK;
    }
    status =
        os_touch(&self->os, wanted->address, wanted->size_bytes, true, perform, wanted, ret_error);
    if (status != SECTION_OK) {
        held_uncommit(self, offset_bytes, wanted->size_bytes, taken);
    }
    return status;
}

section_status section_atomic(section *self, const section_atomic_args *args,
                              section_atomic_result *ret_result, section_error *ret_error)
{
    const size_t size = section_value_lookup(args->type)->size_bytes;
    operation wanted = {.size_bytes = size,
                        .op = args->op,
                        .value = narrow(args->value.unsigned_number, size),
                        .expected = narrow(args->expected.unsigned_number, size)};
    section_status status = check(self, args, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    lock_take(self->lock);
    status = run(self, args->offset_bytes, &wanted, ret_error);
    lock_give(self->lock);
    if (status != SECTION_OK) {
        return status;
    }
    const bool found = wanted.previous == wanted.expected;
    ret_result->previous = value_of(args->type, wanted.previous);
    ret_result->current = value_of(args->type, narrow(left_behind(&wanted), size));
    ret_result->swapped =
        args->op != SECTION_ATOMIC_LOAD && (args->op != SECTION_ATOMIC_CAS || found);
    return SECTION_OK;
}
