#include "program.h"

#include <stdio.h>

enum { SENSORS_MAX = 256, SECTION_BYTES = 65536 };

static uint64_t size(uint32_t version)
{
    (void)version;
    return SECTION_BYTES;
}

/* The length is the number of XML elements, which follow one another without a root. */
static void build(const program_state *state, uint8_t *image)
{
    size_t at = 0;
    for (uint32_t i = 0; i < state->length; i++)
        at += (size_t)snprintf(
            (char *)image + at, SECTION_BYTES - at,
            "<temp><id>T%u</id><label>Kern %u \xB0</label><value>%u</value></temp>", (unsigned)i,
            (unsigned)i, (unsigned)((state->tick + i) % 100));
}

const program program_aida64 = {
    .name = "aida64", .versions = {1}, .length_max = SENSORS_MAX, .size = size, .build = build};
