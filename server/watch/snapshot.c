#include "watch/snapshot.h"

#include <assert.h>
#include <section/elements.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "watch/watch.h"

enum { BLOCKS_MAX = WATCH_BYTES_MAX / SECTION_BLOCK_BYTES, SKIP_BYTES = 64 };

static size_t block_count(size_t length_bytes)
{
    return length_bytes / SECTION_BLOCK_BYTES + (length_bytes % SECTION_BLOCK_BYTES != 0);
}

snapshot *snapshot_new(size_t length_bytes)
{
    const size_t blocks = block_count(length_bytes);
    snapshot *self = malloc(sizeof *self + blocks * sizeof self->changed_pass[0] + length_bytes);
    if (self != NULL) {
        atomic_init(&self->references, 1);
        self->length_bytes = length_bytes;
        self->bytes = (uint8_t *)&self->changed_pass[blocks];
    }
    return self;
}

snapshot *snapshot_ref(snapshot *self)
{
    atomic_fetch_add_explicit(&self->references, 1, memory_order_relaxed);
    return self;
}

void snapshot_unref(snapshot *self)
{
    if (self != NULL &&
        atomic_fetch_sub_explicit(&self->references, 1, memory_order_acq_rel) == 1) {
        free(self);
    }
}

/* The first time. Whole words where they are aligned, so that no store of another process is seen in half. */
static section_status read_all(snapshot *self, section *source, uint64_t offset_bytes)
{
    enum { WORD_BYTES = 8 };
    const size_t length = self->length_bytes;
    for (size_t block = 0; block < block_count(length); block++) {
        self->changed_pass[block] = self->pass;
    }
    if (offset_bytes % WORD_BYTES != 0 || length % WORD_BYTES != 0) {
        return section_read(source, offset_bytes, self->bytes, length, NULL);
    }
    const section_elements words = {.offset_bytes = offset_bytes,
                                    .element_bytes = WORD_BYTES,
                                    .stride_bytes = WORD_BYTES,
                                    .count = length / WORD_BYTES};
    return section_read_elements(source, &words, self->bytes, NULL);
}

/* Takes over what has not changed. */
static void complete(snapshot *self, const snapshot *known, const bool *changed)
{
    for (size_t block = 0; block < block_count(self->length_bytes); block++) {
        const size_t at = block * SECTION_BLOCK_BYTES;
        const size_t rest = self->length_bytes - at;
        if (changed[block]) {
            self->changed_pass[block] = self->pass;
            continue;
        }
        self->changed_pass[block] = known->changed_pass[block];
        memcpy(self->bytes + at, known->bytes + at,
               rest < SECTION_BLOCK_BYTES ? rest : SECTION_BLOCK_BYTES);
    }
}

section_status snapshot_read(snapshot *self, section *source, uint64_t offset_bytes,
                             const snapshot *known, uint64_t pass, bool *ret_changed)
{
    bool changed[BLOCKS_MAX];
    section_status status;
    assert(self->length_bytes <= WATCH_BYTES_MAX);
    assert(known == NULL || (known->length_bytes == self->length_bytes && known->pass < pass));
    self->pass = pass;
    *ret_changed = known == NULL;
    if (known == NULL) {
        status = read_all(self, source, offset_bytes);
    } else {
        status = section_read_changed(source, offset_bytes, known->bytes, self->bytes,
                                      self->length_bytes, changed, NULL);
        for (size_t block = 0; status == SECTION_OK && block < block_count(self->length_bytes);
             block++) {
            *ret_changed = *ret_changed || changed[block];
        }
    }
    if (status != SECTION_OK) {
        *ret_changed = false;
        return status;
    }
    if (*ret_changed) {
        if (known != NULL) {
            complete(self, known, changed);
        }
        self->at_ms = platform_wall_clock_ms();
        etag_of(self->bytes, self->length_bytes, ETAG_OF_BYTES, self->etag);
    }
    return SECTION_OK;
}

size_t snapshot_find_difference(const snapshot *from, const snapshot *to, size_t at)
{
    while (at < to->length_bytes) {
        const size_t block = at / SECTION_BLOCK_BYTES;
        if (to->changed_pass[block] <= from->pass) {
            at = (block + 1) * SECTION_BLOCK_BYTES;
        } else if (at % SKIP_BYTES == 0 && at + SKIP_BYTES <= to->length_bytes &&
                   memcmp(from->bytes + at, to->bytes + at, SKIP_BYTES) == 0) {
            at += SKIP_BYTES;
        } else if (from->bytes[at] == to->bytes[at]) {
            at++;
        } else {
            return at;
        }
    }
    return to->length_bytes;
}
