#define PROGRAM_FIELDS "pcars2.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(participant, name) == 1, "");
_Static_assert(offsetof(participant, position) == 68, "");
_Static_assert(offsetof(participant, lap_distance) == 80, "");
_Static_assert(offsetof(participant, race_position) == 84, "");
_Static_assert(offsetof(participant, current_sector) == 96, "");
_Static_assert(sizeof(participant) == 100, "");
_Static_assert(offsetof(pcars2, game_state) == 8, "");
_Static_assert(offsetof(pcars2, participant_count) == 24, "");
_Static_assert(offsetof(pcars2, participants) == 28, "");
_Static_assert(offsetof(pcars2, car_name) == 6444, "");
_Static_assert(offsetof(pcars2, fuel_level) == 6840, "");
_Static_assert(offsetof(pcars2, speed) == 6848, "");
_Static_assert(offsetof(pcars2, rpm) == 6852, "");
_Static_assert(offsetof(pcars2, gear) == 6876, "");
_Static_assert(offsetof(pcars2, sequence) == 7320, "");
_Static_assert(offsetof(pcars2, car_names) == 11056, "");
_Static_assert(sizeof(pcars2) == 20700, "");

enum { PARTICIPANTS = 64, FIRST_VERSION = 9 };

static uint64_t size(uint32_t version)
{
    static const uint64_t sizes[] = {20576, 20660, 20668, 20688, 20692, sizeof(pcars2)};
    return sizes[version - FIRST_VERSION];
}

/* The length is the number of participants; there are places for all. */
static void build(const program_state *state, uint8_t *image)
{
    pcars2 *memory = (pcars2 *)(void *)image;
    program_fill(pcars2_layout(), image, size(state->version), SALT_START, state->tick);
    memory->version = state->version;
    memory->participant_count = (int32_t)state->length;
}

const program program_pcars2 = {.name = "pcars2",
                                .versions = {9, 10, 11, 12, 13, 14},
                                .length_max = PARTICIPANTS,
                                .size = size,
                                .build = build,
                                .habit = HABIT_SEQLOCK,
                                .has_guards = true,
                                .guards = {offsetof(pcars2, sequence)}};
