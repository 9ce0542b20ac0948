#ifndef SECTIOND_SHARE_H
#define SECTIOND_SHARE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * The share of a limit that a role may use. The last quarter is reserved for the role admin, so
 * that other roles cannot lock it out. One rule for connections, watchers, and the bytes of bodies
 * and answers.
 */
static inline uint64_t share_most(uint64_t limit, bool is_admin)
{
    return is_admin ? limit : limit - limit / 4;
}

#endif
