#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    arena_block *next;
    size_t used_bytes;
    size_t size_bytes;
    alignas(max_align_t) unsigned char bytes[];
};

enum { BLOCK_BYTES = 16 * 1024 };

void arena_init(arena *arena, size_t most_bytes)
{
    memset(arena, 0, sizeof *arena);
    arena->most_bytes = most_bytes;
}

void arena_release(arena *arena)
{
    for (arena_block *block = arena->blocks; block != NULL;) {
        arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
    arena->used_bytes = 0;
}

static arena_block *add_block(arena *arena, size_t bytes)
{
    const size_t size_bytes = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    arena_block *block = calloc(1, sizeof *block + size_bytes);
    if (block == NULL) {
        arena->is_exhausted = true;
        return NULL;
    }
    block->size_bytes = size_bytes;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_take(arena *arena, size_t bytes)
{
    const size_t step = alignof(max_align_t);
    if (bytes > arena->most_bytes - arena->used_bytes ||
        arena->most_bytes - arena->used_bytes - bytes < step) {
        arena->is_full = true;
        return NULL;
    }
    const size_t rounded = (bytes + step - 1) / step * step;
    arena_block *block = arena->blocks;
    if (block == NULL || block->size_bytes - block->used_bytes < rounded) {
        block = add_block(arena, rounded);
        if (block == NULL) {
            return NULL;
        }
    }
    void *memory = block->bytes + block->used_bytes;
    block->used_bytes += rounded;
    arena->used_bytes += rounded;
    return memory;
}

void *arena_take_array(arena *arena, size_t count, size_t element_bytes)
{
    if (count > SIZE_MAX / element_bytes) {
        arena->is_full = true;
        return NULL;
    }
    return arena_take(arena, count * element_bytes);
}

char *arena_copy(arena *arena, const char *text, size_t bytes)
{
    char *copy = bytes < SIZE_MAX ? arena_take(arena, bytes + 1) : NULL;
    if (copy != NULL && bytes > 0) {
        memcpy(copy, text, bytes);
    }
    return copy;
}

char *arena_format(arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length >= 0 ? arena_take(arena, (size_t)length + 1) : NULL;
    if (text != NULL) {
        va_start(arguments, format);
        (void)vsnprintf(text, (size_t)length + 1, format, arguments);
        va_end(arguments);
    }
    return text;
}
