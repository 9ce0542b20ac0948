#ifndef SECTIOND_LAYOUTS_ABI_H
#define SECTIOND_LAYOUTS_ABI_H

#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * Where compilers put the members of structures and unions: four ABIs.
 *
 * On Windows the rules are those of MSVC, which most programs there are built with. mingw differs:
 * `long double`, alignment that a pack caps, bit fields of unions.
 *
 * Source: System V ABI for AMD64 and i386 with gcc's rules for packing,
 *     https://learn.microsoft.com/en-us/cpp/c-language/c-bit-fields,
 *     https://learn.microsoft.com/en-us/cpp/cpp/align-cpp; compared with compilers by
 *     tests/layouts/test_c_abi.py.
 */

typedef enum c_abi { C_ABI_WIN64, C_ABI_WIN32, C_ABI_SYSV64, C_ABI_SYSV32, C_ABI_COUNT } c_abi;

/** Static facts of an ABI, in bytes. */
typedef struct abi_facts {
    const char *name;
    bool is_microsoft;
    unsigned pointer_bytes; /**< of size_t, too */
    unsigned long_bytes;
    unsigned wide_bytes;        /**< of wchar_t */
    unsigned long_double_bytes; /**< 8: it is a double */
    unsigned long_double_align; /**< as a member */
    unsigned eight_bytes_align; /**< of numbers of 8 bytes, as a member */
    unsigned most_align;        /**< `__attribute__((aligned))` */
    uint64_t object_bytes_most; /**< larger types are refused */
} abi_facts;

/** Static storage. */
const abi_facts *abi_lookup(c_abi abi);

/** Finds an ABI by its name: "win64", "win32", "sysv64", "sysv32". */
bool abi_parse(const char *name, c_abi *ret_abi);

/** A member, as the layout sees it. */
typedef struct abi_member {
    uint64_t size_bytes; /**< of the type; of a flexible array 0 */
    unsigned align;      /**< of the type as a member */
    unsigned
        required; /**< alignment that no pack lowers: of a type that was declared with one, else 1 */
    unsigned asked; /**< by alignas or aligned on the member; 0: none */
    bool is_packed; /**< by an attribute of its own */
    bool is_bit_field;
    bool is_named;
    unsigned width; /**< of a bit field, at most the type's bits; 0 ends the unit */
} abi_member;

/** A structure or union while it is laid out. Set the first members, the rest is zero. */
typedef struct abi_record {
    const abi_facts *facts;
    bool is_union;
    bool is_packed; /**< by an attribute */
    unsigned pack;  /**< of #pragma pack; 0: none */
    unsigned asked; /**< by alignas or aligned on it; 0: none */
    /* the state, and the result */
    uint64_t position; /* bits */
    uint64_t end;      /* bits */
    uint64_t size_bytes;
    unsigned align;
    unsigned required;
    unsigned unit_bits; /* of the run of bit fields, on Windows; 0: none */
    unsigned left_bits; /* of the run's last unit */
    bool is_too_large;
} abi_record;

/**
 * Lays out the next member.
 * @return its first bit, counted from the record's start. Once a record is too large it says so in
 *     `is_too_large`, and the result means nothing.
 */
uint64_t abi_add(abi_record *record, const abi_member *member);

/** Sets `size_bytes`, `align` and `required` of the whole. */
void abi_end(abi_record *record);

#endif
