#include "base/capability.h"

const char *capability_name(capability capability)
{
    static const char *const names[CAPABILITY_COUNT] = {"none",  "duplicate", "discover",
                                                        "files", "write",     "create"};
    return names[capability];
}

section_status capability_check(unsigned denied, capability capability, section_error *ret_error)
{
    if (capability == CAPABILITY_NONE || (denied & 1u << capability) == 0) {
        return SECTION_OK;
    }
    return section_fail(ret_error, SECTION_DISABLED,
                        "the daemon was started with --deny %s; without it this works",
                        capability_name(capability));
}
