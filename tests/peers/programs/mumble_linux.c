#define PROGRAM_FIELDS "mumble_linux.def"
#include "declare.h"
#include "program.h"

_Static_assert(sizeof(mumble_linux) == 10580, "");
_Static_assert(offsetof(mumble_linux, avatar_position) == 8, "");
_Static_assert(offsetof(mumble_linux, avatar_front) == 20, "");
_Static_assert(offsetof(mumble_linux, avatar_top) == 32, "");
_Static_assert(offsetof(mumble_linux, name) == 44, "");
_Static_assert(offsetof(mumble_linux, camera_position) == 1068, "");
_Static_assert(offsetof(mumble_linux, camera_front) == 1080, "");
_Static_assert(offsetof(mumble_linux, camera_top) == 1092, "");
_Static_assert(offsetof(mumble_linux, identity) == 1104, "");
_Static_assert(offsetof(mumble_linux, context_length) == 2128, "");
_Static_assert(offsetof(mumble_linux, context) == 2132, "");
_Static_assert(offsetof(mumble_linux, description) == 2388, "");

static uint64_t size(uint32_t version)
{
    (void)version;
    return sizeof(mumble_linux);
}

/* The length is that of `context`. */
static void build(const program_state *state, uint8_t *image)
{
    mumble_linux *link = (mumble_linux *)(void *)image;
    program_fill(mumble_linux_layout(), image, UINT64_MAX, SALT_START, state->tick);
    link->ui_version = state->version;
    link->ui_tick = state->tick;
    link->context_length = state->length;
}

const program program_mumble_linux = {
    .name = "mumble-linux", .versions = {2}, .length_max = 256, .size = size, .build = build};
