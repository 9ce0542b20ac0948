#include <section_posix/cleanup.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../os.h"
#include "extents.h"

static off_t next(int fd, off_t at, off_t end, int what)
{
    const off_t found = lseek(fd, at, what);
    return found < 0 || found > end ? end : found; /* ENXIO: a hole up to the end */
}

/* Pages that were allocated and never written look like holes: where all are there, none is one. */
static bool is_whole(int fd)
{
    struct stat facts;
    return fstat(fd, &facts) != 0 || has_all_blocks(&facts);
}

uint64_t os_missing_bytes(const os_section *object, const uint8_t *address, size_t length_bytes)
{
    const off_t page = (off_t)os_page_size();
    const off_t start = (off_t)object->mapped_offset + (address - object->base);
    const off_t end = (start + (off_t)length_bytes + page - 1) / page * page;
    uint64_t missing = 0;
    const bool is_memory =
        object->backing == SECTION_BACKING_SHM || object->backing == SECTION_BACKING_MEMFD;
    if (!is_memory || is_whole((int)object->handle)) {
        return 0;
    }
    /* Whoever gave the object to us shares the position of the descriptor that we hold. */
    _cleanup_close_ const int seeker = open_seeker(object);
    if (seeker < 0) {
        return 0;
    }
    for (off_t at = start / page * page; at < end;) {
        const off_t hole = next(seeker, at, end, SEEK_HOLE);
        at = next(seeker, hole, end, SEEK_DATA);
        missing += (uint64_t)(at - hole);
    }
    return missing;
}
