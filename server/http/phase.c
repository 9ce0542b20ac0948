#include "http/phase.h"

enum { PHASE_BITS = 3 };

static uint64_t make_word(connection_phase phase, int64_t since_ms)
{
    return (uint64_t)since_ms << PHASE_BITS | (unsigned)phase;
}

connection_phase phase_of(uint64_t word)
{
    return (connection_phase)(word & ((1u << PHASE_BITS) - 1));
}

int64_t phase_since_ms(uint64_t word)
{
    return (int64_t)(word >> PHASE_BITS);
}

uint64_t phase_read(const phase_word *phase)
{
    return atomic_load_explicit(&phase->word, memory_order_acquire);
}

void phase_init(phase_word *phase, int64_t now_ms)
{
    atomic_store_explicit(&phase->word, make_word(PHASE_HEAD, now_ms), memory_order_release);
}

bool phase_enter(phase_word *phase, connection_phase next, int64_t now_ms)
{
    uint64_t word = atomic_load_explicit(&phase->word, memory_order_relaxed);
    /* The first request of a connection has its time from the beginning of the connection on. */
    if (phase_of(word) == next) {
        return true;
    }
    atomic_store_explicit(&phase->progress_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&phase->paused_ms, 0, memory_order_relaxed);
    return phase_of(word) != PHASE_ENDED &&
           atomic_compare_exchange_strong_explicit(&phase->word, &word, make_word(next, now_ms),
                                                   memory_order_release, memory_order_relaxed);
}

static bool exchange_phase(phase_word *phase, connection_phase next)
{
    uint64_t word = atomic_load_explicit(&phase->word, memory_order_relaxed);
    return phase_of(word) != PHASE_ENDED &&
           atomic_compare_exchange_strong_explicit(&phase->word, &word,
                                                   make_word(next, phase_since_ms(word)),
                                                   memory_order_release, memory_order_relaxed);
}

bool phase_pause(phase_word *phase, int64_t now_ms)
{
    phase->pause_began_ms = now_ms;
    return exchange_phase(phase, PHASE_PAUSED);
}

bool phase_go_on(phase_word *phase, connection_phase paused, int64_t now_ms)
{
    atomic_fetch_add_explicit(&phase->paused_ms, now_ms - phase->pause_began_ms,
                              memory_order_relaxed);
    return exchange_phase(phase, paused);
}

int64_t phase_paused_ms(const phase_word *phase)
{
    return atomic_load_explicit(&phase->paused_ms, memory_order_relaxed);
}

bool phase_end(phase_word *phase, uint64_t word)
{
    return atomic_compare_exchange_strong_explicit(&phase->word, &word, make_word(PHASE_ENDED, 0),
                                                   memory_order_acquire, memory_order_relaxed);
}

void phase_set_progress(phase_word *phase, uint64_t total_bytes)
{
    atomic_store_explicit(&phase->progress_bytes, total_bytes, memory_order_relaxed);
}

uint64_t phase_progress(const phase_word *phase)
{
    return atomic_load_explicit(&phase->progress_bytes, memory_order_relaxed);
}
