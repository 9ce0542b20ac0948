#include "../os.h"

/* Named mutexes that processes find by their name are Windows'. */

section_status os_mutex_take(const char *name, unsigned wait_ms, os_mutex *ret_mutex,
                             bool *ret_abandoned, section_error *ret_error)
{
    (void)name;
    (void)wait_ms;
    (void)ret_mutex;
    (void)ret_abandoned;
    return section_fail(ret_error, SECTION_UNSUPPORTED, "Linux has no mutexes with names");
}

void os_mutex_give(os_mutex *mutex)
{
    (void)mutex;
}
