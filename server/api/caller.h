#ifndef SECTIOND_CALLER_H
#define SECTIOND_CALLER_H

/**
 * @file
 * Who asks. The gate fills it in; only the gate and the layer that runs requests look at it.
 */

/** What a token may do; each role includes those before it. */
typedef enum role { ROLE_NONE, ROLE_READ, ROLE_WRITE, ROLE_ADMIN } role;

/** "none", "read", "write", "admin". */
const char *role_name(role role);

typedef struct caller {
    role role;
    role peer_role; /* what the process at the other end stands for; ROLE_NONE: nothing */
} caller;

#endif
