#include <section/changes.h>

#include <string.h>

#include "held.h"

/* How much is compared and copied under one lock: whole blocks, except at the end of a range. */
typedef struct piece {
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

/* A held_reader. */
static void copy_differing(void *context, const uint8_t *bytes)
{
    const piece *piece = context;
    for (size_t at = 0, block = 0; at < piece->length_bytes; at += SECTION_BLOCK_BYTES, block++) {
        const size_t length = block_length(piece, at);
        piece->changed[block] = memcmp(bytes + at, piece->known + at, length) != 0;
        if (piece->changed[block]) {
            held_copy_words(piece->target + at, bytes + at, length);
        }
    }
}

/*
 * The memory may have changed again between the comparison and the copy, so the copy is compared
 * once more.
 */
static void decide_on_copies(const piece *piece)
{
    for (size_t at = 0, block = 0; at < piece->length_bytes; at += SECTION_BLOCK_BYTES, block++) {
        piece->changed[block] =
            piece->changed[block] &&
            memcmp(piece->target + at, piece->known + at, block_length(piece, at)) != 0;
    }
}

static section_status compare_piece(section *self, uint64_t offset_bytes, piece *piece,
                                    section_error *ret_error)
{
    section_status status =
        held_look(self, offset_bytes, piece->length_bytes, copy_differing, piece, ret_error);
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
