#ifndef SECTIOND_SHARE_H
#define SECTIOND_SHARE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * How much of what is limited somebody may take: the last quarter is for those who administer, so
 * that others cannot keep them out. One rule for connections, watchers, and the bytes of bodies and
 * answers.
 */
static inline uint64_t share_most(uint64_t limit, bool is_admin)
{
    return is_admin ? limit : limit - limit / 4;
}

#endif
