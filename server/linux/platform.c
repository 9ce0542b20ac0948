#include "base/platform.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

const char platform_name[] = "linux";
const char *const platform_abi = sizeof(void *) == 8 ? "sysv64" : "sysv32";
const char platform_separators[] = "/";
const unsigned platform_connections_max = 10000;
const char platform_first_session[] =
    "  S=http://127.0.0.1:7780\n"
    "  H=@\"${XDG_STATE_HOME:-$HOME/.local/state}/sectiond/header\"   # the token, for curl\n"
    "  curl -H \"$H\" -d '{\"name\":\"SHINE\",\"size\":4096}' \\\n"
    "       -H 'Content-Type: application/json' $S/v1/sections\n"
    "  curl -H \"$H\" -X PUT --data-binary 'hello' $S/v1/sections/@SHINE/data\n"
    "  curl -H \"$H\" \"$S/v1/sections/@SHINE/data?length=5\"\n";

uint64_t platform_memory_bytes(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

int64_t platform_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now); /* a few ms coarse, and almost free */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

section_status platform_random(void *ret_bytes, size_t length_bytes, section_error *ret_error)
{
    if (getrandom(ret_bytes, length_bytes, 0) != (ssize_t)length_bytes) {
        return section_fail_os(ret_error, "getrandom", SECTION_OS_ERRNO, (uint32_t)errno,
                               "there are no random numbers");
    }
    return SECTION_OK;
}
