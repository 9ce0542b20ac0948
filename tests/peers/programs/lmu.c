#define PROGRAM_FIELDS "lmu.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(lmu, game_version) == 64, "");
_Static_assert(offsetof(lmu, scoring) == 1632, "");
_Static_assert(offsetof(lmu, vehicle_count) == 128464, "");
_Static_assert(offsetof(lmu, player_vehicle) == 128465, "");
_Static_assert(offsetof(lmu, vehicles) == 128468, "");
_Static_assert(sizeof(vehicle) == 1888, "");
_Static_assert(sizeof(lmu) == 324820, "");

enum { VEHICLES_MAX = 104 };

static uint64_t size(uint32_t version)
{
    (void)version;
    return sizeof(lmu);
}

/* The length is that of `vehicles` and of `standings`. */
static void build(const program_state *state, uint8_t *image)
{
    lmu *memory = (lmu *)(void *)image;
    program_fill(lmu_layout(), image, UINT64_MAX, SALT_START, state->tick);
    memory->vehicle_count = (uint8_t)state->length;
    memory->scoring.vehicle_count = (int32_t)state->length;
}

const program program_lmu = {
    .name = "lmu", .versions = {1}, .length_max = VEHICLES_MAX, .size = size, .build = build};
