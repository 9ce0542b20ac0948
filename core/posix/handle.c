#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../os.h"

/* Handles are file descriptors here, and objects are told by device and inode. */

uint32_t os_process_id(void)
{
    return (uint32_t)getpid();
}

uint64_t os_canonical_handle(uint64_t handle)
{
    return handle;
}

bool os_is_same_object(const os_section *a, const os_section *b)
{
    return a->identity[0] == b->identity[0] && a->identity[1] == b->identity[1];
}

section_status os_set_inherit(os_section *object, bool inherit, section_error *ret_error)
{
    if (object->segment != NULL && !inherit) {
        return SECTION_OK;
    }
    if (object->segment != NULL) {
        return section_fail(ret_error, SECTION_UNSUPPORTED,
                            "the System V segment was attached without a descriptor, and so no "
                            "program that is started inherits one");
    }
    if (fcntl((int)object->handle, F_SETFD, inherit ? 0 : FD_CLOEXEC) != 0) {
        return section_fail_os(ret_error, "fcntl F_SETFD", SECTION_OS_ERRNO, (uint32_t)errno,
                               "inheritance cannot be set");
    }
    object->shares_position |= inherit;
    return SECTION_OK;
}

section_status os_set_protect(os_section *object, bool protect, section_error *ret_error)
{
    (void)ret_error;
    atomic_store(&object->protect,
                 protect); /* Linux has no such flag; the daemon checks its own before it closes */
    return SECTION_OK;
}
