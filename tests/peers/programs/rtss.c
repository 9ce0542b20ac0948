#define PROGRAM_FIELDS "rtss.def"
#include "declare.h"
#include "program.h"

_Static_assert(offsetof(rtss, app_size) == 8, "");
_Static_assert(offsetof(rtss, osd_size) == 20, "");
_Static_assert(offsetof(rtss, osd_frame) == 32, "");
_Static_assert(offsetof(rtss, busy) == 36, "");
_Static_assert(offsetof(rtss, foreground_app) == 64, "");
_Static_assert(offsetof(rtss, foreground_pid) == 68, "");
_Static_assert(offsetof(app, name) == 4, "");
_Static_assert(offsetof(app, flags) == 264, "");
_Static_assert(offsetof(app, time0) == 268, "");
_Static_assert(offsetof(app, frames) == 276, "");
_Static_assert(offsetof(app, frame_time) == 280, "");
_Static_assert(offsetof(app, framerate_minimum) == 304, "");
_Static_assert(offsetof(app, framerate_maximum) == 312, "");
_Static_assert(offsetof(app, framerate_1_percent_low) == 9176, "");
_Static_assert(offsetof(app, framerate_01_percent_low) == 9180, "");
_Static_assert(sizeof(app) == 9184, "");

enum {
    VERSION_2_0 = 0x20000,
    VERSION_2_13 = 0x2000D,
    VERSION_2_14 = 0x2000E,
    VERSION_2_16 = 0x20010,
    APPS_MAX = 256,
    OSDS = 8,
    OLD_APP_BYTES = 600,
    OLD_OSD_BYTES = 512,
    OSD_BUFFER_BYTES = 262144,
    HEADER_BYTES = 4096
};

static uint32_t app_bytes(uint32_t version)
{
    return version >= VERSION_2_13 ? sizeof(app) : OLD_APP_BYTES;
}

static uint32_t osd_bytes(uint32_t version)
{
    return version >= VERSION_2_13 ? sizeof(osd) + OSD_BUFFER_BYTES : OLD_OSD_BYTES;
}

static uint64_t size(uint32_t version)
{
    return HEADER_BYTES + OSDS * osd_bytes(version) + APPS_MAX * app_bytes(version);
}

static void fill_all(const program_layout *layout, uint8_t *first, uint32_t count, uint32_t bytes,
                     const char *name, uint32_t tick)
{
    const uint32_t salt = salt_name(SALT_START, name);
    for (uint32_t i = 0; i < count; i++)
        program_fill(layout, first + i * bytes, bytes, salt_index(salt, i), tick);
}

/* The length is that of `apps`. */
static void build(const program_state *state, uint8_t *image)
{
    rtss *header = (rtss *)(void *)image;
    const uint32_t header_end = state->version >= VERSION_2_16   ? sizeof(rtss)
                                : state->version >= VERSION_2_14 ? offsetof(rtss, foreground_app)
                                                                 : offsetof(rtss, busy);
    program_fill(rtss_layout(), image, header_end, SALT_START, state->tick);
    header->signature = 0x52545353; /* "RTSS" */
    header->version = state->version;
    header->osd_size = osd_bytes(state->version);
    header->osd_offset = HEADER_BYTES;
    header->osd_count = OSDS;
    header->app_size = app_bytes(state->version);
    header->app_offset = HEADER_BYTES + OSDS * header->osd_size;
    header->app_count = state->length;
    fill_all(osd_layout(), image + header->osd_offset, OSDS, header->osd_size, "osds", state->tick);
    fill_all(app_layout(), image + header->app_offset, header->app_count, header->app_size, "apps",
             state->tick);
}

const program program_rtss = {.name = "rtss",
                              .versions = {VERSION_2_0, VERSION_2_13, VERSION_2_14, VERSION_2_16},
                              .length_max = APPS_MAX,
                              .size = size,
                              .build = build};
