#define PROGRAM_FIELDS "rf2_scoring.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(rf2_scoring, update_end) == 4, "");
_Static_assert(offsetof(rf2_scoring, info) == 12, "");
_Static_assert(offsetof(rf2_scoring, vehicles) == 12 + sizeof(info), "");
_Static_assert(sizeof(info) == 548, "");
_Static_assert(sizeof(vehicle) == 584, "");

enum { VEHICLES_MAX = 128 };

static uint64_t size(uint32_t version)
{
    (void)version;
    return sizeof(rf2_scoring);
}

/* The length is that of `vehicles`. */
static void build(const program_state *state, uint8_t *image)
{
    program_fill(rf2_scoring_layout(), image, UINT64_MAX, SALT_START, state->tick);
    ((rf2_scoring *)(void *)image)->info.vehicle_count = (int32_t)state->length;
}

const program program_rf2_scoring = {
    .name = "rf2-scoring",
    .versions = {1},
    .length_max = VEHICLES_MAX,
    .size = size,
    .build = build,
    .habit = HABIT_VERSION_PAIR,
    .has_guards = true,
    .guards = {offsetof(rf2_scoring, update_begin), offsetof(rf2_scoring, update_end)}};
