#ifndef SECTIOND_PHASE_H
#define SECTIOND_PHASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * @file
 * The phase of a connection and its start, in one atomic word, which is changed by
 * compare-and-swap. The serving thread moves it on; the deadlines and the admission may end it. The
 * first change wins. So no request is answered twice, and no answer is cut by a deadline that was
 * met.
 */

typedef enum connection_phase {
    PHASE_HEAD,     /* sending a request's head, or about to */
    PHASE_BODY,     /* sending its body */
    PHASE_HANDLING, /* waiting for us: has no deadline */
    PHASE_ANSWERING,
    PHASE_IDLE,  /* between two requests */
    PHASE_ENDED, /* shut down by us, libmicrohttpd is yet to close it */
    PHASE_PAUSED /* amid a body or an answer, waiting for us: has no deadline */
} connection_phase;

/** Any thread reads it and may try to end it; the one that serves the connection moves it on. */
typedef struct phase_word {
    _Atomic uint64_t word;
    _Atomic uint64_t progress_bytes; /* of the body; of an answer that is read piece by piece */
    _Atomic int64_t paused_ms;       /* of the time since the phase began, what it waited for us */
    int64_t pause_began_ms;          /* the serving thread's */
} phase_word;

/** The parts of a word. */
connection_phase phase_of(uint64_t word);
int64_t phase_since_ms(uint64_t word);

/** The word as it is now. */
uint64_t phase_read(const phase_word *phase);

/** A new connection is about to send a head. */
void phase_init(phase_word *phase, int64_t now_ms);

/** On the serving thread: another phase begins, unless it is that one already; false: it was ended. */
bool phase_enter(phase_word *phase, connection_phase next, int64_t now_ms);

/**
 * On the serving thread, amid a body or an answer: it waits for us. The phase then goes on as if there had been
 * no pause: since when it lasts, and how far it has come, stay. false: it was ended.
 */
bool phase_pause(phase_word *phase, int64_t now_ms);
bool phase_go_on(phase_word *phase, connection_phase paused, int64_t now_ms);

/** How long it has waited for us since the phase began, which is not the client's time. */
int64_t phase_paused_ms(const phase_word *phase);

/** Ends it, if its word is still the one that was read; true: the connection is the caller's alone. */
bool phase_end(phase_word *phase, uint64_t word);

/** How many bytes came, or went, since the phase began. */
void phase_set_progress(phase_word *phase, uint64_t total_bytes);
uint64_t phase_progress(const phase_word *phase);

#endif
