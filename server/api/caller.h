#ifndef SECTIOND_CALLER_H
#define SECTIOND_CALLER_H

/**
 * @file
 * The caller of a request. The gate fills it in; only the gate and the layer that runs requests
 * read it.
 */

/** The rights of a token; each role includes those before it. */
typedef enum role { ROLE_NONE, ROLE_READ, ROLE_WRITE, ROLE_ADMIN } role;

/** "none", "read", "write", "admin". */
const char *role_name(role role);

typedef struct caller {
    role role;
    role peer_role; /* what the process at the other end stands for; ROLE_NONE: nothing */
} caller;

#endif
