#define PROGRAM_FIELDS "ac_static.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(ac_static, ac_version) == 30, "");
_Static_assert(offsetof(ac_static, session_count) == 60, "");
_Static_assert(offsetof(ac_static, car_count) == 64, "");
_Static_assert(offsetof(ac_static, car_model) == 68, "");
_Static_assert(offsetof(ac_static, track) == 134, "");
_Static_assert(offsetof(ac_static, player_name) == 200, "");
_Static_assert(offsetof(ac_static, player_surname) == 266, "");
_Static_assert(offsetof(ac_static, player_nick) == 332, "");
_Static_assert(offsetof(ac_static, max_rpm) == 412, "");
_Static_assert(offsetof(ac_static, max_fuel) == 416, "");

/* Version 1 is Assetto Corsa, 2 is Assetto Corsa Competizione. */
static uint64_t size(uint32_t version)
{
    return version >= 2 ? sizeof(ac_static) : offsetof(ac_static, is_online);
}

static void build(const program_state *state, uint8_t *image)
{
    static const utf16_unit formats[][4] = {{'1', '.', '7'}, {'1', '.', '9'}};
    ac_static *memory = (ac_static *)(void *)image;
    program_fill(ac_static_layout(), image, size(state->version), SALT_START, state->tick);
    for (size_t i = 0; i < 4; i++)
        memory->sm_version[i] = formats[state->version >= 2][i];
}

const program program_ac_static = {
    .name = "ac-static", .versions = {1, 2}, .size = size, .build = build};
