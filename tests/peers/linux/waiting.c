#include "../peer.h"

#include <poll.h>
#include <unistd.h>

void mutex_open(const char *name, uint64_t *ret_handle)
{
    (void)name;
    *ret_handle = NO_HANDLE; /* no named mutexes here */
}

void mutex_acquire(uint64_t handle)
{
    (void)handle;
}

void mutex_release(uint64_t handle)
{
    (void)handle;
}

bool input_waiting(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) != 0;
}
