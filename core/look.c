#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

#include "held.h"

/*
 * Reading by pointer. A load from a page that has no memory gives it some, so pages are looked at first.
 * What has none is copied by the system, which has zeros for it: that is right also where a page gets its
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

static void copy_stretch(void *context)
{
    const words *stretch = context;
    held_copy_words(stretch->target, stretch->from, stretch->length_bytes);
}

/* What has memory is copied word by word, and the rest by the system. */
static section_status copy_stretches(section *self, const uint8_t *address, size_t length_bytes,
                                     uint8_t *ret_bytes, section_error *ret_error)
{
    for (size_t done = 0; done < length_bytes;) {
        os_stretch stretch;
        section_status status =
            os_look(&self->os, address + done, length_bytes - done, &stretch, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        uint8_t *at = (uint8_t *)(uintptr_t)address + done;
        words wanted = {ret_bytes + done, at, stretch.length_bytes};
        if (!stretch.has_memory || os_touch(&self->os, at, stretch.length_bytes, false,
                                            copy_stretch, &wanted, NULL) != SECTION_OK) {
            status = os_copy_out(&self->os, wanted.target, at, stretch.length_bytes, ret_error);
        }
        if (status != SECTION_OK) {
            return status;
        }
        done += stretch.length_bytes;
    }
    return SECTION_OK;
}

/* The copy lies as the original does, so that what is aligned there is aligned here. */
static section_status look_at_copy(section *self, const uint8_t *address, size_t length_bytes,
                                   held_reader *reader, void *context, section_error *ret_error)
{
    alignas(LINE_BYTES) uint8_t room[SECTION_WHOLE_BYTES + LINE_BYTES];
    uint8_t *bytes = room + (uintptr_t)address % LINE_BYTES;
    section_status status = copy_stretches(self, address, length_bytes, bytes, ret_error);
    if (status == SECTION_OK) {
        reader(context, bytes);
    }
    return status;
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
    return look_at_copy(self, address, length_bytes, reader, context, ret_error);
}
