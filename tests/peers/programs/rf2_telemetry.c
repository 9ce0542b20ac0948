#define PROGRAM_FIELDS "rf2_telemetry.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(rf2_telemetry, update_end) == 4, "");
_Static_assert(offsetof(rf2_telemetry, bytes_updated) == 8, "");
_Static_assert(offsetof(rf2_telemetry, vehicle_count) == 12, "");
_Static_assert(offsetof(rf2_telemetry, vehicles) == 16, "");
_Static_assert(offsetof(vehicle, delta_time) == 4, "");
_Static_assert(offsetof(vehicle, elapsed_time) == 12, "");
_Static_assert(offsetof(vehicle, lap_number) == 20, "");
_Static_assert(offsetof(vehicle, vehicle_name) == 32, "");
_Static_assert(offsetof(vehicle, track_name) == 96, "");
_Static_assert(offsetof(vehicle, position) == 160, "");
_Static_assert(offsetof(vehicle, velocity) == 184, "");
_Static_assert(offsetof(vehicle, gear) == 352, "");
_Static_assert(offsetof(vehicle, rpm) == 356, "");
_Static_assert(offsetof(vehicle, throttle) == 388, "");
_Static_assert(offsetof(vehicle, steering) == 404, "");
_Static_assert(offsetof(vehicle, fuel) == 524, "");
_Static_assert(offsetof(vehicle, max_rpm) == 532, "");
_Static_assert(offsetof(vehicle, wheels) == 848, "");
_Static_assert(sizeof(vehicle) == 1888, "");

enum { VEHICLES_MAX = 128 };

static uint64_t size(uint32_t version)
{
    (void)version;
    return sizeof(rf2_telemetry);
}

/* The length is that of `vehicles`. */
static void build(const program_state *state, uint8_t *image)
{
    program_fill(rf2_telemetry_layout(), image, UINT64_MAX, SALT_START, state->tick);
    ((rf2_telemetry *)(void *)image)->vehicle_count = (int32_t)state->length;
}

const program program_rf2_telemetry = {
    .name = "rf2-telemetry",
    .versions = {1},
    .length_max = VEHICLES_MAX,
    .size = size,
    .build = build,
    .habit = HABIT_VERSION_PAIR,
    .has_guards = true,
    .guards = {offsetof(rf2_telemetry, update_begin), offsetof(rf2_telemetry, update_end)}};
