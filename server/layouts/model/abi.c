#include "layouts/model/abi.h"

#include <stddef.h>
#include <string.h>

static const abi_facts facts_of[C_ABI_COUNT] = {
    [C_ABI_WIN64] = {.name = "win64",
                     .is_microsoft = true,
                     .pointer_bytes = 8,
                     .long_bytes = 4,
                     .wide_bytes = 2,
                     .long_double_bytes = 8,
                     .long_double_align = 8,
                     .eight_bytes_align = 8,
                     .most_align = 16,
                     .object_bytes_most = UINT64_C(1) << 47},
    [C_ABI_WIN32] = {.name = "win32",
                     .is_microsoft = true,
                     .pointer_bytes = 4,
                     .long_bytes = 4,
                     .wide_bytes = 2,
                     .long_double_bytes = 8,
                     .long_double_align = 8,
                     .eight_bytes_align = 8,
                     .most_align = 16,
                     .object_bytes_most = INT32_MAX},
    [C_ABI_SYSV64] = {.name = "sysv64",
                      .pointer_bytes = 8,
                      .long_bytes = 8,
                      .wide_bytes = 4,
                      .long_double_bytes = 16,
                      .long_double_align = 16,
                      .eight_bytes_align = 8,
                      .most_align = 16,
                      .object_bytes_most = UINT64_C(1) << 47},
    [C_ABI_SYSV32] = {.name = "sysv32",
                      .pointer_bytes = 4,
                      .long_bytes = 4,
                      .wide_bytes = 4,
                      .long_double_bytes = 12,
                      .long_double_align = 4,
                      .eight_bytes_align = 4,
                      .most_align = 16,
                      .object_bytes_most = INT32_MAX},
};

const abi_facts *abi_lookup(c_abi abi)
{
    return &facts_of[abi];
}

bool abi_parse(const char *name, c_abi *ret_abi)
{
    for (int abi = 0; abi < C_ABI_COUNT; abi++) {
        if (strcmp(facts_of[abi].name, name) == 0) {
            *ret_abi = (c_abi)abi;
            return true;
        }
    }
    return false;
}

static unsigned max(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* What is left of an alignment under the record's pack. */
static unsigned capped(const abi_record *record, unsigned align)
{
    return record->pack != 0 && record->pack < align ? record->pack : align;
}

/* The next multiple; positions are bits and stay far below 2^63. */
static uint64_t round_up(uint64_t position, uint64_t align)
{
    return (position + align - 1) / align * align;
}

/* The alignment of an ordinary member, and of bit fields on Windows. */
static unsigned member_align(const abi_record *record, const abi_member *member)
{
    const unsigned own = record->is_packed || member->is_packed ? 1 : member->align;
    if (record->facts->is_microsoft) {
        return max(capped(record, own), max(member->required, member->asked));
    }
    return capped(record, max(own, member->asked));
}

static uint64_t add_ordinary(abi_record *record, const abi_member *member)
{
    const unsigned align = member_align(record, member);
    record->position = round_up(record->position + record->left_bits, UINT64_C(8) * align);
    record->unit_bits = 0;
    record->left_bits = 0;
    record->align = max(record->align, align);
    record->required = max(record->required, max(member->required, member->asked));
    const uint64_t offset = record->position;
    record->position += member->size_bytes * 8;
    return offset;
}

/* A bit field of width 0: what comes next does not share the unit of what came before. */
static uint64_t end_unit(abi_record *record, const abi_member *member)
{
    if (!record->facts->is_microsoft) {
        record->position = round_up(record->position, UINT64_C(8) * member->align);
    } else if (record->unit_bits != 0) {
        const unsigned align = member_align(record, member);
        record->position = round_up(record->position + record->left_bits, UINT64_C(8) * align);
        record->unit_bits = 0;
        record->left_bits = 0;
        record->align = max(record->align, align);
    }
    return record->position;
}

/* MSVC gives a bit field a whole unit of its type; the next one shares it only where its type is as large. */
static uint64_t add_to_unit(abi_record *record, const abi_member *member)
{
    const unsigned unit_bits = (unsigned)member->size_bytes * 8;
    const unsigned align = member_align(record, member);
    if (record->is_union) {
        record->unit_bits = unit_bits;
        record->left_bits = unit_bits - member->width;
        record->position = member->width;
        return 0;
    }
    if (record->unit_bits != unit_bits || record->left_bits < member->width) {
        record->position = round_up(record->position + record->left_bits, UINT64_C(8) * align);
        record->unit_bits = unit_bits;
        record->left_bits = unit_bits;
        record->align = max(record->align, align);
    }
    const uint64_t offset = record->position;
    record->position += member->width;
    record->left_bits -= member->width;
    return offset;
}

/* System V: a bit field lies where the last one ended, unless it would cross a border of its type. */
static uint64_t add_bits(abi_record *record, const abi_member *member)
{
    const uint64_t align_bits = UINT64_C(8) * member->align;
    const bool is_packed = record->is_packed || member->is_packed;
    const uint64_t inside = record->position % align_bits + member->width;
    if (!is_packed && record->pack == 0 &&
        round_up(inside, align_bits) > round_up(member->size_bytes * 8, align_bits)) {
        record->position = round_up(record->position, align_bits);
    }
    if (member->is_named && (record->pack != 0 || !is_packed)) {
        record->align = max(record->align, capped(record, member->align));
    }
    const uint64_t offset = record->position;
    record->position += member->width;
    return offset;
}

uint64_t abi_add(abi_record *record, const abi_member *member)
{
    if (record->is_too_large || member->size_bytes > record->facts->object_bytes_most) {
        record->is_too_large = true;
        return 0;
    }
    if (record->is_union) {
        record->position = 0;
        record->unit_bits = 0;
        record->left_bits = 0;
    }
    uint64_t offset;
    if (!member->is_bit_field) {
        offset = add_ordinary(record, member);
    } else if (member->width == 0) {
        offset = end_unit(record, member);
    } else if (record->facts->is_microsoft) {
        offset = add_to_unit(record, member);
    } else {
        offset = add_bits(record, member);
    }
    const uint64_t end = record->position + record->left_bits;
    record->end = end > record->end ? end : record->end;
    record->is_too_large = record->end > record->facts->object_bytes_most * 8;
    return offset;
}

void abi_end(abi_record *record)
{
    enum { EMPTY_BYTES = 4 }; /* of an empty structure in MSVC's C */
    const bool is_empty = record->end == 0;
    record->align = max(record->align, max(record->asked, 1));
    if (record->facts->is_microsoft) {
        record->align = max(record->align, record->required);
        /* A structure that asks for any alignment keeps all of its own under a pack. */
        record->required = record->asked != 0 ? record->align : max(record->required, 1);
    }
    if (record->is_too_large) {
        return;
    }
    record->size_bytes = round_up(record->end, UINT64_C(8) * record->align) / 8;
    if (record->facts->is_microsoft && is_empty) {
        record->size_bytes = record->required >= EMPTY_BYTES ? record->align : EMPTY_BYTES;
    }
    record->is_too_large = record->size_bytes > record->facts->object_bytes_most;
}
