#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 4096, ALIGNMENT = alignof(max_align_t) };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t capacity;
    alignas(ALIGNMENT) unsigned char bytes[];
};

static struct arena_block *add_block(arena *self, size_t least)
{
    const size_t capacity = least > BLOCK_BYTES ? least : BLOCK_BYTES;
    if (capacity > SIZE_MAX - sizeof(struct arena_block)) {
        return NULL;
    }
    struct arena_block *block = calloc(1, sizeof *block + capacity);
    if (block != NULL) {
        block->capacity = capacity;
        block->next = self->blocks;
        self->blocks = block;
    }
    return block;
}

void *arena_zeros(arena *self, size_t count, size_t size)
{
    size_t wanted;
    if (__builtin_mul_overflow(count, size, &wanted) || wanted > SIZE_MAX - ALIGNMENT) {
        return NULL;
    }
    wanted = wanted == 0 ? ALIGNMENT : (wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_block *block = self->blocks;
    if (block == NULL || block->capacity - block->used < wanted) {
        block = add_block(self, wanted);
    }
    if (block == NULL) {
        return NULL;
    }
    void *room = block->bytes + block->used;
    block->used += wanted;
    return room;
}

char *arena_text(arena *self, const char *text, size_t text_bytes)
{
    char *copy = text_bytes < SIZE_MAX ? arena_zeros(self, text_bytes + 1, 1) : NULL;
    if (copy != NULL) {
        memcpy(copy, text, text_bytes);
    }
    return copy;
}

void arena_clear(arena *self)
{
    while (self->blocks != NULL) {
        struct arena_block *block = self->blocks;
        self->blocks = block->next;
        free(block);
    }
}
