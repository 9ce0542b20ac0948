#include <section_posix/cleanup.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../os.h"
#include "extents.h"

/* Pages behind the end of an object have no memory. */
static uint64_t bytes_behind(const struct stat *facts, off_t start, off_t end, off_t page)
{
    const off_t size = (facts->st_size + page - 1) / page * page;
    const off_t from = size > start ? size : start;
    return end > from ? (uint64_t)(end - from) : 0;
}

uint64_t os_missing_bytes(const os_section *object, const uint8_t *address, size_t length_bytes)
{
    const off_t page = (off_t)os_page_size();
    const off_t start = (off_t)object->mapped_offset + (address - object->base);
    const off_t end = (start + (off_t)length_bytes + page - 1) / page * page;
    uint64_t missing = 0;
    const bool is_memory =
        object->backing == SECTION_BACKING_SHM || object->backing == SECTION_BACKING_MEMFD;
    struct stat facts;
    if (!is_memory || fstat((int)object->handle, &facts) != 0) {
        return 0;
    }
    /* Pages that were allocated and never written look like holes: where all are there, none is one. */
    if (has_all_blocks(&facts)) {
        return bytes_behind(&facts, start / page * page, end, page);
    }
    _cleanup_close_ int opened = -1;
    const int seeker = seeker_of(object, &opened);
    if (seeker < 0) {
        return 0;
    }
    for (off_t at = start / page * page; at < end;) {
        const off_t data = next_data(seeker, at, end);
        missing += (uint64_t)(data - at);
        at = end_of_page(data, end);
    }
    return missing;
}
