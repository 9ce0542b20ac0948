#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../posix/view.h"

/* A short or refused copy: a hole of the object cannot be filled, or it was cut meanwhile. */
static section_status explain(const os_section *object, const char *call, int number,
                              section_error *ret_error)
{
    if (number == EFAULT && view_lacks_memory(object)) {
        (void)section_fail_os(ret_error, call, SECTION_OS_ERRNO, (uint32_t)number,
                              "there is no memory or disk space behind these bytes");
        if (ret_error != NULL) {
            ret_error->code = SECTION_NO_MEMORY;
        }
        return SECTION_NO_MEMORY;
    }
    return section_fail_os(ret_error, call, SECTION_OS_ERRNO, (uint32_t)number,
                           "the memory went away under the view");
}

/*
 * The kernel copies between two places of our own process: where a page is missing it says EFAULT,
 * and no signal is raised. pread would also do for reading, but pwrite grows the object.
 */
section_status os_copy_out(const os_section *object, void *ret_bytes, const uint8_t *address,
                           size_t length_bytes, section_error *ret_error)
{
    uint8_t *target = ret_bytes;
    while (length_bytes > 0) {
        const struct iovec local = {target, length_bytes};
        const struct iovec remote = {(void *)(uintptr_t)address, length_bytes};
        ssize_t copied = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
        if (copied <= 0) {
            return explain(object, "process_vm_readv", copied < 0 ? errno : EFAULT, ret_error);
        }
        target += copied;
        address += copied;
        length_bytes -= (size_t)copied;
    }
    return SECTION_OK;
}

section_status os_copy_in(const os_section *object, uint8_t *address, const void *bytes,
                          size_t length_bytes, section_error *ret_error)
{
    const uint8_t *source = bytes;
    while (length_bytes > 0) {
        const struct iovec local = {(void *)(uintptr_t)source, length_bytes};
        const struct iovec remote = {address, length_bytes};
        ssize_t copied = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
        if (copied <= 0) {
            return explain(object, "process_vm_writev", copied < 0 ? errno : EFAULT, ret_error);
        }
        source += copied;
        address += copied;
        length_bytes -= (size_t)copied;
    }
    return SECTION_OK;
}
