#include <section/arena.h>

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A small arena is small; a large one asks the system less often. */
enum { FIRST_BYTES = 4096, NEXT_BYTES = 16 * 1024, ALIGNMENT = alignof(max_align_t) };

struct section_arena_block {
    struct section_arena_block *next;
    size_t used_bytes;
    size_t size_bytes;
    alignas(ALIGNMENT) unsigned char bytes[];
};

static struct section_arena_block *add_block(section_arena *self, size_t least_bytes)
{
    const size_t usual_bytes = self->blocks == NULL ? FIRST_BYTES : NEXT_BYTES;
    const size_t size_bytes = least_bytes > usual_bytes ? least_bytes : usual_bytes;
    struct section_arena_block *block =
        size_bytes <= SIZE_MAX - sizeof *block ? calloc(1, sizeof *block + size_bytes) : NULL;
    if (block == NULL) {
        self->is_exhausted = true;
        return NULL;
    }
    block->size_bytes = size_bytes;
    block->next = self->blocks;
    self->blocks = block;
    return block;
}

void *section_arena_take(section_arena *self, size_t count, size_t item_bytes)
{
    size_t wanted;
    if (__builtin_mul_overflow(count, item_bytes, &wanted) || wanted > SIZE_MAX - ALIGNMENT) {
        self->is_full = true;
        return NULL;
    }
    wanted = wanted == 0 ? ALIGNMENT : (wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (self->most_bytes > 0 && wanted > self->most_bytes - self->used_bytes) {
        self->is_full = true;
        return NULL;
    }
    struct section_arena_block *block = self->blocks;
    if (block == NULL || block->size_bytes - block->used_bytes < wanted) {
        block = add_block(self, wanted);
    }
    if (block == NULL) {
        return NULL;
    }
    void *room = block->bytes + block->used_bytes;
    block->used_bytes += wanted;
    self->used_bytes += wanted;
    return room;
}

char *section_arena_copy(section_arena *self, const char *text, size_t text_bytes)
{
    char *copy = text_bytes < SIZE_MAX ? section_arena_take(self, text_bytes + 1, 1) : NULL;
    if (copy != NULL && text_bytes > 0) {
        memcpy(copy, text, text_bytes);
    }
    return copy;
}

void section_arena_release(section_arena *self)
{
    while (self->blocks != NULL) {
        struct section_arena_block *block = self->blocks;
        self->blocks = block->next;
        free(block);
    }
    *self = (section_arena){.most_bytes = self->most_bytes};
}
