#ifndef SECTIOND_WAKER_H
#define SECTIOND_WAKER_H

#include <stdint.h>

/**
 * @file
 * A thread's sleep that ends at a moment, to a fraction of a millisecond, or when somebody rings.
 * Implemented once in server/linux and once in server/windows.
 */

typedef struct waker waker;

/** Sleep for as long as nobody rings. */
#define WAKER_NEVER INT64_MAX

/** Microseconds since some start, precise; never jumps back. */
int64_t waker_now_us(void);

/** NULL where memory or kernel objects run out. */
waker *waker_new(void);

/** NULL is fine. */
void waker_free(waker *self);

/** Blocks the one thread that may, until the moment or a ring, which may have come before. */
void waker_wait(waker *self, int64_t until_us);

/** Ends the sleep, or else the next one. Threads: any. */
void waker_ring(waker *self);

#endif
