#include "api/caller.h"

const char *role_name(role role)
{
    static const char *const names[] = {"none", "read", "write", "admin"};
    return names[role];
}
