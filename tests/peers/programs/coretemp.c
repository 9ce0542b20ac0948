#define PROGRAM_FIELDS "coretemp.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(coretemp, tj_max) == 1024, "");
_Static_assert(offsetof(coretemp, core_count) == 1536, "");
_Static_assert(offsetof(coretemp, cpu_count) == 1540, "");
_Static_assert(offsetof(coretemp, temperature) == 1544, "");
_Static_assert(offsetof(coretemp, vid) == 2568, "");
_Static_assert(offsetof(coretemp, cpu_speed) == 2572, "");
_Static_assert(offsetof(coretemp, fsb_speed) == 2576, "");
_Static_assert(offsetof(coretemp, multiplier) == 2580, "");
_Static_assert(offsetof(coretemp, cpu_name) == 2584, "");
_Static_assert(offsetof(coretemp, fahrenheit) == 2684, "");
_Static_assert(offsetof(coretemp, delta_to_tj_max) == 2685, "");
_Static_assert(offsetof(coretemp, version) == 2688, "");
_Static_assert(offsetof(coretemp, tdp) == 2692, "");
_Static_assert(offsetof(coretemp, power) == 3204, "");
_Static_assert(offsetof(coretemp, multipliers) == 3716, "");
_Static_assert(sizeof(coretemp) == 4740, "");

enum { CORES_MAX = 256 };

/* Version 2 is the extended structure, under another name. */
static uint64_t size(uint32_t version)
{
    return version >= 2 ? sizeof(coretemp) : offsetof(coretemp, version);
}

/* The length is the number of cores; the arrays have their places for all. */
static void build(const program_state *state, uint8_t *image)
{
    coretemp *memory = (coretemp *)(void *)image;
    program_fill(coretemp_layout(), image, size(state->version), SALT_START, state->tick);
    memory->core_count = state->length;
    memory->cpu_count = 1;
    if (state->version >= 2)
        memory->version = state->version;
}

const program program_coretemp = {
    .name = "coretemp", .versions = {1, 2}, .length_max = CORES_MAX, .size = size, .build = build};
