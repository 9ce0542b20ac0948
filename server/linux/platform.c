#include "base/platform.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

const char platform_name[] = "linux";
const unsigned platform_connections_max = 10000;

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
