#include <stdatomic.h>
#include <string.h>

#include <section/elements.h>

#include "held.h"
#include "storing.h"

/* The stores themselves. */

/* Bits of one aligned word that may be changed alone. */
typedef struct word_store {
    uint8_t *address;
    size_t size_bytes;
    uint8_t bytes[8];
    uint8_t mask[8];
} word_store;

#define SWAP(type)                                                                                 \
    do {                                                                                           \
        _Atomic type *cell = (_Atomic type *)(void *)wanted->address;                              \
        type bits, mask, next;                                                                     \
        type before = atomic_load(cell);                                                           \
        memcpy(&bits, wanted->bytes, sizeof bits);                                                 \
        memcpy(&mask, wanted->mask, sizeof mask);                                                  \
        do {                                                                                       \
            next = (type)((before & (type)~mask) | bits);                                          \
        } while (!atomic_compare_exchange_weak(cell, &before, next));                              \
    } while (0)

/*
 * An os_access. The thread sanitizer would swap under a lock of its own, which a fault would leave held
 * for ever.
 */
__attribute__((no_sanitize("thread"))) static void swap(void *context)
{
    const word_store *wanted = context;
    switch (wanted->size_bytes) {
    case 1:
        SWAP(uint8_t);
        break;
    case 2:
        SWAP(uint16_t);
        break;
    case 4:
        SWAP(uint32_t);
        break;
    default:
        SWAP(uint64_t);
    }
}

/* Memory is asked for, and what vanishes is caught. */
static section_status touch(section *self, uint64_t offset, word_store *wanted,
                            section_error *ret_error)
{
    uint64_t taken = 0;
    section_status status = section_check(self, offset, wanted->size_bytes, ret_error);
    if (status == SECTION_OK) {
        status = held_commit(self, offset, wanted->size_bytes, NULL, &taken, ret_error);
    }
    if (status != SECTION_OK) {
        return status;
    }
    wanted->address = self->view + offset;
    if (self->os.cannot_fault) {
        swap(wanted);
        return SECTION_OK;
    }
    status =
        os_touch(&self->os, wanted->address, wanted->size_bytes, true, swap, wanted, ret_error);
    if (status != SECTION_OK) {
        held_uncommit(self, offset, wanted->size_bytes, taken);
    }
    return status;
}

/*
 * The smallest aligned word of the view that has all the bytes; how far before them it begins. 0: there
 * is none.
 */
static size_t find_word(const section *self, uint64_t offset, size_t length, size_t *ret_before)
{
    for (size_t size = 1; size <= sizeof(uint64_t); size *= 2) {
        const size_t before = (size_t)((uintptr_t)(self->view + offset) % size);
        if (before + length <= size && before <= offset &&
            size - before <= self->view_length - offset) {
            *ret_before = before;
            return size;
        }
    }
    return 0;
}

/* Some of the bytes of a part, by one swap. */
static section_status swap_bytes(section *self, const storing_part *part, size_t from,
                                 size_t length, size_t word, size_t before,
                                 section_error *ret_error)
{
    word_store wanted = {.size_bytes = word};
    memcpy(wanted.bytes + before, part->bytes + from, length);
    memcpy(wanted.mask + before, part->mask + from, length);
    return touch(self, part->offset_bytes + from - before, &wanted, ret_error);
}

/* One swap where an aligned word has all the bits; else one for each byte. */
static section_status apply_bits(section *self, const storing_part *part, section_error *ret_error)
{
    size_t first = 0;
    size_t end = (size_t)part->length_bytes;
    size_t before;
    while (first < end && part->mask[first] == 0) {
        first++;
    }
    while (end > first && part->mask[end - 1] == 0) {
        end--;
    }
    const size_t word = find_word(self, part->offset_bytes + first, end - first, &before);
    if (word > 0) {
        return swap_bytes(self, part, first, end - first, word, before, ret_error);
    }
    for (size_t i = first; i < end; i++) {
        section_status status = swap_bytes(self, part, i, 1, 1, 0, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
    }
    return SECTION_OK;
}

section_status storing_apply(section *self, const storing_part *part, section_error *ret_error)
{
    if (part->is_text) {
        return section_write(self, part->offset_bytes, part->text, (size_t)part->length_bytes,
                             ret_error);
    }
    if (part->has_mask) {
        return apply_bits(self, part, ret_error);
    }
    const size_t size = (size_t)part->length_bytes;
    const section_elements element = {part->offset_bytes, size, size, 1};
    return section_write_elements(self, &element, part->bytes, ret_error);
}
