#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../os.h"

/* What an errno means, from one call or (call NULL) from any. The first match counts. */
static const struct {
    const char *call;
    int number;
    section_status status;
} meanings[] = {
    {"pidfd_open", EINVAL, SECTION_NOT_FOUND}, /* the pid is a thread's, not a process's */
    {"pidfd_getfd", EBADF, SECTION_NOT_FOUND},
    {"open /proc/PID/fd", ENOENT, SECTION_NOT_FOUND},
    {"shm_open", EINVAL, SECTION_NOT_A_SECTION}, /* glibc says so of a directory */
    {"mmap", EBADF, SECTION_ACCESS_DENIED},      /* an O_PATH descriptor grants nothing */
    {"openat2", ENOTDIR, SECTION_NOT_FOUND},
    {NULL, EPERM, SECTION_ACCESS_DENIED},
    {NULL, EACCES, SECTION_ACCESS_DENIED},
    {NULL, EROFS, SECTION_ACCESS_DENIED},
    {NULL, EXDEV, SECTION_ACCESS_DENIED},
    {NULL, ELOOP, SECTION_ACCESS_DENIED},
    {NULL, ESRCH, SECTION_NOT_FOUND},
    {NULL, ENOENT, SECTION_NOT_FOUND},
    {NULL, ENAMETOOLONG, SECTION_BAD_NAME},
    {NULL, EEXIST, SECTION_ALREADY_EXISTS},
    {NULL, EISDIR, SECTION_NOT_A_SECTION},
    {NULL, ENXIO, SECTION_NOT_A_SECTION}, /* a socket under the name */
    {NULL, ENODEV, SECTION_NOT_A_SECTION},
    {NULL, ETXTBSY, SECTION_IN_USE},
    {NULL, EFAULT, SECTION_GONE},
    {NULL, ENOMEM, SECTION_NO_MEMORY},
    {NULL, ENOSPC, SECTION_NO_MEMORY},
    {NULL, EDQUOT, SECTION_NO_MEMORY},
    {NULL, EFBIG, SECTION_NO_MEMORY},
    {NULL, EMFILE, SECTION_NO_MEMORY},
    {NULL, ENFILE, SECTION_NO_MEMORY},
    {NULL, ENOSYS, SECTION_UNSUPPORTED},
    {NULL, EOPNOTSUPP, SECTION_UNSUPPORTED},
};

section_status os_status(const char *call, section_os_domain domain, uint32_t number)
{
    (void)domain; /* errno is the only one here */
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if ((uint32_t)meanings[i].number == number &&
            (meanings[i].call == NULL || strcmp(meanings[i].call, call) == 0)) {
            return meanings[i].status;
        }
    }
    return SECTION_OS_ERROR;
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
