#define PROGRAM_FIELDS "mumble.def"
#include "declare.h"
#include "program.h"

_Static_assert(sizeof(mumble) == 5460, "");
_Static_assert(offsetof(mumble, avatar_position) == 8, "");
_Static_assert(offsetof(mumble, avatar_front) == 20, "");
_Static_assert(offsetof(mumble, avatar_top) == 32, "");
_Static_assert(offsetof(mumble, name) == 44, "");
_Static_assert(offsetof(mumble, camera_position) == 556, "");
_Static_assert(offsetof(mumble, camera_front) == 568, "");
_Static_assert(offsetof(mumble, camera_top) == 580, "");
_Static_assert(offsetof(mumble, identity) == 592, "");
_Static_assert(offsetof(mumble, context_length) == 1104, "");
_Static_assert(offsetof(mumble, context) == 1108, "");
_Static_assert(offsetof(mumble, description) == 1364, "");

static uint64_t size(uint32_t version)
{
    (void)version;
    return sizeof(mumble);
}

/* The length is that of `context`. */
static void build(const program_state *state, uint8_t *image)
{
    mumble *link = (mumble *)(void *)image;
    program_fill(mumble_layout(), image, UINT64_MAX, SALT_START, state->tick);
    link->ui_version = state->version;
    link->ui_tick = state->tick;
    link->context_length = state->length;
}

const program program_mumble = {
    .name = "mumble", .versions = {2}, .length_max = 256, .size = size, .build = build};
