#define PROGRAM_FIELDS "ac_graphics.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(ac_graphics, current_time_text) == 12, "");
_Static_assert(offsetof(ac_graphics, last_time_text) == 42, "");
_Static_assert(offsetof(ac_graphics, best_time_text) == 72, "");
_Static_assert(offsetof(ac_graphics, split_text) == 102, "");
_Static_assert(offsetof(ac_graphics, laps) == 132, "");
_Static_assert(offsetof(ac_graphics, position) == 136, "");
_Static_assert(offsetof(ac_graphics, best_time) == 148, "");
_Static_assert(offsetof(ac_graphics, session_time_left) == 152, "");
_Static_assert(offsetof(ac_graphics, tyre_compound) == 176, "");
_Static_assert(offsetof(ac_graphics, lap_position) == 248, "");
_Static_assert(sizeof(ac_graphics) == 1588, "");

/* Version 1 is Assetto Corsa, of which we know no more than this; 2 is Competizione. */
static uint64_t size(uint32_t version)
{
    return version >= 2 ? sizeof(ac_graphics) : offsetof(ac_graphics, active_cars);
}

static void build(const program_state *state, uint8_t *image)
{
    program_fill(ac_graphics_layout(), image, size(state->version), SALT_START, state->tick);
}

const program program_ac_graphics = {.name = "ac-graphics",
                                     .versions = {1, 2},
                                     .size = size,
                                     .build = build,
                                     .habit = HABIT_COUNTER,
                                     .has_guards = true,
                                     .guards = {offsetof(ac_graphics, packet_id)}};
