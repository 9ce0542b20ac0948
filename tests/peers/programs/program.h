/* What is known of each program whose section the tests play: its structure, and how it writes. */
#ifndef PEER_PROGRAMS_PROGRAM_H
#define PEER_PROGRAMS_PROGRAM_H

#include "fields.h"

#include <stdbool.h>

/* What an image is made of. */
typedef struct program_state {
    uint32_t tick;
    uint32_t version;
    uint32_t length; /* of the array that changes; each program says which */
} program_state;

/* What a program does around a write, so that readers can tell a torn copy. */
typedef enum program_habit {
    HABIT_NONE,
    HABIT_SEQLOCK,      /* guards[0] is odd meanwhile */
    HABIT_VERSION_PAIR, /* guards[0] is raised before, guards[1] set to it afterwards */
    HABIT_BUSY_FLAG,    /* guards[0] is 1 meanwhile; guards[1] is raised afterwards */
    HABIT_COUNTER,      /* guards[0] is raised before, and nothing tells the end */
    HABIT_MUTEX,        /* `mutex` is held meanwhile, where the platform has such */
    HABIT_BUFFERS       /* the oldest of several buffers is written, then its tick */
} program_habit;

enum { PROGRAM_VERSIONS_MAX = 6 };

typedef struct program {
    const char *name;
    uint32_t versions[PROGRAM_VERSIONS_MAX]; /* rising; the unused ones are 0 */
    uint32_t length_max;
    uint64_t (*size)(uint32_t version); /* of the section and of an image */
    /* `image` is zero. */
    void (*build)(const program_state *state, uint8_t *image);
    program_habit habit;
    uint32_t guards[2]; /* offsets of u32 words, rising; 0, where the first is not in use: none */
    bool has_guards;
    const char *mutex;
    /* In place of copying the image; `half`: stop in the middle. */
    void (*write)(const program_state *state, uint8_t *view, const uint8_t *image, bool half);
} program;

extern const program program_mumble;
extern const program program_mumble_linux;
extern const program program_hwinfo;
extern const program program_afterburner;
extern const program program_rtss;
extern const program program_gpuz;
extern const program program_coretemp;
extern const program program_iracing;
extern const program program_ac_physics;
extern const program program_ac_graphics;
extern const program program_ac_static;
extern const program program_pcars2;
extern const program program_rf2_telemetry;
extern const program program_rf2_scoring;
extern const program program_lmu;
extern const program program_raceroom;
extern const program program_scs;
extern const program program_aida64;

/* What was stored before it is seen before what is stored after it. The thread sanitizer knows no fences,
 * and learns nothing of memory that other processes read. */
__attribute__((no_sanitize("thread"))) static inline void program_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* NULL where there is none of that name. */
const program *program_find(const char *name);

#endif
