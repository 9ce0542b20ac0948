#include "program.h"

#include <string.h>

static const program *const programs[] = {
    &program_ac_graphics, &program_ac_physics, &program_ac_static,   &program_afterburner,
    &program_aida64,      &program_coretemp,   &program_gpuz,        &program_hwinfo,
    &program_iracing,     &program_lmu,        &program_mumble,      &program_mumble_linux,
    &program_pcars2,      &program_raceroom,   &program_rf2_scoring, &program_rf2_telemetry,
    &program_rtss,        &program_scs,
};

const program *program_find(const char *name)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (strcmp(programs[i]->name, name) == 0)
            return programs[i];
    return NULL;
}
