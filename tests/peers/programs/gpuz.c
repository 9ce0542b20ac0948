#define PROGRAM_FIELDS "gpuz.def"
#include "declare.h"
#include "program.h"

#include <string.h>

_Static_assert(offsetof(gpuz, busy) == 4, "");
_Static_assert(offsetof(gpuz, last_update) == 8, "");
_Static_assert(offsetof(gpuz, records) == 12, "");
_Static_assert(offsetof(gpuz, sensors) == 131084, "");
_Static_assert(sizeof(gpuz) == 200204, "");
_Static_assert(sizeof(record) == 1024, "");
_Static_assert(offsetof(sensor, unit) == 512, "");
_Static_assert(offsetof(sensor, digits) == 528, "");
_Static_assert(offsetof(sensor, value) == 532, "");
_Static_assert(sizeof(sensor) == 540, "");

enum { SENSORS = 128 };

static uint64_t size(uint32_t version)
{
    (void)version;
    return sizeof(gpuz);
}

/* The length is how many of `sensors` are in use; the others are zero. */
static void build(const program_state *state, uint8_t *image)
{
    gpuz *memory = (gpuz *)(void *)image;
    program_fill(gpuz_layout(), image, UINT64_MAX, SALT_START, state->tick);
    memory->version = state->version;
    memset(memory->sensors + state->length, 0, (SENSORS - state->length) * sizeof(sensor));
}

const program program_gpuz = {.name = "gpuz",
                              .versions = {1},
                              .length_max = SENSORS,
                              .size = size,
                              .build = build,
                              .habit = HABIT_BUSY_FLAG,
                              .has_guards = true,
                              .guards = {offsetof(gpuz, busy), offsetof(gpuz, last_update)}};
