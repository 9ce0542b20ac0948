#define PROGRAM_FIELDS "hwinfo.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(hwinfo, last_update) == 0x0C, "");
_Static_assert(offsetof(hwinfo, sensor_offset) == 0x14, "");
_Static_assert(offsetof(hwinfo, reading_offset) == 0x20, "");
_Static_assert(offsetof(hwinfo, reading_count) == 0x28, "");
_Static_assert(offsetof(hwinfo, polling_period) == 0x2C, "");
_Static_assert(offsetof(sensor, name) == 8, "");
_Static_assert(offsetof(sensor, user_name_ansi) == 136, "");
_Static_assert(offsetof(sensor, user_name) == 264, "");
_Static_assert(sizeof(sensor) == 392, "");
_Static_assert(offsetof(reading, label) == 12, "");
_Static_assert(offsetof(reading, user_label_ansi) == 140, "");
_Static_assert(offsetof(reading, unit_ansi) == 268, "");
_Static_assert(offsetof(reading, value) == 284, "");
_Static_assert(offsetof(reading, average) == 308, "");
_Static_assert(offsetof(reading, user_label) == 316, "");
_Static_assert(offsetof(reading, unit) == 444, "");
_Static_assert(sizeof(reading) == 460, "");

enum { READINGS_MAX = 512, READINGS_OF_A_SENSOR = 8 };

static uint32_t sensor_count(uint32_t reading_count)
{
    return 1 + reading_count / READINGS_OF_A_SENSOR;
}

static uint64_t size(uint32_t version)
{
    (void)version;
    return sizeof(hwinfo) + sensor_count(READINGS_MAX) * sizeof(sensor) +
           READINGS_MAX * sizeof(reading);
}

static void fill_sensors(const program_state *state, const hwinfo *header, uint8_t *image)
{
    const uint32_t salt = salt_name(SALT_START, "sensors");
    for (uint32_t i = 0; i < header->sensor_count; i++)
        program_fill(sensor_layout(), image + header->sensor_offset + i * header->sensor_size,
                     header->sensor_size, salt_index(salt, i), state->tick);
}

static void fill_readings(const program_state *state, const hwinfo *header, uint8_t *image)
{
    const uint32_t salt = salt_name(SALT_START, "readings");
    for (uint32_t i = 0; i < header->reading_count; i++) {
        uint8_t *bytes = image + header->reading_offset + i * header->reading_size;
        program_fill(reading_layout(), bytes, header->reading_size, salt_index(salt, i),
                     state->tick);
        ((reading *)(void *)bytes)->sensor = i / READINGS_OF_A_SENSOR;
        ((reading *)(void *)bytes)->id = i;
    }
}

/* The length is that of `readings`. */
static void build(const program_state *state, uint8_t *image)
{
    hwinfo *header = (hwinfo *)(void *)image;
    const uint32_t header_size =
        state->version >= 2 ? sizeof(hwinfo) : offsetof(hwinfo, polling_period);
    program_fill(hwinfo_layout(), image, header_size, SALT_START, state->tick);
    header->signature = 0x53695748; /* "HWiS" */
    header->version = state->version;
    header->revision = state->version >= 2;
    header->sensor_offset = header_size;
    header->sensor_size = state->version >= 2 ? sizeof(sensor) : offsetof(sensor, user_name);
    header->sensor_count = sensor_count(state->length);
    header->reading_offset = header->sensor_offset + header->sensor_count * header->sensor_size;
    header->reading_size = state->version >= 2 ? sizeof(reading) : offsetof(reading, user_label);
    header->reading_count = state->length;
    fill_sensors(state, header, image);
    fill_readings(state, header, image);
}

const program program_hwinfo = {.name = "hwinfo",
                                .versions = {1, 2},
                                .length_max = READINGS_MAX,
                                .size = size,
                                .build = build,
                                .habit = HABIT_MUTEX,
                                .mutex = "Global\\HWiNFO_SM2_MUTEX"};
