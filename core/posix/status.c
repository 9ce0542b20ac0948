#include "status.h"

#include <errno.h>
#include <stddef.h>

static const struct {
    int number;
    section_status status;
} meanings[] = {
    {EPERM, SECTION_ACCESS_DENIED},
    {EACCES, SECTION_ACCESS_DENIED},
    {EROFS, SECTION_ACCESS_DENIED},
    {EXDEV, SECTION_ACCESS_DENIED},
    {ELOOP, SECTION_ACCESS_DENIED},
    {ESRCH, SECTION_NOT_FOUND},
    {ENOENT, SECTION_NOT_FOUND},
    {ENAMETOOLONG, SECTION_BAD_NAME},
    {EEXIST, SECTION_ALREADY_EXISTS},
    {EISDIR, SECTION_NOT_A_SECTION},
    {ENXIO, SECTION_NOT_A_SECTION}, /* a socket under the name */
    {ENODEV, SECTION_NOT_A_SECTION},
    {ETXTBSY, SECTION_IN_USE},
    {EFAULT, SECTION_GONE},
    {ENOMEM, SECTION_NO_MEMORY},
    {ENOSPC, SECTION_NO_MEMORY},
    {EDQUOT, SECTION_NO_MEMORY},
    {EFBIG, SECTION_NO_MEMORY},
    {EMFILE, SECTION_NO_MEMORY},
    {ENFILE, SECTION_NO_MEMORY},
    {ENOSYS, SECTION_UNSUPPORTED},
    {EOPNOTSUPP, SECTION_UNSUPPORTED},
};

section_status errno_status(uint32_t number)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if ((uint32_t)meanings[i].number == number) {
            return meanings[i].status;
        }
    }
    return SECTION_OS_ERROR;
}
