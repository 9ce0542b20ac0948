#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../os.h"
#include "extents.h"

int open_seeker(const os_section *object)
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", (int)object->handle);
    return open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/*
 * No hole is left where there are as many blocks as bytes: the most frequent case, in one call. More
 * than its pages have lie behind the end, so that they tell nothing of what is before it.
 */
bool has_all_blocks(const struct stat *facts)
{
    enum { BLOCK_BYTES = 512 }; /* st_blocks counts these, whatever the file system has */
    const uint64_t size = (uint64_t)facts->st_size;
    const uint64_t page = os_page_size();
    const uint64_t blocks = (uint64_t)facts->st_blocks;
    return blocks >= (size + BLOCK_BYTES - 1) / BLOCK_BYTES &&
           blocks <= (size + page - 1) / page * (page / BLOCK_BYTES);
}

static int seeker_of(os_section *object)
{
    if (!object->has_seeker) {
        object->seeker = open_seeker(object);
        object->has_seeker = true;
    }
    return (int)object->seeker;
}

static os_stretch up_to(off_t from, off_t end, size_t length_bytes, bool has_memory)
{
    const uint64_t length = (uint64_t)(end - from);
    return (os_stretch){length < length_bytes ? (size_t)length : length_bytes, has_memory};
}

/* Where nothing is told of memory, none is touched; of a file, pages have none but in the cache. */
static os_stretch look_inside(os_section *object, off_t at, size_t length_bytes)
{
    const bool is_file = object->backing == SECTION_BACKING_FILE;
    const int seeker = seeker_of(object);
    const off_t hole = seeker >= 0 ? lseek(seeker, at, SEEK_HOLE) : -1;
    if (hole < 0) {
        return (os_stretch){length_bytes, is_file};
    }
    if (hole > at) {
        return up_to(at, hole, length_bytes, true);
    }
    if (length_bytes <= os_page_size() - (uint64_t)at % os_page_size()) {
        return (os_stretch){length_bytes, false}; /* inside the page where the hole is */
    }
    const off_t data = lseek(seeker, at, SEEK_DATA);
    return data > at ? up_to(at, data, length_bytes, false) : (os_stretch){length_bytes, false};
}

section_status os_look(os_section *object, const uint8_t *address, size_t length_bytes,
                       os_stretch *ret_stretch, section_error *ret_error)
{
    struct stat facts;
    const uint64_t at = object->mapped_offset + (uint64_t)(address - object->base);
    *ret_stretch = (os_stretch){length_bytes, false};
    if (fstat((int)object->handle, &facts) != 0) {
        return section_fail_os(ret_error, "fstat", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the section does not answer");
    }
    if (at + length_bytes > (uint64_t)facts.st_size) {
        return os_check_present(object, at + length_bytes, ret_error);
    }
    const bool is_full = has_all_blocks(&facts);
    *ret_stretch = is_full || length_bytes == 0 ? (os_stretch){length_bytes, true}
                                                : look_inside(object, (off_t)at, length_bytes);
    return SECTION_OK;
}
