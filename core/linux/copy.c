#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../posix/view.h"
#include <section_posix/cleanup.h>

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

static uint64_t place_of(const os_section *object, const uint8_t *address)
{
    return object->mapped_offset + (uint64_t)(address - object->base);
}

/*
 * The kernel copies between two places of our own process: where a page is missing it says EFAULT,
 * and no signal is raised. A page that has no memory gets some.
 */
static section_status copy_mapped(const os_section *object, uint8_t *ret_bytes,
                                  const uint8_t *address, size_t length_bytes,
                                  section_error *ret_error)
{
    section_status status =
        os_check_present(object, place_of(object, address) + length_bytes, ret_error);
    while (status == SECTION_OK && length_bytes > 0) {
        const struct iovec local = {ret_bytes, length_bytes};
        const struct iovec remote = {(void *)(uintptr_t)address, length_bytes};
        ssize_t copied = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
        if (copied <= 0) {
            return explain(object, "process_vm_readv", copied < 0 ? errno : EFAULT, ret_error);
        }
        ret_bytes += copied;
        address += copied;
        length_bytes -= (size_t)copied;
    }
    return status;
}

/*
 * From the object itself, which is what a shared mapping shows: what has no memory reads as zeros and
 * gets none, and what was cut off is not read. There is no such way to write: pwrite grows the object.
 */
static section_status copy_object(const os_section *object, uint8_t *ret_bytes,
                                  const uint8_t *address, size_t length_bytes,
                                  section_error *ret_error)
{
    while (length_bytes > 0) {
        const uint64_t at = place_of(object, address);
        ssize_t copied = pread((int)object->handle, ret_bytes, length_bytes, (off_t)at);
        if (copied < 0 && errno == EINTR) {
            continue;
        }
        if (copied < 0) { /* such as a file that its owner opened with O_DIRECT */
            return copy_mapped(object, ret_bytes, address, length_bytes, ret_error);
        }
        if (copied == 0) {
            section_status status = os_check_present(object, at + length_bytes, ret_error);
            /* The file system tells two sizes: what is mapped there is the page's word, or a fault. */
            return status == SECTION_OK
                       ? copy_mapped(object, ret_bytes, address, length_bytes, ret_error)
                       : status;
        }
        ret_bytes += copied;
        address += copied;
        length_bytes -= (size_t)copied;
    }
    return SECTION_OK;
}

/* Whether a page of a private mapping is a copy of our own; where that is not told, it may be. */
static bool is_own_page(int pagemap, const uint8_t *address, uint64_t page_bytes)
{
    const uint64_t present = UINT64_C(1) << 63;
    const uint64_t swapped = UINT64_C(1) << 62;
    const uint64_t of_file = UINT64_C(1) << 61;
    uint64_t page = 0;
    const off_t at = (off_t)((uintptr_t)address / page_bytes * sizeof page);
    if (pread(pagemap, &page, sizeof page, at) != (ssize_t)sizeof page) {
        return true;
    }
    return (page & (present | swapped)) != 0 && (page & of_file) == 0;
}

/* Page by page: those that we wrote to are in the mapping, all others in the object. */
static section_status copy_private(const os_section *object, uint8_t *ret_bytes,
                                   const uint8_t *address, size_t length_bytes,
                                   section_error *ret_error)
{
    const uint64_t page_bytes = os_page_size();
    _cleanup_close_ int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    while (length_bytes > 0) {
        const size_t rest = (size_t)(page_bytes - (uintptr_t)address % page_bytes);
        const size_t length = length_bytes < rest ? length_bytes : rest;
        section_status status = is_own_page(pagemap, address, page_bytes)
                                    ? copy_mapped(object, ret_bytes, address, length, ret_error)
                                    : copy_object(object, ret_bytes, address, length, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        ret_bytes += length;
        address += length;
        length_bytes -= length;
    }
    return SECTION_OK;
}

/* Stretch by stretch, as there is no object to read from: holes are not touched. */
static section_status copy_segment(os_section *object, uint8_t *ret_bytes, const uint8_t *address,
                                   size_t length_bytes, section_error *ret_error)
{
    section_status status = SECTION_OK;
    while (status == SECTION_OK && length_bytes > 0) {
        os_stretch stretch;
        status = os_look(object, address, length_bytes, &stretch, ret_error);
        if (status != SECTION_OK) {
            return status;
        }
        if (stretch.is_hole) {
            memset(ret_bytes, 0, stretch.length_bytes);
        } else {
            status = copy_mapped(object, ret_bytes, address, stretch.length_bytes, ret_error);
        }
        ret_bytes += stretch.length_bytes;
        address += stretch.length_bytes;
        length_bytes -= stretch.length_bytes;
    }
    return status;
}

section_status os_copy_out(os_section *object, void *ret_bytes, const uint8_t *address,
                           size_t length_bytes, section_error *ret_error)
{
    if (object->segment != NULL) {
        return copy_segment(object, ret_bytes, address, length_bytes, ret_error);
    }
    return object->access == SECTION_ACCESS_WRITECOPY
               ? copy_private(object, ret_bytes, address, length_bytes, ret_error)
               : copy_object(object, ret_bytes, address, length_bytes, ret_error);
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
