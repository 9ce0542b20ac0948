#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../os.h"
#include "../posix/status.h"

/* The meaning of an errno from one call, where it differs from its meaning from all other calls. */
static const struct {
    const char *call;
    int number;
    section_status status;
} meanings[] = {
    {"pidfd_open", EINVAL, SECTION_NOT_FOUND}, /* the pid is a thread's, not a process's */
    {"pidfd_getfd", EBADF, SECTION_NOT_FOUND},
    {"open /proc/PID/fd", ENOENT, SECTION_NOT_FOUND},
    {"shm_open", EINVAL, SECTION_NOT_A_SECTION}, /* glibc returns it for a directory */
    {"mmap", EBADF, SECTION_ACCESS_DENIED},      /* an O_PATH descriptor grants nothing */
    {"openat2", ENOTDIR, SECTION_NOT_FOUND},
    {"shmat", EINVAL, SECTION_NOT_FOUND}, /* no segment has the id any more */
    {"shmat", EIDRM, SECTION_NOT_FOUND},
    {"shmctl IPC_STAT", EINVAL, SECTION_NOT_FOUND},
    {"shmctl IPC_STAT", EIDRM, SECTION_NOT_FOUND},
};

section_status os_status(const char *call, section_os_domain domain, uint32_t number)
{
    (void)domain; /* errno is the only one here */
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if ((uint32_t)meanings[i].number == number && strcmp(meanings[i].call, call) == 0) {
            return meanings[i].status;
        }
    }
    return errno_status(number);
}

const char *os_error_name(section_os_domain domain, uint32_t number)
{
    return domain == SECTION_OS_ERRNO ? strerrorname_np((int)number) : NULL;
}

void os_error_text(section_os_domain domain, uint32_t number, char *ret_text, uint32_t capacity)
{
    if (domain == SECTION_OS_ERRNO) {
        char buffer[128];
        (void)snprintf(ret_text, capacity, "%s", strerror_r((int)number, buffer, sizeof buffer));
    }
}
