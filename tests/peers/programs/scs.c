#define PROGRAM_FIELDS "scs.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(scs, paused) == 4, "");
_Static_assert(offsetof(scs, time) == 8, "");
_Static_assert(offsetof(scs, revision) == 40, "");
_Static_assert(offsetof(scs, speed) == 948, "");
_Static_assert(offsetof(scs, rpm) == 952, "");
_Static_assert(offsetof(scs, fuel) == 1000, "");

enum { SECTION_BYTES = 32768 };
_Static_assert(sizeof(scs) <= SECTION_BYTES, "");

static uint64_t size(uint32_t version)
{
    (void)version;
    return SECTION_BYTES;
}

static void build(const program_state *state, uint8_t *image)
{
    scs *memory = (scs *)(void *)image;
    program_fill(scs_layout(), image, UINT64_MAX, SALT_START, state->tick);
    memory->active = 1;
    memory->revision = state->version;
}

const program program_scs = {.name = "scs", .versions = {10}, .size = size, .build = build};
