#define PROGRAM_FIELDS "raceroom.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(raceroom, version_minor) == 4, "");
_Static_assert(offsetof(raceroom, all_drivers_offset) == 8, "");
_Static_assert(offsetof(raceroom, driver_data_size) == 12, "");
_Static_assert(offsetof(raceroom, car_speed) == 1392, "");
_Static_assert(offsetof(raceroom, engine_rps) == 1396, "");
_Static_assert(offsetof(raceroom, gear) == 1408, "");
_Static_assert(offsetof(raceroom, fuel_left) == 1456, "");
_Static_assert(offsetof(raceroom, car_count) == 2008, "");
_Static_assert(sizeof(driver) == 328, "");
_Static_assert(sizeof(raceroom) == 43996, "");

enum { DRIVERS_MAX = 128, MAJOR = 3, OTHER_MINOR = 3, OTHER_PLACE = 2000 };

static uint64_t size(uint32_t version)
{
    (void)version;
    return sizeof(raceroom);
}

/*
 * The version is the minor one, and the length that of `drivers`. Version 3.3 has its fields at
 * other places: a reader that knows 3.4 and 3.5 must refuse it.
 */
static void build(const program_state *state, uint8_t *image)
{
    raceroom *memory = (raceroom *)(void *)image;
    program_fill(raceroom_layout(), image, UINT64_MAX, SALT_START, state->tick);
    memory->version_major = MAJOR;
    memory->version_minor = (int32_t)state->version;
    memory->all_drivers_offset =
        state->version > OTHER_MINOR ? (int32_t)offsetof(raceroom, car_count) : OTHER_PLACE;
    memory->driver_data_size = sizeof(driver);
    memory->car_count = (int32_t)state->length;
}

const program program_raceroom = {.name = "raceroom",
                                  .versions = {OTHER_MINOR, 4, 5},
                                  .length_max = DRIVERS_MAX,
                                  .size = size,
                                  .build = build};
