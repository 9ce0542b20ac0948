#include "../unit.h"

#include <section/name.h>

#include <errno.h>

#define X255                                                                                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"        \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"        \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

const name_case platform_names[] = {
    {"/SHINE", SECTION_OK, "SHINE", SECTION_SCOPE_LOCAL}, /* as shm_open(3) writes it */
    {"Local\\/SHINE", SECTION_OK, "SHINE", SECTION_SCOPE_LOCAL},
    {".hidden", SECTION_OK, ".hidden", SECTION_SCOPE_LOCAL},
    {"semaphore", SECTION_OK, "semaphore", SECTION_SCOPE_LOCAL},
    {X255, SECTION_OK, X255, SECTION_SCOPE_LOCAL},
    {"/", SECTION_BAD_NAME, NULL, 0},
    {"//", SECTION_BAD_NAME, NULL, 0},
    {"//a", SECTION_BAD_NAME, NULL, 0},
    {"a/b", SECTION_BAD_NAME, NULL, 0},
    {"a/", SECTION_BAD_NAME, NULL, 0},
    {"/a/b", SECTION_BAD_NAME, NULL, 0},
    {"../a", SECTION_BAD_NAME, NULL, 0},
    {".", SECTION_BAD_NAME, NULL, 0},
    {"..", SECTION_BAD_NAME, NULL, 0},
    {"/.", SECTION_BAD_NAME, NULL, 0},
    {"/..", SECTION_BAD_NAME, NULL, 0},
    {"Local\\..", SECTION_BAD_NAME, NULL, 0},
    {"sem.a", SECTION_BAD_NAME, NULL, 0},
    {"/sem.a", SECTION_BAD_NAME, NULL, 0},
    {"sem.", SECTION_BAD_NAME, NULL, 0},
    {"/" X255, SECTION_BAD_NAME, NULL, 0}, /* 256 units before the slash is dropped */
    /* 128 letters, but 256 bytes */
    {"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9",
     SECTION_BAD_NAME, NULL, 0},
    {"Global\\SHINE", SECTION_UNSUPPORTED, NULL, 0},
    {"Session\\1\\SHINE", SECTION_UNSUPPORTED, NULL, 0},
    {NULL, SECTION_OK, NULL, 0},
};

#define ERRNO(call, number, status) {call, SECTION_OS_ERRNO, number, status, #number}

const number_case number_cases[] = {
    ERRNO("shm_open", ENOENT, SECTION_NOT_FOUND),
    ERRNO("shm_open", EACCES, SECTION_ACCESS_DENIED),
    ERRNO("shm_open", EPERM, SECTION_ACCESS_DENIED),
    ERRNO("shm_open", EINVAL, SECTION_NOT_A_SECTION),
    ERRNO("shm_open", ELOOP, SECTION_ACCESS_DENIED),
    ERRNO("shm_open", ENAMETOOLONG, SECTION_BAD_NAME),
    ERRNO("shm_open", EMFILE, SECTION_NO_MEMORY),
    ERRNO("shm_open", ENFILE, SECTION_NO_MEMORY),
    ERRNO("shm_open", ENXIO, SECTION_NOT_A_SECTION),
    ERRNO("open", EXDEV, SECTION_ACCESS_DENIED),
    ERRNO("open", ETXTBSY, SECTION_IN_USE),
    ERRNO("linkat", EEXIST, SECTION_ALREADY_EXISTS),
    ERRNO("posix_fallocate", ENOSPC, SECTION_NO_MEMORY),
    ERRNO("posix_fallocate", EDQUOT, SECTION_NO_MEMORY),
    ERRNO("ftruncate", EFBIG, SECTION_NO_MEMORY),
    ERRNO("ftruncate", EINVAL, SECTION_OS_ERROR),
    ERRNO("mmap", ENOMEM, SECTION_NO_MEMORY),
    ERRNO("mmap", EBADF, SECTION_ACCESS_DENIED),
    ERRNO("mmap", ENODEV, SECTION_NOT_A_SECTION),
    ERRNO("pidfd_open", ESRCH, SECTION_NOT_FOUND),
    ERRNO("pidfd_open", EINVAL, SECTION_NOT_FOUND),
    ERRNO("pidfd_getfd", EBADF, SECTION_NOT_FOUND),
    ERRNO("pidfd_getfd", EPERM, SECTION_ACCESS_DENIED),
    ERRNO("pidfd_getfd", ENOSYS, SECTION_UNSUPPORTED),
    ERRNO("fcntl", EBADF, SECTION_OS_ERROR), /* the number means that from that call only */
    ERRNO("process_vm_readv", EFAULT, SECTION_GONE),
    ERRNO("process_vm_writev", EFAULT, SECTION_GONE),
    ERRNO("fstat", EIO, SECTION_OS_ERROR),
    {"fstat", SECTION_OS_ERRNO, 9999, SECTION_OS_ERROR, NULL},
    {NULL, SECTION_OS_NONE, 0, SECTION_OK, NULL},
};
