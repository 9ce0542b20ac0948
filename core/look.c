#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

#include "held.h"

/*
 * Reading by pointer. A load from a page that has no memory gives it some, so pages are looked at first.
 * The system copies pages without memory, and has zeros for them. That is right also where a page gets its
 * memory between the look and the copy.
 */

enum { LINE_BYTES = 64 };

/* A reader and where it reads. */
typedef struct placed {
    held_reader *reader;
    void *context;
    const uint8_t *bytes;
} placed;

typedef struct words {
    uint8_t *target;
    const uint8_t *from;
    size_t length_bytes;
} words;

#define COPY_ONE(type)                                                                             \
    if ((uintptr_t)from % sizeof(type) == 0 && rest_bytes >= sizeof(type)) {                       \
        const type word =                                                                          \
            atomic_load_explicit((const _Atomic type *)(const void *)from, memory_order_relaxed);  \
        memcpy(ret_bytes, &word, sizeof word);                                                     \
        return sizeof word;                                                                        \
    }

/* One load of the widest word that is aligned here; how wide it is. */
static size_t copy_word(uint8_t *ret_bytes, const uint8_t *from, size_t rest_bytes)
{
    COPY_ONE(uint64_t)
    COPY_ONE(uint32_t)
    COPY_ONE(uint16_t)
    *ret_bytes = *(const volatile uint8_t *)from;
    return 1;
}

void held_copy_words(uint8_t *ret_bytes, const uint8_t *from, size_t length_bytes)
{
    for (size_t done = 0; done < length_bytes;) {
        done += copy_word(ret_bytes + done, from + done, length_bytes - done);
    }
}

/* Both are an os_access. */
static void read_placed(void *context)
{
    const placed *here = context;
    here->reader(here->context, here->bytes);
}

static void copy_words(void *context)
{
    const words *wanted = context;
    held_copy_words(wanted->target, wanted->from, wanted->length_bytes);
}

/* One stretch: what has memory is copied word by word, the rest by the system. */
static section_status copy_alike(section *self, const uint8_t *address, os_stretch stretch,
                                 uint8_t *ret_bytes, section_error *ret_error)
{
    words wanted = {ret_bytes, address, stretch.length_bytes};
    if (stretch.has_memory &&
        os_touch(&self->os, (uint8_t *)(uintptr_t)address, stretch.length_bytes, false, copy_words,
                 &wanted, NULL) == SECTION_OK) {
        return SECTION_OK;
    }
    return os_copy_out(&self->os, ret_bytes, address, stretch.length_bytes, ret_error);
}

/* The copy lies as the original does, so that what is aligned there is aligned here. */
static section_status look_at_copy(section *self, os_stretch stretch, const placed *original,
                                   size_t length_bytes, section_error *ret_error)
{
    alignas(LINE_BYTES) uint8_t room[SECTION_WHOLE_BYTES + LINE_BYTES];
    const uint8_t *from = original->bytes;
    uint8_t *bytes = room + (uintptr_t)from % LINE_BYTES;
    for (size_t done = 0; done < length_bytes;) {
        section_status status = copy_alike(self, from + done, stretch, bytes + done, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        done += stretch.length_bytes;
        if (done < length_bytes) {
            status = os_look(&self->os, from + done, length_bytes - done, &stretch, ret_error);
        }
        if (status != SECTION_OK) {
            return status;
        }
    }
    original->reader(original->context, bytes);
    return SECTION_OK;
}

section_status held_look(section *self, uint64_t offset_bytes, size_t length_bytes,
                         held_reader *reader, void *context, section_error *ret_error)
{
    os_stretch stretch;
    uint8_t *address = self->view + offset_bytes;
    section_status status = held_check_inside(self, offset_bytes, length_bytes, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    if (self->os.cannot_fault) {
        reader(context, address);
        return SECTION_OK;
    }
    status = os_look(&self->os, address, length_bytes, &stretch, ret_error);
    if (status != SECTION_OK) {
        return status;
    }
    placed here = {reader, context, address};
    if (stretch.has_memory && stretch.length_bytes == length_bytes &&
        os_touch(&self->os, address, length_bytes, false, read_placed, &here, NULL) == SECTION_OK) {
        return SECTION_OK;
    }
    return look_at_copy(self, stretch, &here, length_bytes, ret_error);
}
