#define PROGRAM_FIELDS "afterburner.def"
#include "declare.h"
#include "program.h"

#include <float.h>

_Static_assert(offsetof(afterburner, time) == 20, "");
_Static_assert(offsetof(afterburner, gpu_count) == 24, "");
_Static_assert(offsetof(afterburner, gpu_size) == 28, "");
_Static_assert(offsetof(entry, unit) == 260, "");
_Static_assert(offsetof(entry, localized_name) == 520, "");
_Static_assert(offsetof(entry, localized_unit) == 780, "");
_Static_assert(offsetof(entry, format) == 1040, "");
_Static_assert(offsetof(entry, value) == 1300, "");
_Static_assert(offsetof(entry, flags) == 1312, "");
_Static_assert(offsetof(entry, gpu) == 1316, "");
_Static_assert(offsetof(entry, source_id) == 1320, "");
_Static_assert(sizeof(entry) == 1324, "");
_Static_assert(offsetof(gpu, family) == 260, "");
_Static_assert(offsetof(gpu, bios) == 1040, "");
_Static_assert(offsetof(gpu, memory) == 1300, "");
_Static_assert(sizeof(gpu) == 1304, "");

enum { ENTRIES_MAX = 128, GPUS_MAX = 3, VERSION_2 = 0x20000 };

static uint64_t size(uint32_t version)
{
    (void)version;
    return sizeof(afterburner) + ENTRIES_MAX * sizeof(entry) + GPUS_MAX * sizeof(gpu);
}

static void fill_entries(const program_state *state, const afterburner *header, uint8_t *image)
{
    const uint32_t salt = salt_name(SALT_START, "entries");
    for (uint32_t i = 0; i < header->entry_count; i++) {
        uint8_t *bytes = image + header->header_size + i * header->entry_size;
        program_fill(entry_layout(), bytes, header->entry_size, salt_index(salt, i), state->tick);
        if (i % 4 == 3)
            ((entry *)(void *)bytes)->value = FLT_MAX; /* nothing to be had */
    }
}

/* The length is that of `entries`. */
static void build(const program_state *state, uint8_t *image)
{
    afterburner *header = (afterburner *)(void *)image;
    const bool has_gpus = state->version >= VERSION_2;
    const uint32_t header_size = has_gpus ? sizeof(afterburner) : offsetof(afterburner, gpu_count);
    program_fill(afterburner_layout(), image, header_size, SALT_START, state->tick);
    header->signature = 0x4D41484D; /* "MAHM" */
    header->version = state->version;
    header->header_size = header_size;
    header->entry_count = state->length;
    header->entry_size = has_gpus ? sizeof(entry) : offsetof(entry, gpu);
    fill_entries(state, header, image);
    if (!has_gpus)
        return;
    header->gpu_count = 1 + state->length % GPUS_MAX;
    header->gpu_size = sizeof(gpu);
    const uint32_t salt = salt_name(SALT_START, "gpus");
    uint8_t *gpus = image + header_size + header->entry_count * header->entry_size;
    for (uint32_t i = 0; i < header->gpu_count; i++)
        program_fill(gpu_layout(), gpus + i * sizeof(gpu), UINT64_MAX, salt_index(salt, i),
                     state->tick);
}

const program program_afterburner = {.name = "afterburner",
                                     .versions = {0x10000, VERSION_2},
                                     .length_max = ENTRIES_MAX,
                                     .size = size,
                                     .build = build};
