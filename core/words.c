#include "words.h"

#include <stdatomic.h>
#include <string.h>

#define RACES __attribute__((no_sanitize("thread")))

enum { WORD_BYTES = sizeof(uint64_t) };

RACES static inline uint8_t load_byte(const uint8_t *from)
{
    return *(const volatile uint8_t *)from;
}

RACES static inline uint64_t load_word(const uint8_t *from)
{
    return *(const volatile uint64_t *)(const void *)from;
}

RACES static inline uint32_t load_half(const uint8_t *from)
{
    return *(const volatile uint32_t *)(const void *)from;
}

RACES static inline uint16_t load_quarter(const uint8_t *from)
{
    return *(const volatile uint16_t *)(const void *)from;
}

/* The widest aligned part that is left: how many bytes it has. */
RACES static inline size_t load_part(uint8_t *ret_bytes, const uint8_t *from, size_t rest_bytes)
{
    const uintptr_t address = (uintptr_t)from;
    if (rest_bytes >= 4 && address % 4 == 0) {
        const uint32_t half = load_half(from);
        memcpy(ret_bytes, &half, sizeof half);
        return sizeof half;
    }
    if (rest_bytes >= 2 && address % 2 == 0) {
        const uint16_t quarter = load_quarter(from);
        memcpy(ret_bytes, &quarter, sizeof quarter);
        return sizeof quarter;
    }
    *ret_bytes = load_byte(from);
    return 1;
}

RACES static void copy(uint8_t *ret_bytes, const uint8_t *from, size_t length_bytes)
{
    size_t done = 0;
    while (done < length_bytes && ((uintptr_t)(from + done) % WORD_BYTES != 0)) {
        done += load_part(ret_bytes + done, from + done, length_bytes - done);
    }
    for (; length_bytes - done >= WORD_BYTES; done += WORD_BYTES) {
        const uint64_t word = load_word(from + done);
        memcpy(ret_bytes + done, &word, sizeof word);
    }
    while (done < length_bytes) {
        done += load_part(ret_bytes + done, from + done, length_bytes - done);
    }
}

RACES void words_copy(uint8_t *ret_bytes, const uint8_t *from, size_t length_bytes)
{
    copy(ret_bytes, from, length_bytes);
    atomic_thread_fence(memory_order_acquire);
}

RACES bool words_equal(const uint8_t *bytes, const uint8_t *with, size_t length_bytes)
{
    uint8_t part[256];
    bool is_same = true;
    for (size_t done = 0; is_same && done < length_bytes;) {
        const size_t rest = length_bytes - done;
        const size_t length = rest < sizeof part ? rest : sizeof part;
        copy(part, with + done, length);
        is_same = memcmp(part, bytes + done, length) == 0;
        done += length;
    }
    atomic_thread_fence(memory_order_acquire);
    return is_same;
}
