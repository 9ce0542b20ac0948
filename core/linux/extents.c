#include <errno.h>
#include <fcntl.h>
#include <section_posix/cleanup.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../os.h"
#include "extents.h"
#include "proc.h"

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

int seeker_of(const os_section *object, int *ret_opened)
{
    if (!object->shares_position) {
        return (int)object->handle;
    }
    *ret_opened = proc_open_again((int)object->handle, O_RDONLY);
    return *ret_opened;
}

off_t next_data(int seeker, off_t at, off_t end)
{
    const off_t data = lseek(seeker, at, SEEK_DATA);
    return data < 0 || data > end ? end : data; /* ENXIO: a hole up to the end */
}

off_t end_of_page(off_t at, off_t end)
{
    const off_t page = (off_t)os_page_size();
    const off_t next = at - at % page + page;
    return next < end ? next : end;
}

/*
 * Of memory, SEEK_HOLE visits each page up to the next hole, however far that is. So its pages are asked
 * for one at a time, which costs what the length costs, and at most so many for one stretch.
 */
static off_t end_of_memory(int seeker, off_t at, off_t end)
{
    enum { PAGES_MAX = 256 };
    off_t reached = end_of_page(at, end);
    for (int i = 1; i < PAGES_MAX && reached < end; i++) {
        if (next_data(seeker, reached, end) > reached) {
            return reached;
        }
        reached = end_of_page(reached, end);
    }
    return reached;
}

static off_t end_of_blocks(int seeker, off_t at, off_t end)
{
    const off_t hole = lseek(seeker, at, SEEK_HOLE);
    return hole < 0 || hole > end ? end : hole;
}

static os_stretch up_to(off_t from, off_t end, bool has_memory)
{
    return (os_stretch){.length_bytes = (size_t)(end - from), .has_memory = has_memory};
}

/* Where nothing is told of memory, none is touched; of a file, pages have none but in the cache. */
static os_stretch look_inside(const os_section *object, off_t at, size_t length_bytes)
{
    _cleanup_close_ int opened = -1;
    const bool is_file = object->backing == SECTION_BACKING_FILE;
    const int seeker = seeker_of(object, &opened);
    const off_t end = at + (off_t)length_bytes;
    off_t data = seeker >= 0 ? lseek(seeker, at, SEEK_DATA) : -1;
    if (seeker >= 0 && data < 0 && errno == ENXIO) {
        data = end; /* a hole up to the end */
    }
    if (data < 0) {
        return up_to(at, end, is_file);
    }
    if (data > at) {
        os_stretch hole = up_to(at, data < end ? data : end, false);
        hole.is_hole = object->access != SECTION_ACCESS_WRITECOPY; /* whose own pages lie over it */
        return hole;
    }
    return up_to(at, is_file ? end_of_blocks(seeker, at, end) : end_of_memory(seeker, at, end),
                 true);
}

/*
 * Pages that have no memory and are not swapped out are holes. The kernel tells what is swapped of all
 * segments together.
 */
static bool is_nothing_swapped(void)
{
    struct shm_info all;
    return shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&all) >= 0 && all.shm_swp == 0;
}

/*
 * A segment has no descriptor for SEEK_DATA. mincore tells which pages are in memory; of huge pages only
 * those that we have touched ourselves, so that nothing is known of them.
 */
static os_stretch look_at_segment(const os_section *object, const uint8_t *address,
                                  size_t length_bytes)
{
    enum { PAGES_MAX = 256 };
    unsigned char pages[PAGES_MAX];
    const os_stretch touched = {.length_bytes = length_bytes, .has_memory = true};
    const size_t page = (size_t)os_page_size();
    const size_t before = (uintptr_t)address % page;
    if (object->backing != SECTION_BACKING_SYSV || length_bytes == 0) {
        return touched;
    }
    const size_t last = (before + length_bytes - 1) / page;
    const size_t count = last < PAGES_MAX ? last + 1 : PAGES_MAX;
    if (mincore((void *)(uintptr_t)(address - before), count * page, pages) != 0) {
        return touched;
    }
    size_t alike = 1;
    while (alike < count && ((pages[alike] ^ pages[0]) & 1) == 0) {
        alike++;
    }
    const size_t reached = alike * page - before;
    const bool is_resident = (pages[0] & 1) != 0;
    return (os_stretch){
        .length_bytes = reached < length_bytes ? reached : length_bytes,
        .has_memory = is_resident,
        .is_hole = !is_resident && is_nothing_swapped(),
    };
}

section_status os_look(os_section *object, const uint8_t *address, size_t length_bytes,
                       os_stretch *ret_stretch, section_error *ret_error)
{
    struct stat facts;
    const uint64_t at = object->mapped_offset + (uint64_t)(address - object->base);
    if (object->segment != NULL) {
        *ret_stretch = look_at_segment(object, address, length_bytes);
        return SECTION_OK;
    }
    *ret_stretch = (os_stretch){.length_bytes = length_bytes};
    if (fstat((int)object->handle, &facts) != 0) {
        return section_fail_os(ret_error, "fstat", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the section does not answer");
    }
    if (at + length_bytes > (uint64_t)facts.st_size) {
        return os_check_present(object, at + length_bytes, ret_error);
    }
    const bool is_full = has_all_blocks(&facts);
    *ret_stretch = is_full || length_bytes == 0
                       ? (os_stretch){.length_bytes = length_bytes, .has_memory = true}
                       : look_inside(object, (off_t)at, length_bytes);
    return SECTION_OK;
}
