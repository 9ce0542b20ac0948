#define PROGRAM_FIELDS "ac_physics.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(ac_physics, gear) == 16, "");
_Static_assert(offsetof(ac_physics, speed) == 28, "");
_Static_assert(offsetof(ac_physics, acceleration) == 44, "");
_Static_assert(offsetof(ac_physics, wheel_slip) == 56, "");
_Static_assert(offsetof(ac_physics, tyre_core_temperature) == 152, "");
_Static_assert(offsetof(ac_physics, heading) == 208, "");
_Static_assert(offsetof(ac_physics, turbo_boost) == 276, "");
_Static_assert(offsetof(ac_physics, air_temperature) == 288, "");
_Static_assert(offsetof(ac_physics, brake_temperature) == 348, "");
_Static_assert(offsetof(ac_physics, clutch) == 364, "");
_Static_assert(offsetof(ac_physics, brake_bias) == 564, "");
_Static_assert(sizeof(ac_physics) == 800, "");

/* Version 1 is Assetto Corsa, 2 is Assetto Corsa Competizione. */
static uint64_t size(uint32_t version)
{
    return version >= 2 ? sizeof(ac_physics) : offsetof(ac_physics, p2p_activation);
}

static void build(const program_state *state, uint8_t *image)
{
    program_fill(ac_physics_layout(), image, size(state->version), SALT_START, state->tick);
}

const program program_ac_physics = {.name = "ac-physics",
                                    .versions = {1, 2},
                                    .size = size,
                                    .build = build,
                                    .habit = HABIT_COUNTER,
                                    .has_guards = true,
                                    .guards = {offsetof(ac_physics, packet_id)}};
