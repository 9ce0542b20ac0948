#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "segment.h"
#include "view.h"

uint64_t os_page_size(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t os_granularity(void)
{
    return os_page_size();
}

section_status os_check_address_space(size_t length_bytes, section_error *ret_error)
{
    void *base =
        mmap(NULL, length_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return section_fail_os(ret_error, "mmap", SECTION_OS_ERRNO, (uint32_t)errno,
                               "no view of that length can be mapped");
    }
    (void)munmap(base, length_bytes);
    return SECTION_OK;
}

/* Huge pages are mapped and unmapped whole. */
static size_t view_round(const os_section *object, size_t length_bytes)
{
    struct stat facts;
    if (object->backing != SECTION_BACKING_HUGETLB || fstat((int)object->handle, &facts) != 0 ||
        facts.st_blksize <= 0) {
        return length_bytes;
    }
    const size_t page = (size_t)facts.st_blksize;
    const size_t rest = length_bytes % page;
    return rest > 0 && length_bytes <= SIZE_MAX - page ? length_bytes - rest + page : length_bytes;
}

section_status os_map(os_section *object, section_access wanted, uint64_t offset_bytes,
                      size_t length_bytes, section_error *ret_error)
{
    const bool may_fall_back = wanted == SECTION_ACCESS_MOST;
    if (may_fall_back) {
        wanted = object->access;
    }
    if (object->segment != NULL) {
        segment_map(object, wanted, offset_bytes, length_bytes);
        return SECTION_OK;
    }
    const int sharing = wanted == SECTION_ACCESS_WRITECOPY ? MAP_PRIVATE : MAP_SHARED;
    const int protection = wanted == SECTION_ACCESS_READ ? PROT_READ : PROT_READ | PROT_WRITE;
    const int fd = (int)object->handle;
    length_bytes = view_round(object, length_bytes);
    void *base = mmap(NULL, length_bytes, protection, sharing, fd, (off_t)offset_bytes);
    if (base == MAP_FAILED && may_fall_back && (errno == EPERM || errno == EACCES)) {
        /* Sealed against writing: F_SEAL_WRITE refuses the mapping, not the descriptor. */
        wanted = SECTION_ACCESS_READ;
        base = mmap(NULL, length_bytes, PROT_READ, sharing, fd, (off_t)offset_bytes);
    }
    if (base == MAP_FAILED) {
        return section_fail_os(ret_error, "mmap", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the section cannot be mapped");
    }
    object->base = base;
    object->mapped_offset = offset_bytes;
    object->mapped_bytes = length_bytes;
    object->access = wanted;
    return SECTION_OK;
}

/* Whether a page that has no memory yet could get none: its file system has a limit and is full. */
static bool is_full(int fd)
{
    struct statvfs file_system;
    return fstatvfs(fd, &file_system) == 0 && file_system.f_blocks > 0 && file_system.f_bavail == 0;
}

bool view_lacks_memory(const os_section *object)
{
    struct stat facts;
    if (object->segment != NULL) {
        return true; /* nobody can cut it */
    }
    const bool reaches = fstat((int)object->handle, &facts) == 0 &&
                         (uint64_t)facts.st_size >= object->mapped_offset + object->mapped_bytes;
    return reaches && is_full((int)object->handle);
}

section_status os_flush(const os_section *object, uint8_t *address, size_t length_bytes,
                        section_flushed *ret_flushed, section_error *ret_error)
{
    const uintptr_t page_start = (uintptr_t)address & ~(uintptr_t)(os_page_size() - 1);
    const size_t length = length_bytes + ((uintptr_t)address - page_start);
    *ret_flushed = SECTION_FLUSHED_TO_DISK;
    if (msync((void *)page_start, length, MS_SYNC) != 0) {
        return section_fail_os(ret_error, "msync", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the bytes cannot be written to the file");
    }
    if (fdatasync((int)object->handle) != 0) { /* the size, too, if it has changed */
        return section_fail_os(ret_error, "fdatasync", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the file cannot be written to disk");
    }
    return SECTION_OK;
}
