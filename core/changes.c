#include <section/changes.h>

#include <stdatomic.h>
#include <string.h>

#include "held.h"

/* What is compared and copied under one lock: whole blocks, but for the end of a range. */
typedef struct piece {
    const uint8_t *address;
    const uint8_t *known;
    uint8_t *target;
    size_t length_bytes;
    bool *changed;
} piece;

_Static_assert(SECTION_WHOLE_BYTES % SECTION_BLOCK_BYTES == 0, "a piece begins with a block");

static size_t block_length(const piece *piece, size_t at)
{
    const size_t rest = piece->length_bytes - at;
    return rest < SECTION_BLOCK_BYTES ? rest : SECTION_BLOCK_BYTES;
}

#define COPY_ONE(type)                                                                             \
    if ((uintptr_t)from % sizeof(type) == 0 && rest_bytes >= sizeof(type)) {                       \
        const type word =                                                                          \
            atomic_load_explicit((const _Atomic type *)(const void *)from, memory_order_relaxed);  \
        memcpy(ret_bytes, &word, sizeof word);                                                     \
        return sizeof word;                                                                        \
    }

/* One load of the widest word that is aligned here; how wide it is. */
static size_t copy_word(const uint8_t *from, uint8_t *ret_bytes, size_t rest_bytes)
{
    COPY_ONE(uint64_t)
    COPY_ONE(uint32_t)
    COPY_ONE(uint16_t)
    *ret_bytes = *(const volatile uint8_t *)from;
    return 1;
}

/* An os_access: it may be left in the middle. */
static void copy_differing(void *context)
{
    const piece *piece = context;
    for (size_t at = 0, block = 0; at < piece->length_bytes; at += SECTION_BLOCK_BYTES, block++) {
        const size_t length = block_length(piece, at);
        piece->changed[block] = memcmp(piece->address + at, piece->known + at, length) != 0;
        for (size_t done = 0; piece->changed[block] && done < length;) {
            done += copy_word(piece->address + at + done, piece->target + at + done, length - done);
        }
    }
}

/* The memory may have changed back between the comparison and the copy: the copy decides. */
static void decide_on_copies(const piece *piece)
{
    for (size_t at = 0, block = 0; at < piece->length_bytes; at += SECTION_BLOCK_BYTES, block++) {
        piece->changed[block] =
            piece->changed[block] &&
            memcmp(piece->target + at, piece->known + at, block_length(piece, at)) != 0;
    }
}

/* Reserved pages that nobody has committed mean zeros; os_copy_out knows which are. */
static section_status copy_reserved(const section *self, const piece *wanted,
                                    section_error *ret_error)
{
    uint8_t bytes[SECTION_WHOLE_BYTES];
    piece copied = *wanted;
    section_status status =
        os_copy_out(&self->os, bytes, wanted->address, wanted->length_bytes, ret_error);
    if (status == SECTION_OK) {
        copied.address = bytes;
        copy_differing(&copied);
    }
    return status;
}

static section_status compare_piece(const section *self, uint64_t offset_bytes, piece *piece,
                                    section_error *ret_error)
{
    section_status status = section_check(self, offset_bytes, piece->length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    uint8_t *address = self->view + offset_bytes;
    piece->address = address;
    if (self->os.cannot_fault) {
        copy_differing(piece);
    } else {
        status = os_touch(&self->os, address, piece->length_bytes, false, copy_differing, piece,
                          ret_error);
        if (status == SECTION_GONE && self->os.reserve) {
            status = copy_reserved(self, piece, ret_error);
        }
    }
    if (status == SECTION_OK) {
        decide_on_copies(piece);
    }
    return status;
}

section_status section_read_changed(section *self, uint64_t offset_bytes, const void *known,
                                    void *ret_bytes, size_t length_bytes, bool *ret_changed,
                                    section_error *ret_error)
{
    section_status status = section_check(self, offset_bytes, length_bytes, ret_error);
    for (size_t done = 0; status == SECTION_OK && done < length_bytes;) {
        const size_t rest = length_bytes - done;
        piece piece = {.known = (const uint8_t *)known + done,
                       .target = (uint8_t *)ret_bytes + done,
                       .length_bytes = rest < SECTION_WHOLE_BYTES ? rest : SECTION_WHOLE_BYTES,
                       .changed = ret_changed + done / SECTION_BLOCK_BYTES};
        lock_take(self->lock);
        status = compare_piece(self, offset_bytes + done, &piece, ret_error);
        lock_give(self->lock);
        done += piece.length_bytes;
    }
    return status;
}
